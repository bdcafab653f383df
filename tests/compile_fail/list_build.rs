//! Without a header, what a list lacks is missing where it is built.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Pool;
#[derive(Service)]
struct Users;

#[layer]
fn pool(config: Inject<Config>) -> Pool { Pool }
#[layer]
fn users(pool: Inject<Pool>) -> Users { Users }

#[tokio::main]
async fn main() {
    let context = layers![users(), pool()].build(&Scope::new()).await;
}

//~ 21 E0277 {build} service `Config` is required, but no layer provides it [DI0001]
