//! A field that is injected is a service.

#![allow(unused)]

use di::prelude::*;

#[service]
trait Audit {}

struct Foo;

#[derive(di::Layer)]
#[layer(as dyn Audit)]
struct AuditLog {
    foo: Inject<Foo>,
}
impl Audit for AuditLog {}

fn main() {}

//~ 15 E0277 {Inject<Foo>} `Foo` is not a service [DI0006]
//~ 17 E0277 {AuditLog} `Foo` is not a service [DI0006]
