//! The cures: the key borrowed, or a map of `String`s.

use di::LayerMap;
use di::prelude::*;

#[derive(Service)]
struct Cache;

async fn cache(caches: LayerMap<&'static str, services![Cache]>, region: &'static str) {
    let _ = caches.acquire(&region).await;
}

async fn owned(caches: LayerMap<String, services![Cache]>, region: &str) {
    let _ = caches.acquire(region).await;
}

fn main() {
    let _ = (cache, owned);
}
