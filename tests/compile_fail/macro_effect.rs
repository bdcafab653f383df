//! `#[effect]` reports all mistakes of a function at once, and the function stays.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[effect(retry)]
async unsafe fn greet(config: Inject<Config>, name: &str) -> impl ToString {
    1
}

fn main() {}
