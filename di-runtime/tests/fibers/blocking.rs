//! Code that does not await.

use std::sync::mpsc;
use std::time::Duration;

use di_runtime::{FiberError, FiberHandle, FiberMap, FiberScope, FiberSet, Scope};

use crate::common::Trace;
use crate::stage::No;

/// Waits until the fiber is to end.
fn until_interrupted(fiber: &FiberScope) {
    while !fiber.is_interrupted() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn code_that_does_not_await_has_a_value_a_failure_or_a_panic() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, u32, No> = FiberMap::typed(&scope);
    assert_eq!(tasks.run_blocking("sum", |_| Ok(1 + 2)).await.unwrap(), 3);
    let failed = tasks.run_blocking("fails", |_| Err(No("disk"))).await;
    assert!(matches!(failed, Err(FiberError::Failed(error)) if *error == No("disk")));
    let set: FiberSet = FiberSet::new(&scope);
    let panicked = set.run_blocking(|_| panic!("no disk")).await;
    assert!(matches!(panicked, Err(FiberError::Panicked(message)) if &*message == "no disk"));
    FiberHandle::new(&scope).run_blocking(|_| ()).await.unwrap();
}

#[tokio::test]
async fn an_interruption_of_code_that_does_not_await_waits_for_its_end() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let said = trace.clone();
    let fiber = tasks.run_blocking("index", move |fiber: FiberScope| {
        fiber.on_close_named("file", said.saying("file released"));
        fiber.ready();
        until_interrupted(&fiber);
        fiber.on_close_named("cache", said.saying("cache released"));
        said.say("ends");
    });
    fiber.ready().await.unwrap();
    tasks.remove("index").await;
    assert!(fiber.poll().unwrap().is_interrupted());
    assert_eq!(trace.lines(), ["ends", "cache released", "file released"]);
}

#[tokio::test]
async fn a_panic_of_code_that_was_interrupted_is_told() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run_blocking("index", |fiber: FiberScope| {
        fiber.ready();
        until_interrupted(&fiber);
        panic!("half an index");
    });
    fiber.ready().await.unwrap();
    tasks.remove("index").await;
    assert!(fiber.join().await.unwrap_err().to_string().contains("half an index"));
}

#[test]
fn code_that_was_interrupted_before_a_thread_was_free_never_runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let scope = Scope::new();
        let tasks = FiberMap::new(&scope);
        let (free, freed) = mpsc::channel::<()>();
        let first = tasks.run_blocking("first", move |fiber: FiberScope| {
            fiber.ready();
            let _ = freed.recv();
        });
        first.ready().await.unwrap();
        let second = tasks.run_blocking("second", |_| unreachable!("it was interrupted before it began"));
        tokio::task::yield_now().await;
        tasks.remove("second").await;
        assert!(second.poll().unwrap().is_interrupted());
        free.send(()).unwrap();
        first.join().await.unwrap();
    });
}

#[tokio::test]
async fn a_token_tells_code_elsewhere_of_an_interruption() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run_blocking("index", |fiber: FiberScope| {
        let token = fiber.token();
        fiber.ready();
        let runtime = tokio::runtime::Handle::current();
        runtime.block_on(token.cancelled());
    });
    fiber.ready().await.unwrap();
    tasks.remove("index").await;
    assert!(fiber.poll().unwrap().is_interrupted());
    let fiber = tasks.run("short", async |fiber: FiberScope| drop(fiber.token()));
    fiber.join().await.unwrap();
}

#[tokio::test]
async fn a_token_of_a_fiber_that_has_ended_is_cancelled() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, FiberScope> = FiberMap::typed(&scope);
    let body = async |fiber: FiberScope| {
        assert!(!fiber.token().is_cancelled());
        Ok::<_, No>(fiber)
    };
    let fiber = tasks.run("one", body).await.unwrap();
    assert!(fiber.token().is_cancelled());
    let fiber = tasks.run("two", async |fiber: FiberScope| Ok::<_, No>(fiber)).await.unwrap();
    assert!(fiber.token().is_cancelled(), "it is asked for after the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn blocking_code_that_waits_for_its_own_end_is_told_so_and_does_not_wait() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let (inner, handle) = (tasks.clone(), tokio::runtime::Handle::current());
    let fiber = tasks.run_blocking("me", move |_fiber: FiberScope| {
        let me = inner.get("me").expect("it is there as long as it runs");
        assert!(matches!(handle.block_on(me.wait()), Err(FiberError::WaitsForItself)));
        handle.block_on(inner.await_empty());
        handle.block_on(inner.remove("me"));
    });
    fiber.wait().await.unwrap();
    assert!(tasks.is_empty());
}
