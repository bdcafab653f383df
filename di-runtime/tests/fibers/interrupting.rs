//! Interruption: the order of its steps, and what there is at every await of a body.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use di_runtime::{Fiber, FiberExit, FiberMap, FiberScope, Scope};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::common::{Trace, settle, steps};
use crate::stage::{SayOnDrop, alone, lasting, seconds};

#[tokio::test(start_paused = true)]
async fn the_body_is_dropped_then_its_finalizers_run_to_the_end_then_those_who_wait_are_told() {
    let trace = Trace::new();
    let fiber: Fiber = Fiber::spawn(lasting(&trace, "fiber"));
    let (waits, said) = (fiber.clone(), trace.clone());
    let waiter = tokio::spawn(async move {
        waits.wait().await.unwrap();
        said.say("told");
    });
    settle().await;
    fiber.interrupt().await;
    waiter.await.unwrap();
    assert_eq!(trace.lines(), ["fiber begins", "fiber dropped", "fiber released", "told"]);
}

#[tokio::test(start_paused = true)]
async fn cancel_does_not_wait() {
    let fiber: Fiber = Fiber::spawn(async |fiber: FiberScope| {
        fiber.on_interrupt(async || sleep(seconds(1)).await);
        pending::<()>().await;
    });
    settle().await;
    fiber.cancel();
    assert!(fiber.poll().is_none());
    assert!(fiber.wait().await.unwrap().is_interrupted());
}

