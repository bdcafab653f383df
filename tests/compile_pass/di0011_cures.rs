//! A body without a value, and one with a value.

#![allow(unused)]

use std::io::Error;

use di::prelude::*;

async fn count_users() -> u64 {
    3
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("count", async {
        count_users().await;
    });

    let counts: FiberMap<&str, u64> = FiberMap::typed(&scope);
    counts.run("users", async { Ok::<_, Error>(count_users().await) });
}
