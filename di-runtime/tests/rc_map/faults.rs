//! Panics, hangs and lost runtimes.

use std::hash::{Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use di_core::Exit;
use di_runtime::{RcGuard, RcMap, RcMapError, Scope};
use futures_util::FutureExt;

use crate::common::{Journal, cancel_after, settle};
use crate::stage::{Stage, seconds};

#[derive(Debug, Default)]
struct Faults {
    hash: AtomicBool,
    eq: AtomicBool,
    clone: AtomicBool,
}

/// A key whose traits panic on request.
#[derive(Debug)]
struct Frail(u32, Arc<Faults>);

fn fault(is_on: &AtomicBool, what: &str) {
    assert!(!is_on.load(Ordering::SeqCst), "{what} panics");
}

impl Hash for Frail {
    fn hash<H: Hasher>(&self, state: &mut H) {
        fault(&self.1.hash, "hash");
        self.0.hash(state);
    }
}

impl PartialEq for Frail {
    fn eq(&self, other: &Self) -> bool {
        fault(&self.1.eq, "eq");
        self.0 == other.0
    }
}

impl Eq for Frail {}

impl Clone for Frail {
    fn clone(&self) -> Self {
        fault(&self.1.clone, "clone");
        Self(self.0, self.1.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_hash_eq_or_clone_leaves_the_map_usable() {
    let scope = Scope::new();
    let faults = Arc::<Faults>::default();
    let map = RcMap::unscoped(|key: Frail| async move { Ok::<_, String>(key.0) }).keep().build(&scope);
    let (there, missing) = (Frail(1, faults.clone()), Frail(2, faults.clone()));
    assert_eq!(*map.get(&there).await.unwrap(), 1);
    for fault in [&faults.hash, &faults.eq, &faults.clone] {
        fault.store(true, Ordering::SeqCst);
        for key in [&there, &missing] {
            let _ = AssertUnwindSafe(map.get(key)).catch_unwind().await;
            let _ = AssertUnwindSafe(map.invalidate(&missing)).catch_unwind().await;
            let _ = AssertUnwindSafe(map.refresh(key)).catch_unwind().await;
            let _ = AssertUnwindSafe(async { map.keys() }).catch_unwind().await;
        }
        fault.store(false, Ordering::SeqCst);
        settle().await;
        assert_eq!((*map.get(&there).await.unwrap(), *map.get(&missing).await.unwrap()), (1, 2));
        map.invalidate(&missing).await;
    }
    scope.close(Exit::Success).await.unwrap();
    assert_eq!((map.len(), map.stats().leaving), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_panics_is_an_error_for_all_who_wait_and_is_forgotten() {
    let scope = Scope::new();
    let panics = Arc::new(AtomicBool::new(true));
    let does = panics.clone();
    let map = RcMap::unscoped(move |_key: u32| {
        fault(&does, "the lookup");
        let does = does.clone();
        async move {
            fault(&does, "its future");
            Ok::<_, String>(())
        }
    })
    .keep()
    .build(&scope);
    let (first, second) = tokio::join!(map.get(&1), map.get(&1));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(error.to_string(), "the lookup panicked: the lookup panics");
    }
    panics.store(false, Ordering::SeqCst);
    drop(map.get(&1).await.unwrap());
}

/// A value whose drop panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("it explodes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_whose_drop_panics_is_logged_and_stops_no_expiry() {
    let journal = Journal::start();
    let scope = Scope::new();
    let map = RcMap::unscoped(|_key: u32| async { Ok::<_, String>(Bomb) }).idle_time_to_live(seconds(60)).build(&scope);
    for key in 0..3 {
        drop(map.get(&key).await.unwrap());
    }
    tokio::time::sleep(seconds(61)).await;
    assert_eq!((map.len(), map.stats().expired, map.stats().leaving), (0, 3, 0));
    let logged = journal.lines().into_iter().filter(|line| line.contains("it explodes")).count();
    assert_eq!(logged, 3);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_what_is_told_of_events_is_logged_and_changes_nothing() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().release_immediately().on_event(|_| panic!("no")).build(&scope);
    map.get(&"a").await.unwrap().release().await.unwrap();
    stage.assert_even();
    assert_eq!(map.stats().leaving, 0);
}

#[test]
fn who_waits_for_a_build_whose_runtime_ends_is_told() {
    let home = tokio::runtime::Runtime::new().unwrap();
    let other = tokio::runtime::Runtime::new().unwrap();
    let scope = Scope::new();
    let map = home.block_on(async {
        RcMap::unscoped(|_key: u32| std::future::pending::<Result<(), String>>()).keep().build(&scope)
    });
    let waiting = other.spawn({
        let map = map.clone();
        async move { map.get(&1).await }
    });
    while map.stats().building == 0 {
        std::thread::yield_now();
    }
    drop(home);
    assert!(matches!(other.block_on(waiting).unwrap(), Err(RcMapError::RuntimeGone)));
    assert_eq!((map.len(), map.stats().leaving), (0, 0));
}

#[test]
fn without_a_runtime_there_is_nothing_to_build_on() {
    let scope = Scope::new();
    let map = RcMap::unscoped(|_key: u32| async { Ok::<_, String>(()) }).keep().build(&scope);
    let got = map.get(&1).now_or_never().unwrap();
    assert!(matches!(got, Err(RcMapError::RuntimeGone)));
    assert!(map.is_empty());
}

#[test]
fn a_guard_may_be_dropped_outside_of_any_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (stage, scope) = (Stage::new(), Scope::new());
    stage.builds_take(seconds(0));
    let (map, guard) = runtime.block_on(async {
        let map = stage.builder().release_immediately().build(&scope);
        let guard = map.get(&"a").await.unwrap();
        (map, guard)
    });
    drop(guard);
    runtime.block_on(async {
        while stage.released() == 0 {
            tokio::task::yield_now().await;
        }
    });
    assert!(map.is_empty());
}

/// A value that holds the one before it.
struct Link(Option<RcGuard<Link>>);

#[tokio::test(start_paused = true)]
async fn a_long_row_of_values_that_hold_each_other_is_released() {
    let scope = Scope::new();
    let place = Arc::new(OnceLock::<RcMap<u32, Link, String>>::new());
    let own = place.clone();
    let map = RcMap::unscoped(move |key: u32| {
        let map = own.get().unwrap().clone();
        async move {
            let before =
                if key == 0 { None } else { Some(map.get(&(key - 1)).await.map_err(|error| error.to_string())?) };
            Ok(Link(before))
        }
    })
    .release_immediately()
    .build(&scope);
    assert!(place.set(map.clone()).is_ok());
    let mut last = map.get(&0).await.unwrap();
    for key in 1..20_000 {
        last = map.get(&key).await.unwrap();
    }
    assert!(last.0.is_some());
    drop(last);
    while !map.is_empty() {
        tokio::task::yield_now().await;
    }
    settle().await;
    assert_eq!(map.stats().leaving, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_as_the_build_ends_leaves_nothing() {
    let scope = Scope::new();
    let map = RcMap::unscoped(|key: u32| async move { Ok::<_, String>(key) }).release_immediately().build(&scope);
    let leave = |key: u32| {
        let map = map.clone();
        tokio::spawn(async move { cancel_after(1 + key as usize % 3, map.get(&key)).await.is_some() })
    };
    for round in 0..2_000 {
        let left = [leave(2 * round), leave(2 * round + 1)];
        for task in left {
            task.await.unwrap();
        }
    }
    let closed = tokio::time::timeout(seconds(60), map.close()).await;
    closed.expect("every entry ends").unwrap();
    assert_eq!((map.len(), map.stats().leaving), (0, 0));
}
