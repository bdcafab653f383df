//! A type in the header that is no service is one error, at the type.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;
struct Settings;
trait Users {}

#[layer]
fn config() -> Config { Config }

fn main() {
    let out = layers![<Config, Settings> config()];
    let object = layers![<Config, dyn Users> config()];
    let needs = layers![<Config needs Settings> config()];
    let open = layers![<Config, Settings> ..config()];
    let value = layers![<Config> Layer::succeed::<Settings>(Settings)];
}

//~ 16 E0277 {Settings} `Settings` is not a service [DI0006]
//~ 17 E0277 {dyn Users} `dyn Users` is not a service [DI0006]
//~ 18 E0277 {Settings} `Settings` is not a service [DI0006]
//~ 19 E0277 {Settings} `Settings` is not a service [DI0006]
//~ 20 E0277 {Settings} `Settings` is not a service [DI0006]
