//! One service of a list is given by one layer.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
fn config() -> Config {
    Config
}

#[layer]
fn test_config() -> Config {
    Config
}

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

fn main() {
    let app = layers![<Pool> pool(), config(), test_config()];
}

//~ 29 E0080 {test_config()} `Config` is provided by both `config` and `test_config` [DI0003]
