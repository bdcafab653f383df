//! A service is shared already: it is injected without an `Arc` around it.

#![allow(unused)]

use std::sync::Arc;

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
async fn pool(config: Inject<Arc<Config>>) -> Result<Pool, std::io::Error> {
    Ok(Pool)
}

fn main() {}

//~ 16 E0277 {Inject<Arc<Config>>} `Arc<Config>` is not a service [DI0006]
