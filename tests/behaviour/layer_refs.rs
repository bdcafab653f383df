//! Layer references: one layer, built on first use, released when idle, and refreshed without a gap.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, LayerRef, LayerRefBuilder};
use tokio::time::sleep;

use crate::trace::{Trace, settle};

#[derive(Service, Debug)]
struct Rules(u32);

#[derive(Clone, Default)]
struct Version(Arc<AtomicU32>);

#[layer]
async fn rules(trace: Trace, version: Version, scope: &Scope) -> Result<Rules, std::io::Error> {
    let version = version.0.fetch_add(1, Ordering::Relaxed) + 1;
    trace.lives(&format!("rules {version}"), scope);
    sleep(Duration::from_millis(1)).await;
    // The third reading fails.
    if version == 3 { Err(std::io::Error::other("torn")) } else { Ok(Rules(version)) }
}

fn reference(trace: &Trace) -> LayerRefBuilder<services![Rules], services![]> {
    LayerRef::new(rules(trace.clone(), Version::default()))
}

fn hourly() -> Schedule<()> {
    Schedule::spaced(Duration::from_secs(3600))
}

#[service(for = LayerRef<services![Rules]>)]
struct CurrentRules;

#[effect]
async fn version(rules: Inject<Rules>) -> u32 {
    rules.0
}

#[tokio::test(start_paused = true)]
async fn it_is_built_on_first_use_shared_and_released_when_idle() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let rules = reference(&trace).idle_time_to_live(Duration::from_secs(60)).build(&scope).await.unwrap();
    assert!(!rules.is_present());
    let (one, two) = tokio::join!(rules.acquire(), rules.acquire());
    assert!(one.unwrap().get::<Rules>().is_same(two.unwrap().get::<Rules>()));
    assert_eq!(trace.take(), ["+rules 1"]);
    sleep(Duration::from_secs(60)).await;
    settle().await;
    assert_eq!(trace.take(), ["-rules 1"]);
    assert!(rules.get_if_present().await.unwrap().is_none());
    assert_eq!(rules.provide_to(version()).run().await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_builds_another_one_also_while_the_old_one_is_held() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let rules = reference(&trace).keep().build(&scope).await.unwrap();
    let old = rules.acquire().await.unwrap();
    assert!(rules.invalidate().await);
    let new = rules.context(&scope).await.unwrap();
    assert_eq!((old.get::<Rules>().0, new.get::<Rules>().0), (1, 2));
    drop(old);
    settle().await;
    assert_eq!(trace.take(), ["+rules 1", "+rules 2", "-rules 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_leaves_the_old_one_in_its_place() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let rules = reference(&trace).keep().build(&scope).await.unwrap();
    assert_eq!(rules.acquire().await.unwrap().get::<Rules>().0, 1);
    assert_eq!(rules.refresh().await.unwrap().get::<Rules>().0, 2);
    settle().await;
    assert_eq!(trace.take(), ["+rules 1", "+rules 2", "-rules 1"]);
    let error = rules.refresh().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot build `Rules`: `rules` failed: torn (after 1 ms)");
    assert_eq!(rules.acquire().await.unwrap().get::<Rules>().0, 2);
    assert_eq!(rules.refresh().await.unwrap().get::<Rules>().0, 4);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_refreshes_what_is_kept_without_a_gap() {
    let trace = Trace::default();
    let app = reference(&trace).keep().refresh_on(hourly()).layer::<CurrentRules>();
    let runtime = ManagedRuntime::new(app);
    let current = || runtime.run(version().provide(LayerRef::get_from::<CurrentRules>()));
    assert_eq!(current().await.unwrap(), 1);
    sleep(Duration::from_secs(3601)).await;
    assert_eq!(current().await.unwrap(), 2);
    // The next refresh fails, and the one after that does not.
    sleep(Duration::from_secs(3601)).await;
    assert_eq!(current().await.unwrap(), 2);
    sleep(Duration::from_secs(3601)).await;
    assert_eq!(current().await.unwrap(), 4);
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
    let expected = ["+rules 1", "+rules 2", "-rules 1", "+rules 3", "-rules 3", "+rules 4", "-rules 2", "-rules 4"];
    assert_eq!(trace.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_builds_nothing_that_nobody_asked_for_and_releases_what_is_idle_for_a_while_only() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let rules = reference(&trace).idle_time_to_live(Duration::from_secs(7200)).refresh_on(hourly());
    let rules = rules.build(&scope).await.unwrap();
    sleep(Duration::from_secs(3601)).await;
    assert_eq!(trace.take(), [""; 0]);
    rules.acquire().await.unwrap().release().await.unwrap();
    sleep(Duration::from_secs(3600)).await;
    settle().await;
    assert_eq!(trace.take(), ["+rules 1", "-rules 1"]);
    let held = rules.acquire().await.unwrap();
    assert_eq!(held.get::<Rules>().0, 2);
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(trace.take(), ["+rules 2", "+rules 3", "-rules 3"]);
    assert!(held.is_current());
}

#[tokio::test(start_paused = true)]
async fn it_may_be_built_with_what_is_around_it() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let preloaded = reference(&trace).preload().keep().layer::<CurrentRules>();
    let preloaded: Layer<services![CurrentRules], services![]> = preloaded;
    let app = preloaded.build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["+rules 1"]);
    assert!(app.get::<CurrentRules>().is_present());
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-rules 1"]);
    let closed = app.get::<CurrentRules>().acquire().await.unwrap_err();
    assert!(matches!(closed.kind(), BuildErrorKind::MapClosed));
}

#[tokio::test(start_paused = true)]
async fn an_eviction_and_a_close_end_it_whoever_holds_it() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let rules = reference(&trace).keep().build(&scope).await.unwrap();
    let held = rules.acquire().await.unwrap();
    assert!(rules.evict().await.unwrap());
    assert!(held.is_evicted());
    let held = rules.acquire().await.unwrap();
    assert!(rules.close_graceful(Duration::from_secs(1)).await);
    drop(held);
    assert_eq!(trace.take(), ["+rules 1", "-rules 1", "+rules 2", "-rules 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_dropped_ends_the_schedule_and_releases_it() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let rules = reference(&trace).keep().refresh_on(hourly()).build(&scope).await.unwrap();
    rules.acquire().await.unwrap().release().await.unwrap();
    drop((rules, scope));
    settle().await;
    assert_eq!(trace.take(), ["+rules 1", "-rules 1"]);
}
