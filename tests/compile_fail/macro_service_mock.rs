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
