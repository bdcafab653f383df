//! Closing a scope from what its close waits for: defined, and no deadlock.

mod common;

use std::time::Duration;

use common::Trace;
use di_core::Exit;
use di_runtime::Scope;
use tokio::time::timeout;

/// Closes, and fails the test rather than hang.
async fn close(scope: &Scope) {
    let closed = timeout(Duration::from_secs(60), scope.close(Exit::Success)).await;
    closed.expect("no deadlock").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_closes_its_own_scope_returns_at_once() {
    for scope in [Scope::new(), Scope::parallel()] {
        let trace = Trace::new();
        let (own, said) = (scope.clone(), trace.clone());
        scope.on_close(trace.saying("older"));
        scope.on_close(async move |_exit| {
            own.close(Exit::Cancelled).await.unwrap();
            let report = own.close_with_timeout(Exit::Cancelled, Duration::from_secs(5)).await;
            said.say(format!("unfinished: {}", report.unfinished().count()));
        });
        close(&scope).await;
        assert_eq!(trace.count("older"), 1);
        assert!(trace.lines().iter().any(|line| line.starts_with("unfinished: ")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_child_that_closes_the_parent_returns_at_once() {
    let trace = Trace::new();
    let parent = Scope::new();
    parent.on_close(trace.saying("parent"));
    let child = parent.fork();
    child.on_close(trace.saying("child"));
    let (up, said) = (parent.clone(), trace.clone());
    child.on_close(async move |_exit| {
        up.close(Exit::Success).await.unwrap();
        said.say("close returned");
    });
    close(&parent).await;
    assert_eq!(trace.lines(), ["close returned", "child", "parent"]);
}

#[tokio::test(start_paused = true)]
async fn closing_a_child_whose_finalizer_closes_the_parent_closes_both_in_order() {
    let trace = Trace::new();
    let parent = Scope::new();
    parent.on_close(trace.saying("parent"));
    let child = parent.fork();
    child.on_close(trace.saying("child"));
    let up = parent.clone();
    child.on_close(async move |_exit| {
        up.close(Exit::Success).await.unwrap();
        common::settle().await;
    });
    close(&child).await;
    close(&parent).await;
    assert_eq!(trace.lines(), ["child", "parent"]);
}

#[tokio::test(start_paused = true)]
async fn scopes_whose_finalizers_close_each_other_all_close() {
    let (first, second) = (Scope::new(), Scope::new());
    for (one, other) in [(&first, &second), (&second, &first)] {
        let other = other.clone();
        one.on_close(async move |_exit| other.close(Exit::Success).await);
    }
    close(&first).await;
    close(&second).await;
}

#[tokio::test(start_paused = true)]
async fn scopes_that_close_each_other_from_two_sides_at_once_all_close() {
    let scopes = [Scope::new(), Scope::new(), Scope::new()];
    for (one, other) in [(0, 1), (1, 2), (2, 0)] {
        let other = scopes[other].fork();
        let parent = scopes[(one + 1) % 3].clone();
        scopes[one].on_close(async move |_exit| {
            common::steps(3).await;
            other.close(Exit::Success).await?;
            parent.close(Exit::Success).await
        });
    }
    tokio::join!(close(&scopes[0]), close(&scopes[1]), close(&scopes[2]));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_given_up_is_in_nobodys_way() {
    let trace = Trace::new();
    let (first, second) = (Scope::new(), Scope::new());
    let (again, said) = (first.clone(), trace.clone());
    second.on_close(async move |_exit| {
        common::settle().await;
        again.close(Exit::Success).await.unwrap();
        said.say("first is closed");
    });
    let (other, said) = (second.clone(), trace.clone());
    first.on_close(async move |_exit| {
        common::cancel_after(1, other.close(Exit::Success)).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        said.say("end of the finalizer of first");
    });
    close(&first).await;
    close(&second).await;
    assert_eq!(trace.lines(), ["end of the finalizer of first", "first is closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_may_close_another_scope_and_waits_for_it() {
    let trace = Trace::new();
    let (scope, other) = (Scope::new(), Scope::new());
    let (said, last) = (trace.clone(), trace.clone());
    other.on_close(async move |_exit| {
        common::steps(5).await;
        said.say("other closed");
    });
    scope.on_close(async move |_exit| {
        other.close(Exit::Success).await.unwrap();
        last.say("close returned");
    });
    close(&scope).await;
    assert_eq!(trace.lines(), ["other closed", "close returned"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_may_close_a_child_of_its_scope_and_waits_for_it() {
    let trace = Trace::new();
    let scope = Scope::new();
    let child = scope.fork();
    child.on_close(trace.saying("child"));
    let said = trace.clone();
    scope.on_close(async move |_exit| {
        child.close(Exit::Success).await.unwrap();
        said.say("close returned");
    });
    close(&scope).await;
    assert_eq!(trace.lines(), ["child", "close returned"]);
}

#[test]
fn without_a_runtime_a_finalizer_of_a_child_may_close_the_parent() {
    use futures_util::FutureExt;
    let trace = Trace::new();
    let parent = Scope::new();
    parent.on_close(trace.saying("parent"));
    let child = parent.fork();
    let up = parent.clone();
    child.on_close(async move |_exit| up.close(Exit::Success).await);
    child.on_close(trace.saying("child"));
    child.close(Exit::Success).now_or_never().unwrap().unwrap();
    parent.close(Exit::Success).now_or_never().unwrap().unwrap();
    assert_eq!(trace.lines(), ["child", "parent"]);
}
