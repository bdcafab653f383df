//! A context with named fields holds services.

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

//~ 13 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
