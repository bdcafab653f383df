//! A layer is built when nothing is missing.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let context = pool().build(&scope).await;
}

//~ 21 E0277 {build} service `Config` is required, but no layer provides it [DI0001]
