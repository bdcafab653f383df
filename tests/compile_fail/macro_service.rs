//! `#[service]` reports everything that a trait object cannot have.

#![allow(unused)]

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

//~ 9 - {Row} a service trait is used as `dyn Users`, so it cannot have associated types; use a type parameter
//~ 10 - {new} a service trait is used as `dyn Users`, so `new` needs a receiver; add `&self`, or exclude it with `where Self: Sized`
//~ 11 - {T} a service trait is used as `dyn Users`, so its methods cannot be generic; use a concrete type, or `dyn Trait`, or exclude it with `where Self: Sized`
//~ 15 - {struct} #[service] on a struct needs `for = Type`; for a service that names itself write #[derive(Service)]
//~ 17 - {name} unknown option `name`; #[service] takes `for = Type` and `key = "..."`
