//! Who is in a collection of fibers: the state, and the transitions between its values, free of tasks and user code.
//!
//! ```text
//!   place                 replace, take             leave
//!  ───────► current ─────────────────────► leaving ───────► (gone)
//!              └──────────────── leave ──────────────────────┘
//! ```
//!
//! 1. Nothing is taken out at its end by its key: only by who it is. So the end of an old fiber never touches a newer one.
//! 2. What leaves `current` before its end is in `leaving` by the same step, until it has ended. So whoever closes sees all.
//! 3. A fiber is settled with its exit under the lock under which it leaves: who sees the exit finds it gone. That is so in the
//!    collection that it was run in. One that adopted it is told of the exit, which is there by then: the fiber leaves it a
//!    moment later, and yet before those who wait are woken.
//! 4. Once closing has begun nothing is added, and no failure counts. Closing is over by the step in which the last one leaves,
//!    or as nobody waits any more for those that are left.
//! 5. A key is in `current` or among the retained, never in both: who begins takes out who ended.
//! 6. What ends in its place is retained; what was replaced or removed is not, and nothing is once closing has begun.
//! 7. A fiber that is placed behind others of its key, which have begun and not ended, begins by a step that finds it in
//!    `current`. So what left before that never begins, and who comes after it does not wait for it.
//! 8. The only code of a user that runs here is `Eq` of keys, before anything is changed. Hashes are kept, so a table that grows
//!    hashes nothing; what leaves is handed out and dropped outside.

mod seat;
mod waits;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use tokio::time::Instant;

use self::seat::Seat;
use super::retained::{Retained, Retention};
use crate::fiber::{FiberId, Node};

/// One fiber in its place.
pub(crate) struct Member<K, A, E: ?Sized> {
    pub(crate) hash: u64,
    pub(crate) key: K,
    pub(crate) node: Arc<Node<A, E>>,
    /// Whether its body may have begun (invariant 7).
    begun: bool,
}

impl<K, A, E: ?Sized> Member<K, A, E> {
    pub(crate) fn new(hash: u64, key: K, node: Arc<Node<A, E>>) -> Self {
        Self { hash, key, node, begun: false }
    }

