//! An effect is run as a fiber when it has all it needs.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[effect]
async fn sync(config: Inject<Config>) {}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", sync());
}

//~ 17 E0277 {sync()} service `Config` is required, but no layer provides it [DI0001]
