//! How many entries there may be, and what happens to one more.

use di_runtime::{RcMap, RcMapError, Scope, WhenFull};
use tokio::time::{sleep, timeout};

use crate::common::settle;
use crate::stage::{Stage, seconds, timed};

#[tokio::test(start_paused = true)]
async fn a_full_map_rejects_new_keys_and_serves_the_old_ones() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().capacity(2, WhenFull::Reject).build(&scope);
    let held = map.get(&"a").await.unwrap();
    drop(map.get(&"b").await.unwrap());
    assert!(matches!(map.get(&"c").await, Err(RcMapError::CapacityExceeded { capacity: 2 })));
    assert!(map.get(&"a").await.unwrap().is_same(&held));
    assert_eq!(map.get(&"b").await.unwrap().number, 2);
    map.invalidate(&"b").await;
    assert_eq!(map.get(&"c").await.unwrap().number, 3);
}

#[tokio::test(start_paused = true)]
async fn builds_take_room_and_failures_give_it_back() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().capacity(1, WhenFull::Reject).build(&scope);
    stage.fails(true);
    let (failed, rejected) = tokio::join!(map.get(&"a"), map.get(&"b"));
    assert!(matches!(failed, Err(RcMapError::Failed(_))));
    assert!(matches!(rejected, Err(RcMapError::CapacityExceeded { .. })));
    stage.fails(false);
    assert!(timeout(std::time::Duration::from_millis(1), map.get(&"c")).await.is_err());
    assert_eq!(map.get(&"b").await.unwrap().key, "b");
}

#[tokio::test(start_paused = true)]
async fn a_map_without_room_rejects_everything() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().capacity(0, WhenFull::EvictIdle).build(&scope);
    assert!(matches!(map.get(&"a").await, Err(RcMapError::CapacityExceeded { capacity: 0 })));
}

#[tokio::test(start_paused = true)]
async fn the_idle_one_that_was_used_least_recently_makes_room() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().capacity(3, WhenFull::EvictIdle).build(&scope);
    for key in ["a", "b", "c"] {
        drop(map.get(&key).await.unwrap());
        sleep(seconds(1)).await;
    }
    drop(map.get(&"a").await.unwrap());
    let held = map.get(&"b").await.unwrap();
    sleep(seconds(1)).await;
    drop(map.get(&"d").await.unwrap()); // for c
    sleep(seconds(1)).await;
    drop(map.get(&"e").await.unwrap()); // for a
    assert_eq!(
        stage.trace.lines().into_iter().filter(|line| line.ends_with("released")).collect::<Vec<_>>(),
        ["c3 released", "a1 released"]
    );
    assert!(held.is_live());
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_in_use_makes_room() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().capacity(1, WhenFull::EvictIdle).build(&scope);
    let held = map.get(&"a").await.unwrap();
    assert!(matches!(map.get(&"b").await, Err(RcMapError::CapacityExceeded { .. })));
    drop(held);
    assert_eq!(map.get(&"b").await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_gets_it_when_one_becomes_idle_or_leaves() {
    for times in [0, 60, u64::MAX] {
        let (stage, scope) = (Stage::new(), Scope::new());
        let map = stage.builder().idle_time_to_live(seconds(times)).capacity(1, WhenFull::Wait).build(&scope);
        let held = map.get(&"a").await.unwrap();
        let hold = async {
            sleep(seconds(5)).await;
            drop(held);
        };
        let ((got, ()), time) = timed(async { tokio::join!(map.get(&"b"), hold) }).await;
        assert_eq!((got.unwrap().number, time), (2, seconds(6)));
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_can_leave_and_takes_none() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().capacity(1, WhenFull::Wait).build(&scope);
    let held = map.get(&"a").await.unwrap();
    assert!(timeout(seconds(1), map.get(&"b")).await.is_err());
    drop(held);
    for key in ["b", "c", "d"] {
        map.get(&key).await.unwrap().release().await.unwrap();
    }
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_is_told_of_a_close() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().capacity(1, WhenFull::Wait).build(&scope);
    let _held = map.get(&"a").await.unwrap();
    let (got, closed) = tokio::join!(map.get(&"b"), map.close());
    assert!(matches!(got, Err(RcMapError::Closed)));
    closed.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_ever_counts_more_than_there_may_be() {
    let scope = Scope::new();
    let map = RcMap::unscoped(|key: u32| async move { Ok::<_, String>(key) })
        .keep()
        .capacity(1, WhenFull::EvictIdle)
        .build(&scope);
    let uses = tokio::spawn({
        let map = map.clone();
        async move {
            for key in 0..50_000 {
                drop(map.get(&(key % 16)).await.unwrap());
            }
        }
    });
    while !uses.is_finished() {
        assert!(map.len() <= 1);
        tokio::task::yield_now().await;
    }
    uses.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lookup_does_not_wait_for_room_in_its_own_map() {
    let scope = Scope::new();
    let place = std::sync::Arc::new(std::sync::OnceLock::<RcMap<u32, u32, String>>::new());
    let own = place.clone();
    let map = RcMap::unscoped(move |key: u32| {
        let own = own.clone();
        async move {
            match key {
                0 => Ok(0),
                _ => {
                    own.get().unwrap().get(&(key - 1)).await.map(|below| *below + 1).map_err(|error| error.to_string())
                }
            }
        }
    })
    .keep()
    .capacity(2, WhenFull::Wait)
    .build(&scope);
    assert!(place.set(map.clone()).is_ok());
    assert_eq!(*map.get(&1).await.unwrap(), 1);
    map.invalidate_all().await;
    assert_eq!(map.get(&2).await.unwrap_err().to_string(), "the map is full: it may hold 2 entries");
    settle().await;
    assert!(map.is_empty());
}
