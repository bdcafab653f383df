//! What a closure makes is a service.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

struct Foo;

fn main() {
    let foo = Layer::from_fn(|config: Inject<Config>| async move { Foo });
}

//~ 13 E0277 {|config: Inject<Config>| async move { Foo }} `Foo` is not a service, nor a `Result` with one [DI0006]
