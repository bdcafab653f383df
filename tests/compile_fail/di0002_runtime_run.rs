//! A runtime runs what its services suffice for.

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

//~ 23 E0277 {greet()} the context does not provide `Config` [DI0002]
//~ 23 E0277 {runtime.run(greet())} the context does not provide `Config` [DI0002]
//~ 23 E0277 {await} the context does not provide `Config` [DI0002]
