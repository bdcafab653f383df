//! What an async layer gives when it does not fail is a service.

use di::prelude::*;

struct Foo;

#[layer]
async fn foo() -> Result<Foo, std::io::Error> {
    Ok(Foo)
}

fn main() {}

//~ 8 E0277 {Foo} `Foo` is not a service [DI0006]
