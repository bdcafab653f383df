//! A value is given under the name of a service.

#![allow(unused)]

use di::prelude::*;

struct Foo;

fn main() {
    let foo = Layer::succeed::<Foo>(Foo);
}

//~ 10 E0277 {Foo} `Foo` is not a service [DI0006]
//~ 10 E0277 {Foo} a `Foo` cannot stand behind the service `Foo`
