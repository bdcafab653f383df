//! The key of a function with `#[layer_map]` can be hashed, compared, cloned and printed.

#![allow(unused)]

use di::prelude::*;

#[derive(Clone)]
struct Region;

#[derive(Service)]
struct Cache;

#[layer_map(Caches, idle_time_to_live = "1 minute")]
async fn cache(region: Region, scope: &Scope) -> Cache {
    Cache
}

fn main() {
    let eu = Caches::get(Region);
}

//~ 14 E0277 {Region} `Region` cannot be the key of a map of layers
