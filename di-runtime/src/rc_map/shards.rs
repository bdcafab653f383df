//! The table of a map: entries by key, and those that have left it and have not ended.
//!
//! 1. The only code of a user that runs under a lock here is `Eq` of keys, before anything is changed. Hashes are kept
//!    in the entries, so a table that grows hashes nothing. What leaves is dropped outside.
//! 2. An entry is put under its key in the critical section that found the key missing.
//! 3. Nothing is taken out by its key: only an entry takes itself out, recognized by where it is. So the end of an old
//!    entry never touches a newer one.
//! 4. What leaves `present` is in `leaving` by the same step, until it has ended. So a close that looks at both sees all.
//! 5. Once a shard is closed, nothing is added to it.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use hashbrown::HashTable;
use tokio_util::sync::CancellationToken;

use super::entry::Entry;
use crate::CloseError;

/// The end of an entry, for those who wait for it.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    over: CancellationToken,
    closed: OnceLock<Result<(), CloseError>>,
}

impl Ended {
    /// Waits until nothing of the entry is left.
    pub(crate) async fn wait(&self) -> Result<(), CloseError> {
        self.over.cancelled().await;
        self.result()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    pub(crate) fn result(&self) -> Result<(), CloseError> {
        self.closed.get().cloned().unwrap_or(Ok(()))
    }

    pub(super) fn tell(&self, closed: Result<(), CloseError>) {
        // An entry ends once.
        let _ = self.closed.set(closed);
        self.over.cancel();
    }
}

struct Leaving<K, V, E> {
    number: u64,
    hash: u64,
    /// Not the entry itself: what it holds is dropped before it is taken out of here.
    entry: Weak<Entry<K, V, E>>,
    ended: Arc<Ended>,
}

/// On cache lines of its own, so that the locks of two shards are not in each other's way.
#[repr(align(128))]
struct Shard<K, V, E>(RwLock<Halves<K, V, E>>);

struct Halves<K, V, E> {
    closed: bool,
    present: HashTable<Arc<Entry<K, V, E>>>,
    leaving: HashTable<Leaving<K, V, E>>,
}

/// What a request for a place under a key came to.
pub(crate) enum Placed<Found> {
    /// There is an entry already.
    Found(Found),
    /// The new one is there; these are the older ones of its key that have not ended.
    New(Vec<Arc<Ended>>),
    /// There is no room for one more.
    Full,
    /// Nothing is added any more.
    Closed,
}

pub(crate) struct Table<K, V, E> {
    shards: Box<[Shard<K, V, E>]>,
    shift: u32,
}

impl<K, V, E> Shard<K, V, E> {
    fn read(&self) -> RwLockReadGuard<'_, Halves<K, V, E>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Halves<K, V, E>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V, E> Table<K, V, E> {
    /// A table of at least so many shards.
    pub(crate) fn new(shards: usize) -> Self {
        let count = shards.next_power_of_two();
        let halves = || Halves { closed: false, present: HashTable::new(), leaving: HashTable::new() };
        let shards = (0..count).map(|_| Shard(RwLock::new(halves()))).collect();
        Self { shards, shift: 64 - count.trailing_zeros() }
    }

    fn shard(&self, hash: u64) -> &Shard<K, V, E> {
        // The highest seven bits tell the slots of one table apart, so the shard is chosen by those after them.
        let index = (hash << 7).checked_shr(self.shift).unwrap_or(0);
        &self.shards[index as usize]
    }

    /// Looks at the entry of a key, under the lock.
    pub(crate) fn look<Out>(
        &self,
        hash: u64,
        is_it: impl Fn(&K) -> bool,
        look: impl FnOnce(&Arc<Entry<K, V, E>>) -> Out,
    ) -> Option<Out> {
        self.shard(hash).read().present.find(hash, |entry| entry.hash() == hash && is_it(entry.key())).map(look)
    }

    /// Looks at the entry of a key, or puts this one there if there is none and `room` says that there is room.
    pub(crate) fn look_or_place<Found>(
        &self,
        new: &Arc<Entry<K, V, E>>,
        look: impl FnOnce(&Arc<Entry<K, V, E>>) -> Found,
        room: impl FnOnce() -> bool,
    ) -> Placed<Found>
    where
        K: Eq,
    {
        let hash = new.hash();
        let mut halves = self.shard(hash).write();
        if let Some(entry) = halves.present.find(hash, |entry| entry.hash() == hash && entry.key() == new.key()) {
            return Placed::Found(look(entry));
        }
        if halves.closed {
            return Placed::Closed;
        }
        if !room() {
            return Placed::Full;
        }
        halves.present.insert_unique(hash, Arc::clone(new), |entry| entry.hash());
        // Two keys of one hash are as good as one here: nobody is harmed by a wait for the other one.
        let older = halves.leaving.iter_hash(hash).filter(|leaving| leaving.hash == hash);
        Placed::New(older.map(|leaving| Arc::clone(&leaving.ended)).collect())
    }

