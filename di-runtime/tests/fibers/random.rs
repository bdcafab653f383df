//! Random operations, against a model, and against what must hold however they interleave.
//!
//! It runs for twenty seconds, or for as many as `FIBER_MAP_SECONDS` says. A failure prints the seed of its round;
//! `FIBER_MAP_SEED` plays that one.

mod bodies;
mod model;
mod one_by_one;
mod side_by_side;

use std::env;
use std::time::Duration;

#[path = "../harness/random.rs"]
mod numbers;
use numbers::Random;

const KEYS: usize = 4;

#[test]
fn random_operations_keep_all_promises() {
    let seconds = env::var("FIBER_MAP_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let begun = std::time::Instant::now();
    let first = match env::var("FIBER_MAP_SEED") {
        Ok(seed) => return round(seed.parse().expect("a seed is a number")),
        Err(_) => begun.elapsed().as_nanos() as u64 ^ u64::from(std::process::id()) << 32,
    };
    let mut rounds = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        round(first.wrapping_add(rounds));
        rounds += 1;
    }
    println!("{rounds} rounds, from seed {first}");
}

/// Some rounds of each kind.
fn round(seed: u64) {
    let told = Told(seed);
    let paused = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for part in 0..4_u64 {
        paused().block_on(one_by_one::round(Random::new(seed ^ part << 60)));
    }
    paused().block_on(side_by_side::round(Random::new(seed), 100, false));
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    threads.block_on(side_by_side::round(Random::new(seed), 30, true));
    drop(told);
}

/// Says which seed it was.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("FIBER_MAP_SEED={} plays this round again", self.0);
        }
    }
}
