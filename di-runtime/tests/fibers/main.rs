//! What fibers and their collections do, one sentence a test.

#[path = "../common/mod.rs"]
mod common;

mod admitting;
mod adopting;
mod blocking;
mod children;
mod closing;
mod faults;
mod interrupting;
mod joining;
mod panicking;
mod propagating;
mod random;
mod reentry;
mod removing;
mod replacing;
mod retaining;
mod runners;
mod running;
mod stage;
mod supervising;
