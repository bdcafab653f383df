//! A closure that takes services is run with the services of a context.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", |config: Inject<Config>| async move {});
}

//~ 14 E0277 {|config: Inject<Config>| async move {}} this cannot be run as a fiber [DI0010]
