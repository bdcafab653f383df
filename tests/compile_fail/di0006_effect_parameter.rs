//! What an effect asks for is a service.

#![allow(unused)]

use di::prelude::*;

struct Foo;

#[effect]
async fn greet(foo: Inject<Foo>, name: String) -> String {
    name
}

fn main() {}

//~ 10 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
