//! An error that keeps its type, and one that has none.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug, thiserror::Error)]
#[error("offline")]
struct Offline(#[from] std::io::Error);

async fn count_users() -> Result<u64, std::io::Error> {
    Ok(3)
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let counts: FiberMap<&str, u64, Offline> = FiberMap::typed(&scope);
    counts.run("users", async { Ok(count_users().await?) });

    let counts: FiberMap<&str, u64> = FiberMap::typed(&scope);
    counts.run("users", count_users());
    counts.run("none", async { Err("there is no table of users") });
}
