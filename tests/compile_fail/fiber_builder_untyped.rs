//! A builder is told the types of the collection that it makes.

#![allow(unused)]

use di::prelude::*;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::builder().overlap().build(&scope);
    tasks.run("sync", async {});
}

//~ 10 E0283 {tasks} type annotations needed for `di::FiberMap<&str, (), _>`
