//! Closing a scope: the order, the exit, and who waits.

mod common;

use std::time::Duration;

use common::{Trace, poll_once, settle};
use di_core::Exit;
use di_runtime::Scope;
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn finalizers_run_in_reverse_order_of_registration() {
    let trace = Trace::new();
    let scope = Scope::new();
    for name in ["a", "b", "c"] {
        scope.on_close(trace.saying(name));
    }
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["c", "b", "a"]);
}

#[tokio::test]
async fn a_scope_without_finalizers_closes() {
    let scope = Scope::default();
    scope.close(Exit::Success).await.unwrap();
    assert!(scope.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_sequential_scope_awaits_each_finalizer_before_the_next() {
    let trace = Trace::new();
    let scope = Scope::new();
    say_start_and_end(&scope, &trace, "a", 1);
    say_start_and_end(&scope, &trace, "b", 3);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["b starts", "b ends", "a starts", "a ends"]);
}

#[tokio::test(start_paused = true)]
async fn a_parallel_scope_starts_all_in_reverse_order_and_awaits_them() {
    let trace = Trace::new();
    let scope = Scope::parallel();
    say_start_and_end(&scope, &trace, "a", 1);
    say_start_and_end(&scope, &trace, "b", 3);
    let start = Instant::now();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["b starts", "a starts", "a ends", "b ends"]);
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

fn say_start_and_end(scope: &Scope, trace: &Trace, name: &'static str, seconds: u64) {
    let trace = trace.clone();
    scope.on_close(async move |_exit| {
        trace.say(format!("{name} starts"));
        sleep(Duration::from_secs(seconds)).await;
        trace.say(format!("{name} ends"));
    });
}

#[tokio::test]
async fn the_scope_is_closed_before_the_first_finalizer_starts() {
    let trace = Trace::new();
    let scope = Scope::new();
    let (seen, said) = (scope.clone(), trace.clone());
    scope.on_close(async move |_exit| {
        said.say(format!("closed: {}, exit: {}", seen.is_closed(), seen.exit().unwrap()));
    });
    assert!(!scope.is_closed());
    assert!(scope.exit().is_none());
    scope.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.lines(), ["closed: true, exit: cancelled"]);
}

#[tokio::test]
async fn every_finalizer_receives_the_exit_of_the_close() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying_exit());
    scope.fork().on_close(trace.saying_exit());
    scope.close(Exit::Panicked("boom".into())).await.unwrap();
    assert_eq!(trace.lines(), ["panic: boom", "panic: boom"]);
}

#[tokio::test]
async fn a_second_close_runs_nothing_and_its_exit_is_ignored() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying_exit());
    scope.close(Exit::Success).await.unwrap();
    scope.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.lines(), ["success"]);
    assert!(scope.exit().unwrap().is_success());
}

#[tokio::test(start_paused = true)]
async fn later_closers_wait_for_the_first_and_get_the_same_report() {
    let scope = Scope::new();
    scope.on_close_named("slow", async |_exit| {
        sleep(Duration::from_secs(7)).await;
        Err("out of disk")
    });
    let start = Instant::now();
    let (first, second) = tokio::join!(scope.close(Exit::Success), scope.close(Exit::Cancelled));
    assert_eq!(start.elapsed(), Duration::from_secs(7));
    let first = first.unwrap_err().to_string();
    assert_eq!(first, "a finalizer did not succeed: `slow` failed: out of disk");
    assert_eq!(second.unwrap_err().to_string(), first);
    assert_eq!(scope.close(Exit::Success).await.unwrap_err().to_string(), first);
}

#[tokio::test]
async fn a_finalizer_registered_by_a_finalizer_runs_before_the_older_ones() {
    for scope in [Scope::new(), Scope::parallel()] {
        let trace = Trace::new();
        let late = scope.clone();
        let said = trace.clone();
        scope.on_close(trace.saying("oldest"));
        scope.on_close(async move |_exit| {
            said.say("newest");
            late.on_close(said.saying("late"));
        });
        scope.close(Exit::Success).await.unwrap();
        let mut lines = trace.lines();
        if lines[1] == "oldest" {
            // A parallel scope has started the oldest already.
            lines.swap(1, 2);
        }
        assert_eq!(lines, ["newest", "late", "oldest"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_parallel_scope_starts_at_once_what_is_registered_while_it_waits() {
    let trace = Trace::new();
    let scope = Scope::parallel();
    say_start_and_end(&scope, &trace, "slow", 5);
    let mut close = Box::pin(scope.close(Exit::Success));
    assert!(poll_once(&mut close).await.is_none());
    settle().await;
    scope.on_close(trace.saying("late"));
    settle().await;
    assert_eq!(trace.lines(), ["slow starts", "late"]);
    close.await.unwrap();
}

#[tokio::test]
async fn a_finalizer_added_to_a_closed_scope_runs_right_away_with_its_exit() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.close(Exit::Cancelled).await.unwrap();
    scope.on_close(trace.saying_exit());
    settle().await;
    assert_eq!(trace.lines(), ["cancelled"]);
}

#[tokio::test]
async fn try_on_close_refuses_as_soon_as_the_close_has_begun() {
    let trace = Trace::new();
    let scope = Scope::new();
    let (late, said) = (scope.clone(), trace.clone());
    scope.try_on_close(trace.saying("accepted")).unwrap();
    scope
        .try_on_close(async move |_exit| {
            let refused = late.try_on_close(said.saying("never")).unwrap_err();
            said.say(refused.to_string());
        })
        .unwrap();
    scope.close(Exit::Cancelled).await.unwrap();
    let refused = scope.try_on_close(trace.saying("never")).unwrap_err();
    settle().await;
    assert!(matches!(refused.exit(), Exit::Cancelled));
    assert_eq!(trace.lines(), ["the scope is closed (cancelled)", "accepted"]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_close_stops_nothing_and_others_can_still_wait() {
    let trace = Trace::new();
    let scope = Scope::new();
    say_start_and_end(&scope, &trace, "a", 1);
    say_start_and_end(&scope, &trace, "b", 60);
    let close = tokio::time::timeout(Duration::from_secs(1), scope.close(Exit::Success));
    assert!(close.await.is_err());
    assert_eq!(trace.lines(), ["b starts"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["b starts", "b ends", "a starts", "a ends"]);
}

#[test]
fn without_a_runtime_a_close_runs_in_the_callers_future() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying("a"));
    let child = scope.fork();
    child.on_close(trace.saying("child"));
    scope.on_close_named("b", async |_exit| Err("no"));
    let error = futures_util::FutureExt::now_or_never(scope.close(Exit::Success)).unwrap().unwrap_err();
    assert_eq!(error.failures()[0].name, "b");
    assert_eq!(trace.lines(), ["child", "a"]);
}
