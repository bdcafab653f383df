//! `Scope::run`: the scope closes whatever becomes of the body.

mod common;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use common::{Trace, settle};
use di_core::Exit;
use di_runtime::{RunScopedError, Scope};
use futures_util::FutureExt;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn the_scope_is_closed_with_success_before_the_result_is_returned() {
    let trace = Trace::new();
    let body = async |scope: Scope| {
        scope.on_close(trace.saying_exit());
        trace.say("body");
        Ok::<_, Infallible>(42)
    };
    assert_eq!(Scope::run(body).await.unwrap(), 42);
    assert_eq!(trace.lines(), ["body", "success"]);
}

#[tokio::test]
async fn a_failed_body_keeps_its_typed_error_and_finalizers_see_its_text() {
    let trace = Trace::new();
    let result = Scope::run(|scope| {
        scope.on_close(trace.saying_exit());
        async { "seven".parse::<i32>() }
    });
    let Err(RunScopedError::Body { error, suppressed: None }) = result.await else { panic!("it failed") };
    assert_eq!(error.kind(), &std::num::IntErrorKind::InvalidDigit);
    assert_eq!(trace.lines(), ["failure: invalid digit found in string"]);
}

#[tokio::test]
async fn failures_of_finalizers_are_attached_to_the_error_of_the_body() {
    let result: Result<(), _> = Scope::run(async |scope: Scope| {
        scope.on_close_named("pool", async |_exit| Err("reset"));
        Err("primary")
    })
    .await;
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "primary (then a finalizer did not succeed: `pool` failed: reset)");
    assert_eq!(error.finalizers().unwrap().failures().len(), 1);
    assert_eq!(error.into_body(), Some("primary"));
}

#[tokio::test]
async fn a_failing_finalizer_makes_a_successful_body_fail() {
    let result = Scope::run(async |scope: Scope| {
        scope.on_close_named("pool", async |_exit| Err("reset"));
        Ok::<_, Infallible>(())
    });
    let error = result.await.unwrap_err();
    assert!(matches!(error, RunScopedError::Close(_)));
    assert_eq!(error.to_string(), "a finalizer did not succeed: `pool` failed: reset");
}

#[tokio::test]
async fn a_panic_of_the_body_goes_on_after_the_close() {
    let trace = Trace::new();
    let run = Scope::run(async |scope: Scope| -> Result<(), Infallible> {
        scope.on_close(trace.saying_exit());
        panic!("boom")
    });
    let payload = AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"boom"));
    assert_eq!(trace.lines(), ["panic: boom"]);
}

#[tokio::test]
async fn a_closure_that_panics_before_its_future_exists_is_a_panic_of_the_body() {
    let trace = Trace::new();
    let said = trace.clone();
    let run = Scope::run(move |scope: Scope| -> std::future::Ready<Result<(), Infallible>> {
        scope.on_close(said.saying_exit());
        panic!("early")
    });
    AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
    assert_eq!(trace.lines(), ["panic: early"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_drops_the_body_and_then_runs_the_finalizers_as_cancelled() {
    struct SaysDropped(Trace);
    impl Drop for SaysDropped {
        fn drop(&mut self) {
            self.0.say("body dropped");
        }
    }
    let trace = Trace::new();
    let run = Scope::run(async |scope: Scope| {
        let _held = SaysDropped(trace.clone());
        scope.on_close(trace.saying_exit());
        // A handle that outlives the run does not keep the scope open.
        tokio::spawn(async move { std::mem::forget(scope) });
        sleep(Duration::from_secs(60)).await;
        Ok::<_, Infallible>(())
    });
    assert!(timeout(Duration::from_secs(1), run).await.is_err());
    settle().await;
    assert_eq!(trace.lines(), ["body dropped", "cancelled"]);
}

#[tokio::test]
async fn a_body_that_closes_its_scope_decides_the_exit() {
    let trace = Trace::new();
    let result = Scope::run(async |scope: Scope| {
        scope.on_close(trace.saying_exit());
        scope.close(Exit::Cancelled).await.unwrap();
        trace.say("closed");
        Ok::<_, Infallible>(())
    });
    result.await.unwrap();
    assert_eq!(trace.lines(), ["cancelled", "closed"]);
}

#[tokio::test]
async fn a_run_can_be_spawned() {
    let run = tokio::spawn(Scope::run(|scope| async move {
        scope.acquire_release(async { Ok::<_, Infallible>(1) }, async |_, _| {}).await.map_err(|e| e.to_string())
    }));
    assert_eq!(run.await.unwrap().unwrap(), 1);
}
