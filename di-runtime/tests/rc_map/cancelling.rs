//! Whoever is dropped at an await leaves nothing behind.

use di_core::Exit;
use di_runtime::{Scope, WhenFull};
use tokio::task::yield_now;

use crate::common::{cancel_after, settle};
use crate::stage::{Builder, Map, Stage, seconds};

/// Plays a case for each number of polls, until it says that it came to its end; then nothing may be left of anything.
async fn at_every_await(build: impl Fn(Builder) -> Builder, case: impl AsyncFn(&Map, &Stage, usize) -> bool) {
    for polls in 0..200 {
        let (stage, scope) = (Stage::new(), Scope::new());
        stage.builds_take(seconds(0));
        let map = build(stage.builder()).build_kept(&scope);
        let done = case(&map, &stage, polls).await;
        settle().await;
        let stats = map.stats();
        assert_eq!((stats.in_use, stats.building, stats.leaving), (0, 0, 0), "after {polls} polls");
        assert_eq!(stage.acquired() - stage.released(), stats.idle, "after {polls} polls");
        scope.close(Exit::Success).await.unwrap();
        stage.assert_even();
        if done {
            return assert!(polls > 0);
        }
    }
    panic!("it never comes to its end");
}

trait BuildKept {
    fn build_kept(self, scope: &Scope) -> Map;
}

impl BuildKept for Builder {
    fn build_kept(self, scope: &Scope) -> Map {
        self.idle_time_to_live(seconds(60)).build(scope)
    }
}

#[tokio::test(start_paused = true)]
async fn a_get_that_is_dropped_at_any_await_gives_its_reference_back() {
    at_every_await(|builder| builder, async |map, _, polls| cancel_after(polls, map.get(&"a")).await.is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn a_get_that_is_dropped_takes_nothing_from_another_one() {
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            let other = tokio::spawn({
                let map = map.clone();
                async move { map.get(&"a").await.map(|guard| guard.is_live()) }
            });
            let done = cancel_after(polls, map.get(&"a")).await.is_some();
            assert!(other.await.unwrap().unwrap());
            done
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_get_that_waits_for_room_or_for_an_older_one_can_be_dropped_at_any_await() {
    let full = |builder: Builder| builder.capacity(1, WhenFull::Wait).exclusive();
    at_every_await(full, async |map, _, polls| {
        let held = map.get(&"a").await.unwrap();
        map.invalidate(&"a").await;
        let other = map.get(&"b").await.unwrap();
        let give_back = tokio::spawn(async move {
            yield_now().await;
            drop((held, other));
        });
        let done = cancel_after(polls, map.get(&"a")).await.is_some();
        give_back.await.unwrap();
        done
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_get_can_be_dropped_at_any_await() {
    at_every_await(
        |builder| builder,
        async |map, stage, polls| {
            stage.fails(true);
            cancel_after(polls, map.get(&"a")).await.is_some()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_release_that_is_dropped_at_any_await_goes_on() {
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            let guard = map.get(&"a").await.unwrap();
            map.invalidate(&"a").await;
            cancel_after(polls, guard.release()).await.is_some()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_that_is_dropped_at_any_await_goes_on() {
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            drop(map.get(&"a").await.unwrap());
            cancel_after(polls, map.invalidate(&"a")).await.is_some()
        },
    )
    .await;
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            drop(map.get(&"a").await.unwrap());
            cancel_after(polls, map.evict(&"a")).await.is_some()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_dropped_at_any_await_changes_nothing_or_all() {
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            drop(map.get(&"a").await.unwrap());
            cancel_after(polls, map.refresh(&"a")).await.is_some()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_dropped_at_any_await_goes_on() {
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            let held = map.get(&"a").await.unwrap();
            let done = cancel_after(polls, map.close()).await.is_some();
            assert_eq!(map.is_closed(), polls > 0);
            drop(held);
            done
        },
    )
    .await;
    at_every_await(
        |builder| builder,
        async |map, _, polls| {
            let held = map.get(&"a").await.unwrap();
            let give_back = tokio::spawn(async move { drop(held) });
            let done = cancel_after(polls, map.close_graceful(seconds(1))).await.is_some();
            give_back.await.unwrap();
            done
        },
    )
    .await;
}
