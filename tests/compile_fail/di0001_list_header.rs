//! What the header names has to be given by a layer of the list.

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

fn main() {
    let app = layers![<Pool, Config> config()];
}

//~ 19 E0080 {<Pool, Config>} service `Pool` is required by the header, but no layer provides it [DI0001]
