//! Waiting for a collection: its first failure, its end, its emptiness.

use std::future::pending;

use di_core::Exit;
use di_runtime::{FiberError, FiberHandle, FiberMap, FiberSet, Scope};
use tokio::time::{Instant, sleep, timeout};

use crate::common::settle;
use crate::stage::{No, seconds};

#[tokio::test(start_paused = true)]
async fn join_tells_of_the_first_failure_in_the_order_of_ends_and_keeps_telling_of_it() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::typed(&scope);
    tasks.run("slow", async {
        sleep(seconds(2)).await;
        Err(No("time"))
    });
    tasks.run("quick", async {
        sleep(seconds(1)).await;
        Err(No("disk"))
    });
    let first = tasks.join().await.unwrap_err();
    assert_eq!((first.key(), first.to_string().as_str()), (&"quick", "fiber \"quick\": no disk"));
    assert!(matches!(first.error(), FiberError::Failed(error) if *error == No("disk")));
    sleep(seconds(5)).await;
    assert_eq!(tasks.join().await.unwrap_err().key(), &"quick");
    tasks.close().await.unwrap();
    assert_eq!(tasks.join().await.unwrap_err().key(), &"quick");
}

#[tokio::test(start_paused = true)]
async fn join_does_not_end_because_all_fibers_do() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("short", async {}).join().await.unwrap();
    assert!(timeout(seconds(3600), tasks.join()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn join_ends_well_when_the_collection_is_closed_also_if_it_is_asked_later() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("long", pending::<()>());
    let joins = tasks.clone();
    let joined = tokio::spawn(async move { joins.join().await });
    settle().await;
    assert!(!joined.is_finished());
    scope.close(Exit::Success).await.unwrap();
    joined.await.unwrap().unwrap();
    tasks.join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn siblings_of_a_fiber_that_fails_go_on_and_the_collection_stays_usable() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, u32, No> = FiberMap::typed(&scope);
    let sibling = tasks.run("sibling", async {
        sleep(seconds(5)).await;
        Ok(5)
    });
    tasks.run("fails", async { Err(No("disk")) });
    tasks.join().await.unwrap_err();
    assert_eq!(tasks.run("late", async { Ok(6) }).await.unwrap(), 6);
    assert_eq!(sibling.await.unwrap(), 5);
}

#[tokio::test(start_paused = true)]
async fn where_a_collection_fails_fast_the_first_failure_interrupts_all_others() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::builder().fail_fast().build(&scope);
    let other = tasks.run("other", pending::<()>());
    tasks.run("fails", async { Err(No("disk")) });
    assert_eq!(tasks.join_all().await.unwrap_err().key(), &"fails");
    assert!(other.wait().await.unwrap().is_interrupted());
    assert!(!tasks.is_closed());
}

#[tokio::test(start_paused = true)]
async fn where_a_collection_fails_fast_a_later_failure_interrupts_all_others_too() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::builder().fail_fast().build(&scope);
    for fails in ["first", "second", "third"] {
        let other = tasks.run("other", pending::<()>());
        tasks.run(fails, async move { Err(No(fails)) });
        timeout(seconds(60), other.wait()).await.expect("it is interrupted").unwrap();
        assert_eq!(tasks.join().await.unwrap_err().key(), &"first");
    }
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_collection_has_the_cause_of_the_failure_of_the_fiber() {
    #[derive(Debug, thiserror::Error)]
    #[error("not written")]
    struct NotWritten(#[source] No);
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("report", async { Err::<(), _>(NotWritten(No("disk"))) });
    let error = tasks.join().await.unwrap_err();
    assert_eq!(error.to_string(), "fiber \"report\": not written");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no disk");
}

#[tokio::test(start_paused = true)]
async fn join_all_ends_well_when_nothing_runs_and_with_the_first_failure_otherwise() {
    let scope = Scope::new();
    let tasks: FiberSet<(), No> = FiberSet::typed(&scope);
    tasks.join_all().await.unwrap();
    for time in 1..4 {
        tasks.run(async move { sleep(seconds(time)).await });
    }
    let begun = Instant::now();
    tasks.join_all().await.unwrap();
    assert_eq!(begun.elapsed(), seconds(3));
    tasks.run(pending::<()>());
    tasks.run(async { Err(No("disk")) });
    assert!(matches!(tasks.join_all().await, Err(FiberError::Failed(error)) if *error == No("disk")));
}

#[tokio::test(start_paused = true)]
async fn await_empty_waits_for_what_was_added_meanwhile_and_for_what_was_replaced() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::builder().overlap().build(&scope);
    let inner = tasks.clone();
    tasks.run("first", async move {
        sleep(seconds(1)).await;
        inner.run("second", async { sleep(seconds(1)).await });
        Err(No("disk"))
    });
    let begun = Instant::now();
    tasks.await_empty().await;
    assert_eq!(begun.elapsed(), seconds(2));
    tasks.run("slow", async |fiber: di_runtime::FiberScope| {
        fiber.on_interrupt(async || sleep(seconds(3)).await);
        pending::<()>().await;
    });
    settle().await;
    tasks.run("slow", async {});
    tasks.await_empty().await;
    assert_eq!(begun.elapsed(), seconds(5));
}

#[tokio::test(start_paused = true)]
async fn await_empty_returns_at_once_on_a_closed_collection_and_a_pending_one_when_it_is_closed() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("long", pending::<()>());
    let waits = tasks.clone();
    let emptied = tokio::spawn(async move { waits.await_empty().await });
    settle().await;
    scope.close(Exit::Success).await.unwrap();
    emptied.await.unwrap();
    tasks.await_empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_handle_waits_for_the_fiber_that_is_there_and_not_for_the_next_one() {
    let scope = Scope::new();
    let handle: FiberHandle<(), No> = FiberHandle::typed(&scope);
    handle.await_empty().await;
    handle.run(async {
        sleep(seconds(1)).await;
        Err(No("disk"))
    });
    let waits = handle.clone();
    let begun = Instant::now();
    let emptied = tokio::spawn(async move { waits.await_empty().await });
    settle().await;
    handle.run(pending::<()>());
    emptied.await.unwrap();
    assert_eq!(begun.elapsed(), seconds(0));
    handle.clear().await;
    handle.run(async { Err(No("net")) });
    assert!(matches!(handle.join().await, Err(FiberError::Failed(error)) if *error == No("net")));
}
