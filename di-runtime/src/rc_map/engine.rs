//! The engine of a map: requests, and what they begin.
//!
//! Reading aid: `state` says what may happen to one entry, `shards` where entries are found; this file looks them up, and
//! its parts build, release and close.

mod build;
mod close;
mod release;

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Weak};
use std::time::Duration;

use di_core::layer::Source;
use di_core::{BoxFuture, Exit};
use tokio::time::Instant;

use super::entry::{Entry, Interest, Place, Request};
use super::error::{RcMapError, RcMapEvent, RcMapEventKind, ReleaseReason};
use super::guard::RcGuard;
use super::idle::Queue;
use super::room::{Reserved, Room};
use super::shards::{Ended, Placed, Table};
use super::state::{Duty, Queues, WhenIdle, Word};
use super::stats::Counters;
use crate::memo::{Party, Wait, new_party, waiting_here};
use crate::scope::Home;
use crate::{CloseError, Scope};
pub(crate) use close::Graceful;

/// What keys are.
pub(crate) trait Keyed: Eq + Hash + Clone + Send + Sync + 'static {}
impl<K: Eq + Hash + Clone + Send + Sync + 'static> Keyed for K {}

/// What is built.
pub(crate) trait Value: Send + Sync + 'static {}
impl<V: Send + Sync + 'static> Value for V {}

/// What a lookup fails with.
pub(crate) trait Fails: fmt::Display + Send + Sync + 'static {}
impl<E: fmt::Display + Send + Sync + 'static> Fails for E {}

