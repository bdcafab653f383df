//! `#[derive(Layer)]` reports all mistakes of a struct at once, and `layer()` stays.

#![allow(unused)]

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

//~ 11 - {(dyn Send, dyn Sync)} `as` names 2 services, but the layer gives 1 service; write one type: `as Type`
//~ 11 - {memory} unknown option `memory`; #[layer] takes `as dyn Users` and `memo`
//~ 14 - {defualt} unknown option `defualt`; #[layer] takes `default = value`
