//! What does not await returns what a fiber returns.

#![allow(unused)]

use di::prelude::*;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run_blocking("count", |fiber: FiberScope| 3_u64);
}

//~ 11 E0277 {run_blocking} the body of this fiber returns `u64`, not a `Result<(), _>` [DI0011]
