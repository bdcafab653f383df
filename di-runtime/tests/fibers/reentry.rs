//! Members that wait for themselves, or end what they are in: no wait is for ever.

use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use di::{Layer, ManagedRuntime, Service};
use di_core::Exit;
use di_runtime::{
    Fiber, FiberError, FiberExit, FiberHandle, FiberMap, FiberOptions, FiberScope, FiberSet, Scope, Shutdown,
};
use tokio::time::{sleep, timeout};

use crate::common::{Trace, settle};
use crate::stage::{lasting, seconds};

/// A fiber that can name itself.
type Own = Arc<OnceLock<Fiber>>;

#[tokio::test(start_paused = true)]
async fn a_fiber_that_waits_for_itself_is_told_so() {
    let trace = Trace::new();
    let own = Own::default();
    let (inner, said) = (own.clone(), trace.clone());
    let fiber = Fiber::spawn(async move |fiber: FiberScope| {
        tokio::task::yield_now().await;
        let own = inner.get().unwrap().clone();
        assert!(matches!(own.wait().await, Err(FiberError::WaitsForItself)));
        assert!(matches!(own.join().await, Err(FiberError::WaitsForItself)));
        assert!(matches!(own.ready().await, Err(FiberError::WaitsForItself)));
        let said_at_end = said.clone();
        fiber.on_close(async move |_exit| {
            said_at_end.say(own.join().await.unwrap_err().to_string());
            own.interrupt().await;
        });
    });
    own.set(fiber.clone()).unwrap();
    fiber.join().await.unwrap();
    assert_eq!(trace.lines(), ["the fiber waits for its own end"]);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_interrupts_itself_ends_at_that_await() {
    let own = Own::default();
    let inner = own.clone();
    let fiber: Fiber = Fiber::spawn(async move {
        tokio::task::yield_now().await;
        inner.get().unwrap().interrupt().await;
        unreachable!("it was interrupted");
    });
    own.set(fiber.clone()).unwrap();
    assert!(fiber.wait().await.unwrap().is_interrupted());
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_runs_something_under_its_own_key_is_replaced_and_ends_at_its_next_await() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let (inner, said) = (tasks.clone(), trace.clone());
    let first = tasks.run("worker", async move {
        said.say("first");
        let next = said.clone();
        let second = inner.run("worker", async move {
            next.say("second");
            pending::<()>().await;
        });
        said.say("still the first");
        drop(second.wait().await);
        said.say("first goes on");
    });
    assert!(first.wait().await.unwrap().is_interrupted());
    settle().await;
    assert_eq!(trace.lines(), ["first", "still the first", "second"]);
    assert_eq!(tasks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_closes_its_collection_its_scope_or_its_handle_ends_with_it() {
    for way in 0..3 {
        let (scope, trace) = (Scope::new(), Trace::new());
        let tasks = FiberMap::new(&scope);
        let handle = FiberHandle::new(&scope);
        tasks.run("other", lasting(&trace, "other"));
        settle().await;
        let (all, outer, one) = (tasks.clone(), scope.clone(), handle.clone());
        let body = async move {
            match way {
                0 => all.close().await.unwrap(),
                1 => outer.close(Exit::Success).await.unwrap(),
                _ => one.close().await.unwrap(),
            }
            unreachable!("it was interrupted");
        };
        let fiber = if way == 2 { handle.run(body) } else { tasks.run("closes", body) };
        assert!(fiber.wait().await.unwrap().is_interrupted());
        timeout(seconds(5), scope.close(Exit::Success)).await.unwrap().unwrap();
        assert_eq!(trace.lines(), ["other begins", "other dropped", "other released"]);
        assert!(tasks.is_closed() && handle.is_closed());
    }
}

#[derive(Service)]
struct Tasks(FiberSet);

#[tokio::test(start_paused = true)]
async fn a_member_that_shuts_its_runtime_down_ends_with_it() {
    for from_a_finalizer in [false, true] {
        let layer = Layer::scoped(|scope: Scope| async move { Tasks(FiberSet::new(&scope)) });
        let runtime = ManagedRuntime::new(layer);
        let tasks = runtime.context().await.unwrap().get::<Tasks>().0.clone();
        let inner = runtime.clone();
        let fiber = tasks.run(async move |fiber: FiberScope| {
            if from_a_finalizer {
                fiber.on_close(async move |_exit| drop(inner.shutdown(seconds(3)).await));
            } else {
                drop(inner.shutdown(seconds(3)).await);
                unreachable!("it was interrupted");
            }
        });
        let exit = timeout(seconds(5), fiber.wait()).await.expect("it does not wait for itself").unwrap();
        assert_eq!(exit.is_interrupted(), !from_a_finalizer);
        let shut_down = timeout(seconds(1), runtime.shutdown(seconds(10))).await.expect("it waits for nobody");
        assert!(shut_down.is_ok());
        assert!(tasks.is_closed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_waits_for_the_others_and_not_for_itself() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.run("other", async { sleep(seconds(2)).await });
    for (key, name) in [("one", "one"), ("two", "two")] {
        let (inner, said) = (tasks.clone(), trace.clone());
        tasks.run(key, async move {
            match name {
                "one" => inner.await_empty().await,
                _ => inner.join_all().await.unwrap(),
            }
            said.say(format!("{name}: {} left", inner.contains("other")));
        });
    }
    timeout(seconds(5), tasks.await_empty()).await.unwrap();
    let mut lines = trace.lines();
    lines.sort();
    assert_eq!(lines, ["one: false left", "two: false left"]);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_alone_does_not_wait() {
    let scope = Scope::new();
    let (tasks, handle) = (FiberSet::new(&scope), FiberHandle::new(&scope));
    let (set, one) = (tasks.clone(), handle.clone());
    let member = tasks.run(async move {
        tokio::join!(set.await_empty(), set.await_empty());
        set.join_all().await.unwrap();
    });
    handle.run(async move { one.await_empty().await });
    timeout(seconds(5), member.join()).await.unwrap().unwrap();
    timeout(seconds(5), handle.await_empty()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_member_that_gave_up_its_wait_is_waited_for_by_others_again() {
    let scope = Scope::new();
    let tasks = FiberSet::new(&scope);
    let set = tasks.clone();
    tasks.run(async move {
        assert!(timeout(seconds(1), set.await_empty()).await.is_err());
        sleep(seconds(5)).await;
    });
    let set = tasks.clone();
    let second = tasks.run(async move {
        sleep(seconds(2)).await;
        set.await_empty().await;
    });
    let begun = tokio::time::Instant::now();
    second.join().await.unwrap();
    assert_eq!(begun.elapsed(), seconds(6));
}

#[tokio::test(start_paused = true)]
async fn finalizers_use_the_collection_that_ends_their_fiber() {
    for way in 0..4 {
        let (scope, trace) = (Scope::new(), Trace::new());
        let tasks = FiberMap::new(&scope);
        let (inner, said, outer) = (tasks.clone(), trace.clone(), scope.clone());
        let fiber = tasks.run("sync", async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || {
                said.say(format!("there: {}", inner.contains("sync")));
                inner.remove("sync").await;
                inner.clear().await;
                inner.await_empty().await;
                inner.join_all().await.unwrap();
                let late = inner.run("late", async {});
                said.say(format!("late runs: {}", late.join().await.is_ok()));
                inner.close().await.unwrap();
                inner.join().await.unwrap();
                outer.close(Exit::Success).await.unwrap();
                said.say("done");
            });
            pending::<()>().await;
        });
        settle().await;
        let ends = async {
            match way {
                0 => drop(tasks.remove("sync").await),
                1 => tasks.clear().await,
                2 => tasks.close().await.unwrap(),
                _ => scope.close(Exit::Success).await.unwrap(),
            }
        };
        timeout(seconds(5), ends).await.expect("no wait is for ever");
        timeout(seconds(5), fiber.wait()).await.expect("no wait is for ever").unwrap();
        let late = if way < 2 { "late runs: true" } else { "late runs: false" };
        assert_eq!(trace.lines(), ["there: false", late, "done"]);
        timeout(seconds(5), scope.close(Exit::Success)).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn finalizers_of_two_fibers_that_close_the_same_collection_do_not_wait_for_each_other() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    for key in 0..3 {
        let (inner, said) = (tasks.clone(), trace.clone());
        tasks.run(key, async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || {
                sleep(Duration::from_millis(key)).await;
                inner.close().await.unwrap();
                inner.await_empty().await;
                said.say("released");
            });
            pending::<()>().await;
        });
    }
    settle().await;
    timeout(seconds(5), scope.close(Exit::Success)).await.unwrap().unwrap();
    assert_eq!(trace.count("released"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_a_fibers_own_scope_that_waits_for_the_fiber_is_told_so() {
    let own = Own::default();
    let inner = own.clone();
    let trace = Trace::new();
    let said = trace.clone();
    let fiber = Fiber::spawn(async move |fiber: FiberScope| {
        tokio::task::yield_now().await;
        let own = inner.get().unwrap().clone();
        let waits = fiber.spawn(async move { own.join().await.unwrap_err().to_string() });
        said.say(waits.await.unwrap());
    });
    own.set(fiber.clone()).unwrap();
    assert!(matches!(fiber.wait().await.unwrap(), FiberExit::Success(())));
    assert_eq!(trace.lines(), ["the fiber waits for its own end"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_closes_its_own_scope_goes_on_without_it() {
    let trace = Trace::new();
    let said = trace.clone();
    let fiber: Fiber = Fiber::spawn(async move |fiber: FiberScope| {
        fiber.on_close(said.saying("released"));
        fiber.close(Exit::Success).await.unwrap();
        said.say("goes on");
    });
    fiber.join().await.unwrap();
    assert_eq!(trace.lines(), ["released", "goes on"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_replaced_fiber_does_not_wait_for_the_one_that_waits_for_it() {
    for (way, with_scope) in (0..7).flat_map(|way| [(way, false), (way, true)]) {
        let (scope, trace) = (Scope::new(), Trace::new());
        let tasks = FiberMap::new(&scope);
        let (inner, said) = (tasks.clone(), trace.clone());
        let old = tasks.run("sync", async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || {
                match way {
                    0 => drop(inner.remove("sync").await),
                    1 => inner.clear().await,
                    2 => inner.await_empty().await,
                    3 => inner.join_all().await.unwrap(),
                    4 => inner.close().await.unwrap(),
                    5 => inner.get("sync").unwrap().interrupt().await,
                    _ => {
                        let new = inner.get_or_run("sync", async {});
                        assert!(matches!(new.join().await, Err(FiberError::WaitsForItself)));
                        assert!(matches!(new.ready().await, Err(FiberError::WaitsForItself)));
                    }
                }
                said.say("released");
            });
            pending::<()>().await;
        });
        settle().await;
        let new = if with_scope { tasks.run("sync", async |_: FiberScope| {}) } else { tasks.run("sync", async {}) };
        timeout(seconds(5), old.wait()).await.expect("no wait is for ever").unwrap();
        let new = timeout(seconds(5), new.wait()).await.expect("no wait is for ever").unwrap().is_success();
        assert_eq!((trace.lines(), new), (vec!["released".to_owned()], [2, 3, 6].contains(&way)), "way {way}");
        timeout(seconds(5), scope.close(Exit::Success)).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_child_does_not_wait_for_the_one_that_waits_for_its_parent() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let parent = tasks.run("parent", pending::<()>());
    settle().await;
    let children: FiberMap<u32> = tasks.children("parent").unwrap();
    let inner = tasks.clone();
    children.run(1, async move |fiber: FiberScope| {
        fiber.on_interrupt(async move || {
            inner.get("parent").unwrap().join().await.unwrap_err();
            inner.remove("parent").await;
        });
        pending::<()>().await;
    });
    settle().await;
    let new = tasks.run("parent", async {});
    timeout(seconds(5), parent.wait()).await.expect("no wait is for ever").unwrap();
    timeout(seconds(5), new.wait()).await.expect("no wait is for ever").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_circle_of_finalizers_and_of_fibers_that_wait_for_their_turn_is_seen() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let old: Vec<_> = [("one", "two"), ("two", "one")]
        .map(|(key, other)| {
            let (inner, said) = (tasks.clone(), trace.clone());
            tasks.run(key, async move |fiber: FiberScope| {
                fiber.on_interrupt(async move || {
                    let told = inner.get(other).unwrap().join().await;
                    said.say(told.map_or_else(|error| error.to_string(), |()| "joined".to_owned()));
                });
                pending::<()>().await;
            })
        })
        .into();
    settle().await;
    tasks.run("one", async {});
    tasks.run("two", async {});
    for fiber in old {
        timeout(seconds(5), fiber.wait()).await.expect("no wait is for ever").unwrap();
    }
    assert_eq!(trace.lines(), ["the fiber waits for its own end", "joined"]);
}

/// A key that looks at its collection when it is printed.
struct Curious(u32, Arc<OnceLock<FiberMap<Curious>>>);

impl PartialEq for Curious {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Curious {}

impl std::hash::Hash for Curious {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl std::fmt::Debug for Curious {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} beside {}", self.0, self.1.get().unwrap().len())
    }
}

#[test]
fn a_key_may_look_at_its_collection_as_it_is_printed() {
    let (tell, told) = std::sync::mpsc::channel();
    // On a thread of its own: where it cannot look, it waits for ever.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        runtime.block_on(async {
            let (scope, shutdown, own) = (Scope::new(), Shutdown::new(), Arc::new(OnceLock::new()));
            let builder = FiberMap::builder().shutdown(&shutdown).grace(Duration::from_millis(10));
            let tasks = builder.build(&scope);
            own.set(tasks.clone()).unwrap();
            let options = FiberOptions::new().critical();
            let fails = async { Err::<(), _>("no disk") };
            tasks.run_with(Curious(1, own.clone()), options, fails).into_fiber().wait().await.unwrap();
            tell.send(shutdown.failure().unwrap().name().to_owned()).unwrap();

            let (free, freed) = std::sync::mpsc::channel::<()>();
            let endless = tasks.run(Curious(2, own), async move |fiber: FiberScope| {
                fiber.ready();
                // It never awaits, and so is stuck.
                let _ = freed.recv();
            });
            endless.ready().await.unwrap();
            tell.send(tasks.close().await.unwrap_err().names().join(", ")).unwrap();
            drop(free);
            endless.wait().await.unwrap();
        });
    });
    let told = || told.recv_timeout(Duration::from_secs(20));
    assert_eq!((told().as_deref(), told().as_deref()), (Ok("1 beside 0"), Ok("2 beside 0")));
}
