//! Bodies that do not end in time, runtimes that are not there, and panics in odd places.

use std::future::pending;
use std::sync::mpsc;
use std::time::Duration;

use di::{Layer, ManagedRuntime};
use di_core::Exit;
use di_runtime::{Fiber, FiberError, FiberExit, FiberMap, FiberOptions, FiberRefused, FiberScope, FiberSet, Scope};
use tokio::time::{Instant, sleep, timeout};

use crate::common::{Journal, Trace, settle};
use crate::stage::{alone, lasting, seconds};

/// A body whose finalizer does not end.
async fn stuck(fiber: FiberScope) {
    fiber.on_interrupt(pending::<()>);
    pending::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn a_fiber_whose_release_takes_too_long_is_not_waited_for_any_more() {
    let scope = Scope::new();
    let tasks: FiberMap<&str> = FiberMap::builder().grace(seconds(5)).build(&scope);
    let fiber = tasks.run("sync", stuck);
    settle().await;
    let begun = Instant::now();
    tasks.remove("sync").await;
    assert_eq!(begun.elapsed(), seconds(5));
    assert!(fiber.poll().unwrap().is_interrupted());
}

#[tokio::test(start_paused = true)]
async fn one_that_replaces_a_fiber_that_does_not_end_begins_when_its_time_is_over() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks: FiberMap<&str> = FiberMap::builder().grace(seconds(5)).build(&scope);
    tasks.run("sync", stuck);
    settle().await;
    tasks.run("sync", lasting(&trace, "second"));
    sleep(seconds(4)).await;
    assert_eq!(trace.lines(), [""; 0]);
    sleep(seconds(2)).await;
    assert_eq!(trace.lines(), ["second begins"]);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_release_is_limited_also_if_nobody_waits_for_it() {
    let scope = Scope::new();
    let tasks: FiberSet = FiberSet::builder().grace(seconds(5)).build(&scope);
    let fiber = tasks.run(stuck);
    settle().await;
    assert!(timeout(seconds(1), tasks.clear()).await.is_err());
    sleep(seconds(3)).await;
    assert!(fiber.poll().is_none());
    sleep(seconds(2)).await;
    assert!(fiber.is_finished());

    let fiber = tasks.run(stuck);
    settle().await;
    drop(tasks);
    sleep(seconds(6)).await;
    assert!(fiber.is_finished());
}

#[tokio::test(start_paused = true)]
async fn what_is_still_being_released_after_its_time_is_logged_and_is_an_error_of_the_close() {
    for removed_before in [false, true] {
        let (scope, trace, journal) = (Scope::new(), Trace::new(), Journal::start());
        let tasks: FiberMap<&str> = FiberMap::builder().grace(seconds(1)).build(&scope);
        let said = trace.clone();
        tasks.run("sync", async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || {
                sleep(seconds(3)).await;
                said.say("released");
            });
            pending::<()>().await;
        });
        settle().await;
        if removed_before {
            tasks.remove("sync").await;
        }
        assert_eq!(tasks.close().await.unwrap_err().names(), ["\"sync\""]);
        assert!(scope.close(Exit::Success).await.unwrap_err().to_string().contains("sync"));
        let said = "WARN a fiber was not released in its grace period; nobody waits for it any more";
        let said = format!("{said} collection=\"FiberMap\" fiber=\"\\\"sync\\\"\"");
        assert_eq!(journal.lines(), [said]);
        assert_eq!(trace.lines(), [""; 0]);
        sleep(seconds(3)).await;
        assert_eq!(trace.lines(), ["released"]);
        tasks.close().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_replaced_and_not_released_in_its_time_is_logged() {
    let (scope, journal) = (Scope::new(), Journal::start());
    let tasks: FiberMap<u32> = FiberMap::builder().name("connections").grace(seconds(1)).build(&scope);
    tasks.run(7, stuck);
    settle().await;
    tasks.run(7, pending::<()>());
    sleep(seconds(2)).await;
    let said = "WARN a fiber was not released in its grace period; nobody waits for it any more";
    assert_eq!(journal.lines(), [format!("{said} collection=\"connections\" fiber=\"7\"")]);
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_shutdown_names_what_is_still_being_released_after_its_time() {
    #[derive(di::Service)]
    struct Jobs(#[allow(dead_code, reason = "the layer holds it")] FiberMap<&'static str>);
    let layer = Layer::scoped(|scope: Scope| async move {
        let jobs: FiberMap<&'static str> = FiberMap::builder().grace(seconds(1)).build(&scope);
        jobs.run("import", async |fiber: FiberScope| {
            fiber.on_interrupt(async || sleep(seconds(3)).await);
            pending::<()>().await;
        });
        Jobs(jobs)
    });
    let runtime = ManagedRuntime::new(layer);
    drop(runtime.context().await.unwrap());
    settle().await;
    let error = runtime.shutdown(seconds(25)).await.unwrap_err();
    assert_eq!(error.report().stuck_fibers(), ["import"]);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_release_is_limited_also_for_what_overlaps_and_for_what_is_replaced_by_a_fiber_from_elsewhere() {
    let scope = Scope::new();
    let tasks: FiberMap<&str> = FiberMap::builder().overlap().grace(seconds(5)).build(&scope);
    let old = tasks.run("sync", stuck);
    settle().await;
    tasks.run("sync", pending::<()>());
    timeout(seconds(6), old.wait()).await.expect("its time is over").unwrap();

    let tasks: FiberMap<&str> = FiberMap::builder().grace(seconds(5)).build(&scope);
    let old = tasks.run("sync", stuck);
    settle().await;
    tasks.set("sync", FiberOptions::new(), &alone());
    timeout(seconds(6), old.wait()).await.expect("its time is over").unwrap();

    // Who waits for its turn may be gone before that.
    let old = tasks.run("queue", stuck);
    settle().await;
    tasks.run("queue", pending::<()>()).interrupt().await;
    timeout(seconds(6), old.wait()).await.expect("its time is over").unwrap();
}

#[test]
fn a_body_that_never_awaits_is_reported_by_its_name() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let (free, freed) = mpsc::channel::<()>();
    runtime.block_on(async {
        let journal = Journal::start();
        let scope = Scope::new();
        let tasks: FiberMap<&str> = FiberMap::builder().name("indexes").grace(Duration::from_millis(10)).build(&scope);
        tasks.run_with("users", FiberOptions::new().name("index of users"), async move |fiber: FiberScope| {
            fiber.ready();
            let _ = freed.recv();
        });
        let endless = tasks.get("users").unwrap();
        endless.ready().await.unwrap();
        tasks.run("short", pending::<()>());
        let error = tasks.close().await.unwrap_err();
        assert_eq!(error.names(), ["index of users"]);
        assert_eq!(error.to_string(), "indexes: fibers did not end: index of users");
        let said = "WARN a fiber does not end collection=\"indexes\" fiber=\"index of users\"";
        assert_eq!(journal.lines(), [said]);
        timeout(seconds(5), tasks.join()).await.expect("the close is over").unwrap();
        let closed = scope.close(Exit::Success).await;
        assert!(closed.is_ok() || closed.unwrap_err().to_string().contains("index of users"));
        free.send(()).unwrap();
        assert!(endless.wait().await.unwrap().is_success(), "it ended before it could be interrupted");
    });
}

#[test]
fn fibers_of_a_runtime_that_goes_away_are_interrupted() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let trace = Trace::new();
    let (scope, tasks, fiber, queued, alone) = runtime.block_on(async {
        let scope = Scope::new();
        let tasks = FiberMap::new(&scope);
        let fiber = tasks.run("sync", lasting(&trace, "sync"));
        let alone: Fiber = Fiber::spawn(pending::<()>());
        settle().await;
        let queued = tasks.run("sync", pending::<()>());
        (scope, tasks, fiber, queued, alone)
    });
    runtime.shutdown_timeout(seconds(5));
    for fiber in [&fiber, &queued, &alone] {
        assert!(matches!(fiber.poll(), Some(FiberExit::Interrupted)), "{fiber:?}");
    }
    assert!(tasks.is_empty());
    futures_util::FutureExt::now_or_never(tasks.close()).unwrap().unwrap();
    drop(scope);
}

#[test]
fn without_a_runtime_a_fiber_is_refused() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run("sync", async {});
    assert!(matches!(fiber.poll(), Some(FiberExit::Refused(FiberRefused::NoRuntime))));
    assert!(tasks.is_empty());
    let fiber: Fiber = Fiber::spawn(async {});
    assert_eq!(fiber.poll().unwrap().as_result().unwrap_err().to_string(), "there is no runtime to run the fiber on");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_body_in_a_drop_or_in_a_finalizer_is_the_end_of_the_fiber_alone() {
    struct Grenade(&'static str);
    impl Drop for Grenade {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("{}", self.0);
            }
        }
    }
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let bodies = [
        tasks.run("body", async { panic!("in the body") }),
        tasks.run("drop", async {
            let _grenade = Grenade("in a drop");
        }),
        tasks.run("finalizer", async |fiber: FiberScope| {
            fiber.on_close(async |_exit| panic_in("in a finalizer"));
        }),
        tasks.run("closure", |_: FiberScope| -> std::future::Ready<()> { panic!("in the closure") }),
    ];
    let words = ["in the body", "in a drop", "in a finalizer", "in the closure"];
    for (fiber, words) in bodies.iter().zip(words) {
        let Err(FiberError::Panicked(message)) = fiber.join().await else { panic!("{fiber:?}") };
        assert!(message.contains(words), "{message}");
    }
    let interrupted = tasks.run("interrupted", async {
        let _grenade = Grenade("in the drop of an interruption");
        pending::<()>().await;
    });
    settle().await;
    tasks.remove("interrupted").await;
    assert!(matches!(interrupted.join().await, Err(FiberError::Panicked(_))));
    assert!(tasks.is_empty());
    tasks.run("next", async {}).join().await.unwrap();
}

fn panic_in(place: &str) {
    panic!("{place}")
}

#[tokio::test(start_paused = true)]
async fn a_key_that_panics_leaves_the_collection_usable() {
    #[derive(Debug, Clone)]
    struct Key(&'static str, bool);
    impl PartialEq for Key {
        fn eq(&self, other: &Self) -> bool {
            assert!(!self.1 && !other.1, "keys are not compared");
            self.0 == other.0
        }
    }
    impl Eq for Key {}
    impl std::hash::Hash for Key {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run(Key("sync", false), pending::<()>());
    let bad = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tasks.run(Key("sync", true), pending::<()>())));
    assert!(bad.is_err());
    assert_eq!(tasks.len(), 1);
    tasks.remove(&Key("sync", false)).await;
    tasks.run(Key("sync", false), async {}).join().await.unwrap();
    scope.close(Exit::Success).await.unwrap();
}
