//! A map with `&'static str` as its key is asked by a `&&'static str`: of a `&str`, which may be gone soon, no key is made.

use di::LayerMap;
use di::prelude::*;

#[derive(Service)]
struct Cache;

async fn cache(caches: LayerMap<&'static str, services![Cache]>, region: &'static str) {
    let _ = caches.acquire(region).await;
}

fn main() {}

//~ 10 E0277 {region} a key of type `&'static str` cannot be made of a borrowed `str`
//~ 10 E0277 {caches.acquire(region)} a key of type `&'static str` cannot be made of a borrowed `str`
//~ 10 E0277 {await} a key of type `&'static str` cannot be made of a borrowed `str`
