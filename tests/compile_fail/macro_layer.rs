//! `#[layer]` reports all mistakes of a function at once, and the function stays.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[service]
trait Clock {}

#[derive(Service)]
struct Pool;

#[layer(fail, memo, memo)]
fn pool(config: &Inject<Config>, name: &str, clock: Inject<impl Clock>) -> Pool {
    Pool
}

#[layer]
struct Shard;

fn main() {
    let pool = pool("orders");
}
