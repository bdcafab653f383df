//! An effect that is run by a runner returns what a fiber returns.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[layer]
fn config() -> Config {
    Config
}

#[effect]
async fn count_users(config: Inject<Config>) -> u64 {
    3
}

#[tokio::main]
async fn main() -> Result<(), BuildError> {
    let scope = Scope::new();
    let context = config().build(&scope).await?;
    let tasks = FiberMap::new(&scope);
    let runner = tasks.runner().in_context(&context);
    runner.run("count", count_users());
    Ok(())
}

//~ 26 E0277 {count_users()} the body of this fiber returns `u64`, not a `Result<(), _>` [DI0011]
