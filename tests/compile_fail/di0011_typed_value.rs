//! The body of a fiber that has a value says in a `Result` whether it has it.

#![allow(unused)]

use di::prelude::*;

async fn count_users() -> u64 {
    3
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let counts: FiberMap<&str, u64> = FiberMap::typed(&scope);
    counts.run("users", count_users());
}

//~ 15 E0277 {count_users()} the body of this fiber returns `u64`, not a `Result<u64, _>` [DI0011]
