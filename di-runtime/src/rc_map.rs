//! Keyed resources: made on demand, shared while in use, released when idle.

mod builder;
mod engine;
mod entry;
mod error;
mod guard;
mod handle;
mod idle;
mod inspect;
mod key;
#[cfg(test)]
mod model;
mod preload;
#[cfg(test)]
mod races;
mod room;
mod shards;
mod state;
mod stats;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use di_core::layer::Source;

pub use self::builder::{HasIdleTime, IdleTimeChosen, NoIdleTime, RcMapBuilder};
pub use self::error::{RcMapError, RcMapEvent, RcMapEventKind, ReleaseReason};
pub use self::guard::RcGuard;
pub use self::handle::{KeyGuard, KeyHandle};
pub use self::inspect::KeyState;
pub use self::key::BorrowedKey;
pub use self::preload::{Preload, PreloadProgress, Preloaded};
pub use self::room::WhenFull;
pub use self::stats::RcMapStats;

use self::engine::{Engine, Graceful};
use self::entry::Request;
use self::state::Phase;
use crate::{CloseError, CloseReport, Scope};

/// Resources by key: each is made when it is first asked for, shared while it is in use, and released when it is idle.
///
/// Use it for what is costly to make and belongs to a key: a pool for each tenant, a connection for each region, a room
/// for each chat. For one resource without a key there is [`RcRef`](crate::RcRef); for values that need no release, a cache will do.
///
/// ```
/// use std::time::Duration;
///
/// use di_core::Exit;
/// use di_runtime::{RcMap, RcMapError, Scope};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # struct Pool(String);
/// # impl Pool { async fn open(tenant: &str) -> Result<Self, String> { Ok(Pool(tenant.to_owned())) } fn close(&self) {} }
/// let app = Scope::new();
/// let pools = RcMap::new(|tenant: String, scope: Scope| async move {
///     let pool = std::sync::Arc::new(Pool::open(&tenant).await?);
///     let closed = pool.clone();
///     scope.on_close(async move |_exit| closed.close());
///     Ok::<_, String>(pool)
/// })
/// .idle_time_to_live(Duration::from_secs(120))
/// .build(&app);
///
/// let pool = pools.get("acme").await?; // the first request opens the pool
/// let same = pools.get("acme").await?; // all others share it
/// assert!(pool.is_same(&same));
/// drop((pool, same));
///
/// tokio::time::sleep(Duration::from_secs(121)).await; // nobody held it for two minutes
/// assert!(!pools.contains("acme"));
///
/// app.close(Exit::Success).await?; // the map closes with its scope
/// assert!(matches!(pools.get("acme").await, Err(RcMapError::Closed)));
/// # Ok(())
/// # }
/// ```
///
/// # Rules
///
/// - One build for any number of requests. It runs on a task of its own; requests come and go, and when the last one has
///   left it is cancelled, and what it had acquired is released.
/// - A failure goes to everybody who waited, after everything was released, and is then forgotten;
///   [`cache_failures`](RcMapBuilder::cache_failures) keeps it.
/// - Idle means that nobody holds it: idle time begins when the last [`RcGuard`] is dropped, and nothing but time is needed
///   for it to end. How long it is has to be said.
/// - What was invalidated stays with those who hold it, and the next request builds anew. The two may exist side by side,
///   unless the map is [`exclusive`](RcMapBuilder::exclusive).
/// - A lookup that waits for itself, through this map, other maps or layers, is an error.
/// - A clone is the same map. It closes with its scope, even if resources are held.
///
/// # Panics
///
/// A panic of a lookup is an error for all who wait. One of `Hash` or `Eq` goes to the caller, and harms nobody else.
pub struct RcMap<K, V, E> {
    engine: Arc<Engine<K, V, E>>,
}

