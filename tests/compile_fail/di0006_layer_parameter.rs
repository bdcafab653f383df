//! What a layer asks for is a service.

#![allow(unused)]

use di::prelude::*;

struct Foo;

#[derive(Service)]
struct Pool;

#[layer]
fn pool(foo: Inject<Foo>) -> Pool {
    let _ = foo.name();
    Pool
}

fn main() {}

//~ 13 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
