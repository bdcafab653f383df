//! A signature that says nothing is needed holds what is built to it.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

fn app() -> Layer<services![Pool], services![], failures![]> {
    pool()
}

fn main() {}
