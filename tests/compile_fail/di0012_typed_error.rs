//! Where failures have a type, a body fails with that.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug, thiserror::Error)]
#[error("offline")]
struct Offline;

async fn count_users() -> Result<u64, std::io::Error> {
    Ok(3)
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let counts: FiberMap<&str, u64, Offline> = FiberMap::typed(&scope);
    counts.run("users", count_users());
}

//~ 19 E0277 {count_users()} the body of this fiber fails with `std::io::Error`, not with `Offline` [DI0012]
