//! What is called a layer is one.

#![allow(unused)]

use di::prelude::*;

struct CacheLayer;

#[layer_map(Caches, keep)]
fn cache(region: String) -> CacheLayer {
    CacheLayer
}

fn main() {}

//~ 10 E0277 {CacheLayer} `CacheLayer` is not a layer
