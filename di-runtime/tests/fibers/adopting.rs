//! Fibers that were started elsewhere, and tasks of tokio that become fibers.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use di_runtime::{Fiber, FiberError, FiberExit, FiberHandle, FiberMap, FiberOptions, FiberSet, RunOutcome, Scope};
use tokio::time::sleep;

use crate::common::{Trace, settle};
use crate::stage::{No, SayOnDrop, alone, lasting, seconds};

#[tokio::test(start_paused = true)]
async fn a_fiber_that_was_adopted_belongs_to_the_scope() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let fiber = Fiber::spawn(lasting(&trace, "adopted"));
    settle().await;
    assert!(tasks.set("sync", FiberOptions::new(), &fiber).is_started());
    assert!(tasks.get("sync").unwrap().is_same(&fiber));
    scope.close(di_core::Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["adopted begins", "adopted dropped", "adopted released"]);
}

#[tokio::test(start_paused = true)]
async fn an_adopted_fiber_replaces_the_one_of_its_key() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let first = tasks.run("sync", pending::<()>());
    let second = alone();
    assert!(tasks.set("sync", FiberOptions::new(), &second).is_started());
    assert!(first.wait().await.unwrap().is_interrupted());
    assert!(tasks.get("sync").unwrap().is_same(&second));
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_has_ended_is_never_in_the_collection_but_its_failure_counts() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::typed(&scope);
    let fiber = Fiber::spawn(async { Err(No("disk")) });
    fiber.wait().await.unwrap();
    tasks.set("late", FiberOptions::new(), &fiber);
    assert!(tasks.is_empty());
    assert_eq!(tasks.join().await.unwrap_err().key(), &"late");
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_is_offered_again_stays_as_it_is() {
    let scope = Scope::new();
    let (tasks, set) = (FiberMap::new(&scope), FiberSet::new(&scope));
    let fiber = alone();
    tasks.set("sync", FiberOptions::new(), &fiber);
    tasks.set("sync", FiberOptions::new(), &fiber);
    tasks.set("sync", FiberOptions::only_if_missing(), &fiber);
    set.add(&fiber);
    set.add(&fiber);
    settle().await;
    assert_eq!((fiber.poll().is_none(), tasks.len(), set.len()), (true, 1, 1));
    fiber.interrupt().await;
    assert!(tasks.is_empty() && set.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fiber_under_two_keys_leaves_both_when_it_ends() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = alone();
    tasks.set("one", FiberOptions::new(), &fiber);
    tasks.set("two", FiberOptions::new(), &fiber);
    assert_eq!(tasks.len(), 2);
    tasks.remove("one").await;
    assert!(fiber.is_finished() && tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_finds_its_key_taken_is_interrupted_if_it_was_to_be_missing() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let first = tasks.run("sync", pending::<()>());
    let second = alone();
    let outcome = tasks.set("sync", FiberOptions::only_if_missing(), &second);
    assert!(matches!(outcome, RunOutcome::AlreadyRunning(found) if found.is_same(&first)));
    assert!(second.wait().await.unwrap().is_interrupted());
    assert!(first.poll().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_closed_collection_interrupts_the_fiber_that_it_is_given() {
    let scope = Scope::new();
    let (tasks, set, handle) = (FiberMap::new(&scope), FiberSet::new(&scope), FiberHandle::new(&scope));
    scope.close(di_core::Exit::Success).await.unwrap();
    let fibers = [alone(), alone(), alone()];
    tasks.set("sync", FiberOptions::new(), &fibers[0]);
    set.add(&fibers[1]);
    handle.set(FiberOptions::new(), &fibers[2]);
    for fiber in fibers {
        assert!(fiber.wait().await.unwrap().is_interrupted());
    }
    assert!(tasks.is_empty() && set.is_empty() && handle.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_adopted_fiber_that_fails_is_a_failure_of_the_collection_as_its_options_say() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::typed(&scope);
    let fails = || {
        Fiber::spawn(async {
            sleep(seconds(1)).await;
            Err(No("disk"))
        })
    };
    tasks.set("isolated", FiberOptions::new().propagate_failure(false), &fails());
    sleep(seconds(1)).await;
    tasks.set("told", FiberOptions::new(), &fails());
    assert_eq!(tasks.join().await.unwrap_err().key(), &"told");
}

#[tokio::test(start_paused = true)]
async fn a_task_of_tokio_becomes_a_fiber_with_its_output() {
    let fiber: Fiber<u32, No> = Fiber::from(tokio::spawn(async { Ok(7) }));
    assert_eq!(fiber.await.unwrap(), 7);
    let fiber: Fiber<u32, No> = Fiber::from(tokio::spawn(async { Err(No("disk")) }));
    assert!(matches!(fiber.await, Err(FiberError::Failed(error)) if *error == No("disk")));
    let fiber: Fiber = Fiber::from(tokio::spawn(async { panic!("no disk") }));
    assert!(matches!(fiber.await, Err(FiberError::Panicked(message)) if &*message == "no disk"));
    let task = tokio::spawn(pending::<()>());
    task.abort();
    let fiber: Fiber = Fiber::from(task);
    assert!(matches!(fiber.wait().await, Ok(FiberExit::Interrupted)));
}

#[tokio::test(start_paused = true)]
async fn an_interruption_aborts_the_task_of_tokio_and_waits_for_its_end() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let dropped = SayOnDrop(trace.clone(), "task");
    let task = tokio::spawn(async move {
        let _dropped = dropped;
        pending::<()>().await;
    });
    tasks.set("sync", FiberOptions::new(), &task.into());
    settle().await;
    tasks.remove("sync").await;
    assert_eq!(trace.lines(), ["task dropped"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_tokio_that_is_interrupted_before_its_fiber_was_polled_is_aborted_all_the_same() {
    let ticks = Arc::new(AtomicUsize::new(0));
    let ticking = Arc::clone(&ticks);
    let fiber: Fiber = Fiber::from(tokio::spawn(async move {
        loop {
            sleep(seconds(1)).await;
            ticking.fetch_add(1, Ordering::SeqCst);
        }
    }));
    fiber.interrupt().await;
    sleep(seconds(10)).await;
    assert_eq!(ticks.load(Ordering::SeqCst), 0);
}
