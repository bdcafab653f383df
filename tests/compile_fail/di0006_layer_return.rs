//! What a layer gives is a service.

use di::prelude::*;

#[derive(Service)]
struct Config;

struct Foo;

#[layer]
fn foo(config: Inject<Config>) -> Foo {
    Foo
}

fn main() {}
