//! How long what nobody holds is kept.

use std::sync::{Arc, Mutex};

use di_runtime::{RcMapEventKind, ReleaseReason, Scope};
use tokio::time::{Instant, advance, sleep};

use crate::common::settle;
use crate::stage::{Stage, seconds};

#[tokio::test(start_paused = true)]
async fn it_is_released_exactly_when_its_idle_time_is_over_and_nobody_does_anything() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    drop(map.get(&"a").await.unwrap());
    settle().await;
    advance(seconds(60) - std::time::Duration::from_millis(1)).await;
    settle().await;
    assert_eq!((stage.released(), map.stats().idle), (0, 1));
    advance(std::time::Duration::from_millis(1)).await;
    settle().await;
    assert_eq!((stage.released(), map.len(), map.stats().expired), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn idle_time_counts_from_the_last_release() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    drop(map.get(&"a").await.unwrap());
    sleep(seconds(40)).await;
    let held = map.get(&"a").await.unwrap();
    sleep(seconds(1000)).await;
    assert_eq!((held.number, stage.released()), (1, 0));
    drop(held);
    sleep(seconds(59)).await;
    assert_eq!(stage.released(), 0);
    sleep(seconds(2)).await;
    assert_eq!(stage.released(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_many_that_are_used_again_each_expires_at_its_own_time() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let expired = Arc::new(Mutex::new(Vec::new()));
    let (begun, told) = (Instant::now(), expired.clone());
    stage.builds_take(seconds(0));
    let map = stage
        .builder()
        .idle_time_to_live(seconds(60))
        .on_event(move |event| {
            if event.kind == RcMapEventKind::Released(ReleaseReason::Expired) {
                told.lock().unwrap().push((*event.key, begun.elapsed().as_secs()));
            }
        })
        .build(&scope);
    drop(map.get(&"a").await.unwrap());
    sleep(seconds(30)).await;
    drop(map.get(&"a").await.unwrap());
    sleep(seconds(29)).await;
    drop(map.get(&"b").await.unwrap());
    sleep(seconds(11)).await;
    assert!(map.touch(&"b"));
    sleep(seconds(600)).await;
    assert_eq!(*expired.lock().unwrap(), [("a", 90), ("b", 130)]);
}

#[tokio::test(start_paused = true)]
async fn each_key_can_have_a_time_of_its_own() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let times = |key: &&'static str| match *key {
        "none" => seconds(0),
        "long" => seconds(100),
        "short" => seconds(10),
        _ => std::time::Duration::MAX,
    };
    let map = stage.builder().idle_time_to_live_by(times).build(&scope);
    for key in ["none", "long", "short", "ever"] {
        drop(map.get(&key).await.unwrap());
    }
    settle().await;
    assert_eq!(stage.trace.count("none1 released"), 1);
    sleep(seconds(10)).await;
    assert_eq!(stage.trace.count("short3 released"), 1);
    assert_eq!(stage.released(), 2);
    sleep(seconds(100)).await;
    assert_eq!(stage.trace.count("long2 released"), 1);
    sleep(seconds(1_000_000)).await;
    assert_eq!(map.keys(), ["ever"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_while_an_expired_one_is_released_builds_anew() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    stage.releases_take(seconds(10));
    drop(map.get(&"a").await.unwrap());
    sleep(seconds(61)).await;
    let again = map.get(&"a").await.unwrap();
    assert_eq!((again.number, again.is_live(), stage.released()), (2, true, 0));
}

#[tokio::test(start_paused = true)]
async fn one_that_expires_as_it_is_asked_for_is_live_or_a_new_one() {
    for late in [0, 1] {
        let (stage, scope) = (Stage::new(), Scope::new());
        let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
        drop(map.get(&"a").await.unwrap());
        sleep(seconds(60) + std::time::Duration::from_millis(late)).await;
        let guard = map.get(&"a").await.unwrap();
        assert!(guard.is_live());
        drop(guard);
        sleep(seconds(61)).await;
        stage.assert_even();
    }
}

#[tokio::test(start_paused = true)]
async fn touching_takes_no_reference_and_moves_the_end() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    assert!(!map.touch(&"a"));
    drop(map.get(&"a").await.unwrap());
    for _ in 0..5 {
        sleep(seconds(50)).await;
        assert!(map.touch(&"a"));
    }
    sleep(seconds(61)).await;
    assert!(!map.touch(&"a"));
    assert_eq!((stage.acquired(), stage.released()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_release_that_hangs_does_not_stop_other_expiries() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    stage.releases_take(seconds(1_000_000));
    drop(map.get(&"hangs").await.unwrap());
    sleep(seconds(61)).await;
    stage.releases_take(seconds(0));
    drop(map.get(&"ends").await.unwrap());
    sleep(seconds(61)).await;
    assert_eq!((map.len(), map.stats().leaving, stage.released()), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_stays_until_the_map_closes() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"a").await.unwrap());
    sleep(seconds(1_000_000)).await;
    assert_eq!(map.get(&"a").await.unwrap().number, 1);
    map.close().await.unwrap();
    stage.assert_even();
}
