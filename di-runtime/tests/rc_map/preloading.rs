//! Many keys at once.

use di_runtime::Scope;

use crate::common::cancel_after;
use crate::common::settle;
use crate::stage::{Stage, seconds, timed};

#[tokio::test(start_paused = true)]
async fn a_preload_builds_a_few_at_a_time_and_tells_how_far_it_is() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().build(&scope);
    let mut told = Vec::new();
    let preload = map.preload(["a", "b", "c", "d", "e"]).concurrency(2);
    let preload = preload.on_progress(|progress| told.push((progress.done, progress.total, progress.error.is_none())));
    let (preloaded, time) = timed(preload.run()).await;
    assert_eq!((preloaded.guards.len(), preloaded.failures.len(), time), (5, 0, seconds(3)));
    assert_eq!(told, [(1, 5, true), (2, 5, true), (3, 5, true), (4, 5, true), (5, 5, true)]);
    assert!(preloaded.guards.iter().all(|(key, guard)| guard.key == *key && guard.is_live()));
    drop(preloaded);
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_none_of_the_others() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    drop(map.get(&"there").await.unwrap());
    stage.fails(true);
    let preloaded = map.preload(["there", "fails"]).run().await;
    assert_eq!((preloaded.guards[0].0, preloaded.failures[0].0), ("there", "fails"));
}

#[tokio::test(start_paused = true)]
async fn a_preload_that_is_dropped_at_any_await_leaves_nothing() {
    for polls in 0..50 {
        let (stage, scope) = (Stage::new(), Scope::new());
        stage.builds_take(seconds(0));
        let map = stage.builder().release_immediately().build(&scope);
        let done = cancel_after(polls, map.preload(["a", "b", "c"]).concurrency(2).run()).await.is_some();
        settle().await;
        stage.assert_even();
        if done {
            return;
        }
    }
    panic!("it never comes to its end");
}
