//! `timeout` and `launch`: how long a layer may take to be built, and how long it stays.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, TimedOut};

use crate::stock::{Broken, Cache, Config, broken_users, config, pool, slow_cache, watched_pool};
use crate::trace::{Gate, Trace, give_up, settle};

#[tokio::test(start_paused = true)]
async fn a_layer_that_takes_too_long_is_released_and_its_failure_says_so() {
    let trace = Trace::default();
    let limit = Duration::from_secs(2);
    let app: Layer<services![Cache], services![], failures![TimedOut]> =
        slow_cache(trace.clone(), Gate::new()).timeout(limit);
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(trace.take(), ["+cache", "-cache: cancelled"]);
    let timed_out = error.failure::<TimedOut>().unwrap();
    assert_eq!((timed_out.layer(), timed_out.limit()), ("slow_cache", limit));
    assert_eq!(
        error.to_string(),
        "cannot build `Cache`: `slow_cache` failed: `slow_cache` was not built within 2s (after 2000 ms)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_built_in_time_does_not_know_of_its_limit() {
    let trace = Trace::default();
    let shared = config(trace.clone());
    let app = shared.clone().timeout(Duration::from_secs(1)).merge(shared);
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Config>().url, "memory");
    assert_eq!(trace.take(), ["+config"]);
    let failing = Layer::fail::<services![Cache], Broken>(Broken("cache")).timeout(Duration::from_secs(1));
    assert_eq!(failing.build(&Scope::new()).await.unwrap_err().failure::<Broken>().unwrap().0, "cache");
}

#[tokio::test(start_paused = true)]
async fn what_others_wait_for_as_well_is_not_cancelled_by_a_time_limit() {
    let trace = Trace::default();
    let gate = Gate::new();
    let slow = slow_cache(trace.clone(), gate.clone());
    let limited = slow.clone().timeout(Duration::from_secs(1));
    let (map, scope) = (MemoMap::new(), Scope::new());
    let (patient, hurried) = (slow.build_with(&map, &scope), limited.build_with(&map, &scope));
    let (patient, ()) = tokio::join!(patient, async {
        assert!(hurried.await.unwrap_err().failure::<TimedOut>().is_some());
        gate.open();
    });
    patient.unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn launch_stays_until_it_is_cancelled_and_releases_then() {
    let trace = Trace::default();
    let app = pool(trace.clone()).provide(config(trace.clone()));
    assert!(give_up(app.launch()).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_build_is_the_end_of_launch() {
    let trace = Trace::default();
    let app = broken_users(trace.clone()).provide(watched_pool(trace.clone()));
    let Err(error) = app.launch().await;
    assert!(matches!(error.kind(), BuildErrorKind::Failed(_)));
    assert_eq!(trace.take().last().unwrap(), "-pool: failure: unable to open users");
}
