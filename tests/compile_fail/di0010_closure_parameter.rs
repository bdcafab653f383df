//! A closure that is run as a fiber takes the scope of the fiber.

#![allow(unused)]

use di::prelude::*;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", |scope: &Scope| async move {});
}

//~ 11 E0277 {|scope: &Scope| async move {}} this cannot be run as a fiber [DI0010]
