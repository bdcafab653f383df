//! A runtime runs what its services suffice for.

#![allow(unused)]

use di::ManagedRuntime;
use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
fn pool() -> Pool {
    Pool
}

#[effect]
async fn greet(config: Inject<Config>, pool: Inject<Pool>) {}

#[tokio::main]
async fn main() {
    let runtime = ManagedRuntime::new(pool());
    let greeting = runtime.run(greet()).await;
}

//~ 25 E0277 {greet()} the context does not provide `Config` [DI0002]
