//! Closing: by the scope, by a call, by a drop; and what a closed collection says.

use std::future::pending;
use std::sync::Arc;

use di_core::Exit;
use di_runtime::{FiberError, FiberExit, FiberHandle, FiberMap, FiberRefused, FiberScope, FiberSet, Scope};
use tokio::time::{Instant, sleep, timeout};

use crate::common::{Journal, Trace, settle};
use crate::stage::{SayOnDrop, lasting, seconds};

#[tokio::test(start_paused = true)]
async fn the_close_of_the_scope_interrupts_all_at_once_and_waits_for_all() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let fibers: Vec<_> = (0..10).map(|key| tasks.run(key, lasting(&trace, "fiber"))).collect();
    settle().await;
    let begun = Instant::now();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!((begun.elapsed(), trace.count("fiber released")), (seconds(1), 10));
    assert!(fibers.iter().all(|fiber| fiber.poll().unwrap().is_interrupted()));
    assert!(tasks.is_empty() && tasks.keys().is_empty() && tasks.get(&0).is_none() && tasks.is_closed());
}

#[tokio::test(start_paused = true)]
async fn everybody_who_closes_waits_for_the_same_close() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    let (one, two, three) = tokio::join!(tasks.close(), tasks.close(), scope.close(Exit::Success));
    one.unwrap();
    two.unwrap();
    three.unwrap();
    assert_eq!(trace.count("sync released"), 1);
    tasks.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_close_that_nobody_waits_for_any_more_goes_on() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    assert!(timeout(seconds(0), tasks.close()).await.is_err());
    sleep(seconds(2)).await;
    assert_eq!((trace.count("sync released"), tasks.is_closed()), (1, true));
}

#[tokio::test(start_paused = true)]
async fn what_is_run_after_the_close_is_dropped_and_never_runs() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let (tasks, set, handle) = (FiberMap::new(&scope), FiberSet::new(&scope), FiberHandle::new(&scope));
    scope.close(Exit::Success).await.unwrap();
    let body = || {
        let dropped = SayOnDrop(trace.clone(), "body");
        async move {
            let _dropped = dropped;
            unreachable!("it is not run")
        }
    };
    for fiber in [tasks.run("sync", body()), set.run(body()), handle.run(body())] {
        assert!(matches!(fiber.poll(), Some(FiberExit::Refused(FiberRefused::Closed))));
        assert!(matches!(fiber.join().await, Err(FiberError::Refused(FiberRefused::Closed))));
        assert_eq!(fiber.ready().await.unwrap_err().to_string(), "the collection of fibers is closed");
    }
    assert_eq!(trace.count("body dropped"), 3);
    tasks.run_blocking("index", |_| unreachable!("it is not run"));
}

#[tokio::test(start_paused = true)]
async fn a_collection_in_a_closed_scope_is_closed() {
    let scope = Scope::new();
    scope.close(Exit::Success).await.unwrap();
    let tasks = FiberMap::new(&scope);
    assert!(tasks.is_closed());
    assert!(matches!(tasks.run("sync", async {}).poll(), Some(FiberExit::Refused(FiberRefused::Closed))));
    tasks.join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_collection_that_is_dropped_open_interrupts_its_fibers_and_says_so() {
    let (scope, trace, journal) = (Scope::new(), Trace::new(), Journal::start());
    let tasks = FiberMap::new(&scope);
    let other = tasks.clone();
    let fiber = tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    drop(tasks);
    settle().await;
    assert!(fiber.poll().is_none(), "there is another handle");
    drop(other);
    fiber.wait().await.unwrap();
    assert_eq!(trace.lines(), ["sync begins", "sync dropped", "sync released"]);
    let said = "WARN a collection of fibers was dropped open; they are interrupted collection=\"FiberMap\" fibers=1";
    assert_eq!(journal.lines(), [said]);
}

#[tokio::test(start_paused = true)]
async fn a_collection_that_is_dropped_empty_or_closed_says_nothing() {
    let journal = Journal::start();
    let scope = Scope::new();
    drop(FiberMap::<u32>::new(&scope));
    let tasks = FiberSet::new(&scope);
    tasks.run(pending::<()>());
    tasks.close().await.unwrap();
    drop(tasks);
    let tasks = FiberSet::new(&scope);
    tasks.run(async |fiber: FiberScope| {
        fiber.on_interrupt(async || sleep(seconds(1)).await);
        pending::<()>().await;
    });
    settle().await;
    assert!(timeout(seconds(0), tasks.close()).await.is_err());
    drop(tasks);
    assert_eq!(journal.lines(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn fibers_of_a_collection_whose_scope_is_dropped_are_interrupted() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    drop(scope);
    fiber.wait().await.unwrap();
    assert!(tasks.is_closed());
    assert_eq!(trace.count("sync released"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_collection_that_was_closed_leaves_nothing_behind_in_its_scope() {
    let scope = Scope::new();
    let held = Arc::new(());
    for _ in 0..3 {
        let tasks = FiberMap::new(&scope);
        let holds = Arc::clone(&held);
        tasks.run("sync", async move {
            let _holds = holds;
            pending::<()>().await;
        });
        tasks.close().await.unwrap();
    }
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(format!("{scope:?}").contains("waiting: 0"), "{scope:?}");
}

#[tokio::test(start_paused = true)]
async fn fibers_end_where_their_collection_was_made_among_the_finalizers_of_the_scope() {
    let (scope, trace) = (Scope::new(), Trace::new());
    scope.on_close(trace.saying("pool released"));
    let tasks = FiberMap::new(&scope);
    scope.on_close(trace.saying("listener released"));
    tasks.run("sync", lasting(&trace, "sync"));
    settle().await;
    scope.close(Exit::Success).await.unwrap();
    let lines = ["sync begins", "listener released", "sync dropped", "sync released", "pool released"];
    assert_eq!(trace.lines(), lines);
}
