//! Reports: names, durations, deadlines.

mod common;

use std::sync::mpsc;
use std::time::Duration;

use common::Trace;
use di_core::Exit;
use di_runtime::{CloseReport, Scope};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

fn lines(report: &CloseReport) -> Vec<String> {
    report.finalizers().iter().map(|one| format!("{one} after {:?}", one.duration)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_names_every_finalizer_with_its_duration_and_outcome() {
    let scope = Scope::new();
    scope.on_close_named("a", async |_exit| sleep(SECOND).await);
    scope.on_close_named("b", async |_exit| Err("no"));
    scope.on_close_named("c", async |exit: Exit| assert!(!exit.is_success(), "boom"));
    let report = scope.close_with_timeout(Exit::Success, 60 * SECOND).await;
    assert_eq!(lines(&report), ["`c` panicked: boom after 0ns", "`b` failed: no after 0ns", "`a` completed after 1s"]);
    assert!(report.is_complete());
    assert_eq!(report.into_result().unwrap_err().failures().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_close_with_a_timeout_returns_at_the_deadline_and_the_rest_goes_on() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close_named("waiting", trace.saying("waiting ran"));
    scope.on_close_named("slow", async |_exit| sleep(10 * SECOND).await);
    scope.on_close_named("quick", async |_exit| {});
    let start = Instant::now();
    let report = scope.close_with_timeout(Exit::Success, 3 * SECOND).await;
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert_eq!(
        lines(&report),
        ["`quick` completed after 0ns", "`slow` still running after 3s", "`waiting` not started after 0ns"]
    );
    assert_eq!(report.unfinished().count(), 2);
    assert!(report.into_result().is_ok());

    scope.close(Exit::Success).await.unwrap();
    assert_eq!(start.elapsed(), 10 * SECOND);
    assert_eq!(trace.lines(), ["waiting ran"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_closer_may_have_a_deadline_of_its_own() {
    let scope = Scope::parallel();
    scope.on_close_named("slow", async |_exit| sleep(10 * SECOND).await);
    let (first, second) = tokio::join!(scope.close(Exit::Success), scope.close_with_timeout(Exit::Success, 2 * SECOND));
    first.unwrap();
    assert_eq!(lines(&second), ["`slow` still running after 2s"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finalizer_that_blocks_its_thread_is_reported_by_name() {
    let scope = Scope::new();
    let (unblock, blocked) = mpsc::channel::<()>();
    scope.on_close_named("blocking", async move |_exit| blocked.recv().unwrap());
    let report = scope.close_with_timeout(Exit::Success, Duration::from_millis(50)).await;
    assert_eq!(report.unfinished().next().unwrap().name, "blocking");
    unblock.send(()).unwrap();
    scope.close(Exit::Success).await.unwrap();
}

#[tokio::test]
async fn an_unnamed_finalizer_is_named_by_the_line_that_registered_it() {
    let scope = Scope::new();
    let line = line!() + 1;
    scope.on_close(async |_exit| {});
    scope.try_on_close(async |_exit| {}).unwrap();
    let report = scope.close_with_timeout(Exit::Success, SECOND).await;
    let names: Vec<_> = report.finalizers().iter().map(|one| one.name.clone()).collect();
    assert_eq!(names, [line + 1, line].map(|line| format!("{}:{line}", file!())));
}

#[tokio::test]
async fn the_failure_of_a_child_is_told_with_the_place_it_was_forked_at() {
    let scope = Scope::new();
    let line = line!() + 1;
    let child = scope.fork();
    child.on_close_named("pool", async |_exit| Err("reset"));
    let error = scope.close(Exit::Success).await.unwrap_err();
    let place = format!("{}:{line}", file!());
    assert_eq!(
        error.to_string(),
        format!(
            "a finalizer did not succeed: `child scope forked at {place}` failed: \
             a finalizer did not succeed: `pool` failed: reset"
        )
    );
}
