//! Shutdowns whose reason is that something failed.

use std::time::Duration;

use di::prelude::*;

use crate::stock::{Cache, config};
use crate::trace::Trace;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_critical_failure_is_the_reason_of_the_shutdown_and_a_problem_in_its_report() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    runtime.context().await.unwrap();
    runtime.shutdown_handle().fail("ingest", "the queue is gone");
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.to_string(), "shut down because `ingest` failed: the queue is gone");
    let report = error.report();
    assert_eq!(report.to_string(), "shut down in 0ns; released: config; `ingest` failed: the queue is gone");
    assert!(report.waterfall().contains("not clean: `ingest` failed: the queue is gone"), "{}", report.waterfall());
    assert!(report.to_json().contains("`ingest` failed: the queue is gone"), "{}", report.to_json());
    assert_eq!(report.failure().map(|failure| failure.name()), Some("ingest"));
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_not_in_order_tells_of_the_reason_and_of_that() {
    let unruly = Layer::scoped(|scope: Scope| async move {
        scope.on_close_named("socket", |_exit| async { Err("the socket is gone") });
        Cache(0)
    });
    let runtime = ManagedRuntime::new(unruly.named("unruly"));
    runtime.context().await.unwrap();
    runtime.shutdown_handle().fail("ingest", "the queue is gone");
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "shut down because `ingest` failed: the queue is gone; that was not clean: layer `unruly`: \
         a finalizer did not succeed: `socket` failed: the socket is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn of_several_failures_the_first_one_counts_and_a_wish_before_it_does_not_hide_it() {
    let shutdown = Shutdown::new();
    shutdown.request();
    assert!(shutdown.failure().is_none());
    shutdown.fail("ingest", std::io::Error::other("the queue is gone"));
    shutdown.clone().fail("metrics", "nobody listens");
    assert_eq!(shutdown.failure().unwrap().to_string(), "`ingest` failed: the queue is gone");
    assert!(shutdown.failure().unwrap().error().is::<std::io::Error>());
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_the_runtime_shuts_down_is_in_the_report() {
    let shutdown = Shutdown::new();
    let failing = shutdown.clone();
    let layer = Layer::scoped(move |scope: Scope| {
        let failing = failing.clone();
        scope.on_close(move |_exit| async move { failing.fail("ingest", "it did not come to its end") });
        async { Cache(0) }
    });
    let runtime = ManagedRuntime::builder(layer).shutdown_handle(&shutdown).build();
    runtime.context().await.unwrap();
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.to_string(), "shut down because `ingest` failed: it did not come to its end");
}
