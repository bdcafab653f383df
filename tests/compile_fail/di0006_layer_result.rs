//! What an async layer gives when it does not fail is a service.

#![allow(unused)]

use di::prelude::*;

struct Foo;

#[layer]
async fn foo() -> Result<Foo, std::io::Error> {
    Ok(Foo)
}

fn main() {}

//~ 10 E0277 {Foo} `Foo` is not a service [DI0006]
