//! Acquire and release of a key that is present.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use di::{Exit, Scope};
use stats_alloc::Region;
use tokio::runtime::{Handle, Runtime};

use crate::ALLOCATOR;
use crate::contenders::{self, Contender, Keys};

/// The least of so many turns counts; the contenders take turns.
const TURNS: usize = 15;
const TIMES: usize = 200_000;

const COLUMNS: [(usize, Keys); 4] = [(1, Keys::Same), (1, Keys::Spread), (2, Keys::Same), (2, Keys::Spread)];

pub fn measure(runtime: &Runtime) {
    let scope = Scope::new();
    let contenders = runtime.block_on(contenders::all(&scope));
    let mut best = vec![[f64::INFINITY; COLUMNS.len()]; contenders.len()];
    for _ in 0..TURNS {
        for (column, (threads, keys)) in COLUMNS.into_iter().enumerate() {
            for (row, (_, contender)) in contenders.iter().enumerate() {
                let nanos = nanos(contender, runtime.handle(), threads, keys);
                best[row][column] = best[row][column].min(nanos);
            }
        }
    }
    println!(
        "| ns for each acquire and release | 1 thread, same key | 1, spread | 2, same | 2, spread | allocations |"
    );
    println!("|---|---|---|---|---|---|");
    for ((name, contender), best) in contenders.iter().zip(&best) {
        let cells: Vec<_> = best.iter().map(|nanos| format!("{nanos:.1}")).collect();
        println!("| {name} | {} | {} |", cells.join(" | "), allocations(contender, runtime.handle()));
    }
    let dashmap = best[0];
    println!("\n| in parts of DashMap | 1 thread, same key | 1, spread | 2, same | 2, spread |\n|---|---|---|---|---|");
    for ((name, _), best) in contenders.iter().zip(&best) {
        let parts: Vec<_> =
            best.iter().zip(dashmap).map(|(nanos, dashmap)| format!("{:.2}", nanos / dashmap)).collect();
        println!("| {name} | {} |", parts.join(" | "));
    }
    runtime.block_on(scope.close(Exit::Success)).expect("no finalizer fails");
}

/// How long one acquire and release takes, as each thread sees it.
fn nanos(contender: &Contender, handle: &Handle, threads: usize, keys: Keys) -> f64 {
    let barrier = Barrier::new(threads);
    let slowest = thread::scope(|scope| {
        let run = || {
            contender.run(handle, keys, TIMES / 100);
            barrier.wait();
            let begun = Instant::now();
            contender.run(handle, keys, TIMES);
            begun.elapsed()
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("nothing here panics")).max()
    });
    slowest.unwrap_or_default().as_nanos() as f64 / TIMES as f64
}

/// How many allocations there are in as many turns, less those of no turns.
fn allocations(contender: &Contender, handle: &Handle) -> usize {
    let count = |times| {
        let region = Region::new(ALLOCATOR);
        contender.run(handle, Keys::Spread, times);
        region.change().allocations
    };
    count(TIMES * 2).saturating_sub(count(TIMES))
}
