//! The end of a map.

use di_core::Exit;
use di_runtime::{RcMap, RcMapError, Scope};
use tokio::time::{sleep, timeout};

use crate::common::settle;
use crate::stage::{Stage, seconds, timed};

#[tokio::test(start_paused = true)]
async fn a_map_closes_with_its_scope_and_releases_side_by_side_what_is_held_and_what_is_idle() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let held = map.get(&"a").await.unwrap();
    drop(map.get(&"b").await.unwrap());
    stage.releases_take(seconds(5));
    let (closed, time) = timed(scope.close(Exit::Success)).await;
    closed.unwrap();
    assert_eq!(time, seconds(5));
    stage.assert_even();
    assert!(held.is_evicted() && map.is_closed() && map.is_empty());
    drop(held);
    settle().await;
    assert_eq!(stage.released(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_closed_map_gives_nothing() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    stage.releases_take(seconds(5));
    let during = async {
        sleep(seconds(1)).await;
        let refreshed = map.refresh(&"a").await;
        (map.get(&"a").await, map.get_if_present(&"a").await, refreshed)
    };
    let (closed, (got, found, refreshed)) = tokio::join!(map.close(), during);
    closed.unwrap();
    assert!(matches!(got, Err(RcMapError::Closed)));
    assert!(matches!(refreshed, Err(RcMapError::Closed)));
    assert!(matches!(found, Ok(None)));
    assert!(matches!(map.get(&"b").await, Err(RcMapError::Closed)));
    assert!((map.keys(), map.contains(&"a"), map.touch(&"a")) == (vec![], false, false));
}

#[tokio::test(start_paused = true)]
async fn a_map_in_a_closed_scope_is_closed_from_the_beginning() {
    let (stage, scope) = (Stage::new(), Scope::new());
    scope.close(Exit::Success).await.unwrap();
    let map = stage.builder().keep().build(&scope);
    assert!(matches!(map.get(&"a").await, Err(RcMapError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn builds_are_cancelled_and_awaited_and_their_requests_told() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    stage.builds_take(seconds(60));
    stage.releases_take(seconds(5));
    let (got, (closed, time)) = tokio::join!(map.get(&"a"), timed(map.close()));
    assert!(matches!(got, Err(RcMapError::Closed)));
    closed.unwrap();
    assert_eq!(time, seconds(5));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn later_closers_wait_for_the_first_one() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    stage.releases_take(seconds(5));
    let later = async {
        sleep(seconds(2)).await;
        timed(map.close()).await.1
    };
    let (_, later, whole) = tokio::join!(map.close(), later, timed(scope.close(Exit::Success)));
    assert_eq!((later, whole.1), (seconds(3), seconds(5)));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_close_waits_for_releases_that_have_begun_before_and_ends_what_was_invalidated() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    stage.releases_take(seconds(5));
    let invalid = map.get(&"invalid").await.unwrap();
    map.invalidate(&"invalid").await;
    drop(map.get(&"released").await.unwrap());
    assert_eq!(timed(map.close()).await.1, seconds(5));
    stage.assert_even();
    assert!(invalid.is_evicted());
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_dropped_goes_on() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    stage.releases_take(seconds(5));
    assert!(timeout(seconds(1), map.close()).await.is_err());
    sleep(seconds(4)).await;
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_graceful_close_waits_for_who_holds_and_forces_the_rest() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let (short, long) = (map.get(&"short").await.unwrap(), map.get(&"long").await.unwrap());
    drop(map.get(&"idle").await.unwrap());
    let others = async {
        sleep(seconds(1)).await;
        assert_eq!(stage.trace.count("idle3 released"), 1);
        assert!(short.is_live() && matches!(map.get(&"short").await, Err(RcMapError::Closed)));
        drop(short);
    };
    let ((report, ()), time) = timed(async { tokio::join!(map.close_graceful(seconds(10)), others) }).await;
    assert_eq!((report.forced, time), (vec!["long"], seconds(10)));
    assert!(long.is_evicted());
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_graceful_close_ends_as_soon_as_nobody_holds_anything() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let (got, (report, time)) =
        tokio::join!(async { map.get(&"a").await.map(drop) }, timed(map.close_graceful(seconds(10))));
    got.unwrap();
    assert_eq!((report.forced, time), (vec![], seconds(1)));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn failures_and_hangs_of_releases_are_told_and_stop_no_other_one() {
    let scope = Scope::new();
    let map = RcMap::new(|key: &'static str, scope: Scope| async move {
        scope.on_close_named(key, move |_exit| async move {
            match key {
                "fails" => Err("it failed"),
                "panics" => panic!("it panicked"),
                "hangs" => std::future::pending().await,
                _ => Ok(()),
            }
        });
        Ok::<_, String>(())
    })
    .keep()
    .named("pools")
    .build(&scope);
    for key in ["fails", "fine", "hangs", "panics"] {
        drop(map.get(&key).await.unwrap());
    }
    let report = scope.close_with_timeout(Exit::Success, seconds(5)).await;
    assert_eq!(report.unfinished().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["pools"]);
    assert!(timeout(seconds(1), map.close()).await.is_err());
    let left = map.close_graceful(seconds(0));
    assert!(timeout(seconds(1), left).await.is_err());
    assert_eq!(map.stats().leaving, 1);
}

#[tokio::test(start_paused = true)]
async fn a_close_tells_what_failed() {
    let scope = Scope::new();
    let map = RcMap::new(|_key: u32, scope: Scope| async move {
        scope.on_close_named("socket", async |_exit| Err("reset"));
        Ok::<_, String>(())
    })
    .keep()
    .named("pools")
    .build(&scope);
    drop(map.get(&1).await.unwrap());
    let error = map.close().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "a finalizer did not succeed: `an entry of pools` failed: a finalizer did not succeed: `socket` failed: reset"
    );
    assert!(scope.close(Exit::Success).await.is_ok(), "the close of the map was told to who asked for it");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_release_is_told_that_it_failed() {
    let scope = Scope::new();
    let map = RcMap::new(|_key: u32, scope: Scope| async move {
        scope.on_close_named("socket", async |_exit| Err("reset"));
        Ok::<_, String>(())
    })
    .release_immediately()
    .build(&scope);
    let error = map.get(&1).await.unwrap().release().await.unwrap_err();
    assert_eq!(error.to_string(), "a finalizer did not succeed: `socket` failed: reset");
}

#[tokio::test(start_paused = true)]
async fn a_map_whose_scope_is_dropped_open_is_closed() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    drop(scope);
    settle().await;
    stage.assert_even();
    assert!(map.is_closed());
}
