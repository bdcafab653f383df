//! Layer maps: what is invalidated, refreshed, evicted, bounded and preloaded.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, LayerMap, WhenFull};
use tokio::time::sleep;

use crate::layer_maps::{Log, TenantDatabases, app, log};
use crate::trace::{Trace, settle};

#[derive(Service, Debug)]
pub struct Cache(pub u32);

#[layer]
async fn cache(key: u32, trace: Trace, scope: &Scope) -> Cache {
    trace.lives(&format!("cache {key}"), scope);
    sleep(Duration::from_millis(1)).await;
    Cache(key)
}

/// The layer of each key, which says when it is built and released.
pub fn caches(trace: &Trace) -> di::LayerMapBuilder<u32, services![Cache], services![]> {
    let trace = trace.clone();
    LayerMap::new(move |key| cache(key, trace.clone()))
}

#[tokio::test(start_paused = true)]
async fn who_asks_after_an_invalidation_gets_another_instance_and_who_holds_keeps_its_own() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let same = cache(1, trace.clone());
    let map = LayerMap::from_record([(1, same)]).keep().build(&scope).await.unwrap();
    let old = map.acquire(&1).await.unwrap();
    assert!(map.invalidate(&1).await);
    assert!(!old.is_current());
    let new = map.acquire(&1).await.unwrap();
    assert!(!old.get::<Cache>().is_same(new.get::<Cache>()));
    assert_eq!(trace.take(), ["+cache 1", "+cache 1"]);
    old.release().await.unwrap();
    assert_eq!(trace.take(), ["-cache 1"]);
    assert!(map.acquire(&1).await.unwrap().get::<Cache>().is_same(new.get::<Cache>()));
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_that_waits_returns_when_the_last_one_has_let_go() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    let held = map.acquire(&1).await.unwrap();
    let waiting = tokio::spawn({
        let map = map.clone();
        async move { map.invalidate_and_wait(&1).await.unwrap() }
    });
    settle().await;
    assert!(!waiting.is_finished());
    drop(held);
    assert!(waiting.await.unwrap());
    assert_eq!(trace.take(), ["+cache 1", "-cache 1"]);
    assert!(!map.invalidate(&1).await);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_leaves_no_gap() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    let old = map.acquire(&1).await.unwrap();
    let refreshing = tokio::spawn({
        let map = map.clone();
        async move { map.refresh(&1).await.unwrap() }
    });
    settle().await;
    assert!(map.acquire(&1).await.unwrap().get::<Cache>().is_same(old.get::<Cache>()));
    let new = refreshing.await.unwrap();
    assert!(map.acquire(&1).await.unwrap().get::<Cache>().is_same(new.get::<Cache>()));
    assert!(!new.get::<Cache>().is_same(old.get::<Cache>()));
    assert_eq!(trace.take(), ["+cache 1", "+cache 1"]);
    old.release().await.unwrap();
    assert_eq!(trace.take(), ["-cache 1"]);
}

#[tokio::test(start_paused = true)]
async fn an_eviction_tells_those_who_hold_it() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    let held = map.acquire(&1).await.unwrap();
    assert!(map.evict(&1).await.unwrap());
    held.evicted().await;
    assert!(held.is_evicted());
    assert_eq!(trace.take(), ["+cache 1", "-cache 1"]);
}

