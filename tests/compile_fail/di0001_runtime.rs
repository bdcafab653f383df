//! A runtime is made of a layer that misses nothing.

#![allow(unused)]

use di::ManagedRuntime;
use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

fn main() {
    let runtime = ManagedRuntime::new(pool());
}

//~ 20 E0277 {pool()} service `Config` is required, but no layer provides it [DI0001]
