//! Panics in code of a user at the end of a fiber, in keys, values, failures and payloads: they keep nobody waiting.

use std::fmt;
use std::future::pending;
use std::hash::{Hash, Hasher};
use std::io;
use std::panic::panic_any;

use di_core::Exit;
use di_runtime::{Fiber, FiberError, FiberMap, FiberOptions, FiberScope, Scope, Shutdown};
use tokio::time::{sleep, timeout};

use crate::common::{Journal, settle};
use crate::stage::seconds;

/// A value, or what a panic is thrown with, whose drop panics if this is so.
#[derive(Debug)]
struct Grenade(bool);

impl Drop for Grenade {
    fn drop(&mut self) {
        assert!(!self.0 || std::thread::panicking(), "a drop");
    }
}

/// What of a key panics.
#[derive(Clone, Copy, PartialEq)]
enum Bad {
    Drop,
    Debug,
    Nothing,
}

struct Key(u32, Bad);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(self.1 != Bad::Debug, "the Debug of a key");
        self.0.fmt(f)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        assert!(self.1 != Bad::Drop || std::thread::panicking(), "the drop of a key");
    }
}

/// A failure that cannot be printed.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the Display of a failure")
    }
}

impl std::error::Error for Unspeakable {}

type Values = FiberMap<u32, Grenade, io::Error>;

/// A collection that retains one result, which panics when it is dropped.
async fn with_a_grenade(scope: &Scope) -> Values {
    let tasks = Values::builder().retain_results(1).build(scope);
    tasks.run(1, async { Ok(Grenade(true)) });
    tasks.await_empty().await;
    tasks
}

/// Whether somebody who waits for the fiber is told of its end.
async fn is_told<A, E>(fiber: &Fiber<A, E>) -> bool
where
    A: Send + Sync + 'static,
    E: di_runtime::FiberFailure + ?Sized,
{
    let fiber = fiber.clone();
    let waits = tokio::spawn(async move { drop(fiber.wait().await) });
    timeout(seconds(60), waits).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_drop_panics_keeps_neither_those_who_wait_nor_the_next_one() {
    let scope = Scope::new();
    let tasks = FiberMap::builder().max_concurrent(1).build(&scope);
    let fiber: Fiber = tasks.run(Key(1, Bad::Drop), sleep(seconds(1)));
    assert!(is_told(&fiber).await);
    fiber.join().await.unwrap();
    let next = tasks.run(Key(2, Bad::Nothing), async {});
    assert!(is_told(&next).await, "it has its turn");
    timeout(seconds(60), scope.close(Exit::Success)).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_result_whose_drop_panics_is_no_matter_of_the_fiber_that_pushes_it_out() {
    let scope = Scope::new();
    let tasks = with_a_grenade(&scope).await;
    let journal = Journal::start();
    let fiber = tasks.run(2, async {
        sleep(seconds(1)).await;
        Ok(Grenade(false))
    });
    assert!(is_told(&fiber).await);
    assert!(fiber.poll().unwrap().is_success());
    assert_eq!(journal.lines(), ["ERROR the drop of the key or of the result of a fiber panicked panic=\"a drop\""]);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_runs_in_the_place_of_a_result_whose_drop_panics() {
    let scope = Scope::new();
    let tasks = with_a_grenade(&scope).await;
    let fiber = tasks.run(1, async { Ok(Grenade(false)) });
    assert!(is_told(&fiber).await);

    let tasks = with_a_grenade(&scope).await;
    let alone = Fiber::spawn(async { Ok(Grenade(false)) });
    tasks.set(1, FiberOptions::new(), &alone);
    assert!(is_told(&alone).await);
    assert!(tasks.is_empty());
    timeout(seconds(60), scope.close(Exit::Success)).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn results_whose_drops_panic_do_not_keep_a_collection_from_ending_its_fibers() {
    for way in 0..3 {
        let scope = Scope::new();
        let tasks = with_a_grenade(&scope).await;
        let fiber = tasks.run(2, async |_: FiberScope| pending::<io::Result<Grenade>>().await);
        settle().await;
        match way {
            0 => tasks.clear().await,
            1 => tasks.close().await.unwrap(),
            _ => {
                drop(tasks.remove(&1).await);
                drop(tasks.remove(&2).await);
            }
        }
        assert!(fiber.poll().unwrap().is_interrupted());
        assert!(tasks.is_empty() && tasks.status(&1).is_missing());
    }
}

#[tokio::test(start_paused = true)]
async fn results_whose_drops_panic_expire_one_after_the_other() {
    let scope = Scope::new();
    let tasks = Values::builder().retain_results_for(seconds(5)).build(&scope);
    tasks.run(1, async { Ok(Grenade(true)) });
    tasks.run(2, async { Ok(Grenade(true)) });
    sleep(seconds(3)).await;
    let journal = Journal::start();
    tasks.run(3, async { Ok(Grenade(true)) });
    sleep(seconds(3)).await;
    assert_eq!(journal.lines().len(), 2);
    sleep(seconds(3)).await;
    assert_eq!(journal.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_critical_failure_that_cannot_be_printed_ends_the_application_and_the_fiber() {
    let _journal = Journal::start();
    let (scope, shutdown) = (Scope::new(), Shutdown::new());
    let tasks: FiberMap<u32> = FiberMap::builder().shutdown(&shutdown).max_concurrent(1).build(&scope);
    let options = FiberOptions::new().critical();
    let fiber = tasks.run_with(1, options, async { Err::<(), _>(Unspeakable) }).into_fiber();
    assert!(is_told(&fiber).await);
    assert_eq!(shutdown.failure().unwrap().name(), "1");
    assert!(shutdown.is_requested());
    assert!(is_told(&tasks.run(2, async {})).await);
}

#[tokio::test(start_paused = true)]
async fn a_critical_fiber_whose_key_cannot_be_printed_ends_the_application() {
    let (scope, shutdown) = (Scope::new(), Shutdown::new());
    let tasks: FiberMap<Key> = FiberMap::builder().shutdown(&shutdown).build(&scope);
    let options = FiberOptions::new().critical();
    let fiber = tasks.run_with(Key(1, Bad::Debug), options, async { Err::<(), _>("no disk") }).into_fiber();
    assert!(is_told(&fiber).await);
    assert!(tasks.is_empty());
    assert_eq!(shutdown.failure().unwrap().to_string(), "`a key that cannot be printed` failed: no disk");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_also_if_what_it_was_thrown_with_panics_as_it_is_dropped() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run("sync", async {
        sleep(seconds(1)).await;
        panic_any(Grenade(true));
    });
    assert!(is_told(&fiber).await);
    assert!(matches!(fiber.join().await, Err(FiberError::Panicked(_))), "{:?}", fiber.poll());
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_whose_error_cannot_be_printed_does_not_take_the_exit_of_the_fiber() {
    let _journal = Journal::start();
    for fails in [false, true] {
        let fiber: Fiber = Fiber::spawn(async move |fiber: FiberScope| {
            fiber.on_close(async |_exit| Err::<(), _>(Unspeakable));
            if fails { Err("no disk") } else { Ok(()) }
        });
        assert!(is_told(&fiber).await);
        let error = fiber.join().await.unwrap_err().to_string();
        let expected = if fails { "no disk" } else { "the fiber panicked: what it acquired was not released" };
        assert_eq!(error, expected);
    }
}
