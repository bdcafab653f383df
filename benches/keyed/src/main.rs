//! What resources by key cost at run time, beside maps that only share values.
//!
//! ```text
//! cargo run --release -p keyed
//! ```

mod contenders;
mod herd;
mod million;
mod rows;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let runtime = runtime.expect("a runtime can be made");
    rows::measure(&runtime);
    herd::measure(&runtime);
    million::measure(&runtime);
}
