//! A context with named fields holds services.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Foo;

#[derive(di::Context)]
struct App {
    pool: Inject<Pool>,
    foo: Inject<Foo>,
}

fn main() {}

//~ 15 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
