//! Mistakes in `mock = ..`.

use di::prelude::*;

#[service(mock)]
trait A {
    fn a(&self);
}

#[service(mock = Mock<u8>)]
trait B {
    fn b(&self);
}

#[service(mock = C)]
trait C {
    fn c(&self);
}

#[service(mock = MockD)]
trait D {
    type Id
    where
        Self: Sized;
}

fn main() {}

//~ 5 - {mock} write `mock = MockUsers`
//~ 10 - {Mock<u8>} write the name of the trait that is to be made: `mock = MockUsers`
//~ 15 - {C} `C` is the service itself; write the name of the trait that is to be made: `mock = MockUsers`
//~ 22 - {Id} a mock can give methods only; take this out of the trait, or remove `mock`
