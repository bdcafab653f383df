//! Random operations, against a model, and against what must hold however they interleave.
//!
//! It runs for a minute, or for as many seconds as `RC_MAP_SECONDS` says. A failure prints the seed of its round;
//! `RC_MAP_SEED` plays that one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::Exit;
use di_runtime::{RcGuard, RcMap, RcMapError, Scope, WhenFull};
use tokio::time::{Instant, sleep, timeout};

use crate::common::{random_rounds, steps};

#[path = "../harness/random.rs"]
mod numbers;
use numbers::Random;

const KEYS: usize = 4;

#[test]
fn random_operations_keep_all_promises() {
    random_rounds("RC_MAP", 60, round);
}

/// One round of each kind.
fn round(seed: u64) {
    let paused = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    paused().block_on(against_the_model(Random::new(seed)));
    paused().block_on(side_by_side(Random::new(seed), 120));
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    threads.block_on(side_by_side(Random::new(seed), 40));
}

/// A resource, and whether it has been released.
#[derive(Debug)]
struct Made {
    number: usize,
    released: AtomicBool,
}

/// What lookups have made.
#[derive(Default)]
struct Ledger {
    made: AtomicUsize,
    live: Mutex<BTreeSet<usize>>,
    failing: AtomicBool,
    /// How many there are of each key, where there may be only one.
    of_key: Option<[AtomicUsize; KEYS]>,
    crowded: AtomicUsize,
}

impl Ledger {
    fn make(self: &Arc<Self>, key: usize, scope: &Scope) -> Arc<Made> {
        let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        self.live.lock().unwrap().insert(number);
        if let Some(of_key) = &self.of_key {
            let others = of_key[key].fetch_add(1, Ordering::SeqCst);
            self.crowded.fetch_max(others, Ordering::SeqCst);
        }
        let made = Arc::new(Made { number, released: AtomicBool::new(false) });
        let (ledger, released) = (self.clone(), made.clone());
        scope.on_close(move |_exit| async move {
            assert!(!released.released.swap(true, Ordering::SeqCst), "released twice");
            if ledger.of_key.is_some() {
                tokio::task::yield_now().await;
            }
            if let Some(of_key) = &ledger.of_key {
                of_key[key].fetch_sub(1, Ordering::SeqCst);
            }
            assert!(ledger.live.lock().unwrap().remove(&number));
        });
        made
    }

    fn live(&self) -> BTreeSet<usize> {
        self.live.lock().unwrap().clone()
    }
}

type Map = RcMap<usize, Arc<Made>, String>;
type Guard = RcGuard<Arc<Made>>;

/// What the model knows of an entry.
struct Known {
    number: usize,
    holders: usize,
    idle_since: Instant,
    current: bool,
}

