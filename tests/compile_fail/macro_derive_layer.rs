//! `#[derive(Layer)]` reports all mistakes of a struct at once, and `layer()` stays.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service, di::Layer)]
#[layer(as (dyn Send, dyn Sync), memory)]
struct Pool {
    config: Inject<Config>,
    #[layer(defualt)]
    size: usize,
}

fn main() {
    let pool = Pool::layer(7);
}
