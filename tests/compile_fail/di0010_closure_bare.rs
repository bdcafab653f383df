//! A closure without parameters makes a future, and is none.

#![allow(unused)]

use di::prelude::*;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", || async {});
}

//~ 11 E0277 {|| async {}} this cannot be run as a fiber [DI0010]
