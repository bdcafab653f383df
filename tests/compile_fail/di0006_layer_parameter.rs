//! What a layer asks for is a service.

use di::prelude::*;

struct Foo;

#[derive(Service)]
struct Pool;

#[layer]
fn pool(foo: Inject<Foo>) -> Pool {
    let _ = foo.name();
    Pool
}

fn main() {}
