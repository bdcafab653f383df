//! `#[di::main]` wants a layer, and an async function whose parameters it can fill in.

use di::prelude::*;

#[di::main(shutdown_timeout = "25 parsecs")]
fn main(id: i64) {}
