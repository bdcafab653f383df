//! Tasks of a scope: they end with it.

mod common;

use std::future::pending;
use std::time::Duration;

use common::{Trace, settle};
use di_core::Exit;
use di_runtime::{Scope, TaskError};
use tokio::time::sleep;

/// Says so when it is dropped.
struct SaysDropped(Trace, &'static str);

impl Drop for SaysDropped {
    fn drop(&mut self) {
        self.0.say(format!("{} dropped", self.1));
    }
}

#[tokio::test]
async fn a_task_is_cancelled_and_awaited_at_its_place_in_the_order() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying("before"));
    let held = SaysDropped(trace.clone(), "task");
    let task = scope.spawn(async move {
        let _held = held;
        pending::<()>().await;
    });
    scope.on_close(trace.saying("after"));
    settle().await;
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["after", "task dropped", "before"]);
    assert!(matches!(task.await, Err(TaskError::Cancelled)));
}

#[tokio::test]
async fn a_task_that_ends_earlier_gives_its_result_and_leaves_the_scope() {
    let scope = Scope::new();
    assert_eq!(scope.spawn(async { 42 }).await.unwrap(), 42);
    settle().await;
    assert!(format!("{scope:?}").contains("waiting: 0"));
    scope.close(Exit::Success).await.unwrap();
}

#[tokio::test]
async fn a_panicking_task_tells_its_handle_and_leaves_the_scope() {
    let scope = Scope::new();
    let task = scope.spawn(async { panic!("out of {}", "ink") });
    let Err(TaskError::Panicked(message)) = task.await else { panic!("it panicked") };
    assert_eq!(message, "out of ink");
    settle().await;
    assert!(format!("{scope:?}").contains("waiting: 0"));
    scope.close(Exit::Success).await.unwrap();
}

#[tokio::test]
async fn a_task_whose_handle_is_dropped_still_ends_with_its_scope() {
    let trace = Trace::new();
    let scope = Scope::new();
    let held = SaysDropped(trace.clone(), "task");
    drop(scope.spawn(async move {
        let _held = held;
        pending::<()>().await;
    }));
    settle().await;
    assert!(trace.lines().is_empty());
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["task dropped"]);
}

#[tokio::test]
async fn a_task_can_be_cancelled_by_its_handle() {
    let scope = Scope::new();
    let task = scope.spawn(pending::<()>());
    task.cancel();
    assert!(matches!(task.await, Err(TaskError::Cancelled)));
}

#[tokio::test]
async fn a_task_on_a_closed_scope_is_never_polled() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.close(Exit::Success).await.unwrap();
    let said = trace.clone();
    let task = scope.spawn(async move { said.say("polled") });
    assert!(matches!(task.await, Err(TaskError::Cancelled)));
    assert!(trace.lines().is_empty());
}

#[test]
fn without_a_runtime_the_handle_says_so() {
    use futures_util::FutureExt;
    let scope = Scope::new();
    let task = scope.spawn(async {});
    assert!(matches!(task.now_or_never(), Some(Err(TaskError::NoRuntime))));
}

#[test]
fn a_task_runs_on_the_runtime_its_scope_was_made_on() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let scope = runtime.block_on(async { Scope::new() });
    let task = scope.spawn(async { "ran" });
    assert_eq!(runtime.block_on(task).unwrap(), "ran");
    runtime.block_on(scope.close(Exit::Success)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_that_closes_its_scope_is_not_waited_for_by_itself() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying("finalizer"));
    let (own, said) = (scope.clone(), trace.clone());
    let task = scope.spawn(async move {
        own.close(Exit::Success).await.unwrap();
        said.say("close returned");
        sleep(Duration::from_secs(1)).await;
        said.say("never");
    });
    assert!(matches!(task.await, Err(TaskError::Cancelled)));
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["close returned", "finalizer"]);
}

#[tokio::test]
async fn a_task_that_closes_a_child_of_its_scope_waits_for_it() {
    let trace = Trace::new();
    let scope = Scope::new();
    let (child, said) = (scope.fork(), trace.clone());
    let steps_first = trace.clone();
    child.on_close(async move |_exit| {
        common::steps(5).await;
        steps_first.say("child finalizer");
    });
    let task = scope.spawn(async move {
        child.close(Exit::Success).await.unwrap();
        said.say("close returned");
    });
    task.await.unwrap();
    assert_eq!(trace.lines(), ["child finalizer", "close returned"]);
    scope.close(Exit::Success).await.unwrap();
}
