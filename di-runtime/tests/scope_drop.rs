//! Scopes dropped open, and runtimes that end first: run in the background, or told by name.

mod common;

use std::time::Duration;

use common::{Journal, Trace, settle};
use di_core::Exit;
use di_runtime::Scope;
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

const WARNING: &str = "WARN a scope was dropped open; its finalizers run in the background";
const LEAK: &str = "ERROR leaked: there is no runtime to run this finalizer";
const CUT_OFF: &str = "ERROR leaked: the runtime ended before this finalizer did";

#[tokio::test]
async fn the_last_handle_dropped_runs_the_finalizers_as_cancelled_and_warns() {
    let journal = Journal::start();
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying_exit());
    let clone = scope.clone();
    drop(scope);
    settle().await;
    assert!(trace.lines().is_empty());
    drop(clone);
    settle().await;
    assert_eq!(trace.lines(), ["cancelled"]);
    assert_eq!(journal.lines(), [format!("{WARNING} finalizers=1")]);
}

#[tokio::test]
async fn failures_of_a_dropped_scope_are_logged() {
    let journal = Journal::start();
    Scope::new().on_close_named("pool", async |_exit| Err("reset"));
    settle().await;
    let failure = "ERROR the close of a dropped scope did not succeed \
                   error=a finalizer did not succeed: `pool` failed: reset";
    assert_eq!(journal.lines(), [format!("{WARNING} finalizers=1"), failure.to_owned()]);
}

#[tokio::test]
async fn nothing_is_said_about_scopes_that_are_closed_or_empty() {
    let journal = Journal::start();
    let scope = Scope::new();
    scope.on_close(async |_exit| {});
    scope.close(Exit::Success).await.unwrap();
    drop(scope);
    drop(Scope::new());
    assert!(journal.lines().is_empty());
}

#[tokio::test]
async fn a_child_that_outlives_the_handle_of_its_root_is_closed_with_it() {
    let trace = Trace::new();
    let root = Scope::new();
    let child = root.fork();
    child.on_close(trace.saying_exit());
    drop(root);
    settle().await;
    assert_eq!(trace.lines(), ["cancelled"]);
    assert!(child.is_closed());
}

#[test]
fn a_scope_dropped_outside_runs_on_the_runtime_it_was_made_on() {
    let trace = Trace::new();
    let runtime = runtime();
    let scope = runtime.block_on(async { Scope::new() });
    scope.on_close(trace.saying_exit());
    drop(scope);
    runtime.block_on(settle());
    assert_eq!(trace.lines(), ["cancelled"]);
}

#[test]
fn a_scope_made_outside_runs_on_the_runtime_it_is_dropped_on() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying_exit());
    runtime().block_on(async {
        drop(scope);
        settle().await;
    });
    assert_eq!(trace.lines(), ["cancelled"]);
}

#[test]
fn without_a_runtime_every_finalizer_is_reported_as_leaked_by_name() {
    let journal = Journal::start();
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close_named("pool", trace.saying("never"));
    scope.fork().on_close_named("of a child", trace.saying("never"));
    scope.on_close_named("cache", trace.saying("never"));
    drop(scope);
    let lines = ["cache", "of a child", "pool"].map(|name| format!("{LEAK} finalizer={name}"));
    assert_eq!(journal.lines(), lines);
    assert!(trace.lines().is_empty());
}

#[test]
fn a_leak_does_not_panic_even_if_the_drop_of_a_finalizer_does() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let journal = Journal::start();
    let scope = Scope::new();
    let bomb = Bomb;
    scope.on_close_named("bomb", async move |_exit| drop(bomb));
    scope.on_close_named("other", async |_exit| {});
    drop(scope);
    assert_eq!(journal.lines().len(), 2);
}

#[test]
fn a_late_finalizer_without_a_runtime_is_reported_as_leaked() {
    let journal = Journal::start();
    let scope = Scope::new();
    scope.close(Exit::Success).now_or_never().unwrap().unwrap();
    scope.on_close_named("late", async |_exit| {});
    assert_eq!(journal.lines(), [format!("{LEAK} finalizer=late")]);
}

#[test]
fn a_close_that_ends_with_its_runtime_is_reported_and_nobody_waits_for_ever() {
    let journal = Journal::start();
    let scope = Scope::new();
    scope.on_close_named("waiting", async |_exit| {});
    scope.on_close_named("running", async |_exit| std::future::pending::<()>().await);
    let first = runtime();
    first.block_on(async {
        let close = scope.close(Exit::Success);
        assert!(tokio::time::timeout(Duration::from_millis(1), close).await.is_err());
    });
    drop(first);
    let lines = [format!("{CUT_OFF} finalizer=running"), format!("{LEAK} finalizer=waiting")];
    assert_eq!(journal.lines(), lines);
    let error = runtime().block_on(scope.close(Exit::Success)).unwrap_err();
    let names: Vec<_> = error.failures().iter().map(|failure| failure.name.as_str()).collect();
    assert_eq!(names, ["running", "waiting"]);
}

#[test]
fn a_scope_dropped_after_its_runtime_ended_is_reported() {
    let journal = Journal::start();
    let scope = runtime().block_on(async { Scope::new() });
    scope.on_close_named("pool", async |_exit| {});
    drop(scope);
    let lines = [format!("{WARNING} finalizers=1"), format!("{LEAK} finalizer=pool")];
    assert_eq!(journal.lines(), lines);
}

#[test]
fn an_acquire_cut_off_by_the_end_of_its_runtime_holds_up_no_close() {
    let scope = Scope::new();
    let first = runtime();
    first.block_on(async {
        let acquire = std::future::pending::<Result<(), ()>>();
        let caller = scope.acquire_release(acquire, async |(), _exit| {});
        assert!(tokio::time::timeout(Duration::from_millis(1), caller).await.is_err());
    });
    drop(first);
    runtime().block_on(scope.close(Exit::Success)).unwrap();
}

#[test]
fn a_close_dropped_without_a_runtime_ends_there_and_is_reported() {
    let journal = Journal::start();
    let scope = Scope::new();
    scope.on_close_named("waiting", async |_exit| {});
    scope.on_close_named("running", async |_exit| std::future::pending::<()>().await);
    assert!(scope.close(Exit::Success).now_or_never().is_none());
    let lines = [format!("{CUT_OFF} finalizer=running"), format!("{LEAK} finalizer=waiting")];
    assert_eq!(journal.lines(), lines);
    let error = scope.close(Exit::Success).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.failures().len(), 2);
}
