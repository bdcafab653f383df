//! Acquire and release: one release for each success, and nothing lost on the way.

mod common;

use std::time::Duration;

use common::{Trace, poll_once, steps};
use di_core::Exit;
use di_runtime::{AcquireError, Scope};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

type Acquired = Result<&'static str, AcquireError<&'static str>>;

#[tokio::test]
async fn a_resource_is_released_with_the_exit_when_the_scope_closes() {
    let trace = Trace::new();
    let scope = Scope::new();
    let said = trace.clone();
    let pool: Acquired =
        scope.acquire_release(async { Ok("pool") }, async move |pool, exit| said.say(format!("{pool}: {exit}"))).await;
    assert_eq!(pool.unwrap(), "pool");
    assert!(trace.lines().is_empty());
    scope.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.lines(), ["pool: cancelled"]);
}

#[tokio::test]
async fn a_failed_acquire_registers_nothing() {
    let trace = Trace::new();
    let scope = Scope::new();
    let said = trace.clone();
    let failed: Acquired =
        scope.acquire_release(async { Err("refused") }, async move |_, _| said.say("released")).await;
    assert!(matches!(failed, Err(AcquireError::Failed("refused"))));
    assert!(format!("{scope:?}").contains("waiting: 0"));
    scope.close(Exit::Success).await.unwrap();
    assert!(trace.lines().is_empty());
}

#[tokio::test]
async fn a_panicking_acquire_registers_nothing_and_gives_its_message() {
    let trace = Trace::new();
    let scope = Scope::new();
    let said = trace.clone();
    let acquire = async { panic!("no {}", "socket") };
    let panicked: Acquired = scope.acquire_release(acquire, async move |_, _| said.say("released")).await;
    let Err(AcquireError::Panicked(message)) = panicked else { panic!("{panicked:?}") };
    assert_eq!(message, "no socket");
    scope.close(Exit::Success).await.unwrap();
    assert!(trace.lines().is_empty());
}

#[tokio::test]
async fn resources_are_released_in_reverse_order_of_acquisition() {
    let trace = Trace::new();
    let scope = Scope::new();
    let slow = say_release(&scope, &trace, "slow", 5);
    let quick = say_release(&scope, &trace, "quick", 1);
    let (slow, quick) = tokio::join!(slow, quick);
    slow.unwrap();
    quick.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["slow released", "quick released"]);
}

fn say_release(
    scope: &Scope,
    trace: &Trace,
    name: &'static str,
    acquire_steps: usize,
) -> impl Future<Output = Acquired> + use<> {
    let trace = trace.clone();
    let acquire = async move {
        steps(acquire_steps).await;
        Ok(name)
    };
    scope.acquire_release(acquire, async move |name, _exit| trace.say(format!("{name} released")))
}

#[tokio::test(start_paused = true)]
async fn an_acquire_goes_on_when_its_caller_is_dropped_and_is_released_with_the_scope() {
    let trace = Trace::new();
    let scope = Scope::new();
    let (acquiring, releasing) = (trace.clone(), trace.clone());
    let acquire = async move {
        sleep(Duration::from_secs(60)).await;
        acquiring.say("acquired");
        Ok::<_, ()>("pool")
    };
    let caller = scope.acquire_release(acquire, async move |_, _| releasing.say("released"));
    assert!(tokio::time::timeout(Duration::from_secs(1), caller).await.is_err());
    sleep(Duration::from_secs(60)).await;
    assert_eq!(trace.lines(), ["acquired"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["acquired", "released"]);
}

#[tokio::test(start_paused = true)]
async fn a_close_waits_for_an_acquire_in_flight_which_is_released_at_once() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.on_close(trace.saying("older finalizer"));
    let (acquiring, releasing) = (trace.clone(), trace.clone());
    let acquire = async move {
        sleep(Duration::from_secs(5)).await;
        acquiring.say("acquired");
        Ok("pool")
    };
    let mut caller = Box::pin(scope.acquire_release(acquire, async move |pool, exit| {
        releasing.say(format!("{pool} released: {exit}"));
    }));
    assert!(poll_once(&mut caller).await.is_none());
    let start = Instant::now();
    scope.close(Exit::Cancelled).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(trace.lines(), ["acquired", "pool released: cancelled", "older finalizer"]);
    let refused: Acquired = caller.await;
    let Err(AcquireError::Closed(closed)) = refused else { panic!("{refused:?}") };
    assert!(matches!(closed.exit(), Exit::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_during_the_close_is_in_its_report() {
    let journal = common::Journal::start();
    let scope = Scope::new();
    let acquire = async {
        sleep(Duration::from_secs(5)).await;
        Ok::<_, ()>(())
    };
    let mut caller = Box::pin(scope.acquire_release(acquire, async |(), _exit| Err("stuck")));
    assert!(poll_once(&mut caller).await.is_none());
    let error = scope.close(Exit::Success).await.unwrap_err();
    assert!(error.to_string().ends_with("failed: stuck"), "{error}");
    assert_eq!(journal.lines().len(), 1);
}

#[tokio::test]
async fn an_acquire_on_a_closed_scope_is_refused_without_being_started() {
    let trace = Trace::new();
    let scope = Scope::new();
    scope.close(Exit::Success).await.unwrap();
    let said = trace.clone();
    let acquire = async move {
        said.say("started");
        Ok("pool")
    };
    let refused: Acquired = scope.acquire_release(acquire, async |_, _| {}).await;
    assert!(matches!(refused, Err(AcquireError::Closed(_))));
    assert!(trace.lines().is_empty());
}

#[tokio::test]
async fn an_acquire_that_closes_its_own_scope_does_not_wait_for_itself() {
    let trace = Trace::new();
    let scope = Scope::new();
    let (own, said) = (scope.clone(), trace.clone());
    let acquire = async move {
        own.close(Exit::Success).await.unwrap();
        Ok("pool")
    };
    let refused: Acquired = scope.acquire_release(acquire, async move |_, _| said.say("released")).await;
    assert!(matches!(refused, Err(AcquireError::Closed(_))));
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["released"]);
}

#[tokio::test]
async fn a_resource_whose_clone_panics_is_released() {
    struct Unclonable;
    impl Clone for Unclonable {
        fn clone(&self) -> Self {
            panic!("one of a kind")
        }
    }
    let trace = Trace::new();
    let scope = Scope::new();
    let said = trace.clone();
    let panicked =
        scope.acquire_release(async { Ok::<_, ()>(Unclonable) }, async move |_, exit| said.say(exit.to_string())).await;
    assert!(matches!(panicked, Err(AcquireError::Panicked(_))));
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["panic: one of a kind"]);
}

#[test]
fn without_a_runtime_an_acquire_runs_in_the_callers_future() {
    use futures_util::FutureExt;
    let trace = Trace::new();
    let scope = Scope::new();
    let pool = say_release(&scope, &trace, "pool", 0).now_or_never().unwrap();
    assert_eq!(pool.unwrap(), "pool");
    // This one is dropped half-way, and holds up nobody.
    let (_never, never) = oneshot::channel::<()>();
    let acquire = never.map(Ok::<_, ()>);
    assert!(scope.acquire_release(acquire.map(|_| Ok::<_, ()>(())), async |(), _| {}).now_or_never().is_none());
    scope.close(Exit::Success).now_or_never().unwrap().unwrap();
    assert_eq!(trace.lines(), ["pool released"]);
}