    /// One that was started elsewhere.
    pub(crate) fn started(hash: u64, key: K, node: Arc<Node<A, E>>) -> Self {
        Self { hash, key, node, begun: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    Closing,
    Closed,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// The collection is closed.
    Closed,
    /// Nothing runs.
    Drained,
}

pub(crate) struct Members<K, A, E: ?Sized> {
    phase: Phase,
    current: HashTable<Member<K, A, E>>,
    leaving: HashTable<Seat<K, A, E>>,
    /// Whether somebody waits for a failure, or for the last one to leave.
    awaited: bool,
    /// The first one that failed.
    failure: Option<Arc<Member<K, A, E>>>,
    /// Those that have ended, if they are to be retained.
    retained: Option<Retained<K, A, E>>,
    /// The members that wait until nothing runs, and how many times each of them does.
    waiting: BTreeMap<FiberId, usize>,
}

/// What a request for a place came to.
pub(crate) enum Placed<K, A, E: ?Sized> {
    /// It is there, in the place of this one.
    New {
        replaced: Option<Arc<Node<A, E>>>,
        /// Those of its key that have begun and not ended.
        before: Vec<Arc<Node<A, E>>>,
        /// What had ended in this place, to be dropped outside.
        forgotten: Option<Arc<Member<K, A, E>>>,
    },
    /// There is one already, and it stays.
    Found(Arc<Node<A, E>>),
    /// Nothing is added any more.
    Closed,
}

/// What a fiber left behind.
pub(crate) struct Left<K, A, E: ?Sized> {
    /// To be dropped outside.
    pub(crate) member: Option<Seat<K, A, E>>,
    /// What is not retained any more in its favour, to be dropped outside.
    pub(crate) pushed_out: Option<Arc<Member<K, A, E>>>,
    /// Whether it is to expire, and there is no task yet that waits for that.
    pub(crate) expires: bool,
    /// Whether those who wait for the collection have to look at it.
    pub(crate) changed: bool,
    /// Whether it was a failure of the open collection, the first one or a later one.
    pub(crate) failed: bool,
}

impl<K, A, E: ?Sized> Members<K, A, E> {
    pub(crate) fn new(retention: Retention) -> Self {
        let (current, leaving, retained) = (HashTable::new(), HashTable::new(), Retained::new(retention));
        Self { phase: Phase::Open, current, leaving, awaited: false, failure: None, retained, waiting: BTreeMap::new() }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn failure(&self) -> Option<&Arc<Member<K, A, E>>> {
        self.failure.as_ref()
    }

    /// Says that somebody waits, who has looked at this, until the next change that those who wait have to look at.
    pub(crate) fn be_awaited(&mut self) {
        self.awaited = true;
    }

    pub(crate) fn len(&self) -> usize {
        self.current.len()
    }

    /// Whether nothing runs, what was replaced or removed included.
    pub(crate) fn is_drained(&self) -> bool {
        self.current.is_empty() && self.leaving.is_empty()
    }

    /// Those that have not ended.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Member<K, A, E>> {
        self.current.iter().chain(self.leaving.iter().map(|seat| &**seat))
    }

    pub(crate) fn current(&self) -> impl Iterator<Item = &Member<K, A, E>> {
        self.current.iter()
    }

    pub(crate) fn find<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<&Arc<Node<A, E>>>
    where
        K: Borrow<Q>,
    {
        let found = self.current.find(hash, |member| member.hash == hash && member.key.borrow() == key);
        found.map(|member| &member.node)
    }

    /// Puts a fiber under its key, in the place of the one that is there, or not if that is to be kept.
    pub(crate) fn place(
        &mut self,
        mut member: Member<K, A, E>,
        keeps: bool,
    ) -> (Placed<K, A, E>, Option<Member<K, A, E>>)
    where
        K: Eq,
    {
        if self.phase != Phase::Open {
            return (Placed::Closed, Some(member));
        }
        let same = |other: &Member<K, A, E>| other.hash == member.hash && other.key == member.key;
        match self.current.entry(member.hash, same, |other| other.hash) {
            Entry::Vacant(vacant) => {
                let before = begun_before(&self.leaving, &member);
                // Invariant 5.
                let forgotten = self.retained.as_mut().and_then(|retained| retained.take(member.hash, &member.key));
                member.begun |= before.is_empty();
                vacant.insert(member);
                (Placed::New { replaced: None, before, forgotten }, None)
            }
            Entry::Occupied(occupied) if keeps || Arc::ptr_eq(&occupied.get().node, &member.node) => {
                (Placed::Found(Arc::clone(&occupied.get().node)), Some(member))
            }
            Entry::Occupied(mut occupied) => {
                let mut before = begun_before(&self.leaving, &member);
                let replaced = occupied.get();
                if replaced.begun {
                    before.push(Arc::clone(&replaced.node));
                }
                member.begun |= before.is_empty();
                let old = std::mem::replace(occupied.get_mut(), member);
                let replaced = Some(Arc::clone(&old.node));
                // Invariant 2.
                self.leaving.insert_unique(old.hash, Seat::Own(old), |other| other.hash);
                (Placed::New { replaced, before, forgotten: None }, None)
            }
        }
    }

    /// Says that a fiber begins whose turn has come; whether it still may (invariant 7).
    pub(crate) fn begin(&mut self, hash: u64, node: &Arc<Node<A, E>>) -> bool {
        let member = self.current.find_mut(hash, |member| member.hash == hash && Arc::ptr_eq(&member.node, node));
        member.map(|member| member.begun = true).is_some()
    }

    /// Takes the fiber out that is under this key; all of the key that have not ended, the newest first.
    pub(crate) fn take<Q: Eq + ?Sized>(&mut self, hash: u64, key: &Q) -> Vec<Arc<Node<A, E>>>
    where
        K: Borrow<Q>,
    {
        let same = |member: &Member<K, A, E>| member.hash == hash && member.key.borrow() == key;
        let mut older: Vec<_> =
            self.leaving.iter_hash(hash).filter(|member| same(member)).map(|old| Arc::clone(&old.node)).collect();
        if let Ok(occupied) = self.current.find_entry(hash, same) {
            let (member, _) = occupied.remove();
            older.insert(0, Arc::clone(&member.node));
            self.leaving.insert_unique(hash, Seat::Own(member), |other| other.hash);
        }
        older
    }

    /// Takes all out; all that have not ended.
    pub(crate) fn take_all(&mut self) -> Vec<Arc<Node<A, E>>> {
        self.leaving.reserve(self.current.len(), |member| member.hash);
        for member in self.current.drain() {
            self.leaving.insert_unique(member.hash, Seat::Own(member), |other| other.hash);
        }
        self.leaving.iter().map(|member| Arc::clone(&member.node)).collect()
    }

    /// Takes nothing any more; all that have not ended.
    pub(crate) fn begin_close(&mut self) -> Vec<Arc<Node<A, E>>> {
        if self.phase == Phase::Open {
            self.phase = if self.is_drained() { Phase::Closed } else { Phase::Closing };
        }
        self.take_all()
    }

    /// Has a close be over that all those who are left do not let end; whether it is.
    pub(crate) fn end_close(&mut self, is_stuck: impl Fn(&Arc<Node<A, E>>) -> bool) -> bool {
        let over = self.phase == Phase::Closing && self.all().all(|member| is_stuck(&member.node));
        if over {
            self.phase = Phase::Closed;
        }
        over
    }

    /// Takes a fiber out that has ended; if `fails`, as the failure of the collection, unless that had one before.
    pub(crate) fn leave(&mut self, hash: u64, node: &Arc<Node<A, E>>, fails: bool) -> Left<K, A, E> {
        // Invariant 1. A fiber may be there under other keys as well.
        let same = |member: &Member<K, A, E>| member.hash == hash && Arc::ptr_eq(&member.node, node);
        let (member, in_place) = match self.current.find_entry(hash, same) {
            Ok(found) => (Some(Seat::Own(found.remove().0)), true),
            Err(_) => (self.leaving.find_entry(hash, |seat| same(seat)).ok().map(|found| found.remove().0), false),
        };
        let drained = self.is_drained();
        // Members that wait are done when only such are left.
        let changed = drained || !self.waiting.is_empty();
        self.waiting.remove(&node.id());
        if self.phase == Phase::Closing && drained {
            self.phase = Phase::Closed;
        }
        // Invariant 4.
        let is_open = self.phase == Phase::Open;
        let fails = is_open && fails;
        let is_first = fails && self.failure.is_none();
        let mut left = Left { member: None, pushed_out: None, expires: false, changed: false, failed: fails };
        // Invariant 6.
        let retained = self.retained.as_mut().filter(|_| is_open && in_place);
        if is_first || retained.is_some() {
            let member = member.map(Seat::into_shared);
            if let (Some(retained), Some(member)) = (retained, &member) {
                left.pushed_out = retained.keep(member);
                left.expires = retained.begin_service();
            }
            if is_first {
                self.failure = member.clone();
            }
            left.member = member.map(Seat::Shared);
        } else {
            left.member = member;
        }
        left.changed = (is_first || changed) && std::mem::take(&mut self.awaited);
        left
    }
}

/// Those that leave the place of this one and have begun.
fn begun_before<K: Eq, A, E: ?Sized>(
    leaving: &HashTable<Seat<K, A, E>>,
    member: &Member<K, A, E>,
) -> Vec<Arc<Node<A, E>>> {
    let begun =
        leaving.iter_hash(member.hash).filter(|old| old.begun && old.hash == member.hash && old.key == member.key);
    begun.map(|old| Arc::clone(&old.node)).collect()
}

/// What ended and is retained.
impl<K, A, E: ?Sized> Members<K, A, E> {
    /// The fiber that has ended and is retained under this key.
    pub(crate) fn find_retained<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<&Arc<Node<A, E>>>
    where
        K: Borrow<Q>,
    {
        self.retained.as_ref()?.find(hash, key).map(|member| &member.node)
    }

    pub(crate) fn forget<Q: Eq + ?Sized>(&mut self, hash: u64, key: &Q) -> Option<Arc<Member<K, A, E>>>
    where
        K: Borrow<Q>,
    {
        self.retained.as_mut()?.take(hash, key)
    }

    pub(crate) fn forget_all(&mut self) -> Vec<Arc<Member<K, A, E>>> {
        self.retained.as_mut().map(Retained::take_all).unwrap_or_default()
    }

    /// What has expired, and when the next one does; if there is none, nobody waits for it any more.
    pub(crate) fn expire(&mut self) -> (Vec<Arc<Member<K, A, E>>>, Option<Instant>) {
        self.retained.as_mut().map(Retained::expire).unwrap_or_default()
    }

    /// Nobody waits any more for the next one to expire.
    pub(crate) fn end_service(&mut self) {
        if let Some(retained) = &mut self.retained {
            retained.end_service();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Member, Members};
    use crate::fiber::{AnyError, FiberExit, Node};
    use crate::fiber_map::retained::Retention;

    #[test]
    fn a_fiber_that_is_there_twice_leaves_each_place_for_itself() {
        // Hashes that a small table does not tell apart.
        let places = [(0, "one"), (4, "other"), (8, "third")];
        let mut members: Members<_, (), AnyError> = Members::new(Retention::default());
        let node = Node::new(None);
        for (hash, key) in places {
            members.place(Member::new(hash, key, Arc::clone(&node)), false);
        }
        node.settle(FiberExit::Interrupted);
        for (hash, key) in [places[1], places[0], places[2]] {
            let left = members.leave(hash, &node, false).member;
            assert_eq!(left.map(|member| member.key), Some(key));
        }
    }
}
