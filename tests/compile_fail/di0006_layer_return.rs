//! What a layer gives is a service.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

struct Foo;

#[layer]
fn foo(config: Inject<Config>) -> Foo {
    Foo
}

fn main() {}

//~ 13 E0277 {Foo} `Foo` is not a service [DI0006]