impl<K, V, E> RcMap<K, V, E>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    /// A map whose lookup is given the key and a scope, which closes when the resource is released.
    ///
    /// There is no silent default for the time that idle resources are kept: the builder makes a map only when it was told.
    #[expect(clippy::new_ret_no_self, reason = "a map is made by its builder")]
    #[track_caller]
    pub fn new<F, Fut>(lookup: F) -> RcMapBuilder<K, V, E>
    where
        F: Fn(K, Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        let place = Location::caller();
        let source = Source::new("RcMap", "", place.file(), place.line());
        RcMapBuilder::new(Box::new(move |key, scope| Box::pin(lookup(key, scope))), source)
    }

    /// A map whose lookup is given the key only. What it makes is released by being dropped.
    #[track_caller]
    pub fn unscoped<F, Fut>(lookup: F) -> RcMapBuilder<K, V, E>
    where
        F: Fn(K) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        Self::new(move |key, _scope| lookup(key))
    }

    /// Holds the resource of a key, and builds it if it is not there.
    ///
    /// # Errors
    ///
    /// What the lookup fails with; see [`RcMapError`] for all reasons.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the request. The build goes on for others who wait; if there are none, it is
    /// cancelled.
    #[inline]
    pub async fn get<Q>(&self, key: &Q) -> Result<RcGuard<V>, RcMapError<E>>
    where
        K: Borrow<Q>,
        Q: BorrowedKey<K> + ?Sized,
    {
        let hash = self.engine.hash(key);
        match self.engine.hold(hash, |there| there.borrow() == key) {
            Some(entry) => Ok(RcGuard::new(entry)),
            // A future of its own on the heap, so that the usual way is a small one.
            None => Box::pin(self.engine.get(hash, key.to_key())).await,
        }
    }

    /// Holds the resource of a key if it is there. One that is being built is waited for; nothing is begun.
    ///
    /// It is `None` for a key that is not there, and once the map is closed.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), if the build that is waited for fails.
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    #[doc(alias = "getOption")]
    pub async fn get_if_present<Q>(&self, key: &Q) -> Result<Option<RcGuard<V>>, RcMapError<E>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        self.engine.get_if_present(self.engine.hash(key), |there| there.borrow() == key).await
    }

    /// Whether there is an entry for this key: in use, idle, or being built.
    #[doc(alias = "has")]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let look = |entry: &Arc<entry::Entry<K, V, E>>| !entry.word().is_detached();
        self.engine.table().look(self.engine.hash(key), |there| there.borrow() == key, look).unwrap_or(false)
    }

    /// The keys that are there now, in no order. Others come and go while they are collected.
    pub fn keys(&self) -> Vec<K> {
        self.engine.table().present().iter().map(|entry| entry.key().clone()).collect()
    }

    /// How many entries there are: in use, idle, being built, and failures that are kept. They are counted at one moment,
    /// so there are never more than the capacity.
    pub fn len(&self) -> usize {
        self.engine.table().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What there is, and what has happened. It looks at every entry.
    pub fn stats(&self) -> RcMapStats {
        let mut stats = self.engine.counters().stats();
        for word in self.engine.table().present().iter().map(|entry| entry.word()) {
            stats.hits += word.acquires();
            match word.phase() {
                Phase::Building => stats.building += 1,
                Phase::Present if word.count() == 0 => stats.idle += 1,
                Phase::Present => stats.in_use += 1,
                Phase::Failed => stats.failures += 1,
                _ => stats.leaving += 1,
            }
        }
        for (entry, _) in self.engine.table().leaving() {
            stats.leaving += 1;
            stats.hits += entry.map_or(0, |entry| entry.word().acquires());
        }
        stats
    }

    /// Begins the idle time of a key anew, as if it had been used now; whether there was something to touch.
    pub fn touch<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        match self.engine.request(self.engine.hash(key), |there| there.borrow() == key) {
            Some(Request::Held(entry)) => {
                drop(RcGuard::new(entry));
                true
            }
            _ => false,
        }
    }

    /// Takes a resource away from its key: whoever holds it keeps it, and the next request builds anew.
    ///
    /// If nobody holds it, it is released now, and waited for. A build that is under way goes to those who wait for it.
    /// Returns whether there was an entry. A release that fails is logged.
    ///
    /// # Cancel safety
    ///
    /// It happens at the first poll; dropping the future stops no release.
    pub async fn invalidate<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        let Some(entry) = self.find(key) else { return false };
        self.engine.detach(entry, ReleaseReason::Invalidated).released().await;
        true
    }

    /// The same, and waits until nobody holds it any more and it is released.
    ///
    /// Called from a lookup that the wait would be for, it does not wait.
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](Self::invalidate).
    pub async fn invalidate_and_wait<Q>(&self, key: &Q) -> Result<bool, CloseError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        let Some(entry) = self.find(key) else { return Ok(false) };
        self.engine.detach(entry, ReleaseReason::Invalidated).over().await.map(|()| true)
    }

    /// [Invalidates](Self::invalidate) all keys that are there now; how many that were.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](Self::invalidate).
    pub async fn invalidate_all(&self) -> usize {
        self.engine.detach_where(|_| true).await
    }

    /// [Invalidates](Self::invalidate) the keys for which a function says so; how many that were.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](Self::invalidate).
    pub async fn invalidate_where(&self, which: impl Fn(&K) -> bool) -> usize {
        self.engine.detach_where(which).await
    }

    /// Ends a resource now, whoever holds it, and waits until it is released; whether there was an entry.
    ///
    /// Those who hold it are told by [`RcGuard::evicted`]; those who wait for its build get [`RcMapError::Evicted`].
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](Self::invalidate).
    pub async fn evict<Q>(&self, key: &Q) -> Result<bool, CloseError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        let Some(entry) = self.find(key) else { return Ok(false) };
        self.engine.force(entry, ReleaseReason::Evicted).over().await.map(|()| true)
    }

    /// Builds a resource anew, puts it in the place of what is there, and holds it.
    ///
    /// Until it is there, requests get the old one, which is released when nobody holds it any more. If the build fails,
    /// the old one stays. Refreshes of one key at one time, and a build that is under way, have one result for all. A key
    /// that is invalidated meanwhile is not put back: the caller gets what was built, and nobody else. The new one takes
    /// the room of the old one, and none before.
    ///
    /// In an [exclusive](RcMapBuilder::exclusive) map there is a gap: the old one is invalidated and released first, and whoever
    /// holds it is waited for. Do not refresh a key there while you hold it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    pub async fn refresh<Q>(&self, key: &Q) -> Result<RcGuard<V>, RcMapError<E>>
    where
        K: Borrow<Q>,
        Q: BorrowedKey<K> + ?Sized,
    {
        self.engine.refresh(self.engine.hash(key), key.to_key()).await
    }

    /// Asks for many keys, a few at a time.
    ///
    /// ```
    /// # use di_runtime::{RcMap, Scope};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let scope = Scope::new();
    /// let squares = RcMap::unscoped(|n: u32| async move { n.checked_mul(n).ok_or("too large") }).keep().build(&scope);
    /// let preloaded = squares
    ///     .preload([1, 2, 100_000])
    ///     .concurrency(2)
    ///     .on_progress(|progress| println!("{} of {}", progress.done, progress.total))
    ///     .run()
    ///     .await;
    /// assert_eq!((preloaded.guards.len(), preloaded.failures.len()), (2, 1));
    /// # }
    /// ```
    pub fn preload(&self, keys: impl IntoIterator<Item = K>) -> Preload<'_, K, V, E> {
        Preload::new(self, keys.into_iter().collect())
    }

    /// A handle for a key that is asked for often.
    pub fn handle<Q: BorrowedKey<K> + ?Sized>(&self, key: &Q) -> KeyHandle<K, V, E>
    where
        K: Borrow<Q>,
    {
        KeyHandle::new(self.clone(), key.to_key(), self.engine.hash(key))
    }

    /// Closes the map: from now on there is nothing to get, builds are cancelled, and everything is released side by side,
    /// even if it is held. Returns when all that has ended, to everybody who closes.
    ///
    /// Called from a lookup or a finalizer of the map, it does not wait for itself. The close of the scope of the map does
    /// the same.
    ///
    /// # Errors
    ///
    /// The failures of finalizers. None stops another.
    ///
    /// # Cancel safety
    ///
    /// The close begins at the first poll, and goes on if the future is dropped.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.engine.close().await
    }

    /// Lets nothing begin any more, waits so long for those who hold something or wait for a build, and then
    /// [closes](Self::close).
    ///
    /// # Cancel safety
    ///
    /// From the first poll on there is nothing to get. If the future is dropped before the limit, what is held is released
    /// by its last holder, or by a close.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with a timer, as tokio itself does.
    pub async fn close_graceful(&self, limit: Duration) -> RcMapCloseReport<K> {
        let Graceful { forced, report } = self.engine.close_gracefully(limit).await;
        RcMapCloseReport { forced, report }
    }

    /// Whether the map is closed, or is being closed.
    pub fn is_closed(&self) -> bool {
        self.engine.scope().is_closed() || self.engine.table().is_closed()
    }

    /// What logs call the map.
    pub(crate) fn name(&self) -> &'static str {
        self.engine.policy().source.name()
    }

    /// What closes with the map.
    pub(crate) fn scope(&self) -> &Scope {
        self.engine.scope()
    }

    fn find<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<entry::Entry<K, V, E>>>
    where
        K: Borrow<Q>,
    {
        self.engine.find(self.engine.hash(key), |there| there.borrow() == key)
    }
}

/// What a [graceful close](RcMap::close_graceful) came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RcMapCloseReport<K> {
    /// The keys of what was held, or was being built, when the time was over.
    pub forced: Vec<K>,
    /// What the finalizers did that ran when the time was over.
    pub report: CloseReport,
}

impl<K, V, E> Clone for RcMap<K, V, E> {
    fn clone(&self) -> Self {
        Self { engine: Arc::clone(&self.engine) }
    }
}

impl<K, V, E> fmt::Debug for RcMap<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcMap")
            .field("name", &self.engine.policy().source.name())
            .field("entries", &self.engine.table().len())
            .finish_non_exhaustive()
    }
}
