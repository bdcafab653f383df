//! A layer is built without a `Result` when its failures are handled.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug, thiserror::Error, Failure)]
#[error("the database is gone")]
struct DbError;

#[derive(Service)]
struct Pool;

#[layer(fails)]
fn pool() -> Result<Pool, DbError> {
    Err(DbError)
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let context = pool().build_infallible(&scope).await;
}

//~ 22 E0277 {build_infallible} this layer can fail with `DbError`; handle it before asking for an infallible build [DI0008]
