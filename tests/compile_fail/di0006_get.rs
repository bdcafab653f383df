//! What a context is asked for is a service.

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Foo;

fn main() {
    let context = Context::from_services(di::hlist![Inject::<Pool>::new(Pool)]);
    context.get::<Foo>();
}