    /// Adds an entry that is not found under its key; false if nothing is added any more.
    pub(crate) fn add_aside(&self, entry: &Arc<Entry<K, V, E>>) -> bool {
        let mut halves = self.shard(entry.hash()).write();
        if !halves.closed {
            halves.add_leaving(entry);
        }
        !halves.closed
    }

    /// Takes an entry away from its key, and says how to wait for its end, and whether it was there.
    pub(crate) fn leave(&self, entry: &Arc<Entry<K, V, E>>) -> (Arc<Ended>, bool) {
        let mut halves = self.shard(entry.hash()).write();
        if let Some(leaving) = halves.leaving.find(entry.hash(), |leaving| leaving.number == entry.number()) {
            return (Arc::clone(&leaving.ended), false);
        }
        match halves.present.find_entry(entry.hash(), |there| Arc::ptr_eq(there, entry)) {
            Ok(there) => {
                let (taken, _) = there.remove();
                let ended = halves.add_leaving(entry);
                drop(halves);
                drop(taken); // The caller has another one.
                (ended, true)
            }
            Err(_) => {
                let ended = Ended::default();
                ended.tell(Ok(()));
                (Arc::new(ended), false)
            }
        }
    }

    /// Puts one entry in the place of another, if that has still its place and `publish` agrees.
    pub(crate) fn replace(
        &self,
        old: &Arc<Entry<K, V, E>>,
        new: &Arc<Entry<K, V, E>>,
        publish: impl FnOnce() -> bool,
    ) -> bool {
        let mut halves = self.shard(new.hash()).write();
        let halves = &mut *halves;
        if halves.closed {
            return false;
        }
        let Some(place) = halves.present.find_mut(old.hash(), |there| Arc::ptr_eq(there, old)) else { return false };
        if !publish() {
            return false;
        }
        *place = Arc::clone(new); // The caller has another one of the old.
        if let Ok(aside) = halves.leaving.find_entry(new.hash(), |leaving| leaving.number == new.number()) {
            aside.remove();
        }
        halves.add_leaving(old);
        true
    }

    /// Takes out an entry that has ended.
    pub(crate) fn gone(&self, hash: u64, number: u64) -> Option<Arc<Ended>> {
        let mut halves = self.shard(hash).write();
        let leaving = halves.leaving.find_entry(hash, |leaving| leaving.number == number).ok()?;
        let (leaving, _) = leaving.remove();
        drop(halves);
        Some(leaving.ended)
    }

    /// Lets nothing be added any more.
    pub(crate) fn close(&self) {
        self.shards.iter().for_each(|shard| shard.write().closed = true);
    }

    /// Whether nothing can be added any more, at least to some keys.
    pub(crate) fn is_closed(&self) -> bool {
        // They are closed in their order.
        self.shards[0].read().closed
    }

    /// Every entry that is under its key.
    pub(crate) fn present(&self) -> Vec<Arc<Entry<K, V, E>>> {
        self.halves(|halves, all| all.extend(halves.present.iter().cloned()))
    }

    /// Every entry that has left its key and has not ended, as far as it is not being dropped, and all their ends.
    pub(crate) fn leaving(&self) -> Vec<(Option<Arc<Entry<K, V, E>>>, Arc<Ended>)> {
        let both = |leaving: &Leaving<K, V, E>| (leaving.entry.upgrade(), Arc::clone(&leaving.ended));
        self.halves(|halves, all| all.extend(halves.leaving.iter().map(both)))
    }

    /// How many entries are under their keys, at one moment.
    pub(crate) fn len(&self) -> usize {
        // All locks at once: one after the other, what left a shard after it was counted and what came into a later one in
        // its place would be counted both. Who changes a shard needs no other one meanwhile.
        let shards: Vec<_> = self.shards.iter().map(|shard| shard.read()).collect();
        shards.iter().map(|halves| halves.present.len()).sum()
    }

    fn halves<Item>(&self, collect: impl Fn(&Halves<K, V, E>, &mut Vec<Item>)) -> Vec<Item> {
        let mut all = Vec::new();
        for shard in &self.shards {
            collect(&shard.read(), &mut all);
        }
        all
    }
}

impl<K, V, E> Halves<K, V, E> {
    fn add_leaving(&mut self, entry: &Arc<Entry<K, V, E>>) -> Arc<Ended> {
        let ended = Arc::<Ended>::default();
        let (number, hash) = (entry.number(), entry.hash());
        let leaving = Leaving { number, hash, entry: Arc::downgrade(entry), ended: Arc::clone(&ended) };
        self.leaving.insert_unique(hash, leaving, |leaving| leaving.hash);
        ended
    }
}
