//! `#[layer]` reports all mistakes of a function at once, and the function stays.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[layer(fail, memo, memo)]
fn pool(config: &Inject<Config>, name: &str, clock: Inject<impl Clone>) -> Pool {
    Pool
}

#[layer]
struct Shard;

fn main() {
    let pool = pool("orders".to_owned());
}
