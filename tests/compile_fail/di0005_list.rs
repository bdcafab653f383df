//! Every layer of a list with a header is needed for something.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[derive(Service)]
struct Cache;

#[layer]
fn config() -> Config {
    Config
}

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

#[layer]
fn cache(config: Inject<Config>) -> Cache {
    Cache
}

fn main() {
    let app = layers![<Pool> pool(), cache(), config()];
}

//~ 32 E0080 {cache()} layer `cache` is not needed by anything here [DI0005]
