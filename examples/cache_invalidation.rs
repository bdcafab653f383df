//! A cache for each region that is thrown away by hand: `cargo run --example cache_invalidation`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use di::prelude::*;
use tokio::time::sleep;

#[derive(Service, Default)]
struct Cache(Mutex<HashMap<&'static str, &'static str>>);

impl Cache {
    fn get(&self, key: &'static str) -> Option<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn set(&self, key: &'static str, value: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }
}

#[layer_map(Caches, idle_time_to_live = "1 minute")]
fn region_cache(region: String, scope: &Scope) -> Cache {
    println!("+ {region}");
    scope.on_close(move |_exit| async move { println!("- {region}") });
    Cache::default()
}

#[effect]
async fn get(cache: Inject<Cache>, key: &'static str) -> Option<&'static str> {
    cache.get(key)
}

#[effect]
async fn set(cache: Inject<Cache>, key: &'static str, value: &'static str) {
    cache.set(key, value);
}

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = ManagedRuntime::new(Caches::layer());
    let east = || Caches::get("us-east-1".into());

    // Used again within a minute, it is the same cache.
    runtime.run(set("user", "John").provide(east())).await?;
    sleep(Duration::from_secs(59)).await;
    assert_eq!(runtime.run(get("user").provide(east())).await?, Some("John"));

    // Thrown away, it is a new one for all who come now; who uses the old one keeps that.
    let caches = runtime.context().await?.get::<Caches>().clone();
    let old = caches.acquire("us-east-1").await?;
    assert!(caches.invalidate("us-east-1").await);
    assert_eq!(runtime.run(get("user").provide(east())).await?, None);
    assert_eq!(old.get::<Cache>().get("user"), Some("John"));
    old.release().await?;

    runtime.run(set("user", "John again").provide(east())).await?;
    assert_eq!(runtime.run(get("user").provide(east())).await?, Some("John again"));

    // Many at a time: all regions of the east.
    caches.preload(["us-east-2".into(), "eu-east-1".into(), "us-west-1".into()]).await?;
    assert_eq!(caches.invalidate_where(|region| region.contains("east")).await, 3);
    assert_eq!(caches.keys(), ["us-west-1"]);
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
