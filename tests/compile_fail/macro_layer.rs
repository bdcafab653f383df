//! `#[layer]` reports all mistakes of a function at once, and the function stays.

#![allow(unused)]

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

//~ 16 - {memo} `memo` is written twice; remove one of the two
//~ 16 - {fail} unknown option `fail`; #[layer] takes `as dyn Users`, `fails` and `memo`
//~ 17 - {&str} a layer keeps its parameters, so it cannot borrow them; write `String`
//~ 17 - {impl Clock} a service needs a name; write `Inject<dyn Clock>`
//~ 17 - {&Inject<Config>} write `Inject<Config>`; it is a pointer already
//~ 22 - {struct} #[layer] goes on a function; on a struct write `#[derive(Layer)]` above it