pub(crate) type Lookup<K, V, E> = Box<dyn Fn(K, Scope) -> BoxFuture<Result<V, E>> + Send + Sync>;
pub(crate) type OnEvent<K> = Box<dyn Fn(RcMapEvent<'_, K>) + Send + Sync>;

/// How long an entry may be idle.
pub(crate) enum IdleTime<K> {
    Same(Duration),
    By(Box<dyn Fn(&K) -> Duration + Send + Sync>),
}

/// What all entries of a map know of it.
pub(crate) struct Policy {
    pub(crate) source: Source,
    pub(crate) begun: Instant,
    /// How long failures are kept, in nanoseconds.
    pub(crate) failures_kept: u64,
    pub(crate) exclusive: bool,
    pub(crate) room_is_waited_for: bool,
}

pub(crate) struct Engine<K, V, E> {
    pub(super) this: Weak<Self>,
    pub(super) lookup: Lookup<K, V, E>,
    pub(super) idle_time: IdleTime<K>,
    pub(super) policy: Arc<Policy>,
    pub(super) hasher: RandomState,
    pub(super) table: Table<K, V, E>,
    pub(super) expiry: Queue<K, V, E>,
    pub(super) used: Queue<K, V, E>,
    pub(super) room: Option<Room>,
    /// The place of the map among what its scope closes.
    pub(super) scope: Scope,
    pub(super) home: Home,
    pub(super) counters: Counters,
    pub(super) on_event: Option<OnEvent<K>>,
}

/// An entry that has been taken away from its key.
pub(crate) struct Detached {
    ended: Arc<Ended>,
    party: Party,
    /// Whether its release has begun.
    released: bool,
}

impl Detached {
    /// Waits until it has ended, unless that would be a wait for itself.
    pub(crate) async fn over(self) -> Result<(), CloseError> {
        let wait = waiting_here().map(|by| Wait::begin(by, self.party)).transpose();
        match wait {
            Ok(_wait) => self.ended.wait().await,
            Err(_path) => self.ended.result(),
        }
    }

    /// Waits for its release, if that has begun.
    pub(crate) async fn released(self) {
        if self.released {
            // What fails is logged by the release.
            let _ = self.over().await;
        }
    }
}

impl<K, V, E> Engine<K, V, E> {
    pub(crate) fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(crate) fn weak(&self) -> Weak<Self> {
        self.this.clone()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn table(&self) -> &Table<K, V, E> {
        &self.table
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }
}

impl<K: Keyed, V: Value, E: Fails> Engine<K, V, E> {
    /// The entry of a key, with one more holder, if it is there: the usual way, and a short one.
    #[inline]
    pub(crate) fn hold(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<Arc<Entry<K, V, E>>> {
        self.table.look(hash, is_it, |entry| entry.try_hold().then(|| Arc::clone(entry))).flatten()
    }

    /// Asks for the entry of a key, if there is one.
    pub(crate) fn request(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<Request<K, V, E>> {
        self.table.look(hash, is_it, Entry::request)
    }

    /// The entry of a key, if there is one.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<Arc<Entry<K, V, E>>> {
        self.table.look(hash, is_it, Arc::clone)
    }

    /// What is there for a key, or will be; nothing is begun.
    pub(crate) async fn get_if_present(
        self: &Arc<Self>,
        hash: u64,
        is_it: impl Fn(&K) -> bool,
    ) -> Result<Option<RcGuard<V>>, RcMapError<E>> {
        match self.request(hash, is_it) {
            None => Ok(None),
            Some(Request::Held(entry)) => Ok(Some(RcGuard::new(entry))),
            Some(Request::Waiting(interest)) => interest.noted()?.built().await.map(Some),
            Some(Request::Failed(error)) => Err(error),
            Some(Request::TooLate(_)) => Ok(None),
        }
    }

    /// What is there for a key, or is built now.
    pub(crate) async fn get(self: &Arc<Self>, hash: u64, key: K) -> Result<RcGuard<V>, RcMapError<E>> {
        // Most of those who come here wait for a build that others have begun.
        match self.request(hash, |there| *there == key) {
            Some(Request::Held(entry)) => return Ok(RcGuard::new(entry)),
            Some(Request::Waiting(interest)) => return interest.noted()?.built().await,
            Some(Request::Failed(error)) => return Err(error),
            None | Some(Request::TooLate(_)) => {}
        }
        let new = self.new_entry(hash, key, Word::new());
        let mut reserved = None;
        loop {
            let room = || match &self.room {
                Some(room) if reserved.is_none() => room.try_reserve(),
                _ => true,
            };
            match self.table.look_or_place(&new, Entry::request, room) {
                Placed::Found(Request::Held(entry)) => return Ok(RcGuard::new(entry)),
                Placed::Found(Request::Waiting(interest)) => return interest.noted()?.built().await,
                Placed::Found(Request::Failed(error)) => return Err(error),
                Placed::Found(Request::TooLate(entry)) => self.outlived(entry),
                Placed::Closed => return Err(RcMapError::Closed),
                Placed::Full => match self.make_room().await? {
                    Some(place) => reserved = Some(place),
                    None => continue,
                },
                Placed::New(older) => {
                    if let Some(reserved) = reserved.take() {
                        reserved.used();
                    }
                    self.counters.miss();
                    // Nothing can have begun to wait for it before, so no circle is closed here.
                    let interest = Interest::new(&new).noted()?;
                    self.begin(&new, if self.policy.exclusive { older } else { Vec::new() }, None);
                    return interest.built().await;
                }
            }
        }
    }

    /// Takes out an entry that was found too late.
    fn outlived(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>) {
        // A failure that is kept no longer ends here; all else is on its way.
        match entry.step(Word::forget) {
            Duty::Forget => drop(self.discharge(entry, Duty::Forget, ReleaseReason::Expired)),
            _ => drop(self.leave(&entry)),
        }
    }

    /// Makes room for one more entry: what is reserved, or nothing if it is worth another try.
    async fn make_room(self: &Arc<Self>) -> Result<Option<Reserved<'_>>, RcMapError<E>> {
        let room = self.room.as_ref().expect("a map without a capacity is never full");
        let full = RcMapError::CapacityExceeded { capacity: room.capacity() };
        if room.makes_room() && self.release_the_least_recently_used() {
            return Ok(None);
        }
        // A lookup that waits for room in its own map may well be what takes it.
        let in_lookup = waiting_here().is_some_and(|(_, source)| source == self.policy.source);
        if !self.policy.room_is_waited_for || in_lookup {
            return Err(full);
        }
        room.reserve(|| self.release_the_least_recently_used()).await.map(Some).ok_or(RcMapError::Closed)
    }

    /// Releases the idle entry that was used least recently, if there is one.
    pub(super) fn release_the_least_recently_used(self: &Arc<Self>) -> bool {
        match self.used.next_idle() {
            Some((entry, duty)) => {
                drop(self.discharge(entry, duty, ReleaseReason::MadeRoom));
                true
            }
            None => false,
        }
    }

    /// What is built anew for a key, in the place of what is there.
    pub(crate) async fn refresh(self: &Arc<Self>, hash: u64, key: K) -> Result<RcGuard<V>, RcMapError<E>> {
        if self.policy.exclusive {
            if let Some(entry) = self.find(hash, |there| *there == key) {
                // What fails is logged by the release.
                let _ = self.detach(entry, ReleaseReason::Refreshed).over().await;
            }
            return self.get(hash, key).await;
        }
        let old = match self.request(hash, |there| *there == key) {
            Some(Request::Held(entry)) => entry,
            Some(Request::Waiting(interest)) => return interest.noted()?.built().await,
            _ => return self.get(hash, key).await,
        };
        // Held meanwhile, so that it does not expire before there is something to put in its place.
        let _held = RcGuard::new(Arc::clone(&old));
        let new = self.new_entry(hash, key, Word::new_detached());
        match old.succeed_by(&new) {
            Some(Request::Held(entry)) => return Ok(RcGuard::new(entry)),
            Some(Request::Waiting(interest)) => return interest.noted()?.built().await,
            _ => {}
        }
        if !self.table.add_aside(&new) {
            // Whoever joined it meanwhile is told.
            new.set_unbuilt(RcMapError::Closed);
            let _ = new.step(Word::force);
            let _ = new.step(|word| word.settle(false));
            new.tell();
            return Err(RcMapError::Closed);
        }
        let interest = Interest::new(&new).noted()?;
        self.begin(&new, Vec::new(), Some(old));
        interest.built().await
    }

    fn new_entry(&self, hash: u64, key: K, word: Word) -> Arc<Entry<K, V, E>> {
        let idle_time = match &self.idle_time {
            IdleTime::Same(time) => *time,
            IdleTime::By(by) => by(&key),
        };
        let idle_time = u64::try_from(idle_time.as_nanos()).unwrap_or(u64::MAX);
        let queues = |wanted, queue| if wanted { queue } else { Queues::NONE };
        let when_idle = match idle_time {
            0 => WhenIdle::Release,
            time => WhenIdle::Stay(
                queues(time != u64::MAX, Queues::EXPIRY)
                    .and(queues(self.room.as_ref().is_some_and(Room::makes_room), Queues::USE)),
            ),
        };
        let party = new_party(self.policy.source);
        Entry::new(Place { key, hash, party, when_idle, idle_time }, word, self)
    }

    /// Takes an entry away from its key; whoever holds it keeps it.
    pub(crate) fn detach(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>, reason: ReleaseReason) -> Detached {
        entry.set_reason(reason);
        let duty = entry.step(Word::detach);
        let party = entry.party();
        let released = duty != Duty::None;
        Detached { ended: self.discharge_or_leave(entry, duty, reason), party, released }
    }

    /// Ends an entry, whoever holds it.
    pub(crate) fn force(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>, reason: ReleaseReason) -> Detached {
        entry.set_reason(reason);
        let duty = entry.step(Word::force);
        entry.tell();
        let party = entry.party();
        Detached { ended: self.discharge_or_leave(entry, duty, reason), party, released: true }
    }

    fn discharge_or_leave(
        self: &Arc<Self>,
        entry: Arc<Entry<K, V, E>>,
        duty: Duty,
        reason: ReleaseReason,
    ) -> Arc<Ended> {
        // First, so that its end is one to wait for.
        let ended = self.leave(&entry);
        drop(self.discharge(entry, duty, reason));
        ended
    }

    /// Takes an entry away from its key, which makes room.
    pub(super) fn leave(&self, entry: &Arc<Entry<K, V, E>>) -> Arc<Ended> {
        let (ended, was_there) = self.table.leave(entry);
        if let (true, Some(room)) = (was_there, &self.room) {
            room.give_back();
        }
        ended
    }

    /// Does what a step asks for, and says how to wait for the end of the entry if that was the beginning of it.
    ///
    /// It takes the entry, so that what is dropped with it is dropped before its end is told.
    pub(crate) fn discharge(
        self: &Arc<Self>,
        entry: Arc<Entry<K, V, E>>,
        duty: Duty,
        reason: ReleaseReason,
    ) -> Option<Arc<Ended>> {
        if let Duty::Idle(queues) = duty {
            self.idle(entry, queues);
            return None;
        }
        if duty == Duty::None {
            return None;
        }
        let ended = self.leave(&entry);
        match duty {
            Duty::Release => self.release(entry, reason, Exit::Success),
            Duty::Forget => self.conclude(entry, reason, Ok(())),
            _ => entry.tell(), // Its build ends it.
        }
        Some(ended)
    }

    fn idle(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>, queues: Queues) {
        if queues.contains(Queues::EXPIRY) {
            self.expire_later(&entry);
        }
        if queues.contains(Queues::USE) {
            self.used.put(entry.since(), &entry);
        }
        drop(entry);
        if self.room.as_ref().is_some_and(Room::is_waited_for) {
            self.release_the_least_recently_used();
        }
    }

    /// Spawns what ends with the map, and nobody waits for.
    pub(super) fn spawn_member(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = self.home.runtime_of_scope().or_else(|| self.home.runtime_of_caller()) {
            self.home.spawn_member(&runtime, future);
        }
    }

    /// Spawns a build or a release, which a shutdown waits for; false if there is no runtime.
    pub(super) fn spawn<F>(&self, future: F) -> bool
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = self.home.runtime_of_scope().or_else(|| self.home.runtime_of_caller());
        let name = self.policy.source.name();
        if runtime.is_none() {
            tracing::error!(map = name, "there is no tokio runtime left to build or release on");
        }
        runtime.map(|runtime| self.home.spawn_named(&runtime, name, future)).is_some()
    }

    pub(super) fn tell(&self, key: &K, kind: RcMapEventKind) {
        let Some(on_event) = &self.on_event else { return };
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| on_event(RcMapEvent { key, kind })));
        if told.is_err() {
            tracing::error!(map = self.policy.source.name(), "the function that is told of events panicked");
        }
    }
}
