//! What a closure asks for is a service.

use di::prelude::*;

struct Foo;

#[derive(Service)]
struct Pool;

fn main() {
    let pool = Layer::from_fn(|foo: Inject<Foo>| async move { Pool });
}
