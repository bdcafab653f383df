//! Layers of which only the types are known are judged by them; what is certain without them is reported as ever.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Clock;
#[derive(Service)]
struct Pool;
#[derive(Service)]
struct Cache;

#[layer]
fn config() -> Config { Config }
#[layer]
fn test_config() -> Config { Config }
#[layer]
fn clock(cache: Inject<Cache>) -> Clock { Clock }
#[layer]
fn cache(clock: Inject<Clock>) -> Cache { Cache }
#[layer]
fn pool(config: Inject<Config>, clock: Inject<Clock>) -> Pool { Pool }

fn main() {
    let missing = layers![<Pool> ..pool().fresh()];
    let missing_in_header = layers![<Config, Pool, Cache> config(), ..test_config()];
    let twice = layers![<Config> config(), test_config(), ..Layer::empty()];
    let circle = layers![<Clock> clock(), cache(), ..Layer::empty()];
}

//~ 28 E0277 {<} service `Clock` is required, but no layer provides it [DI0001]
//~ 28 E0277 {<} service `Config` is required, but no layer provides it [DI0001]
//~ 29 E0277 {<Config, Pool, Cache>} service `Cache` is required, but no layer provides it [DI0001]
//~ 29 E0277 {<Config, Pool, Cache>} service `Pool` is required, but no layer provides it [DI0001]
//~ 30 E0080 {test_config()} `Config` is provided by both `config` and `test_config` [DI0003]
//~ 31 E0080 {clock()} these layers need each other in a circle: `clock` -> `cache` -> `clock` [DI0004]
