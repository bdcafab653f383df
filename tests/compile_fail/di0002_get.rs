//! A context gives the services it holds, and no others.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

fn main() {
    let context = Context::from_services(di::hlist![Inject::<Pool>::new(Pool)]);
    context.get::<Config>();
}

//~ 15 E0277 {context} the context does not provide `Config` [DI0002]
