//! An error whose type is forgotten is a failure like every other.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

#[layer]
fn pool() -> Result<Pool, std::io::Error> {
    Ok(Pool)
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let context = pool().build_infallible(&scope).await;
}

//~ 18 E0277 {build_infallible} this layer can fail with `AnyFailure`; handle it before asking for an infallible build [DI0008]
