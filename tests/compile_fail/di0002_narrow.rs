//! A context narrows to some of its services only.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[derive(Service)]
struct Clock;

fn main() {
    let context = Context::from_services(di::hlist![Inject::<Pool>::new(Pool), Inject::<Clock>::new(Clock)]);
    let narrow: Context<services![Pool, Config]> = context.narrow();
}

//~ 18 E0277 {narrow} the context does not provide `Config` [DI0002]
