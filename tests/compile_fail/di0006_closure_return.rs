//! What a closure makes is a service.

use di::prelude::*;

#[derive(Service)]
struct Config;

struct Foo;

fn main() {
    let foo = Layer::from_fn(|config: Inject<Config>| async move { Foo });
}
