//! What an effect asks for is a service.

use di::prelude::*;

struct Foo;

#[effect]
async fn greet(foo: Inject<Foo>, name: String) -> String {
    name
}

fn main() {}

//~ 8 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
