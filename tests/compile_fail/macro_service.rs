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

//~ 7 - {Row} a service trait is used as `dyn Users`, so it cannot have associated types; use a type parameter
//~ 8 - {new} a service trait is used as `dyn Users`, so `new` needs a receiver; add `&self`, or exclude it with `where Self: Sized`
//~ 9 - {T} a service trait is used as `dyn Users`, so its methods cannot be generic; use a concrete type, or `dyn Trait`, or exclude it with `where Self: Sized`
//~ 13 - {struct} #[service] on a struct needs `for = Type`; for a service that names itself write #[derive(Service)]
//~ 15 - {name} unknown option `name`; #[service] takes `for = Type` and `key = "..."`
