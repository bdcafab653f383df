//! Who holds what, and when the last one lets go.

use di_runtime::Scope;

use crate::common::settle;
use crate::stage::{Stage, seconds, timed};

#[tokio::test(start_paused = true)]
async fn a_resource_is_released_when_its_last_guard_goes() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    let guards = [map.get(&"a").await.unwrap(), map.get(&"a").await.unwrap()];
    let [first, second] = guards;
    assert!(first.is_same(&second));
    let third = first.clone();
    drop((first, second));
    settle().await;
    assert!(third.is_live() && map.contains(&"a"));
    drop(third);
    assert!(!map.contains(&"a"));
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn who_gives_back_the_last_guard_can_wait_for_the_release() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    stage.releases_take(seconds(5));
    let (first, second) = (map.get(&"a").await.unwrap(), map.get(&"a").await.unwrap());
    assert_eq!(timed(first.release()).await.1, seconds(0));
    assert_eq!(timed(second.release()).await.1, seconds(5));
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_release_whose_future_is_dropped_goes_on() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    stage.releases_take(seconds(5));
    let guard = map.get(&"a").await.unwrap();
    assert!(tokio::time::timeout(seconds(1), guard.release()).await.is_err());
    tokio::time::sleep(seconds(4)).await;
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_new_one_is_built_while_the_old_one_is_released() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    stage.releases_take(seconds(5));
    drop(map.get(&"a").await.unwrap());
    let (guard, time) = timed(map.get(&"a")).await;
    assert_eq!((guard.unwrap().number, time), (2, seconds(1)));
    assert_eq!(stage.released(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_exclusive_map_builds_only_after_the_old_one_is_released() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().exclusive().build(&scope);
    stage.releases_take(seconds(5));
    let old = map.get(&"a").await.unwrap();
    map.invalidate(&"a").await;
    let (guard, time) = timed(async {
        tokio::join!(map.get(&"a"), async {
            tokio::time::sleep(seconds(3)).await;
            drop(old);
        })
        .0
    })
    .await;
    assert_eq!((guard.unwrap().number, time), (2, seconds(3 + 5 + 1)));
    assert_eq!(stage.trace.lines(), ["a1 begun", "a1 built", "a1 released", "a2 begun", "a2 built"]);
}

#[tokio::test(start_paused = true)]
async fn an_exclusive_build_that_waits_for_the_old_one_can_be_left() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().exclusive().build(&scope);
    let old = map.get(&"a").await.unwrap();
    map.invalidate(&"a").await;
    assert!(tokio::time::timeout(seconds(1), map.get(&"a")).await.is_err());
    drop(old);
    settle().await;
    assert_eq!((stage.acquired(), stage.released(), map.stats().leaving), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_there_is_and_what_has_happened_is_counted() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    let held = map.get(&"a").await.unwrap();
    drop((map.get(&"a").await.unwrap(), map.get(&"b").await.unwrap()));
    let building = tokio::spawn({
        let map = map.clone();
        async move { map.get(&"c").await }
    });
    settle().await;
    let stats = map.stats();
    assert_eq!((stats.in_use, stats.idle, stats.building, stats.leaving), (1, 1, 1, 0));
    assert_eq!((stats.built, stats.hits, stats.misses, stats.failed), (2, 1, 3, 0));
    drop(building.await.unwrap().unwrap());
    tokio::time::sleep(seconds(60)).await;
    settle().await;
    let stats = map.stats();
    assert_eq!((stats.in_use, stats.idle, stats.expired, stats.hits), (1, 0, 2, 1));
    drop(held);
}

#[tokio::test]
async fn what_requests_return_can_be_sent_to_other_threads() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = sent(stage.builder().keep().build(&scope));
    let mut handle = sent(map.handle(&"a"));
    drop(sent(handle.get()));
    drop((sent(map.get(&"a")), sent(map.get_if_present(&"a")), sent(map.refresh(&"a"))));
    drop((sent(map.invalidate(&"a")), sent(map.invalidate_and_wait(&"a")), sent(map.evict(&"a"))));
    drop((sent(map.invalidate_all()), sent(map.invalidate_where(|key| *key == "a"))));
    drop((sent(map.preload(["a"]).run()), sent(map.close()), sent(map.close_graceful(seconds(1)))));
    assert_eq!(stage.acquired(), 0, "nothing happens before the first poll");
}
