//! What a context is asked for is a service.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Foo;

fn main() {
    let context = Context::from_services(di::hlist![Inject::<Pool>::new(Pool)]);
    context.get::<Foo>();
}

//~ 14 E0277 {Foo} `Foo` is not a service [DI0006]
//~ 14 E0277 {context} the context does not provide `Foo` [DI0002]
