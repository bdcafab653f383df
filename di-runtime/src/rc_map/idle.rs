//! Idle entries: queues by time, and the one task of a map that waits for the next of them to expire.
//!
//! 1. An entry is in a queue at most once, under a time that was right when it was put there. Using it changes nothing in
//!    the queue: when its turn comes, its own time is looked at, and it goes back with that if it is later.
//! 2. So nothing is armed when an entry is acquired or released, and a release puts an entry into a queue only if it has
//!    left it since.
//! 3. A queue keeps no entry alive.
//! 4. The lock of a queue is held for one push or pop. The task is there while the queue is not empty, and is started
//!    again by the next push if its runtime ends.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use futures_util::future::select;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::engine::{Engine, Fails, Keyed, Value};
use super::entry::{Entry, Lapse};
use super::error::ReleaseReason;
use super::state::{Duty, Queues};
use crate::lock;

/// How many entries the task looks at before it lets others run.
const AT_ONCE: usize = 64;

/// Entries, the one with the earliest time first.
pub(crate) struct Queue<K, V, E> {
    which: Queues,
    list: Mutex<List<K, V, E>>,
    /// Told when something earlier than ever was put into it.
    earlier: Arc<Notify>,
}

struct List<K, V, E> {
    heap: BinaryHeap<Queued<K, V, E>>,
    /// Whether there is a task that waits for the first one.
    served: bool,
}

struct Queued<K, V, E> {
    time: u64,
    entry: Weak<Entry<K, V, E>>,
}

impl<K, V, E> Queue<K, V, E> {
    pub(crate) fn new(which: Queues) -> Self {
        let list = List { heap: BinaryHeap::new(), served: false };
        Self { which, list: Mutex::new(list), earlier: Arc::default() }
    }

    /// Puts an entry there; whether it is the first one, and nobody waits for the first one.
    pub(crate) fn put(&self, time: u64, entry: &Arc<Entry<K, V, E>>) -> bool {
        let mut list = lock(&self.list);
        let first = list.heap.peek().is_none_or(|first| time < first.time);
        list.heap.push(Queued { time, entry: Arc::downgrade(entry) });
        let unserved = !list.served;
        drop(list);
        if first {
            self.earlier.notify_one();
        }
        unserved
    }

    /// When the turn of the first one comes.
    fn first(&self) -> Option<u64> {
        lock(&self.list).heap.peek().map(|first| first.time)
    }

    /// Takes out the first one whose turn has come by this time.
    fn pop(&self, by: u64) -> Option<(u64, Weak<Entry<K, V, E>>)> {
        let mut list = lock(&self.list);
        list.heap.peek().filter(|first| first.time <= by)?;
        list.heap.pop().map(|queued| (queued.time, queued.entry))
    }

    /// Puts all out.
    pub(crate) fn clear(&self) {
        let emptied = std::mem::take(&mut lock(&self.list).heap);
        self.earlier.notify_one();
        drop(emptied);
    }
}

impl<K: Keyed, V: Value, E: Fails> Queue<K, V, E> {
    /// The entry that is idle for the longest time, and what to do with it, as it is taken.
    pub(crate) fn next_idle(&self) -> Option<(Arc<Entry<K, V, E>>, Duty)> {
        loop {
            let (queued, entry) = self.pop(u64::MAX)?;
            let Some(entry) = entry.upgrade() else { continue };
            match entry.turn(self.which, || entry.since(), queued) {
                Lapse::Out => {}
                Lapse::Later(time) => drop(self.put(time, &entry)),
                Lapse::Release => return Some((entry, Duty::Release)),
                Lapse::Forget => return Some((entry, Duty::Forget)),
            }
        }
    }
}

impl<K: Keyed, V: Value, E: Fails> Engine<K, V, E> {
    /// Has an entry released when its idle time is over.
    pub(super) fn expire_later(&self, entry: &Arc<Entry<K, V, E>>) {
        if !self.expiry.put(entry.due(), entry) {
            return;
        }
        {
            let mut list = lock(&self.expiry.list);
            if list.served {
                return;
            }
            list.served = true;
        }
        let served = Served { engine: self.weak(), is_there: true };
        self.spawn_member(serve(served, Arc::clone(&self.expiry.earlier), self.policy.begun));
    }

    /// Releases what has expired by now, but not more than a few: whether there may be more.
    fn release_expired(self: &Arc<Self>) -> bool {
        let now = self.policy.now();
        for _ in 0..AT_ONCE {
            let Some((_, entry)) = self.expiry.pop(now) else { return false };
            let Some(entry) = entry.upgrade() else { continue };
            let duty = match entry.turn(Queues::EXPIRY, || entry.due(), now) {
                Lapse::Out => continue,
                Lapse::Later(time) => {
                    self.expiry.put(time, &entry);
                    continue;
                }
                Lapse::Release => Duty::Release,
                Lapse::Forget => Duty::Forget,
            };
            drop(self.discharge(entry, duty, ReleaseReason::Expired));
        }
        true
    }
}

/// Releases entries as they expire, until none is left that could, or the map is gone.
async fn serve<K: Keyed, V: Value, E: Fails>(mut served: Served<K, V, E>, earlier: Arc<Notify>, begun: Instant) {
    let mut sleep = pin!(sleep_until(begun));
    loop {
        let next = {
            let Some(engine) = served.engine.upgrade() else { return };
            if engine.release_expired() {
                Some(None)
            } else {
                match engine.expiry.first() {
                    Some(first) => Some(Some(begun + Duration::from_nanos(first))),
                    None if served.ends(&engine) => None,
                    None => continue,
                }
            }
        };
        match next {
            None => return,
            Some(None) => tokio::task::yield_now().await,
            Some(Some(next)) => {
                sleep.as_mut().reset(next);
                let earlier = pin!(earlier.notified());
                select(sleep.as_mut(), earlier).await;
            }
        }
    }
}

/// The mark that there is a task which waits for the first entry of a queue.
struct Served<K, V, E> {
    engine: Weak<Engine<K, V, E>>,
    is_there: bool,
}

impl<K, V, E> Served<K, V, E> {
    /// Takes the mark away if the queue is empty.
    fn ends(&mut self, engine: &Engine<K, V, E>) -> bool {
        let mut list = lock(&engine.expiry.list);
        self.is_there = !list.heap.is_empty();
        list.served = self.is_there;
        !self.is_there
    }
}

impl<K, V, E> Drop for Served<K, V, E> {
    fn drop(&mut self) {
        // After `ends` there may be another task by now.
        if let Some(engine) = self.is_there.then(|| self.engine.upgrade()).flatten() {
            lock(&engine.expiry.list).served = false;
        }
    }
}

impl<K, V, E> PartialEq for Queued<K, V, E> {
    fn eq(&self, other: &Self) -> bool {
        self.time == other.time
    }
}

impl<K, V, E> Eq for Queued<K, V, E> {}

impl<K, V, E> PartialOrd for Queued<K, V, E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K, V, E> Ord for Queued<K, V, E> {
    /// The earliest is the greatest, as a heap gives out the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.time.cmp(&self.time)
    }
}