#[tokio::test(start_paused = true)]
async fn an_interruption_that_nobody_waits_for_any_more_goes_on() {
    let trace = Trace::new();
    let fiber: Fiber = Fiber::spawn(lasting(&trace, "fiber"));
    settle().await;
    assert!(tokio::time::timeout(seconds(0), fiber.interrupt()).await.is_err());
    sleep(seconds(2)).await;
    assert_eq!(trace.count("fiber released"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_has_ended_is_not_interrupted_any_more() {
    let fiber: Fiber = Fiber::spawn(async {});
    fiber.join().await.unwrap();
    fiber.interrupt().await;
    assert!(fiber.poll().unwrap().is_success());
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_is_interrupted_before_its_first_poll_never_runs() {
    let trace = Trace::new();
    let dropped = SayOnDrop(trace.clone(), "body");
    let fiber: Fiber = Fiber::spawn(async move {
        let _dropped = dropped;
        unreachable!("it is not run")
    });
    fiber.interrupt().await;
    assert!(fiber.poll().unwrap().is_interrupted());
    assert_eq!(trace.lines(), ["body dropped"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_goes_on_without_an_await_is_interrupted_at_the_next_one() {
    let trace = Trace::new();
    let own: Arc<std::sync::OnceLock<Fiber>> = Arc::default();
    let (inner, said) = (own.clone(), trace.clone());
    let fiber = Fiber::spawn(async move |fiber: FiberScope| {
        yield_now().await;
        inner.get().unwrap().cancel();
        said.say(format!("goes on, interrupted: {}", fiber.is_interrupted()));
        yield_now().await;
        said.say("goes on after an await");
    });
    own.set(fiber.clone()).unwrap();
    assert!(fiber.wait().await.unwrap().is_interrupted());
    assert_eq!(trace.lines(), ["goes on, interrupted: true"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_with_the_poll_in_which_it_is_interrupted_has_its_own_end() {
    let own: Arc<std::sync::OnceLock<Fiber>> = Arc::default();
    let inner = own.clone();
    let fiber: Fiber = Fiber::spawn(async move {
        yield_now().await;
        inner.get().unwrap().cancel();
    });
    own.set(fiber.clone()).unwrap();
    fiber.join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn finalizers_for_an_interruption_do_not_run_at_other_ends() {
    let trace = Trace::new();
    let said = trace.clone();
    let fiber: Fiber = Fiber::spawn(async move |fiber: FiberScope| {
        let interrupted = said.clone();
        fiber.on_interrupt(async move || interrupted.say("interrupted"));
        fiber.on_close(said.saying_exit());
    });
    fiber.join().await.unwrap();
    assert_eq!(trace.lines(), ["success"]);
}

/// What a body of many awaits holds at a time.
#[derive(Clone, Default)]
struct Ledger {
    acquired: Arc<AtomicUsize>,
    released: Arc<AtomicUsize>,
    polls: Arc<AtomicUsize>,
}

const AWAITS: usize = 12;

/// Acquires something after every await, and releases it with awaits.
async fn many_awaits(fiber: FiberScope, ledger: Ledger) {
    for _ in 0..AWAITS / 3 {
        yield_now().await;
        let counts = ledger.clone();
        let acquire = async move {
            yield_now().await;
            counts.acquired.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::convert::Infallible>(())
        };
        let counts = ledger.clone();
        let got = fiber.acquire_release(acquire, async move |(), _exit| {
            steps(3).await;
            counts.released.fetch_add(1, Ordering::SeqCst);
        });
        drop(got.await);
        yield_now().await;
    }
}

/// Interrupts the body in its k-th poll or before it; whether it was interrupted.
async fn interrupted_at(poll: usize, by: &FiberMap<&'static str>) -> bool {
    let ledger = Ledger::default();
    let own: Arc<std::sync::OnceLock<Fiber>> = Arc::default();
    let (inner, counts) = (own.clone(), ledger.clone());
    let fiber = by.run("fiber", async move |fiber: FiberScope| {
        let mut body = std::pin::pin!(many_awaits(fiber, counts.clone()));
        std::future::poll_fn(|context| {
            if counts.polls.fetch_add(1, Ordering::SeqCst) == poll {
                inner.get().unwrap().cancel();
            }
            body.as_mut().poll(context)
        })
        .await;
    });
    own.set(fiber.clone()).unwrap();
    let exit = fiber.wait().await.unwrap();
    assert!(by.is_empty());
    let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
    assert_eq!(count(&ledger.acquired), count(&ledger.released), "at poll {poll}");
    match exit {
        FiberExit::Interrupted => {
            assert_eq!(count(&ledger.polls), poll + 1, "the body was polled after the interruption");
            true
        }
        FiberExit::Success(()) => {
            assert_eq!(count(&ledger.acquired), AWAITS / 3);
            false
        }
        exit => panic!("{exit:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn at_every_await_an_interruption_releases_what_was_acquired() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let mut poll = 0;
    while interrupted_at(poll, &tasks).await {
        poll += 1;
    }
    assert!(poll >= AWAITS, "it has been interrupted {poll} times only");
}

#[tokio::test(start_paused = true)]
async fn at_every_await_remove_replace_and_close_wait_for_what_is_released() {
    for way in 0..3 {
        for polls in 0..40 {
            let (scope, ledger) = (Scope::new(), Ledger::default());
            let tasks = FiberMap::new(&scope);
            let counts = ledger.clone();
            let body = async move |fiber: FiberScope| many_awaits(fiber, counts).await;
            let fiber = tasks.run("fiber", body);
            steps(polls).await;
            match way {
                0 => drop(tasks.remove("fiber").await),
                1 => tasks.run("fiber", async {}).join().await.unwrap(),
                _ => scope.close(di_core::Exit::Success).await.unwrap(),
            }
            assert!(fiber.is_finished());
            assert_eq!(ledger.acquired.load(Ordering::SeqCst), ledger.released.load(Ordering::SeqCst));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waits_that_are_dropped_at_any_await_leave_nothing_behind() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    for polls in 1..6 {
        let fiber = tasks.run("fiber", async |fiber: FiberScope| {
            fiber.on_interrupt(async || steps(2).await);
            steps(2).await;
            fiber.ready();
            pending::<()>().await;
        });
        crate::common::cancel_after(polls, fiber.ready()).await;
        crate::common::cancel_after(polls, fiber.wait()).await;
        crate::common::cancel_after(polls, tasks.join()).await;
        crate::common::cancel_after(polls, tasks.await_empty()).await;
        crate::common::cancel_after(polls, tasks.remove("fiber")).await;
        crate::common::cancel_after(polls, tasks.clear()).await;
        tasks.await_empty().await;
        assert!(fiber.is_finished() && tasks.is_empty());
        tasks.clear().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_fiber_alone_is_ended_by_a_poll_of_its_interruption_only() {
    let fiber = alone();
    let mut interruption = Box::pin(fiber.interrupt());
    settle().await;
    assert!(fiber.poll().is_none());
    let polled = std::future::poll_fn(|context| Poll::Ready(interruption.as_mut().poll(context).is_ready())).await;
    assert!(!polled);
    drop(interruption);
    assert!(fiber.wait().await.unwrap().is_interrupted());
}
