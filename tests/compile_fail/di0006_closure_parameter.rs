//! What a closure asks for is a service.

#![allow(unused)]

use di::prelude::*;

struct Foo;

#[derive(Service)]
struct Pool;

fn main() {
    let pool = Layer::from_fn(|foo: Inject<Foo>| async move { Pool });
}

//~ 13 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
//~ 13 E0277 {|foo: Inject<Foo>| async move { Pool }} a layer cannot be made of this
