//! The sets of a layer's type are made of services.

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Foo;

fn app() -> Layer<services![Pool, Foo]> {
    unimplemented!()
}

fn main() {}

//~ 10 E0277 {services![Pool, Foo]} `Foo` is not a service [DI0006]
//~ 10 E0277 {Layer<services![Pool, Foo]>} `Foo` is not a service [DI0006]
