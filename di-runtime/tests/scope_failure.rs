//! Finalizers that fail or panic: collected, and no obstacle to the others.

mod common;

use common::{Journal, Trace, settle};
use di_core::Exit;
use di_runtime::{Outcome, Scope};

#[tokio::test]
async fn no_failure_stops_the_other_finalizers_and_all_are_collected() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying("last"));
    scope.on_close_named("fails", async |_exit| Err(std::io::Error::other("reset")));
    scope.on_close_named("panics", async |exit: Exit| assert!(!exit.is_success(), "defect"));
    scope.on_close_named("panics before its future", |exit: Exit| {
        assert!(!exit.is_success(), "early {}", "defect");
        std::future::ready(())
    });
    let error = scope.close(Exit::Success).await.unwrap_err();
    let failures: Vec<_> = error.failures().iter().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        ["`panics before its future` panicked: early defect", "`panics` panicked: defect", "`fails` failed: reset"]
    );
    assert_eq!(trace.lines(), ["last"]);
}

#[tokio::test]
async fn a_parallel_scope_collects_all_failures_too() {
    let trace = Trace::new();
    let scope = Scope::parallel();
    scope.on_close(trace.saying("fine"));
    scope.on_close(async |_exit| Err("first"));
    scope.on_close(async |exit: Exit| assert!(!exit.is_success(), "second"));
    let error = scope.close(Exit::Success).await.unwrap_err();
    assert_eq!(error.failures().len(), 2);
    assert_eq!(trace.lines(), ["fine"]);
}

#[tokio::test]
async fn an_error_of_a_finalizer_keeps_its_type() {
    let scope = Scope::new();
    scope.on_close(async |_exit| Err(std::io::Error::from(std::io::ErrorKind::TimedOut)));
    let error = scope.close(Exit::Success).await.unwrap_err();
    let Outcome::Failed(error) = &error.failures()[0].outcome else { panic!("{error}") };
    let error = error.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_late_finalizer_that_fails_is_logged() {
    let journal = Journal::start();
    let scope = Scope::new();
    scope.close(Exit::Success).await.unwrap();
    scope.on_close_named("late", async |_exit| Err("gone"));
    settle().await;
    let line = "ERROR a finalizer added to a closed scope did not succeed finalizer=late outcome=failed: gone";
    assert_eq!(journal.lines(), [line]);
}
