//! A value is given under the name of a service.

use di::prelude::*;

struct Foo;

fn main() {
    let foo = Layer::succeed::<Foo>(Foo);
}
