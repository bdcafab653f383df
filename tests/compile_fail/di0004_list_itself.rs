//! A layer that needs what it gives itself is a circle: in a list, nobody can say which of two is the original.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[layer]
fn decorated(config: Inject<Config>) -> Config {
    Config
}

#[layer]
fn config() -> Config {
    Config
}

fn main() {
    let app = layers![<Config> decorated()];
    let before_original = layers![<Config> decorated(), config()];
    let after_original = layers![<Config> config(), decorated()];
}

//~ 21 E0080 {decorated()} layer `decorated` needs `Config`, which nothing but itself gives here [DI0004]
//~ 22 E0080 {config()} `Config` is provided by both `decorated` and `config` [DI0003]
//~ 23 E0080 {decorated()} `Config` is provided by both `config` and `decorated` [DI0003]
