//! Random operations, against a model, and against what must hold however they interleave.
//!
//! It runs for twenty seconds, or for as many as `FIBER_MAP_SECONDS` says. A failure prints the seed of its round;
//! `FIBER_MAP_SEED` plays that one.

mod bodies;
mod model;
mod one_by_one;
mod side_by_side;

use crate::common::random_rounds;

#[path = "../harness/random.rs"]
mod numbers;
use numbers::Random;

const KEYS: usize = 4;

#[test]
fn random_operations_keep_all_promises() {
    random_rounds("FIBER_MAP", 20, round);
}

/// Some rounds of each kind.
fn round(seed: u64) {
    let paused = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for part in 0..4_u64 {
        paused().block_on(one_by_one::round(Random::new(seed ^ part << 60)));
    }
    paused().block_on(side_by_side::round(Random::new(seed), 100, false));
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    threads.block_on(side_by_side::round(Random::new(seed), 30, true));
}
