//! Three ways to a layer that cannot fail.

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

#[layer]
fn in_memory() -> Pool {
    Pool
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let caught = pool().catch::<DbError>(|_error| in_memory()).build_infallible(&scope).await;
    let replaced = pool().or_else(in_memory()).build_infallible(&scope).await;
    let sure = in_memory().build_infallible(&scope).await;
}
