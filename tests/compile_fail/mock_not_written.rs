//! A mock of a trait that has none, and of one whose mock is not implemented.

use di::prelude::*;

#[service]
trait Clock {
    fn now(&self) -> u64;
}

#[service(mock = MockUsers)]
trait Users {
    fn count(&self) -> u64;
}

struct Fake;

fn main() {
    let _clock = Layer::mock::<dyn Clock>(Fake);
    let _users = Layer::mock::<dyn Users>(Fake);
}

//~ 18 E0277 {Fake} `Fake` is not a mock of the service `(dyn Clock + 'static)`
//~ 19 E0277 {Fake} `Fake` is not a mock of the service `(dyn Users + 'static)`