/// One operation after the other, each of which has the effect that the model says.
async fn against_the_model(mut random: Random) {
    let ledger = Arc::<Ledger>::default();
    let idle = random.pick(&[Duration::ZERO, Duration::from_secs(10), Duration::MAX]);
    let scope = Scope::new();
    let lookups = ledger.clone();
    let map: Map = RcMap::new(move |key: usize, scope: Scope| {
        let made = lookups.make(key, &scope);
        let fails = lookups.failing.load(Ordering::SeqCst);
        async move { if fails { Err("it fails".to_owned()) } else { Ok(made) } }
    })
    .idle_time_to_live(idle)
    .build(&scope);

    let mut known: BTreeMap<(usize, usize), Known> = BTreeMap::new();
    let mut guards: Vec<(usize, usize, Guard)> = Vec::new();
    let mut handles: Vec<_> = (0..KEYS).map(|key| map.handle(&key)).collect();
    for _ in 0..200 {
        let key = random.below(KEYS);
        let current = known.iter().find(|((of, _), entry)| *of == key && entry.current).map(|(place, _)| *place);
        let now = Instant::now();
        match random.below(12) {
            0..=2 => {
                let fails = ledger.failing.load(Ordering::SeqCst);
                let got = match random.below(3) {
                    0 => handles[key].get().await.map(|guard| guard.to_guard()),
                    _ => map.get(&key).await,
                };
                match (current, got) {
                    (Some(place), Ok(guard)) => {
                        assert_eq!(guard.number, known[&place].number);
                        known.get_mut(&place).unwrap().holders += 1;
                        guards.push((key, guard.number, guard));
                    }
                    (None, Ok(guard)) if !fails => {
                        let number = guard.number;
                        assert_eq!(number, ledger.made.load(Ordering::SeqCst), "it is a new one");
                        known.insert((key, number), Known { number, holders: 1, idle_since: now, current: true });
                        guards.push((key, number, guard));
                    }
                    (None, Err(RcMapError::Failed(_))) if fails => {}
                    (current, got) => panic!("{current:?}: {got:?}"),
                }
            }
            3..=5 if !guards.is_empty() => {
                let (key, number, guard) = guards.swap_remove(random.below(guards.len()));
                assert_eq!(guard.released.load(Ordering::SeqCst), guard.is_evicted());
                match random.below(2) {
                    0 => guard.release().await.unwrap(),
                    _ => drop(guard),
                }
                if let Some(entry) = known.get_mut(&(key, number)) {
                    entry.holders -= 1;
                    entry.idle_since = now;
                }
            }
            6 => sleep(Duration::from_secs(random.below(8) as u64)).await,
            7 => {
                assert_eq!(map.invalidate(&key).await, current.is_some());
                if let Some(place) = current {
                    known.get_mut(&place).unwrap().current = false;
                }
            }
            8 if random.one_in(3) => {
                assert_eq!(map.evict(&key).await.unwrap(), current.is_some());
                if let Some(place) = current {
                    known.remove(&place);
                }
            }
            9 => {
                let fails = ledger.failing.load(Ordering::SeqCst);
                match map.refresh(&key).await {
                    Ok(guard) => {
                        assert!(!fails);
                        if let Some(place) = current {
                            known.get_mut(&place).unwrap().current = false;
                        }
                        let number = guard.number;
                        known.insert((key, number), Known { number, holders: 1, idle_since: now, current: true });
                        guards.push((key, number, guard));
                    }
                    Err(_) => {
                        assert!(fails);
                        // It was held for the time of the refresh.
                        if let Some(place) = current {
                            known.get_mut(&place).unwrap().idle_since = now;
                        }
                    }
                }
            }
            10 => {
                assert_eq!(map.touch(&key), current.is_some());
                if let Some(place) = current {
                    known.get_mut(&place).unwrap().idle_since = now;
                }
            }
            _ => ledger.failing.store(random.one_in(4), Ordering::SeqCst),
        }
        steps(30).await;
        let now = Instant::now();
        let expired = |entry: &Known| idle != Duration::MAX && entry.idle_since + idle <= now;
        known.retain(|_, entry| entry.holders > 0 || (entry.current && !expired(entry)));
        assert_eq!(ledger.live(), known.values().map(|entry| entry.number).collect());
        let mut keys = map.keys();
        keys.sort_unstable();
        assert_eq!(keys, known.iter().filter(|(_, entry)| entry.current).map(|((key, _), _)| *key).collect::<Vec<_>>());
        let stats = map.stats();
        let held = known.values().filter(|entry| entry.current && entry.holders > 0).count();
        assert_eq!((stats.in_use, stats.in_use + stats.idle), (held, keys.len()));
        assert_eq!(stats.leaving, known.values().filter(|entry| !entry.current).count());
    }
    scope.close(Exit::Success).await.unwrap();
    assert_eq!((ledger.live(), map.len(), map.stats().leaving), (BTreeSet::new(), 0, 0));
}

/// Tasks that do what they like at one time.
async fn side_by_side(mut random: Random, operations: usize) {
    let exclusive = random.one_in(3);
    let ledger = Arc::new(Ledger { of_key: exclusive.then(Default::default), ..Ledger::default() });
    let capacity = match random.below(4) {
        0 => Some((2, WhenFull::Reject)),
        1 => Some((2, WhenFull::EvictIdle)),
        2 => Some((2, WhenFull::Wait)),
        _ => None,
    };
    let idle = random.pick(&[Duration::ZERO, Duration::from_millis(2), Duration::MAX]);
    let scope = Scope::new();
    let (lookups, takes) = (ledger.clone(), random.below(3) as u64);
    let mut builder = RcMap::new(move |key: usize, scope: Scope| {
        let ledger = lookups.clone();
        async move {
            let made = ledger.make(key, &scope);
            if takes > 0 {
                sleep(Duration::from_millis(takes - 1)).await;
            }
            if made.number % 7 == 3 {
                return Err("it fails".to_owned());
            }
            if made.number % 31 == 30 {
                // A panic that nobody is told of but who waits.
                std::panic::resume_unwind(Box::new("it panics"));
            }
            Ok(made)
        }
    })
    .idle_time_to_live(idle);
    if let Some((entries, when_full)) = capacity {
        builder = builder.capacity(entries, when_full);
    }
    if exclusive {
        builder = builder.exclusive();
    }
    if random.one_in(3) {
        builder = builder.cache_failures(Duration::from_millis(2));
    }
    let map: Map = builder.build(&scope);
    let closes = random.one_in(4);
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let random = random.clone();
            let mut own = (0..=task).fold(random, |mut random, _| {
                random.below(2);
                random
            });
            own = Random::new(own.below(usize::MAX) as u64);
            let map = map.clone();
            tokio::spawn(async move { one_of_many(map, own, operations, capacity, closes && task == 0).await })
        })
        .collect();
    for task in tasks {
        timeout(Duration::from_secs(60), task).await.expect("nobody waits for ever").unwrap();
    }
    assert_eq!(ledger.crowded.load(Ordering::SeqCst), 0, "there were two of one key in an exclusive map");
    let held = map.stats();
    assert_eq!((held.in_use, held.building), (0, 0), "nobody holds anything");
    let ends = async {
        match random.below(3) {
            0 => drop(map.invalidate_all().await),
            1 if idle < Duration::MAX && !map.is_closed() => {
                while !map.is_empty() {
                    sleep(Duration::from_millis(1)).await;
                }
            }
            _ => map.close().await.unwrap(),
        }
    };
    let ended = timeout(Duration::from_secs(60), ends).await;
    ended.unwrap_or_else(|_| panic!("what nobody holds ends, and not: {:?}", map.stats()));
    let closed = timeout(Duration::from_secs(60), scope.close(Exit::Success)).await;
    closed.unwrap_or_else(|_| panic!("a close ends, and not: {:?}", map.stats())).unwrap();
    assert_eq!((ledger.live(), map.len(), map.stats().leaving), (BTreeSet::new(), 0, 0));
}

