//! Children: where they close, and who waits for them.

mod common;

use std::time::Duration;

use common::{Trace, poll_once, settle};
use di_core::Exit;
use di_runtime::Scope;
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn a_child_closes_at_its_place_among_the_finalizers_of_its_parent() {
    let trace = Trace::new();
    let parent = Scope::new();
    parent.on_close(trace.saying("before"));
    let child = parent.fork();
    parent.on_close(trace.saying("after"));
    child.on_close(trace.saying("child"));
    child.on_close(trace.saying_exit());
    parent.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.lines(), ["after", "cancelled", "child", "before"]);
    assert!(child.is_closed());
}

#[tokio::test]
async fn a_child_closed_early_uses_its_own_exit_and_leaves_its_parent() {
    let trace = Trace::new();
    let parent = Scope::new();
    let child = parent.fork();
    child.on_close(trace.saying_exit());
    child.close(Exit::Success).await.unwrap();
    assert!(format!("{parent:?}").contains("waiting: 0"), "{parent:?}");
    assert!(!parent.is_closed());
    parent.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.lines(), ["success"]);
}

#[tokio::test]
async fn a_child_whose_finalizers_fail_leaves_its_parent_too() {
    let parent = Scope::new();
    let child = parent.fork();
    child.on_close(async |_exit| Err("no"));
    child.close(Exit::Success).await.unwrap_err();
    parent.close(Exit::Success).await.unwrap();
}

#[tokio::test]
async fn a_child_of_a_closed_parent_is_born_closed_with_its_exit() {
    let trace = Trace::new();
    let parent = Scope::new();
    parent.close(Exit::Cancelled).await.unwrap();
    let child = parent.fork();
    assert!(matches!(child.exit(), Some(Exit::Cancelled)));
    child.close(Exit::Success).await.unwrap();
    child.on_close(trace.saying_exit());
    settle().await;
    assert_eq!(trace.lines(), ["cancelled"]);
}

#[tokio::test]
async fn a_child_of_a_closing_parent_is_born_closed_and_its_finalizers_run_next() {
    for scope in [Scope::new(), Scope::parallel()] {
        let trace = Trace::new();
        let (parent, said) = (scope.clone(), trace.clone());
        scope.on_close(async move |_exit| {
            let child = parent.fork();
            assert!(child.is_closed());
            child.try_on_close(said.saying("never")).unwrap_err();
            child.on_close(said.saying_exit());
        });
        scope.close(Exit::Cancelled).await.unwrap();
        assert_eq!(trace.lines(), ["cancelled"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_waits_for_a_child_that_somebody_else_is_closing() {
    let trace = Trace::new();
    let parent = Scope::new();
    parent.on_close(trace.saying("parent"));
    let child = parent.fork();
    let said = trace.clone();
    child.on_close(async move |exit| {
        sleep(Duration::from_secs(9)).await;
        said.say(format!("child: {exit}"));
    });
    let mut closing = Box::pin(child.close(Exit::Success));
    assert!(poll_once(&mut closing).await.is_none());
    settle().await;
    let start = Instant::now();
    parent.close(Exit::Cancelled).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(9));
    assert_eq!(trace.lines(), ["child: success", "parent"]);
}

#[tokio::test(start_paused = true)]
async fn a_parallel_child_of_a_sequential_parent_is_parallel() {
    let parent = Scope::new();
    let child = parent.fork_parallel();
    for _ in 0..3 {
        child.on_close(async |_exit| sleep(Duration::from_secs(2)).await);
    }
    let start = Instant::now();
    parent.close(Exit::Success).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn a_child_dropped_open_stays_with_its_parent() {
    let journal = common::Journal::start();
    let trace = Trace::new();
    let parent = Scope::new();
    parent.fork().on_close(trace.saying("child"));
    settle().await;
    assert!(trace.lines().is_empty());
    parent.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["child"]);
    assert!(journal.lines().is_empty());
}

#[tokio::test]
async fn a_long_line_of_descendants_closes() {
    let trace = Trace::new();
    let root = Scope::new();
    let mut last = root.clone();
    for generation in 0..50 {
        last = last.fork();
        last.on_close(trace.saying(&generation.to_string()));
    }
    root.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines().len(), 50);
    assert!(last.is_closed());
}
