//! A cache for each region, made when a region is first asked for: `cargo run --example layer_map`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use di::prelude::*;

#[service]
trait Cache {
    fn get(&self, key: &str) -> Option<String>;
    fn set(&self, key: &str, value: &str);
}

struct RegionCache {
    region: String,
    values: Mutex<HashMap<String, String>>,
}

#[service]
impl Cache for RegionCache {
    fn get(&self, key: &str) -> Option<String> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn set(&self, key: &str, value: &str) {
        let value = format!("{value} in {}", self.region);
        self.values.lock().unwrap_or_else(PoisonError::into_inner).insert(key.into(), value);
    }
}

// The map is the service `Caches`. Its key is the parameter of the function.
#[layer_map(Caches, idle_time_to_live = "10 minutes", as dyn Cache)]
fn region_cache(region: String) -> RegionCache {
    RegionCache { region, values: Mutex::default() }
}

// A program that needs a cache, and does not know of regions.
#[effect]
async fn remember(cache: Inject<dyn Cache>, user: String) -> Option<String> {
    cache.set("user", &user);
    cache.get("user")
}

// Whatever effect needs a cache needs the map of caches instead, once a region is chosen for it.
fn in_europe(effect: Effect<Option<String>, services![dyn Cache]>) -> Effect<Option<String>, services![Caches]> {
    Caches::provide_to("eu-west-1".into(), effect)
}

#[di::main(Caches::layer())]
async fn main(caches: Inject<Caches>) -> Result<(), di::RunError> {
    // A key as a layer: the program does not compile without the map.
    let ada = remember("Ada".into()).provide(Caches::get("us-east-1".into()));
    assert_eq!(ada.provide_inject::<Caches>(caches.clone()).run().await?.as_deref(), Some("Ada in us-east-1"));
    let grace = in_europe(remember("Grace".into())).provide_inject::<Caches>(caches.clone());
    assert_eq!(grace.run().await?.as_deref(), Some("Grace in eu-west-1"));

    // A key in hand: the services, or work that is done with them.
    let europe = caches.acquire("eu-west-1").await?;
    assert_eq!(europe.get::<dyn Cache>().get("user").as_deref(), Some("Grace in eu-west-1"));
    let user = europe.run(|cache: Inject<dyn Cache>| async move { cache.get("user") }).await?;
    assert_eq!(user.as_deref(), Some("Grace in eu-west-1"));

    let mut regions = caches.keys();
    regions.sort();
    println!("{regions:?}, of which {} in use", caches.stats().in_use);
    assert_eq!((regions.len(), caches.stats().in_use), (2, 1));
    Ok(())
}
