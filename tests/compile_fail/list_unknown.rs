//! A function or a type that is not there is one error.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[layer]
fn config() -> Config { Config }

fn main() {
    let unknown = layers![<Config> config(), confg()];
    let in_header = layers![<Config, Confg> config()];
    let in_module = layers![<Config> config(), nowhere::config()];
}

//~ 14 E0425 {confg} cannot find value `confg` in this scope
//~ 15 E0425 {Confg} cannot find type `Confg` in this scope
//~ 16 E0433 {nowhere} cannot find module or crate `nowhere` in this scope
