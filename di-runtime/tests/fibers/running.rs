//! Running fibers, finding them, and what a collection says of itself.

use std::future::pending;

use di::Service;
use di_core::{Context, Effect, Exit, Inject};
use di_runtime::{FiberError, FiberExit, FiberHandle, FiberMap, FiberOptions, FiberScope, FiberSet, RunOutcome, Scope};
use tokio::time::sleep;

use crate::common::{Trace, settle};
use crate::stage::{No, SayOnDrop, lasting, seconds};

#[tokio::test(start_paused = true)]
async fn a_collection_is_made_in_a_scope_and_is_empty() {
    let scope = Scope::new();
    let (map, set, handle) = (FiberMap::<u8>::new(&scope), FiberSet::new(&scope), FiberHandle::new(&scope));
    assert!(map.is_empty() && set.is_empty() && handle.is_empty());
    assert!(!map.is_closed() && !set.is_closed() && !handle.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_fiber_survives_who_ran_it() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let inner = tasks.clone();
    let caller = tokio::spawn(async move { inner.run("long", async { sleep(seconds(5)).await }) });
    caller.await.unwrap();
    tasks.get("long").unwrap().join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn run_returns_before_the_body_begins() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let said = trace.clone();
    let fiber = tasks.run("sync", async move { said.say("begins") });
    trace.say("run returned");
    fiber.join().await.unwrap();
    assert_eq!(trace.lines(), ["run returned", "begins"]);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_leaves_before_those_who_wait_for_it_are_told() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run("short", async { sleep(seconds(1)).await });
    assert_eq!(tasks.len(), 1);
    fiber.join().await.unwrap();
    assert_eq!(tasks.len(), 0);
}

#[tokio::test]
async fn a_body_that_ends_at_once_has_left_when_its_end_is_known() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    for number in 0..100 {
        tasks.run("short", async {}).join().await.unwrap_or_else(|error| panic!("{number}: {error}"));
        assert!(tasks.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_a_fiber_get_its_value() {
    let scope = Scope::new();
    let lengths: FiberMap<&str, usize, No> = FiberMap::typed(&scope);
    let fiber = lengths.run("Ada", async {
        sleep(seconds(1)).await;
        Ok(3)
    });
    let same = lengths.get("Ada").unwrap();
    assert!(same.is_same(&fiber));
    assert_eq!((fiber.join().await.unwrap(), same.join().await.unwrap()), (3, 3));
    assert_eq!(fiber.await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_the_entry_and_tells_how_the_fiber_ended() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, u32, No> = FiberMap::typed(&scope);
    let fiber = tasks.run("import", async {
        sleep(seconds(1)).await;
        Err(No("disk"))
    });
    assert!(fiber.poll().is_none() && !fiber.is_finished());
    settle().await;
    sleep(seconds(2)).await;
    assert!(matches!(fiber.poll(), Some(FiberExit::Failure(error)) if **error == No("disk")));
    assert!(matches!(fiber.join().await, Err(FiberError::Failed(error)) if *error == No("disk")));
}

#[tokio::test(start_paused = true)]
async fn get_and_contains_find_a_fiber_as_long_as_it_runs() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    assert!(tasks.get("sync").is_none() && !tasks.contains("sync"));
    let fiber = tasks.run("sync".to_owned(), async { sleep(seconds(1)).await });
    assert!(tasks.get("sync").unwrap().is_same(&fiber) && tasks.contains("sync"));
    fiber.wait().await.unwrap();
    assert!(tasks.get("sync").is_none() && !tasks.contains("sync"));
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_is_as_it_was_at_that_moment() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    for key in 0..3 {
        tasks.run(key, pending::<()>());
    }
    let fibers = tasks.fibers();
    for (key, fiber) in &fibers {
        assert!(tasks.get(key).unwrap().is_same(fiber));
        tasks.run(key + 10, pending::<()>());
        tasks.remove(key).await;
    }
    let mut keys = tasks.keys();
    keys.sort_unstable();
    assert_eq!((fibers.len(), keys), (3, vec![10, 11, 12]));
}

#[tokio::test(start_paused = true)]
async fn a_fiber_has_a_number_of_its_own_and_a_name_if_it_was_given_one() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let named = tasks.run_with("sync", FiberOptions::new().name("nightly sync"), pending::<()>()).into_fiber();
    let other = tasks.run("other", pending::<()>());
    assert_ne!(named.id(), other.id());
    assert_eq!((named.name(), other.name()), ("nightly sync".into(), format!("fiber {}", other.id()).into()));
}

#[tokio::test(start_paused = true)]
async fn run_if_missing_runs_nothing_where_there_is_a_fiber_and_hands_that_out() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let first = tasks.run_if_missing("sync", pending::<()>());
    assert!(first.is_started());
    let dropped = SayOnDrop(trace.clone(), "second");
    let second = tasks.run_if_missing("sync", async move {
        let _dropped = dropped;
        unreachable!("it is not run")
    });
    assert_eq!(trace.lines(), ["second dropped"]);
    let RunOutcome::AlreadyRunning(found) = second else { panic!("{second:?}") };
    assert!(found.is_same(&first.into_fiber()) && !found.is_finished());
    settle().await;
    assert!(!found.is_finished());
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_same_thing_at_the_same_time_shares_it() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let requests: FiberMap<&str, String, No> = FiberMap::typed(&scope);
    let get = |number: u32| {
        let trace = trace.clone();
        requests.get_or_run("/users", async move {
            trace.say("request");
            sleep(seconds(1)).await;
            Ok(format!("answer to {number}"))
        })
    };
    let (first, second) = (get(1), get(2));
    assert_eq!((first.await.unwrap(), second.await.unwrap()), ("answer to 1".into(), "answer to 1".into()));
    assert_eq!(get(3).await.unwrap(), "answer to 3");
    assert_eq!(trace.count("request"), 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_until_a_fiber_is_ready_is_told_so_or_how_it_ended() {
    let scope = Scope::new();
    let tasks: FiberSet<(), No> = FiberSet::typed(&scope);
    let ready = tasks.run(async |fiber: FiberScope| {
        sleep(seconds(1)).await;
        fiber.ready();
        pending::<()>().await;
    });
    ready.ready().await.unwrap();
    let ended = tasks.run(async |_: FiberScope| sleep(seconds(1)).await);
    assert!(matches!(ended.ready().await, Err(FiberError::NotReady)));
    let failed = tasks.run(async { Err(No("port")) });
    assert!(matches!(failed.ready().await, Err(FiberError::Failed(error)) if *error == No("port")));
    let panicked = tasks.run(async { panic!("no port") });
    assert!(matches!(panicked.ready().await, Err(FiberError::Panicked(message)) if &*message == "no port"));
    let interrupted = tasks.run(pending::<()>());
    interrupted.cancel();
    assert!(matches!(interrupted.ready().await, Err(FiberError::Interrupted)));
}

#[derive(Service)]
struct Config(&'static str);

#[tokio::test(start_paused = true)]
async fn an_effect_that_has_all_it_needs_is_run_as_a_fiber() {
    let scope = Scope::new();
    let lengths: FiberMap<&str, usize, No> = FiberMap::typed(&scope);
    let context = Context::empty().with(Inject::<Config>::new(Config("Ada")));
    let effect = Effect::new(|config: Inject<Config>| async move { Ok::<_, No>(config.0.len()) });
    assert_eq!(lengths.run("Ada", effect.provide_context(&context)).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_an_effect_acquired_is_released_before_those_who_wait_for_its_fiber_are_told() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let effect = |name: &'static str, takes: u64| {
        let trace = trace.clone();
        Effect::new(move |run: Scope| {
            let trace = trace.clone();
            async move {
                run.on_close(async move |exit| {
                    sleep(seconds(1)).await;
                    trace.say(format!("{name} released: {exit}"));
                });
                sleep(seconds(takes)).await;
            }
        })
    };
    tasks.run("ends", effect("ends", 1)).join().await.unwrap();
    assert_eq!(trace.lines(), ["ends released: success"]);
    let fiber = tasks.run("interrupted", effect("interrupted", 100));
    settle().await;
    fiber.interrupt().await;
    assert_eq!(trace.lines()[1..], ["interrupted released: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_set_has_fibers_without_keys() {
    let scope = Scope::new();
    let set: FiberSet<u32, No> = FiberSet::typed(&scope);
    let (one, two) = (set.run(async { Ok(1) }), set.run(async { Ok(2) }));
    assert_eq!((set.len(), set.contains(&one), set.fibers().len()), (2, true, 2));
    assert_eq!((one.join().await.unwrap(), two.join().await.unwrap()), (1, 2));
    assert_eq!((set.len(), set.contains(&one)), (0, false));
}

#[tokio::test(start_paused = true)]
async fn a_handle_has_one_fiber() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let handle = FiberHandle::new(&scope);
    let first = handle.run(lasting(&trace, "first"));
    settle().await;
    assert!(
        matches!(handle.run_if_missing(pending::<()>()), RunOutcome::AlreadyRunning(found) if found.is_same(&first))
    );
    let second = handle.run(lasting(&trace, "second"));
    assert!(handle.get().unwrap().is_same(&second));
    sleep(seconds(2)).await;
    assert_eq!(trace.lines(), ["first begins", "first dropped", "first released", "second begins"]);
    scope.close(Exit::Success).await.unwrap();
    assert!(handle.is_empty() && handle.is_closed());
}
