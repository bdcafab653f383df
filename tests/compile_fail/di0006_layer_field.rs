//! A field that is injected is a service.

use di::prelude::*;

struct Foo;

#[derive(Service, di::Layer)]
struct Pool {
    foo: Inject<Foo>,
}

fn main() {}
