//! A field that is injected is a service.

use di::prelude::*;

struct Foo;

#[derive(Service, di::Layer)]
struct Pool {
    foo: Inject<Foo>,
}

fn main() {}

//~ 8 E0277 {Pool} `Foo` is not a service [DI0006]
//~ 8 E0277 {Pool} `Foo` is not a service [DI0006]
//~ 9 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
