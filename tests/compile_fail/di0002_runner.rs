//! A runner runs what the context it was given has all services for.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
fn config() -> Config {
    Config
}

#[tokio::main]
async fn main() -> Result<(), BuildError> {
    let scope = Scope::new();
    let context = config().build(&scope).await?;
    let tasks = FiberMap::new(&scope);
    let runner = tasks.runner().in_context(&context);
    runner.run("sync", |config: Inject<Config>, pool: Inject<Pool>| async move {});
    Ok(())
}

//~ 24 E0277 {|config: Inject<Config>, pool: Inject<Pool>| async move {}} the context does not provide `Pool` [DI0002]
