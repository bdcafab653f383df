//! What fibers and their collections do, one sentence a test.

#[path = "../common/mod.rs"]
mod common;

mod admitting;
mod retaining;
mod running;
mod supervising;
