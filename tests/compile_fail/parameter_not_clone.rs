//! A layer and an effect can run many times, so they keep their parameters.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct Seed(u64);

#[layer]
fn pool(seed: Seed) -> Pool {
    Pool
}

#[effect]
async fn sow(pool: Inject<Pool>, seed: Seed) {}

#[derive(Service, Layer)]
struct Field {
    seed: Seed,
}

fn main() {}

//~ 13 E0277 {Seed} `Seed` is kept for every run, so it must be `Clone`
//~ 18 E0277 {Seed} `Seed` is kept for every run, so it must be `Clone`
//~ 22 E0277 {Seed} `Seed` is kept for every run, so it must be `Clone`
