//! Closures that ask a layer for what it does not give.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[derive(Service)]
struct Url(String);

#[layer]
fn pool() -> Pool {
    Pool
}

fn main() {
    let _tapped = pool().tap(|_config: Inject<Config>| async {});
    let _mapped = pool().map::<Url>(|_config: Inject<Config>| Url(String::new()));
    let _chosen = pool().flat_map(|_config: Inject<Config>| pool());
    let _looked = pool().tap(|_pool: Inject<Pool>| async { 7 });
}
