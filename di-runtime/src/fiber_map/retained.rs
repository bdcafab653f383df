//! Fibers that have ended and can still be asked for: so many of them, or for so long.
//!
//! 1. Numbers rise in the order of the ends, and all are kept for the same time. So the first in the order is the oldest, and the
//!    first to expire.
//! 2. Each one is in the order once, and leaves it when it is taken out. So memory is bounded by what is retained.
//! 3. What has expired is not found any more, whether it was taken out by then or not.
//! 4. What is taken out is handed out, to be dropped outside of the lock.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashTable;
use hashbrown::hash_table::OccupiedEntry;
use tokio::time::Instant;

use super::members::Member;
use crate::clock::after;

/// How many are taken out at a time when they have expired.
const AT_ONCE: usize = 64;

/// How many fibers that ended are retained, and for how long.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retention {
    pub(super) count: Option<usize>,
    pub(super) time: Option<Duration>,
}

pub(crate) struct Retained<K, A, E: ?Sized> {
    retention: Retention,
    kept: HashTable<Kept<K, A, E>>,
    /// The hashes of those that are kept, by their numbers.
    order: BTreeMap<u64, u64>,
    last: u64,
    /// Whether there is a task that waits for the first one to expire.
    served: bool,
}

struct Kept<K, A, E: ?Sized> {
    number: u64,
    /// When it expires, if it does.
    due: Option<Instant>,
    member: Arc<Member<K, A, E>>,
}

impl<K, A, E: ?Sized> Retained<K, A, E> {
    /// Nothing yet; `None` if nothing will ever be retained.
    pub(super) fn new(retention: Retention) -> Option<Self> {
        let (kept, order) = (HashTable::new(), BTreeMap::new());
        let retains = retention.count.is_some() || retention.time.is_some();
        retains.then_some(Self { retention, kept, order, last: 0, served: false })
    }

    /// Retains one that ends now, whose key has no other one; the one that has to go for it.
    pub(super) fn keep(&mut self, member: &Arc<Member<K, A, E>>) -> Option<Arc<Member<K, A, E>>> {
        self.last += 1;
        let due = self.retention.time.map(|time| after(Instant::now(), time));
        let kept = Kept { number: self.last, due, member: Arc::clone(member) };
        self.order.insert(kept.number, member.hash);
        self.kept.insert_unique(member.hash, kept, |kept| kept.member.hash);
        let is_full = self.retention.count.is_some_and(|count| self.order.len() > count);
        if is_full { self.take_first() } else { None }
    }

    pub(super) fn find<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<&Arc<Member<K, A, E>>>
    where
        K: Borrow<Q>,
    {
        let kept = self.kept.find(hash, |kept| kept.is(hash, key))?;
        // Invariant 3.
        let is_fresh = kept.due.is_none_or(|due| Instant::now() < due);
        is_fresh.then_some(&kept.member)
    }

    /// Takes out the one of a key.
    pub(super) fn take<Q: Eq + ?Sized>(&mut self, hash: u64, key: &Q) -> Option<Arc<Member<K, A, E>>>
    where
        K: Borrow<Q>,
    {
        let taken = self.kept.find_entry(hash, |kept| kept.is(hash, key)).map(OccupiedEntry::remove);
        let (kept, _) = taken.ok()?;
        // Invariant 2.
        self.order.remove(&kept.number);
        Some(kept.member)
    }

    pub(super) fn take_all(&mut self) -> Vec<Arc<Member<K, A, E>>> {
        self.order.clear();
        self.kept.drain().map(|kept| kept.member).collect()
    }

    /// Whether a task has to be started that waits for the first one to expire.
    pub(super) fn begin_service(&mut self) -> bool {
        let begins = self.retention.time.is_some() && !self.served && !self.order.is_empty();
        self.served |= begins;
        begins
    }

    pub(super) fn end_service(&mut self) {
        self.served = false;
    }

    /// Takes out what has expired, but not more than a few, and when the next one does; if there is none, the service has ended.
    pub(super) fn expire(&mut self) -> (Vec<Arc<Member<K, A, E>>>, Option<Instant>) {
        let (now, mut expired) = (Instant::now(), Vec::new());
        loop {
            let Some(due) = self.first().and_then(|first| first.due) else {
                self.served = false;
                return (expired, None);
            };
            if due > now || expired.len() == AT_ONCE {
                return (expired, Some(due));
            }
            expired.extend(self.take_first());
        }
    }

    fn first(&self) -> Option<&Kept<K, A, E>> {
        let (number, hash) = self.order.first_key_value()?;
        self.kept.find(*hash, |kept| kept.number == *number)
    }

    fn take_first(&mut self) -> Option<Arc<Member<K, A, E>>> {
        let (number, hash) = self.order.pop_first()?;
        let taken = self.kept.find_entry(hash, |kept| kept.number == number).map(OccupiedEntry::remove);
        taken.ok().map(|(kept, _)| kept.member)
    }
}

impl<K, A, E: ?Sized> Kept<K, A, E> {
    fn is<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.member.hash == hash && self.member.key.borrow() == key
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Member, Retained, Retention};
    use crate::fiber::Node;

    #[test]
    fn what_was_taken_out_leaves_nothing_behind() {
        let time = Some(Duration::from_secs(3600));
        let mut retained: Retained<u64, (), std::io::Error> = Retained::new(Retention { count: None, time }).unwrap();
        let end = |retained: &mut Retained<_, _, _>, key: u64| {
            // Two keys with one hash, always.
            let member = Arc::new(Member::new(key / 2, key, Node::new(None)));
            assert!(retained.keep(&member).is_none());
        };
        for round in 0..100 {
            for key in 0..10 {
                let taken = retained.take(key / 2, &key);
                assert_eq!(taken.map(|member| member.key), (round > 0).then_some(key));
                end(&mut retained, key);
            }
            assert_eq!((retained.kept.len(), retained.order.len()), (10, 10));
        }
        assert_eq!(retained.take_all().len(), 10);
        assert!(retained.order.is_empty() && retained.take_first().is_none());
    }
}