#[tokio::test(start_paused = true)]
async fn keys_are_listed_looked_up_and_invalidated_together() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    map.preload([1, 2, 3]).await.unwrap();
    let mut keys = map.keys();
    keys.sort_unstable();
    assert_eq!(keys, [1, 2, 3]);
    assert!(map.contains(&2) && !map.contains(&4));
    assert!(map.get_if_present(&4).await.unwrap().is_none());
    assert_eq!(map.get_if_present(&2).await.unwrap().unwrap().get::<Cache>().0, 2);
    assert_eq!((map.stats().built, map.stats().idle), (3, 3));
    assert_eq!(map.invalidate_where(|key| *key < 3).await, 2);
    assert_eq!(map.keys(), [3]);
    assert_eq!(map.invalidate_all().await, 1);
    assert!(map.keys().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_time_may_be_chosen_for_each_key() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map =
        caches(&trace).idle_time_to_live_by(|key| Duration::from_secs(u64::from(*key))).build(&scope).await.unwrap();
    map.preload([1, 5]).await.unwrap();
    trace.take();
    sleep(Duration::from_secs(1)).await;
    settle().await;
    assert_eq!(trace.take(), ["-cache 1"]);
    sleep(Duration::from_secs(4)).await;
    settle().await;
    assert_eq!(trace.take(), ["-cache 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_map_refuses_or_makes_room_or_lets_wait() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let refusing = caches(&trace).keep().capacity(1, WhenFull::Reject).build(&scope).await.unwrap();
    refusing.acquire(&1).await.unwrap().release().await.unwrap();
    let full = refusing.acquire(&2).await.unwrap_err();
    assert!(matches!(full.kind(), BuildErrorKind::CapacityExceeded { capacity: 1 }));
    assert!(full.is_failure());

    trace.take();
    let making_room = caches(&trace).keep().capacity(1, WhenFull::EvictIdle).build(&scope).await.unwrap();
    making_room.acquire(&1).await.unwrap().release().await.unwrap();
    let two = making_room.acquire(&2).await.unwrap();
    settle().await;
    assert_eq!((trace.count("-cache 1"), making_room.keys()), (1, vec![2]));
    assert!(making_room.acquire(&3).await.is_err());
    drop(two);

    let waiting = caches(&trace).keep().capacity(1, WhenFull::Wait).build(&scope).await.unwrap();
    let one = waiting.acquire(&1).await.unwrap();
    let two = tokio::spawn({
        let waiting = waiting.clone();
        async move { waiting.acquire(&2).await.unwrap().get::<Cache>().0 }
    });
    settle().await;
    assert!(!two.is_finished());
    drop(one);
    assert_eq!(two.await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_exclusive_key_is_built_again_only_when_the_old_one_has_been_released() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().exclusive().build(&scope).await.unwrap();
    let old = map.acquire(&1).await.unwrap();
    map.invalidate(&1).await;
    let new = tokio::spawn({
        let map = map.clone();
        async move { map.acquire(&1).await.map(drop) }
    });
    settle().await;
    assert_eq!(trace.take(), ["+cache 1"]);
    drop(old);
    new.await.unwrap().unwrap();
    assert_eq!(trace.take(), ["-cache 1", "+cache 1"]);
}

#[layer_map(Preloaded, idle_time_to_live = "1 minute", preload = [1, 2], capacity = 8, when_full = "evict_idle", exclusive)]
fn preloaded(key: u32, log: Inject<Log>, scope: &Scope) -> Result<Cache, std::io::Error> {
    log.0.lives(&format!("cache {key}"), scope);
    Ok(Cache(key))
}

#[tokio::test(start_paused = true)]
async fn the_keys_that_are_preloaded_are_built_with_the_map() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let layer: Layer<services![Preloaded], services![Log]> = Preloaded::layer();
    let app = layer.provide(log(trace.clone())).build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["+cache 1", "+cache 2"]);
    assert_eq!(app.get::<Preloaded>().stats().idle, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_preloaded_and_not_kept_is_released_again() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).release_immediately().preload([1]).build(&scope).await.unwrap();
    settle().await;
    assert_eq!(trace.take(), ["+cache 1", "-cache 1"]);
    assert!(!map.contains(&1));
}

#[tokio::test(start_paused = true)]
async fn a_map_is_not_there_if_a_key_cannot_be_preloaded() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let inner = app(&trace).build(&scope).await.unwrap();
    let tenants = inner.get::<TenantDatabases>().clone();
    trace.take();
    let map = LayerMap::new(move |key: &'static str| tenants.get(key.to_owned())).keep().preload(["acme", "nobody"]);
    let error = map.build(&scope).await.unwrap_err();
    assert!(error.is_failure());
    assert_eq!(inner.get::<TenantDatabases>().stats().in_use, 0);
    assert_eq!(trace.take(), ["+acme", "+nobody", "-nobody"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_is_built_for_each_use() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).release_immediately().build(&scope).await.unwrap();
    for _ in 0..2 {
        let use_it = Effect::new(|cache: Inject<Cache>| async move { cache.0 });
        assert_eq!(map.provide_to(1, use_it).run().await.unwrap(), 1);
    }
    assert_eq!(trace.take(), ["+cache 1", "-cache 1", "+cache 1", "-cache 1"]);
}
