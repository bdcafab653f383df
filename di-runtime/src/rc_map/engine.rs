//! The engine of a map: what all its parts use.
//!
//! Reading aid: `state` says what may happen to one entry, `shards` where entries are found. This file ends entries; its
//! parts look them up, build, release and close.

mod build;
mod close;
mod release;
mod request;

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Weak};
use std::time::Duration;

use di_core::layer::Source;
use di_core::{BoxFuture, Exit};
use tokio::time::Instant;

use super::entry::Entry;
use super::error::{RcMapEvent, RcMapEventKind, ReleaseReason};
use super::idle::Queue;
use super::room::Room;
use super::shards::{Ended, Table};
use super::state::{Duty, Queues, Word};
use super::stats::Counters;
use crate::memo::{Party, Wait, waiting_here};
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
