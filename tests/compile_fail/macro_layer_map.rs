//! `#[layer_map]` reports all mistakes of a map at once, and the function and the map stay.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Cache;

#[layer_map(Caches, keep, release_immediately, when_full = "wait")]
fn cache(region: String, shard: u32) -> Cache {
    Cache
}

#[layer_map(Tenants, capacity = 0, cache_failures = "soon")]
fn tenant(config: Inject<Config>) -> Cache {
    Cache
}

#[layer_map(idle_time_to_live = "2 minutes")]
fn nameless(region: String) -> Cache {
    Cache
}

#[layer_map(Composed, keep)]
async fn composed(region: String, config: Inject<Config>) -> Layer<services![Cache]> {
    Layer::succeed::<Cache>(Cache).coerce()
}

fn main() {
    let eu = (cache("eu".into(), 7), Caches::get("eu".into()), nameless("eu".into()));
}

//~ 13 - {release_immediately} `keep` has said how long a resource stays that nobody uses; remove one of the two
//~ 13 - {"wait"} `when_full` says what happens when there is no room; write `capacity = 64` too, or remove it
//~ 14 - {u32} a map has one key; write both parameters as one, `(String, u32)` or a struct of yours
//~ 18 - {Tenants} how long does a resource stay that nobody uses? write one of `idle_time_to_live = "2 minutes"`, `idle_time_to_live_by = function`, `release_immediately` and `keep`
//~ 18 - {"soon"} write a duration as a number and a unit, for example "25 seconds"; the units are ms, s, m, h, d, or milliseconds, seconds, minutes, hours, days
//~ 18 - {0} write a number of resources from 1 on: `capacity = 64`
//~ 19 - {tenant} a map makes a layer of a key; write the key as the first parameter, for example `tenant: TenantId`
//~ 23 - {idle_time_to_live} a map needs a name first, which becomes a service; write `#[layer_map(TenantDatabases, keep)]`
//~ 29 - {async} this function returns a layer, and the layer is what is built; remove `async`, or wait inside of the layer with `Layer::unwrap`
//~ 29 - {Inject<Config>} this function returns a layer, which says itself what it needs; take this in a `#[layer]` function, or with `Layer::unwrap`
