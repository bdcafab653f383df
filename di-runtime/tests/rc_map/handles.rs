//! One key asked for again and again.

use di_runtime::{RcMapError, Scope};
use tokio::time::sleep;

use crate::common::settle;
use crate::stage::{Stage, seconds};

#[tokio::test(start_paused = true)]
async fn a_handle_gives_what_is_current() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    let mut handle = map.handle(&"a");
    assert_eq!((stage.acquired(), *handle.key()), (0, "a"));
    for _ in 0..5 {
        assert_eq!(handle.get().await.unwrap().number, 1);
    }
    assert_eq!(map.stats().hits, 4);
    map.invalidate(&"a").await;
    assert_eq!(handle.get().await.unwrap().number, 2);
    drop(map.refresh(&"a").await.unwrap());
    assert_eq!(handle.get().await.unwrap().number, 3);
    map.evict(&"a").await.unwrap();
    assert_eq!(handle.clone().get().await.unwrap().number, 4);
    map.close().await.unwrap();
    assert!(matches!(handle.get().await, Err(RcMapError::Closed)));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_handle_holds_no_reference_and_its_uses_count_as_uses() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    let mut handle = map.handle(&"a");
    for _ in 0..3 {
        drop(handle.get().await.unwrap());
        sleep(seconds(50)).await;
    }
    assert_eq!(stage.released(), 0);
    sleep(seconds(11)).await;
    assert_eq!(stage.released(), 1);
    assert_eq!(handle.get().await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_borrowed_guard_makes_one_that_is_free_of_its_handle() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    let mut handle = map.handle(&"a");
    let guard = handle.get().await.unwrap().to_guard();
    drop(handle);
    settle().await;
    assert!(guard.is_live() && map.get(&"a").await.unwrap().is_same(&guard));
    guard.release().await.unwrap();
    stage.assert_even();
}
