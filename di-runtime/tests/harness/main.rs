//! Invariants of building and releasing, checked over generated graphs.
//!
//! Every case prints its seed and its steps when it fails, so that `seeds()` can be narrowed to that one.

#[path = "../common/mod.rs"]
mod common;

mod cancels;
mod closes;
mod cycles;
mod deep;
mod drops;
mod family;
mod faults;
mod graph;
mod laws;
mod random;
mod retries;
mod sharing;
mod stage;
mod threads;
mod world;
