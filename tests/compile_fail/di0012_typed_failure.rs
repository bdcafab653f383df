//! The failures of a collection are errors.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug)]
struct Offline;

struct Counts {
    running: FiberMap<u32, u64, Offline>,
}

fn main() {}

//~ 11 E0277 {FiberMap<u32, u64, Offline>} `Offline` cannot be the failure of a fiber [DI0012]
