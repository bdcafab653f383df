//! A fiber without a type of its own has no value: its body returns `()` or a `Result`.

#![allow(unused)]

use di::prelude::*;

async fn count_users() -> u64 {
    3
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("count", count_users());
}

//~ 15 E0277 {count_users()} the body of this fiber returns `u64`, not a `Result<(), _>` [DI0011]
