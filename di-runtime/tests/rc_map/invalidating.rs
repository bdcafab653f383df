//! Invalidation, eviction and refreshing.

use std::sync::{Arc, Mutex};

use di_runtime::{RcMapError, RcMapEventKind, ReleaseReason, Scope};
use tokio::time::{sleep, timeout};

use crate::common::settle;
use crate::stage::{Stage, seconds, timed};

#[tokio::test(start_paused = true)]
async fn an_idle_one_that_is_invalidated_is_released_now_and_waited_for() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.releases_take(seconds(3));
    drop(map.get(&"a").await.unwrap());
    assert_eq!(timed(map.invalidate(&"a")).await, (true, seconds(3)));
    stage.assert_even();
    assert_eq!(map.get(&"a").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn who_holds_what_is_invalidated_keeps_it_and_others_get_a_new_one() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    let old = map.get(&"a").await.unwrap();
    assert_eq!(timed(map.invalidate(&"a")).await, (true, seconds(0)));
    assert!(!map.contains(&"a") && !old.is_current() && !old.is_evicted());
    let new = map.get(&"a").await.unwrap();
    assert!(!old.is_same(&new) && old.is_live() && new.is_current());
    let also_old = old.clone();
    drop(old);
    settle().await;
    assert!(also_old.is_live());
    also_old.release().await.unwrap();
    assert_eq!(stage.trace.lines().last().unwrap(), "a1 released");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_old_one_never_touches_the_new_one() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    drop(map.get(&"a").await.unwrap()); // Its place in the queue is for 60 seconds.
    let old = map.get(&"a").await.unwrap();
    map.invalidate(&"a").await;
    sleep(seconds(30)).await;
    let new = map.get(&"a").await.unwrap();
    drop(old);
    sleep(seconds(1000)).await;
    assert!(map.contains(&"a") && new.is_live());
    drop(new);
    sleep(seconds(59)).await;
    assert_eq!(map.get(&"a").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_build_that_is_invalidated_goes_to_those_who_wait_and_to_nobody_else() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let waiting = tokio::spawn({
        let map = map.clone();
        async move { map.get(&"a").await }
    });
    settle().await;
    assert_eq!(timed(map.invalidate(&"a")).await, (true, seconds(0)));
    let new = map.get(&"a").await.unwrap();
    let old = waiting.await.unwrap().unwrap();
    assert_eq!((old.number, new.number), (1, 2));
    old.release().await.unwrap();
    assert_eq!(stage.released(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_can_wait_until_what_was_invalidated_is_gone() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.releases_take(seconds(2));
    let held = map.get(&"a").await.unwrap();
    let hold = async {
        sleep(seconds(10)).await;
        drop(held);
    };
    let ((gone, ()), time) = timed(async { tokio::join!(map.invalidate_and_wait(&"a"), hold) }).await;
    assert_eq!((gone.unwrap(), time), (true, seconds(12)));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn nothing_happens_to_a_key_that_is_not_there() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    assert!(!map.invalidate(&"a").await);
    assert!(!map.invalidate_and_wait(&"a").await.unwrap());
    assert!(!map.evict(&"a").await.unwrap());
    map.close().await.unwrap();
    assert!(!map.invalidate(&"a").await);
}

#[tokio::test(start_paused = true)]
async fn many_can_be_invalidated_at_once() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.releases_take(seconds(3));
    for key in ["a1", "a2", "b1"] {
        drop(map.get(&key).await.unwrap());
    }
    assert_eq!(timed(map.invalidate_where(|key| key.starts_with('a'))).await, (2, seconds(3)));
    assert_eq!(map.keys(), ["b1"]);
    assert_eq!(map.invalidate_all().await, 1);
    assert!(map.is_empty());
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn eviction_releases_what_is_held_and_tells_who_holds_it() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.releases_take(seconds(3));
    let held = map.get(&"a").await.unwrap();
    assert!(timeout(seconds(1), held.evicted()).await.is_err());
    let (((), evicted), time) = timed(async { tokio::join!(held.evicted(), map.evict(&"a")) }).await;
    assert_eq!((evicted.unwrap(), time), (true, seconds(3)));
    assert!(held.is_evicted() && !held.is_live());
    stage.assert_even();
    let new = map.get(&"a").await.unwrap();
    held.release().await.unwrap(); // It touches nothing.
    assert!(new.is_live() && new.is_current());
    assert_eq!(map.stats().evicted, 1);
}

#[tokio::test(start_paused = true)]
async fn eviction_cancels_a_build_and_tells_who_waits() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let waiting = tokio::spawn({
        let map = map.clone();
        async move { map.get(&"a").await }
    });
    settle().await;
    assert!(map.evict(&"a").await.unwrap());
    assert!(matches!(waiting.await.unwrap(), Err(RcMapError::Evicted)));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_evicted_before_it_is_told_is_not_kept() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().cache_failures(seconds(60)).build(&scope);
    stage.fails(true);
    stage.releases_take(seconds(5));
    let evicts = async {
        sleep(seconds(3)).await; // It has failed, and is being released.
        timed(map.evict(&"a")).await
    };
    let (failed, (evicted, time)) = tokio::join!(map.get(&"a"), evicts);
    assert_eq!((failed.unwrap_err().to_string(), evicted.unwrap(), time), ("no a".to_owned(), true, seconds(3)));
    assert_eq!((map.stats().failures, map.stats().leaving), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_swaps_without_a_gap_and_releases_the_old_one_after_its_holders() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let old = map.get(&"a").await.unwrap();
    let meanwhile = async {
        sleep(std::time::Duration::from_millis(500)).await;
        map.get(&"a").await.unwrap().number
    };
    let (new, seen) = tokio::join!(map.refresh(&"a"), meanwhile);
    let new = new.unwrap();
    assert_eq!((seen, new.number, map.get(&"a").await.unwrap().number), (1, 2, 2));
    assert!(old.is_live() && !old.is_current() && new.is_current());
    old.release().await.unwrap();
    assert_eq!((stage.released(), map.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_keeps_the_old_one() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    drop(map.get(&"a").await.unwrap());
    stage.fails(true);
    assert_eq!(map.refresh(&"a").await.unwrap_err().to_string(), "no a");
    assert_eq!((map.get(&"a").await.unwrap().number, stage.released()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn refreshes_of_one_key_at_one_time_are_one_build() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    let (first, second) = tokio::join!(map.refresh(&"a"), map.refresh(&"a"));
    assert!(first.unwrap().is_same(&second.unwrap()));
    assert_eq!((stage.acquired(), map.get(&"a").await.unwrap().number), (2, 2));
    settle().await;
    assert_eq!(stage.released(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_what_is_not_there_builds_it() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    assert_eq!(map.refresh(&"a").await.unwrap().number, 1);
    assert_eq!(map.get(&"a").await.unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_what_is_invalidated_meanwhile_is_for_the_caller_only() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    let (refreshed, _) = tokio::join!(map.refresh(&"a"), async {
        sleep(std::time::Duration::from_millis(500)).await;
        map.invalidate(&"a").await
    });
    let refreshed = refreshed.unwrap();
    assert!(refreshed.is_live() && !refreshed.is_current() && !map.contains(&"a"));
    refreshed.release().await.unwrap();
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_left_changes_nothing() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    assert!(timeout(std::time::Duration::from_millis(500), map.refresh(&"a")).await.is_err());
    settle().await;
    assert_eq!((map.get(&"a").await.unwrap().number, stage.acquired(), stage.released()), (1, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_exclusive_refresh_releases_first() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().exclusive().build(&scope);
    drop(map.get(&"a").await.unwrap());
    assert_eq!(map.refresh(&"a").await.unwrap().number, 2);
    assert_eq!(stage.trace.lines(), ["a1 begun", "a1 built", "a1 released", "a2 begun", "a2 built"]);
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_every_release_is_told() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let told = Arc::new(Mutex::new(Vec::new()));
    let says = told.clone();
    let map = stage
        .builder()
        .idle_time_to_live_by(|key| if *key == "at once" { seconds(0) } else { seconds(60) })
        .on_event(move |event| {
            if let RcMapEventKind::Released(reason) = event.kind {
                says.lock().unwrap().push((*event.key, reason));
            }
        })
        .build(&scope);
    map.get(&"at once").await.unwrap().release().await.unwrap();
    drop(map.get(&"expires").await.unwrap());
    sleep(seconds(60)).await;
    settle().await;
    drop(map.get(&"invalid").await.unwrap());
    map.invalidate(&"invalid").await;
    let held = map.get(&"held").await.unwrap();
    map.invalidate(&"held").await;
    held.release().await.unwrap();
    drop(map.get(&"old").await.unwrap());
    drop(map.refresh(&"old").await.unwrap());
    settle().await;
    map.evict(&"old").await.unwrap();
    stage.fails(true);
    drop(map.get(&"fails").await);
    stage.fails(false);
    let _ = timeout(std::time::Duration::from_millis(500), map.get(&"left")).await;
    settle().await;
    drop(map.get(&"closed").await.unwrap());
    map.close().await.unwrap();
    use ReleaseReason::{BuildFailed, Cancelled, Closed, Evicted, Expired, Invalidated, LastReference, Refreshed};
    let expected = [
        ("at once", LastReference),
        ("expires", Expired),
        ("invalid", Invalidated),
        ("held", Invalidated),
        ("old", Refreshed),
        ("old", Evicted),
        ("fails", BuildFailed),
        ("left", Cancelled),
        ("closed", Closed),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}
