//! The sets of a layer's type are made of services.

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Foo;

fn app() -> Layer<services![Pool, Foo]> {
    unimplemented!()
}

fn main() {}
