//! The sets of a layer's type are made of services.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Foo;

fn app() -> Layer<services![Pool, Foo]> {
    unimplemented!()
}

fn main() {}

//~ 12 E0277 {services![Pool, Foo]} `Foo` is not a service [DI0006]
//~ 12 E0277 {Layer<services![Pool, Foo]>} `Foo` is not a service [DI0006]
