//! A context with named fields is taken out of one that has all of them.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[derive(di::Context)]
struct App {
    config: Inject<Config>,
    pool: Inject<Pool>,
}

fn main() {
    let context = Context::from_services(di::hlist![Inject::<Pool>::new(Pool)]);
    let app: App = context.extract();
}

//~ 21 E0277 {context} the context does not provide `Config` [DI0002]
