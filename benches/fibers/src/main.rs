//! What fibers cost at run time, beside bare tasks of tokio.
//!
//! ```text
//! cargo run --release -p fibers
//! ```

mod crowd;
mod short;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let one = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime can be made");
    let two = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let two = two.expect("a runtime can be made");
    short::measure(&one, &two);
    crowd::measure(&two);
}
