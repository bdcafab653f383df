//! How a map is made.

use std::fmt;
use std::hash::{Hash, RandomState};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use di_core::Exit;
use di_core::layer::Source;
use tokio::time::Instant;

use super::RcMap;
use super::engine::{Engine, IdleTime, Lookup, OnEvent, Policy};
use super::error::RcMapEvent;
use super::idle::Queue;
use super::room::{Room, WhenFull};
use super::shards::Table;
use super::state::Queues;
use super::stats::Counters;
use crate::Scope;
use crate::scope::Home;

/// The mark of a builder that has not been told how long to keep what nobody holds.
#[derive(Debug)]
pub enum NoIdleTime {}

/// The mark of a builder that has been told how long to keep what nobody holds.
#[derive(Debug)]
pub enum HasIdleTime {}

/// Builders that know how long to keep what nobody holds.
#[diagnostic::on_unimplemented(
    message = "this map has not been told how long to keep what nobody holds",
    label = "no idle time was chosen",
    note = "choose one before `.build(..)`: `.idle_time_to_live(duration)`, `.idle_time_to_live_by(|key| duration)`, \
            `.release_immediately()` or `.keep()`"
)]
pub trait IdleTimeChosen {}
impl IdleTimeChosen for HasIdleTime {}

/// Makes an [`RcMap`]: how long to keep what nobody holds, how much, and what else is to be different.
#[must_use = "a builder makes a map with `build`"]
pub struct RcMapBuilder<K, V, E, Idle = NoIdleTime> {
    lookup: Lookup<K, V, E>,
    idle_time: IdleTime<K>,
    source: Source,
    failures_kept: Duration,
    exclusive: bool,
    capacity: Option<(usize, WhenFull)>,
    shards: usize,
    on_event: Option<OnEvent<K>>,
    chosen: PhantomData<fn() -> Idle>,
}

impl<K, V, E> RcMapBuilder<K, V, E> {
    pub(crate) fn new(lookup: Lookup<K, V, E>, source: Source) -> Self {
        Self {
            lookup,
            idle_time: IdleTime::Same(Duration::ZERO),
            source,
            failures_kept: Duration::ZERO,
            exclusive: false,
            capacity: None,
            shards: std::thread::available_parallelism().map_or(4, usize::from) * 4,
            on_event: None,
            chosen: PhantomData,
        }
    }
}

impl<K, V, E, Idle> RcMapBuilder<K, V, E, Idle> {
    /// Keeps what nobody holds for so long, counted from the moment at which the last reference was given back.
    ///
    /// Zero is [`release_immediately`](Self::release_immediately), [`Duration::MAX`] is [`keep`](Self::keep).
    pub fn idle_time_to_live(self, time: Duration) -> RcMapBuilder<K, V, E, HasIdleTime> {
        self.with(IdleTime::Same(time))
    }

    /// The same, with a time for each key, asked for when the key is built.
    pub fn idle_time_to_live_by(
        self,
        time: impl Fn(&K) -> Duration + Send + Sync + 'static,
    ) -> RcMapBuilder<K, V, E, HasIdleTime> {
        self.with(IdleTime::By(Box::new(time)))
    }

    /// Releases what nobody holds at once.
    pub fn release_immediately(self) -> RcMapBuilder<K, V, E, HasIdleTime> {
        self.with(IdleTime::Same(Duration::ZERO))
    }

    /// Keeps what nobody holds until it is invalidated, makes room, or the map is closed.
    pub fn keep(self) -> RcMapBuilder<K, V, E, HasIdleTime> {
        self.with(IdleTime::Same(Duration::MAX))
    }

    fn with(self, idle_time: IdleTime<K>) -> RcMapBuilder<K, V, E, HasIdleTime> {
        let Self { lookup, idle_time: _, source, failures_kept, exclusive, capacity, shards, on_event, chosen: _ } =
            self;
        let chosen = PhantomData;
        RcMapBuilder { lookup, idle_time, source, failures_kept, exclusive, capacity, shards, on_event, chosen }
    }

