//! Fibers that belong to a runtime, and fibers that a shutdown does not get rid of.

use std::future::pending;
use std::io::Error;
use std::time::Duration;

use di::prelude::*;
use di::{FiberError, FiberExit, FiberMap, FiberOptions, FiberRefused, FiberScope};
use tokio::time::sleep;

use crate::trace::Trace;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Service)]
struct Queue(Trace);

/// A queue that says when it is released.
fn queue(trace: &Trace) -> Layer<services![Queue], services![], failures![]> {
    let trace = trace.clone();
    Layer::scoped(move |scope: Scope| {
        let trace = trace.clone();
        async move {
            trace.lives("queue", &scope);
            Queue(trace)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_until_what_was_forked_has_released_what_it_held_and_then_releases_the_layers() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(queue(&trace));
    let fiber = runtime.fork(|queue: Inject<Queue>, scope: Scope| async move {
        let trace = queue.0.clone();
        scope.on_close(async move |exit| {
            sleep(SECOND).await;
            trace.say(format!("delivery released: {exit}"));
        });
        pending::<()>().await;
    });
    sleep(SECOND).await;
    runtime.shutdown(25 * SECOND).await.unwrap();
    assert!(matches!(fiber.poll(), Some(FiberExit::Interrupted)));
    assert_eq!(trace.take(), ["+queue", "delivery released: cancelled", "-queue"]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_what_was_forked_gets_its_value_or_its_failure() {
    let runtime = ManagedRuntime::new(queue(&Trace::default()));
    let sum = runtime.fork(|_queue: Inject<Queue>| async { Ok::<_, Error>(1 + 2) });
    assert_eq!(sum.join().await.unwrap(), 3);
    let failed = runtime.fork(async || Err::<(), _>(Error::other("no queue")));
    assert!(matches!(failed.join().await, Err(FiberError::Failed(error)) if error.to_string() == "no queue"));
    runtime.shutdown(SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_forked_once_the_shutdown_has_begun_never_runs() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(queue(&trace));
    runtime.shutdown(SECOND).await.unwrap();
    let fiber = runtime.fork(|queue: Inject<Queue>| async move { queue.0.say("runs") });
    assert!(matches!(fiber.poll(), Some(FiberExit::Refused(FiberRefused::Closed))));
    assert_eq!(trace.take(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_cannot_be_built_is_the_failure_of_what_was_forked() {
    #[derive(Clone, Debug, thiserror::Error, Failure)]
    #[error("no disk")]
    struct NoDisk;
    let broken = Layer::from_fn(async || Err::<Queue, _>(NoDisk));
    let runtime = ManagedRuntime::new(broken);
    let fiber = runtime.fork(|queue: Inject<Queue>| async move { queue.0.say("runs") });
    let error = fiber.join().await.unwrap_err().to_string();
    assert!(error.contains("no disk"), "{error}");
    runtime.shutdown(SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_critical_effect_that_fails_is_the_reason_of_the_shutdown() {
    let runtime = ManagedRuntime::new(queue(&Trace::default()));
    let options = FiberOptions::new().name("delivery").critical();
    runtime.fork_with(options, async || Err::<(), _>(Error::other("the queue is gone")));
    runtime.shutdown_handle().requested().await;
    let error = runtime.shutdown(SECOND).await.unwrap_err();
    assert_eq!(error.report().failure().unwrap().to_string(), "`delivery` failed: the queue is gone");
}

#[tokio::test(start_paused = true)]
async fn what_was_forked_and_does_not_end_is_named_and_holds_nothing_up_beyond_its_time() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(queue(&trace));
    runtime.fork_with(FiberOptions::new().name("delivery"), |_queue: Inject<Queue>, scope: Scope| async move {
        scope.on_close(async |_exit| pending::<()>().await);
        pending::<()>().await;
    });
    sleep(SECOND).await;
    let error = runtime.shutdown(30 * SECOND).await.unwrap_err();
    assert_eq!(error.report().stuck_effects(), ["delivery"]);
    assert_eq!(trace.take(), ["+queue", "-queue"]);
}

#[derive(Service)]
struct Jobs(FiberMap<&'static str>);

#[tokio::test(start_paused = true)]
async fn fibers_of_a_collection_that_do_not_end_are_named_in_the_report_of_the_shutdown() {
    let jobs = Layer::scoped(|scope: Scope| async move { Jobs(FiberMap::new(&scope)) });
    let runtime = ManagedRuntime::new(jobs);
    let jobs = runtime.context().await.unwrap().get::<Jobs>().0.clone();
    jobs.run("quick", pending::<()>());
    jobs.run("stuck", async |fiber: FiberScope| {
        fiber.on_interrupt(async || pending::<()>().await);
        pending::<()>().await;
    });
    sleep(SECOND).await;
    let error = runtime.shutdown(25 * SECOND).await.unwrap_err();
    assert_eq!(error.report().stuck_fibers(), ["stuck"]);
    assert!(error.to_string().contains("fiber `stuck` did not end"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_clean_shutdown_names_no_fiber() {
    let jobs = Layer::scoped(|scope: Scope| async move { Jobs(FiberMap::new(&scope)) });
    let runtime = ManagedRuntime::new(jobs);
    let jobs = runtime.context().await.unwrap().get::<Jobs>().0.clone();
    jobs.run("slow", async |fiber: FiberScope| {
        fiber.on_interrupt(async || sleep(SECOND).await);
        pending::<()>().await;
    });
    sleep(SECOND).await;
    let report = runtime.shutdown(25 * SECOND).await.unwrap();
    assert!(report.stuck_fibers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_drop_of_the_last_handle_interrupts_what_was_forked_and_releases_the_layers_after_it() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(queue(&trace));
    let fiber = runtime.fork(|queue: Inject<Queue>, scope: Scope| async move {
        let trace = queue.0.clone();
        scope.on_close(async move |_exit| {
            sleep(SECOND).await;
            trace.say("delivery released");
        });
        pending::<()>().await;
    });
    sleep(SECOND).await;
    drop(runtime);
    fiber.wait().await.unwrap();
    sleep(SECOND).await;
    assert_eq!(trace.take(), ["+queue", "delivery released", "-queue"]);
}
