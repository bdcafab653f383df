//! The keys of a map are of one type, which can be hashed, compared, cloned and printed.

#![allow(unused)]

use di::{LayerMap, prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Development,
    Production,
}

#[derive(Service)]
struct Flags;

#[layer_map(StageFlags, keep)]
fn flags(stage: Stage) -> Flags {
    Flags
}

struct Region;

async fn no_policy(scope: &Scope) {
    let map = LayerMap::new(|stage: Stage| flags(stage)).build(scope).await;
}

fn main() {
    let flags = StageFlags::get("production");
    let caches = LayerMap::new(|region: Region| Layer::succeed::<Flags>(Flags)).keep();
}

//~ 24 E0277 {build} this map has not been told how long to keep what nobody holds
//~ 28 E0308 {"production"} mismatched types
//~ 29 E0277 {LayerMap} `Region` cannot be the key of a map of layers
