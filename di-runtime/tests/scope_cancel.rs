//! Cancellation at every await: each acquire has one release, and a close comes to its end.

mod common;

use std::convert::Infallible;

use common::{Trace, cancel_after, settle, steps};
use di_core::Exit;
use di_runtime::{AcquireError, Scope};

/// Makes an attempt that is dropped after 0, 1, 2, .. polls, until one comes to its end.
async fn at_every_await(mut attempt: impl AsyncFnMut(usize) -> bool) {
    for polls in 0..1000 {
        if attempt(polls).await {
            assert!(polls > 1, "an attempt of one poll has no await to be cancelled at");
            return;
        }
    }
    panic!("no attempt came to its end");
}

/// Acquires a resource in a few steps, and releases it in a few.
fn acquire(
    scope: &Scope,
    trace: &Trace,
    name: &'static str,
) -> impl Future<Output = Result<&'static str, AcquireError<Infallible>>> + use<> {
    let (acquired, released) = (trace.clone(), trace.clone());
    let acquire = async move {
        steps(3).await;
        acquired.say(format!("acquire {name}"));
        steps(2).await;
        Ok(name)
    };
    scope.acquire_release(acquire, async move |name, _exit| {
        steps(2).await;
        released.say(format!("release {name}"));
    })
}

/// Every resource that was acquired was released once, and in reverse order.
fn assert_balanced(trace: &Trace, polls: usize) {
    let lines = trace.lines();
    let of = |what| lines.iter().filter_map(move |line| line.strip_prefix(what)).collect::<Vec<_>>();
    let mut released = of("release ");
    released.reverse();
    assert_eq!(of("acquire "), released, "dropped after {polls} polls: {lines:?}");
}

#[tokio::test]
async fn a_close_dropped_at_any_await_comes_to_its_end() {
    for parallel in [false, true] {
        at_every_await(async |polls| {
            let trace = Trace::new();
            let scope = if parallel { Scope::parallel() } else { Scope::new() };
            acquire(&scope, &trace, "a").await.unwrap();
            acquire(&scope, &trace, "b").await.unwrap();
            let ended = cancel_after(polls, scope.close(Exit::Success)).await.is_some();
            scope.close(Exit::Success).await.unwrap();
            assert_balanced(&trace, polls);
            ended
        })
        .await;
    }
}

#[tokio::test]
async fn an_acquire_dropped_at_any_await_is_released_once_by_the_close() {
    at_every_await(async |polls| {
        let trace = Trace::new();
        let scope = Scope::new();
        let ended = cancel_after(polls, acquire(&scope, &trace, "a")).await.is_some();
        scope.close(Exit::Success).await.unwrap();
        assert_eq!(trace.count("release a"), usize::from(polls > 0));
        assert_balanced(&trace, polls);
        ended
    })
    .await;
}

#[tokio::test]
async fn an_acquire_dropped_together_with_its_scope_is_released_once() {
    at_every_await(async |polls| {
        let trace = Trace::new();
        let scope = Scope::new();
        let ended = cancel_after(polls, acquire(&scope, &trace, "a")).await.is_some();
        drop(scope);
        settle().await;
        assert_balanced(&trace, polls);
        ended
    })
    .await;
}

#[tokio::test]
async fn a_close_during_any_step_of_an_acquire_waits_for_its_release() {
    at_every_await(async |polls| {
        let trace = Trace::new();
        let scope = Scope::new();
        let mut acquiring = Box::pin(acquire(&scope, &trace, "a"));
        let ended = cancel_after(polls, &mut acquiring).await.is_some();
        scope.close(Exit::Success).await.unwrap();
        assert_balanced(&trace, polls);
        if !ended {
            assert!(matches!(acquiring.await, Err(AcquireError::Closed(_))));
        }
        ended
    })
    .await;
}

#[tokio::test]
async fn a_run_dropped_at_any_await_releases_everything_once() {
    at_every_await(async |polls| {
        let trace = Trace::new();
        let run = Scope::run(async |scope: Scope| {
            acquire(&scope, &trace, "a").await?;
            let child = scope.fork();
            acquire(&child, &trace, "b").await?;
            scope.spawn(std::future::pending::<()>());
            acquire(&scope, &trace, "c").await
        });
        let ended = cancel_after(polls, run).await.is_some();
        settle().await;
        assert_balanced(&trace, polls);
        ended
    })
    .await;
}

#[tokio::test]
async fn a_close_of_a_child_dropped_at_any_await_does_not_hold_up_the_parent() {
    at_every_await(async |polls| {
        let trace = Trace::new();
        let parent = Scope::new();
        acquire(&parent, &trace, "a").await.unwrap();
        let child = parent.fork();
        acquire(&child, &trace, "b").await.unwrap();
        let ended = cancel_after(polls, child.close(Exit::Success)).await.is_some();
        parent.close(Exit::Success).await.unwrap();
        assert_balanced(&trace, polls);
        ended
    })
    .await;
}
