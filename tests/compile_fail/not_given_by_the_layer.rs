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

//~ 20 E0277 {tap} this layer does not give `Config`, which the closure takes
//~ 21 E0277 {map} this layer does not give `Config`, which the closure takes
//~ 22 E0277 {flat_map} this layer does not give `Config`, which the closure takes
//~ 23 E0277 {|_pool: Inject<Pool>| async { 7 }} `{integer}` is not what a look at a layer comes to
