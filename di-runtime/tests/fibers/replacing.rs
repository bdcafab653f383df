//! A fiber that takes the place of another one.

use std::future::pending;

use di_core::Exit;
use di_runtime::{FiberExit, FiberHandle, FiberMap, FiberScope, Scope};
use tokio::time::sleep;

use crate::common::{Trace, settle};
use crate::stage::{SayOnDrop, lasting, seconds};

#[tokio::test(start_paused = true)]
async fn a_fiber_that_replaces_another_begins_when_that_has_released_what_it_held() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    let second = tasks.run("sync", lasting(&trace, "second"));
    assert_eq!(tasks.len(), 1);
    assert!(tasks.get("sync").unwrap().is_same(&second));
    sleep(seconds(2)).await;
    assert_eq!(trace.lines(), ["first begins", "first dropped", "first released", "second begins"]);
}

#[tokio::test(start_paused = true)]
async fn where_fibers_may_overlap_the_new_one_does_not_wait() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks: FiberMap<&str> = FiberMap::builder().overlap().build(&scope);
    tasks.run("socket", lasting(&trace, "first"));
    settle().await;
    tasks.run("socket", lasting(&trace, "second"));
    settle().await;
    assert!(trace.count("second begins") == 1 && trace.count("first released") == 0);
    sleep(seconds(2)).await;
    assert_eq!(trace.lines().last().unwrap(), "first released");
}

#[tokio::test(start_paused = true)]
async fn one_that_was_replaced_before_it_began_never_runs() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    let second = tasks.run("sync", lasting(&trace, "second"));
    let third = tasks.run("sync", lasting(&trace, "third"));
    sleep(seconds(5)).await;
    assert_eq!(trace.lines(), ["first begins", "first dropped", "first released", "third begins"]);
    assert!(matches!(second.poll(), Some(FiberExit::Interrupted)) && third.poll().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_old_fiber_does_not_take_the_new_one_out() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks: FiberMap<&str> = FiberMap::builder().overlap().build(&scope);
    let first = tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    let second = tasks.run("sync", pending::<()>());
    first.wait().await.unwrap();
    assert!(tasks.get("sync").unwrap().is_same(&second));
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_an_old_fiber_may_run_something_under_its_key() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let (inner, said) = (tasks.clone(), trace.clone());
    tasks.run("sync", async move |fiber: FiberScope| {
        fiber.on_interrupt(async move || {
            inner.run("sync", lasting(&said, "third"));
        });
        pending::<()>().await;
    });
    settle().await;
    let second = tasks.run("sync", lasting(&trace, "second"));
    settle().await;
    assert_eq!(trace.lines(), ["third begins"]);
    assert!(matches!(second.poll(), Some(FiberExit::Interrupted)));
    assert_eq!(tasks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_does_not_count_and_is_waited_for_by_a_close() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks: FiberMap<&str> = FiberMap::builder().overlap().build(&scope);
    tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    tasks.run("sync", pending::<()>());
    assert_eq!(tasks.len(), 1);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["first begins", "first dropped", "first released"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_handle_clears_is_what_was_there_when_it_was_asked() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let handle = FiberHandle::new(&scope);
    handle.run(lasting(&trace, "first"));
    settle().await;
    let clears = handle.clone();
    let cleared = tokio::spawn(async move { clears.clear().await });
    settle().await;
    let second = handle.run(lasting(&trace, "second"));
    cleared.await.unwrap();
    settle().await;
    assert!(handle.get().unwrap().is_same(&second) && second.poll().is_none());
    assert_eq!(trace.lines(), ["first begins", "first dropped", "first released", "second begins"]);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_is_run_while_its_key_is_being_removed_cleared_or_fails_fast_begins_when_the_old_one_has_ended() {
    for way in 0..3 {
        let (scope, trace) = (Scope::new(), Trace::new());
        let tasks: FiberMap<&str> = FiberMap::builder().fail_fast().build(&scope);
        tasks.run("sync", lasting(&trace, "first"));
        settle().await;
        let ends = tasks.clone();
        let ended = tokio::spawn(async move {
            match way {
                0 => drop(ends.remove("sync").await),
                1 => ends.clear().await,
                _ => drop(ends.run("fails", async { Err::<(), _>("no disk") }).wait().await),
            }
        });
        settle().await;
        assert!(!tasks.contains("sync"));
        tasks.run("sync", lasting(&trace, "second"));
        ended.await.unwrap();
        sleep(seconds(2)).await;
        assert_eq!(trace.lines(), ["first begins", "first dropped", "first released", "second begins"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_replaced_before_it_began_is_dropped_at_once_and_keeps_the_next_one_behind_what_runs() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let first = tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    for _ in 0..1000 {
        let dropped = SayOnDrop(trace.clone(), "body");
        tasks.run("sync", async move {
            let _dropped = dropped;
            pending::<()>().await;
        });
    }
    settle().await;
    assert_eq!(trace.count("body dropped"), 999);
    tasks.run("sync", lasting(&trace, "last"));
    settle().await;
    assert!(first.poll().is_none() && trace.count("last begins") == 0);
    first.wait().await.unwrap();
    settle().await;
    assert_eq!((trace.count("body dropped"), trace.count("last begins")), (1000, 1));
}

#[tokio::test(start_paused = true)]
async fn who_interrupts_a_fiber_that_waits_for_its_turn_does_not_wait_for_that() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "first"));
    settle().await;
    let second = tasks.run("sync", lasting(&trace, "second"));
    second.interrupt().await;
    assert!(second.poll().unwrap().is_interrupted());
    assert!(tasks.is_empty() && trace.count("first released") == 0);
    sleep(seconds(2)).await;
    assert_eq!(trace.count("second begins"), 0);
}
