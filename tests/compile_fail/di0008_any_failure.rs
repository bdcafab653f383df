//! An error whose type is forgotten is a failure like every other.

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
