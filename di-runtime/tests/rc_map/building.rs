//! Who builds, who waits, and what a failure does.

use std::time::Duration;

use di_core::Exit;
use di_runtime::{RcMap, RcMapError, Scope};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use crate::common::{Trace, settle};
use crate::stage::{Stage, seconds, timed};

#[tokio::test(start_paused = true)]
async fn nothing_is_built_before_it_is_asked_for() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    assert_eq!(map.get_if_present(&"a").await.unwrap().map(|guard| guard.number), None);
    assert_eq!((stage.acquired(), map.len(), map.contains(&"a")), (0, 0, false));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_requests_for_one_key_are_one_build() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    let herd: Vec<_> = (0..10_000)
        .map(|_| {
            let map = map.clone();
            tokio::spawn(async move { map.get(&"a").await })
        })
        .collect();
    let guards: Vec<_> = join_all(herd).await.into_iter().map(|guard| guard.unwrap().unwrap()).collect();
    assert!(guards.iter().all(|guard| guard.number == 1 && guard.is_live()));
    assert_eq!(stage.acquired(), 1);
    drop(guards);
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_slow_key_does_not_hold_up_another_one() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.builds_take(seconds(60));
    let slow = tokio::spawn({
        let map = map.clone();
        async move { map.get(&"slow").await }
    });
    settle().await;
    stage.builds_take(seconds(1));
    let (guard, time) = timed(map.get(&"quick")).await;
    assert_eq!((guard.unwrap().key, time), ("quick", seconds(1)));
    assert_eq!(slow.await.unwrap().unwrap().key, "slow");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_leaves_does_not_take_the_build_from_another_one() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let first = timeout(Duration::from_millis(500), map.get(&"a"));
    let (first, second) = tokio::join!(first, map.get(&"a"));
    assert!(first.is_err());
    assert_eq!(second.unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn when_the_last_request_leaves_the_build_is_cancelled_though_idle_ones_are_kept() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    assert!(timeout(Duration::from_millis(500), map.get(&"a")).await.is_err());
    assert!(!map.contains(&"a"));
    settle().await;
    assert_eq!(stage.trace.lines(), ["a1 begun", "a1 released"]);
    assert_eq!(map.get(&"a").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_while_a_build_is_being_cancelled_begins_anew() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.releases_take(seconds(10));
    assert!(timeout(Duration::from_millis(500), map.get(&"a")).await.is_err());
    let (guard, time) = timed(map.get(&"a")).await;
    assert_eq!((guard.unwrap().number, time), (2, seconds(1)));
}

#[tokio::test(start_paused = true)]
async fn a_failure_goes_to_all_who_wait_after_everything_was_released_and_is_forgotten() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(3600)).build(&scope);
    stage.fails(true);
    stage.releases_take(seconds(2));
    let (failures, time) = timed(join_all((0..3).map(|_| map.get(&"a")))).await;
    assert_eq!(time, seconds(3));
    stage.assert_even();
    for failure in failures {
        assert_eq!(failure.unwrap_err().failure().unwrap(), "no a");
    }
    assert_eq!((stage.acquired(), map.len(), map.stats().failed), (1, 0, 1));
    stage.fails(false);
    assert_eq!(map.get(&"a").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_to_be_kept_is_handed_out_until_its_time_is_over() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().cache_failures(seconds(10)).build(&scope);
    stage.fails(true);
    for _ in 0..3 {
        assert_eq!(map.get(&"a").await.unwrap_err().to_string(), "no a");
    }
    assert_eq!((stage.acquired(), map.stats().failures), (1, 1));
    sleep(seconds(10)).await;
    settle().await;
    assert_eq!(map.len(), 0);
    stage.fails(false);
    assert_eq!(map.get(&"a").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_kept_failure_is_forgotten_when_its_key_is_invalidated() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().cache_failures(seconds(10)).build(&scope);
    stage.fails(true);
    assert!(map.get(&"a").await.is_err());
    stage.fails(false);
    assert!(map.invalidate(&"a").await);
    assert_eq!(map.get(&"a").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn finalizers_are_told_how_a_build_ended() {
    let (trace, scope) = (Trace::new(), Scope::new());
    let told = trace.clone();
    let map = RcMap::new(move |key: &'static str, scope: Scope| {
        scope.on_close(told.saying_exit());
        async move {
            match key {
                "fails" => Err("it fails"),
                "panics" => panic!("it panics"),
                "hangs" => std::future::pending().await,
                _ => Ok(()),
            }
        }
    })
    .release_immediately()
    .build(&scope);
    map.get(&"built").await.unwrap().release().await.unwrap();
    assert!(map.get(&"fails").await.is_err());
    assert!(matches!(map.get(&"panics").await, Err(RcMapError::Panicked(message)) if &*message == "it panics"));
    assert!(timeout(seconds(1), map.get(&"hangs")).await.is_err());
    settle().await;
    assert_eq!(trace.lines(), ["success", "failure: it fails", "panic: it panics", "cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_being_built_is_waited_for_by_who_only_looks() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let (got, found) = tokio::join!(map.get(&"a"), map.get_if_present(&"a"));
    assert!(got.unwrap().is_same(&found.unwrap().unwrap()));
    stage.fails(true);
    let (got, found) = tokio::join!(map.get(&"b"), map.get_if_present(&"b"));
    assert!(got.is_err() && found.is_err());
}

#[tokio::test(start_paused = true)]
async fn keys_are_found_by_what_they_borrow_as() {
    let scope = Scope::new();
    let map = RcMap::unscoped(|key: String| async move { Ok::<_, String>(key.len()) }).keep().build(&scope);
    assert_eq!(*map.get("four").await.unwrap(), 4);
    assert_eq!(*map.get(&"four".to_owned()).await.unwrap(), 4);
    assert_eq!((map.keys(), map.stats().built), (vec!["four".to_owned()], 1));
    scope.close(Exit::Success).await.unwrap();
}
