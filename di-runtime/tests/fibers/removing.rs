//! Removing and clearing.

use std::future::pending;

use di_runtime::{FiberExit, FiberHandle, FiberMap, FiberScope, FiberSet, Scope};
use tokio::time::{Instant, sleep, timeout};

use crate::common::{Trace, settle};
use crate::stage::{lasting, seconds};

#[tokio::test(start_paused = true)]
async fn remove_waits_until_the_fiber_has_released_what_it_held() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    let removed = tasks.remove("sync").await.unwrap();
    assert!(matches!(removed.poll(), Some(FiberExit::Interrupted)) && tasks.is_empty());
    assert_eq!(trace.lines(), ["sync begins", "sync dropped", "sync released"]);
}

#[tokio::test(start_paused = true)]
async fn remove_of_a_key_that_is_not_there_does_nothing() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", pending::<()>());
    assert!(tasks.remove("other").await.is_none());
    assert_eq!(tasks.len(), 1);
    tasks.close().await.unwrap();
    assert!(tasks.remove("sync").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn remove_waits_for_older_fibers_of_the_key_as_well() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks: FiberMap<&str> = FiberMap::builder().overlap().build(&scope);
    tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    tasks.run("sync", pending::<()>());
    settle().await;
    tasks.remove("sync").await;
    assert_eq!(trace.count("first released"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_nobody_waits_for_any_more_goes_on() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    assert!(timeout(seconds(0), tasks.remove("sync")).await.is_err());
    assert!(tasks.is_empty());
    sleep(seconds(2)).await;
    assert_eq!(trace.count("sync released"), 1);
}

#[tokio::test(start_paused = true)]
async fn clear_interrupts_all_at_once_and_waits_and_the_collection_stays_open() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let set = FiberSet::new(&scope);
    for key in 0..10 {
        tasks.run(key, lasting(&trace, "fiber"));
        set.run(lasting(&trace, "fiber"));
    }
    settle().await;
    let begun = Instant::now();
    tasks.clear().await;
    // One second for all of them, and not for each.
    assert_eq!((begun.elapsed(), trace.count("fiber released")), (seconds(1), 10));
    set.clear().await;
    assert_eq!((begun.elapsed(), trace.count("fiber released")), (seconds(2), 20));
    assert!(tasks.is_empty() && set.is_empty() && !tasks.is_closed());
    tasks.run(1, async {}).join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_removes_itself_ends_at_that_await() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let (inner, said) = (tasks.clone(), trace.clone());
    let fiber = tasks.run("sync", async move |fiber: FiberScope| {
        let end = said.clone();
        fiber.on_interrupt(async move || end.say("released"));
        inner.remove("sync").await;
        said.say("goes on");
    });
    assert!(fiber.wait().await.unwrap().is_interrupted());
    assert_eq!(trace.lines(), ["released"]);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_clears_its_collection_ends_with_the_others() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run(0, lasting(&trace, "other"));
    settle().await;
    let (inner, said) = (tasks.clone(), trace.clone());
    let fiber = tasks.run(1, async move {
        inner.clear().await;
        said.say("goes on");
    });
    tasks.run(2, lasting(&trace, "third"));
    tasks.await_empty().await;
    assert!(fiber.poll().unwrap().is_interrupted());
    assert_eq!(trace.lines(), ["other begins", "other dropped", "other released"]);
}

#[tokio::test(start_paused = true)]
async fn a_handle_clears_its_fiber_and_waits_for_it() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let handle = FiberHandle::new(&scope);
    handle.clear().await;
    handle.run(lasting(&trace, "only"));
    settle().await;
    handle.clear().await;
    assert_eq!(trace.lines(), ["only begins", "only dropped", "only released"]);
    assert!(handle.is_empty());
}