/// What must hold of what is held: it is live, or was evicted before it was released.
fn check(guard: &Guard) {
    if guard.released.load(Ordering::SeqCst) {
        assert!(guard.is_evicted(), "what is held was released");
    }
}

/// What a request may fail with: what lookups do, what others do to its key, and what the map was told to do.
fn check_failure(error: &RcMapError<String>, map: &Map, capacity: Option<(usize, WhenFull)>) {
    match error {
        RcMapError::Failed(_) | RcMapError::Panicked(_) | RcMapError::Evicted => {}
        RcMapError::CapacityExceeded { .. } => assert!(capacity.is_some()),
        RcMapError::Closed => assert!(map.is_closed()),
        error => panic!("{error:?}: no lookup waits for another one, and the runtime is there"),
    }
}

async fn one_of_many(
    map: Map,
    mut random: Random,
    operations: usize,
    capacity: Option<(usize, WhenFull)>,
    closes: bool,
) {
    let mut guards: Vec<Guard> = Vec::new();
    let mut handles: Vec<_> = (0..KEYS).map(|key| map.handle(&key)).collect();
    for operation in 0..operations {
        let key = random.below(KEYS);
        // Who holds something and waits for a new one, or for room, may wait for itself: not for long, then.
        let patience = Duration::from_micros(random.pick(&[0, 200, 1500, 4000]));
        match random.below(14) {
            0..=3 => match timeout(patience, map.get(&key)).await {
                Ok(Ok(guard)) => {
                    check(&guard);
                    guards.push(guard);
                }
                Ok(Err(error)) => check_failure(&error, &map, capacity),
                Err(_) => {}
            },
            4 => match timeout(patience, handles[key].get()).await {
                Ok(Ok(guard)) => {
                    assert!(!guard.released.load(Ordering::SeqCst) || guard.to_guard().is_evicted());
                    tokio::task::yield_now().await;
                }
                Ok(Err(error)) => check_failure(&error, &map, capacity),
                Err(_) => {}
            },
            5..=8 if !guards.is_empty() => {
                let guard = guards.swap_remove(random.below(guards.len()));
                check(&guard);
                match random.below(3) {
                    0 => drop(guard.clone()),
                    1 => drop(timeout(patience, guard.release()).await),
                    _ => {}
                }
            }
            9 => drop(timeout(patience, map.invalidate(&key)).await),
            10 if random.one_in(4) => drop(timeout(patience, map.evict(&key)).await),
            11 if random.one_in(2) => match timeout(patience, map.refresh(&key)).await {
                Ok(Ok(guard)) => {
                    check(&guard);
                    guards.push(guard);
                }
                Ok(Err(error)) => check_failure(&error, &map, capacity),
                Err(_) => {}
            },
            12 => {
                map.touch(&key);
                if let Ok(Err(error)) = timeout(patience, map.get_if_present(&key)).await {
                    check_failure(&error, &map, capacity);
                }
                drop(timeout(patience, map.invalidate_and_wait(&key)).await);
            }
            _ => sleep(Duration::from_micros(random.below(1500) as u64)).await,
        }
        guards.iter().for_each(check);
        if let Some((entries, _)) = capacity {
            let there = map.len();
            assert!(there <= entries, "there is more than may be: {there}");
        }
        if guards.len() > 3 || random.one_in(6) {
            guards.clear();
        }
        if closes && operation == operations / 2 {
            drop(timeout(patience, map.close_graceful(Duration::from_millis(1))).await);
            drop(timeout(patience, map.close()).await);
        }
    }
}
