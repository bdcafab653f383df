//! Layer maps: what a closed map says, how a map closes, and scopes that are closed already.

use std::time::Duration;

use di::BuildErrorKind;
use di::prelude::*;

use crate::layer_map_upkeep::{Cache, caches};
use crate::layer_maps::{TenantDatabases, TenantDb, app};
use crate::trace::{Gate, Trace, settle};

#[tokio::test(start_paused = true)]
async fn a_closed_map_says_so() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let map = app.get::<TenantDatabases>();
    map.acquire("acme").await.unwrap().release().await.unwrap();
    map.close().await.unwrap();
    assert_eq!(trace.take(), ["+settings", "+acme", "-acme"]);
    let closed = map.acquire("acme").await.unwrap_err();
    assert!(matches!(closed.kind(), BuildErrorKind::MapClosed));
    assert_eq!(closed.to_string(), "cannot build `TenantDb` for key \"acme\": `TenantDatabases` is closed");
}

#[tokio::test(start_paused = true)]
async fn a_graceful_close_waits_for_those_who_hold_something() {
    let (trace, scope, gate) = (Trace::default(), Scope::new(), Gate::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    let run = map.acquire(&1).await.unwrap().run({
        let (trace, gate) = (trace.clone(), gate.clone());
        move |cache: Inject<Cache>| async move {
            gate.pass().await;
            trace.say(format!("used {}", cache.0));
        }
    });
    let run = tokio::spawn(run);
    let closing = tokio::spawn({
        let map = map.clone();
        async move { map.close_graceful(Duration::from_secs(5)).await.forced }
    });
    settle().await;
    assert!(map.acquire(&2).await.is_err());
    gate.open();
    run.await.unwrap().unwrap();
    assert_eq!(closing.await.unwrap(), [0; 0]);
    assert_eq!(trace.take(), ["+cache 1", "used 1", "-cache 1"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_too_long_is_released_by_a_graceful_close_nevertheless() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    let held = map.acquire(&1).await.unwrap();
    assert_eq!(map.close_graceful(Duration::from_secs(5)).await.forced, [1]);
    assert!(held.is_evicted());
    assert_eq!(trace.take(), ["+cache 1", "-cache 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_map_in_a_scope_that_is_dropped_is_released() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).keep().build(&scope).await.unwrap();
    map.preload([1]).await.unwrap();
    drop((map, scope));
    settle().await;
    assert_eq!(trace.take(), ["+cache 1", "-cache 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_is_dropped_releases_its_maps() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(app(&trace));
    let acme = TenantDatabases::get("acme".into());
    runtime.run(Effect::new(|_: Inject<TenantDb>| async {}).provide(acme)).await.unwrap();
    drop(runtime);
    settle().await;
    assert_eq!(trace.take(), ["+settings", "+acme", "-acme", "-settings"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_built_for_a_scope_that_is_closed() {
    let (trace, scope, closed) = (Trace::default(), Scope::new(), Scope::new());
    let map = caches(&trace).named("Caches").keep().build(&scope).await.unwrap();
    closed.close(Exit::Success).await.unwrap();
    let error = map.context(&1, &closed).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::ScopeClosed(_)), "{error}");
    assert!(trace.take().is_empty());
    assert_eq!(
        error.to_string(),
        "cannot build `Cache` for key 1: `Caches` has no scope to live in, it is closed (success)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_closed_while_it_waits_for_a_key_is_refused_in_the_same_words() {
    let (trace, scope, request) = (Trace::default(), Scope::new(), Scope::new());
    let map = caches(&trace).named("Caches").keep().build(&scope).await.unwrap();
    let (refused, _) = tokio::join!(map.context(&1, &request), request.close(Exit::Success));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "cannot build `Cache` for key 1: `Caches` has no scope to live in, it is closed (success)"
    );
    assert_eq!(map.stats().in_use, 0);
}
