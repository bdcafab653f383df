//! What a body fails with is an error, or what `?` can make one.

#![allow(unused)]

use di::prelude::*;

struct Offline;

async fn sync() -> Result<(), Offline> {
    Err(Offline)
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", sync());
}

//~ 17 E0277 {sync()} `Offline` is no error, and a fiber fails with one [DI0012]
