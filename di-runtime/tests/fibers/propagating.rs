//! Which ends of a fiber are failures of its collection: every end, with every choice of options.

use std::future::pending;

use di_runtime::{Fiber, FiberMap, FiberOptions, FiberScope, Scope, Shutdown};
use tokio::time::{sleep, timeout};

use crate::common::settle;
use crate::stage::{No, seconds};

type Tasks = FiberMap<&'static str, (), No>;

#[derive(Clone, Copy)]
enum End {
    Failure,
    Panic,
    External,
    Internal,
}

/// Whether `join` tells of this end.
async fn is_told(end: End, options: FiberOptions) -> bool {
    let scope = Scope::new();
    let tasks: Tasks = FiberMap::typed(&scope);
    let run = |options| -> Fiber<(), No> {
        let body = async move |_: FiberScope| match end {
            End::Failure => Err(No("disk")),
            End::Panic => panic!("no disk"),
            End::External | End::Internal => {
                pending::<()>().await;
                Ok(())
            }
        };
        tasks.run_with("fiber", options, body).into_fiber()
    };
    let fiber = run(options);
    settle().await;
    match end {
        End::External => fiber.interrupt().await,
        End::Internal => drop(tasks.remove("fiber").await),
        End::Failure | End::Panic => {}
    }
    fiber.wait().await.unwrap();
    let joined = timeout(seconds(60), tasks.join()).await;
    joined.is_ok_and(|joined| joined.is_err())
}

fn default() -> FiberOptions {
    FiberOptions::new()
}

fn with_interruptions() -> FiberOptions {
    FiberOptions::new().propagate_interruption(true)
}

fn isolated() -> FiberOptions {
    FiberOptions::new().propagate_failure(false)
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_unless_the_fiber_is_isolated() {
    assert!(is_told(End::Failure, default()).await);
    assert!(is_told(End::Failure, with_interruptions()).await);
    assert!(!is_told(End::Failure, isolated()).await);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_unless_the_fiber_is_isolated() {
    assert!(is_told(End::Panic, default()).await);
    assert!(is_told(End::Panic, with_interruptions()).await);
    assert!(!is_told(End::Panic, isolated()).await);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_by_somebody_else_is_told_only_if_that_was_chosen() {
    assert!(!is_told(End::External, default()).await);
    assert!(is_told(End::External, with_interruptions()).await);
    assert!(!is_told(End::External, isolated()).await);
    assert!(is_told(End::External, isolated().propagate_interruption(true)).await);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_by_the_collection_is_never_told() {
    assert!(!is_told(End::Internal, default()).await);
    assert!(!is_told(End::Internal, with_interruptions()).await);
    assert!(!is_told(End::Internal, isolated()).await);
}

#[tokio::test(start_paused = true)]
async fn replacing_clearing_and_closing_are_interruptions_by_the_collection() {
    let scope = Scope::new();
    let tasks: Tasks = FiberMap::typed(&scope);
    tasks.run_with("one", with_interruptions(), pending::<()>());
    tasks.run_with("one", with_interruptions(), pending::<()>());
    settle().await;
    tasks.clear().await;
    tasks.run_with("two", with_interruptions(), pending::<()>());
    tasks.close().await.unwrap();
    tasks.join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_fails_after_a_replacement_is_a_failure_of_the_collection() {
    let scope = Scope::new();
    let tasks: Tasks = FiberMap::typed(&scope);
    tasks.run("sync", async |fiber: FiberScope| {
        fiber.on_interrupt(async || Err::<(), _>("no way back"));
        pending::<()>().await;
    });
    settle().await;
    tasks.run("sync", pending::<()>());
    let error = tasks.join().await.unwrap_err();
    assert!(error.to_string().contains("no way back"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_the_collection_closes_is_told_by_the_fiber_alone() {
    let scope = Scope::new();
    let tasks: Tasks = FiberMap::typed(&scope);
    let fiber = tasks.run("sync", async |fiber: FiberScope| {
        fiber.on_interrupt(async || Err::<(), _>("no way back"));
        pending::<()>().await;
    });
    settle().await;
    tasks.close().await.unwrap();
    tasks.join().await.unwrap();
    assert!(fiber.join().await.unwrap_err().to_string().contains("no way back"));
}

/// Ends the fiber of this key for the sake of the collection.
async fn end(tasks: &Tasks, by_replacement: bool) {
    settle().await;
    if by_replacement {
        tasks.run("fiber", pending::<()>());
    } else {
        tasks.remove("fiber").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_critical_fiber_that_the_collection_ends_ends_no_application_whatever_comes_of_it() {
    for by_replacement in [false, true] {
        let (scope, shutdown) = (Scope::new(), Shutdown::new());
        let tasks = Tasks::builder().shutdown(&shutdown).build(&scope);
        let options = || FiberOptions::new().critical();
        let parent = tasks.run_with("fiber", options(), async |fiber: FiberScope| {
            let children: Tasks = fiber.children();
            let child = children.run("child", pending::<()>());
            child.join().await.map_err(|_| No("child"))
        });
        end(&tasks, by_replacement).await;
        assert!(parent.into_fiber().wait().await.unwrap().is_failure());
        tasks.clear().await;

        let unclean = tasks.run_with("fiber", options(), async |fiber: FiberScope| {
            fiber.on_interrupt(async || Err::<(), _>("no way back"));
            pending::<()>().await;
        });
        end(&tasks, by_replacement).await;
        assert!(unclean.into_fiber().wait().await.unwrap().is_failure());
        assert!(!shutdown.is_requested(), "{:?}", shutdown.failure());
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_failed_is_a_failure_also_if_the_collection_ends_it_as_it_releases() {
    for by_replacement in [false, true] {
        let (scope, shutdown) = (Scope::new(), Shutdown::new());
        let tasks = Tasks::builder().shutdown(&shutdown).build(&scope);
        tasks.run_with("fiber", FiberOptions::new().critical(), async |fiber: FiberScope| {
            fiber.on_close(async |_exit| sleep(seconds(5)).await);
            Err(No("disk"))
        });
        end(&tasks, by_replacement).await;
        let error = timeout(seconds(60), tasks.join()).await.expect("it failed").unwrap_err();
        assert_eq!(error.error().to_string(), "no disk");
        assert_eq!(shutdown.failure().unwrap().to_string(), "`fiber` failed: no disk");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_has_failed_and_is_then_removed_while_it_releases_is_a_failure() {
    let scope = Scope::new();
    let tasks: Tasks = FiberMap::typed(&scope);
    let fiber = tasks.run("sync", async |fiber: FiberScope| {
        fiber.on_close_named("slow", async |_exit| sleep(seconds(5)).await);
        Err(No("disk"))
    });
    settle().await;
    // It failed by itself; nobody has made it fail.
    tasks.remove("sync").await;
    assert!(fiber.poll().unwrap().is_failure());
    assert_eq!(tasks.join_all().await.unwrap_err().error().to_string(), "no disk");
}