    /// Bounds the number of entries. Without it there is no bound.
    pub fn capacity(mut self, entries: usize, when_full: WhenFull) -> Self {
        self.capacity = Some((entries, when_full));
        self
    }

    /// Begins a build only when the older entries of its key have ended: invalidated ones that are still in use, and those
    /// that are being released. It is for what cannot exist twice, as a locked file or a port.
    ///
    /// Without it a new one is built while the old one is being released.
    ///
    /// With it, whoever holds an old one and asks for a new one waits for itself, and for ever. No map can tell that from a
    /// wait that ends, as a guard may be given to another task, which drops it. So what you hold of a key, give back before you
    /// ask for another one: [`release`](crate::RcGuard::release) it and [`refresh`](RcMap::refresh) the key then, or
    /// [`evict`](RcMap::evict) the key, which asks no holder.
    ///
    /// ```
    /// # use di_runtime::{RcMap, RcMapError, Scope};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let scope = Scope::new();
    /// let ports = RcMap::unscoped(|port: u16| async move { Ok::<_, String>(port) }).keep().exclusive().build(&scope);
    /// let old = ports.get(&8080).await?;
    /// ports.evict(&8080).await?; // `invalidate`, and `old` in hand: the next line would not come to an end
    /// let new = ports.get(&8080).await?;
    /// assert!(old.is_evicted() && new.is_current());
    /// # Ok(())
    /// # }
    /// ```
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// Keeps failures for so long, and hands them out instead of building again. Without it a failure goes to those who
    /// wait for the build, and is forgotten.
    pub fn cache_failures(mut self, time: Duration) -> Self {
        self.failures_kept = time;
        self
    }

    /// What logs, reports and circles call the map; by default `RcMap`.
    pub fn named(mut self, name: &'static str) -> Self {
        self.source = Source::new(name, "", self.source.file(), self.source.line());
        self
    }

    /// Calls a function when an entry has been built, and when it has been released, with the reason.
    ///
    /// It is called within the work of the map, and should be quick. A panic of it is logged.
    pub fn on_event(mut self, on_event: impl Fn(RcMapEvent<'_, K>) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Box::new(on_event));
        self
    }

    pub(crate) fn one_shard(mut self) -> Self {
        self.shards = 1;
        self
    }
}

impl<K, V, E, Idle> RcMapBuilder<K, V, E, Idle>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    /// Makes the map. It closes with the scope; in a scope that is closed it is closed from the beginning.
    ///
    /// Builds and releases run on the tokio runtime that this is called on, or on the one that the first request comes
    /// from.
    pub fn build(self, scope: &Scope) -> RcMap<K, V, E>
    where
        Idle: IdleTimeChosen,
    {
        let own = scope.fork_parallel_named(self.source.name());
        let engine = Arc::new_cyclic(|this| Engine {
            this: this.clone(),
            lookup: self.lookup,
            idle_time: self.idle_time,
            policy: Arc::new(Policy {
                source: self.source,
                begun: Instant::now(),
                failures_kept: u64::try_from(self.failures_kept.as_nanos()).unwrap_or(u64::MAX),
                exclusive: self.exclusive,
                room_is_waited_for: matches!(self.capacity, Some((_, WhenFull::Wait))),
            }),
            hasher: RandomState::new(),
            table: Table::new(self.shards),
            expiry: Queue::new(Queues::EXPIRY),
            used: Queue::new(Queues::USE),
            room: self.capacity.map(|(capacity, when_full)| Room::new(capacity, when_full)),
            scope: own,
            home: Home::capture(),
            counters: Counters::default(),
            on_event: self.on_event,
        });
        let drained = Arc::clone(&engine);
        let drain = move |_exit: Exit| drained.drain();
        if engine.scope().try_on_close_named(self.source.name(), drain).is_err() {
            engine.refuse();
        }
        RcMap { engine }
    }
}

impl<K, V, E, Idle> fmt::Debug for RcMapBuilder<K, V, E, Idle> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcMapBuilder").field("name", &self.source.name()).finish_non_exhaustive()
    }
}
