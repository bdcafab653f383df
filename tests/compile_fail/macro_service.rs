//! `#[service]` reports everything that a trait object cannot have.

use di::prelude::*;

#[service]
trait Users {
    type Row;
    fn new() -> Self;
    async fn find<T>(&self, id: T) -> Option<String>;
}

#[service]
struct Tag;

#[service(name = "config")]
struct Config;

fn main() {
    fn uses(users: &dyn Users) {}
}
