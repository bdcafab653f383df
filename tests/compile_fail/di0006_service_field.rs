//! A field of a service that is injected is a service itself.

#![allow(unused)]

use di::prelude::*;

struct Foo;

#[derive(Service, di::Layer)]
struct Pool {
    foo: Inject<Foo>,
}

fn main() {}

//~ 10 E0277 {Pool} `Foo` is not a service [DI0006]
//~ 10 E0277 {Pool} `Foo` is not a service [DI0006]
//~ 11 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
