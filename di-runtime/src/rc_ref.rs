//! One resource made on demand: a keyed one whose key says nothing.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use di_core::layer::Source;

use crate::rc_map::{HasIdleTime, IdleTimeChosen, NoIdleTime, RcMap, RcMapBuilder};
use crate::{CloseError, RcGuard, RcMapError, RcMapStats, Scope};

/// A resource that is made when it is first asked for, shared while it is in use, and released when it is idle.
///
/// Use it for one costly resource that is not always needed; where there is one for each key, use [`RcMap`]. All rules are
/// those of [`RcMap`].
///
/// ```
/// use std::time::Duration;
///
/// use di_runtime::{RcRef, Scope};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # async fn load() -> Result<Vec<f32>, String> { Ok(vec![0.5]) }
/// let scope = Scope::new();
/// let model = RcRef::new(|_scope: Scope| load()).idle_time_to_live(Duration::from_secs(600)).build(&scope);
///
/// let first = model.get().await?; // loaded now
/// assert!(first.is_same(&model.get().await?));
/// # Ok(())
/// # }
/// ```
pub struct RcRef<V, E> {
    map: RcMap<(), V, E>,
}

impl<V, E> RcRef<V, E>
where
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    /// A resource that is acquired by this function, into a scope that closes when it is released.
    #[expect(clippy::new_ret_no_self, reason = "it is made by its builder")]
    #[track_caller]
    pub fn new<F, Fut>(acquire: F) -> RcRefBuilder<V, E>
    where
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        let place = Location::caller();
        let source = Source::new("RcRef", "", place.file(), place.line());
        let lookup = Box::new(move |(), scope| Box::pin(acquire(scope)) as di_core::BoxFuture<Result<V, E>>);
        RcRefBuilder { map: RcMapBuilder::new(lookup, source).one_shard() }
    }

    /// Holds the resource, and acquires it if it is not there: [`RcMap::get`].
    ///
    /// # Errors
    ///
    /// What the acquisition fails with; see [`RcMapError`] for all reasons.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the request; an acquisition that nobody else waits for is cancelled.
    pub async fn get(&self) -> Result<RcGuard<V>, RcMapError<E>> {
        self.map.get(&()).await
    }

    /// Holds the resource if it is there, or is being acquired: [`RcMap::get_if_present`].
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), if the acquisition that is waited for fails.
    pub async fn get_if_present(&self) -> Result<Option<RcGuard<V>>, RcMapError<E>> {
        self.map.get_if_present(&()).await
    }

    /// Begins its idle time anew: [`RcMap::touch`].
    pub fn touch(&self) -> bool {
        self.map.touch(&())
    }

    /// Whoever holds it keeps it, and the next request acquires it anew: [`RcMap::invalidate`].
    pub async fn invalidate(&self) -> bool {
        self.map.invalidate(&()).await
    }

    /// The same, and waits until it is released: [`RcMap::invalidate_and_wait`].
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    pub async fn invalidate_and_wait(&self) -> Result<bool, CloseError> {
        self.map.invalidate_and_wait(&()).await
    }

    /// Releases it now, whoever holds it: [`RcMap::evict`].
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    pub async fn evict(&self) -> Result<bool, CloseError> {
        self.map.evict(&()).await
    }

    /// Acquires it anew and swaps without a gap: [`RcMap::refresh`].
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); the old one stays then.
    pub async fn refresh(&self) -> Result<RcGuard<V>, RcMapError<E>> {
        self.map.refresh(&()).await
    }

    /// What there is, and what has happened: [`RcMap::stats`].
    pub fn stats(&self) -> RcMapStats {
        self.map.stats()
    }

    /// Closes it, even if it is held: [`RcMap::close`].
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.map.close().await
    }

    /// Waits so long for those who hold it, and then closes it; whether it had to be forced:
    /// [`RcMap::close_graceful`].
    pub async fn close_graceful(&self, limit: Duration) -> bool {
        !self.map.close_graceful(limit).await.forced.is_empty()
    }

    /// Whether it is closed, or is being closed.
    pub fn is_closed(&self) -> bool {
        self.map.is_closed()
    }
}

impl<V, E> Clone for RcRef<V, E> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone() }
    }
}

impl<V, E> fmt::Debug for RcRef<V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcRef").finish_non_exhaustive()
    }
}

/// Makes an [`RcRef`]; as with an [`RcMap`], how long to keep it while nobody holds it has to be said.
#[must_use = "a builder makes a reference with `build`"]
pub struct RcRefBuilder<V, E, Idle = NoIdleTime> {
    map: RcMapBuilder<(), V, E, Idle>,
}

impl<V, E, Idle> RcRefBuilder<V, E, Idle> {
    /// Keeps it for so long while nobody holds it: [`RcMapBuilder::idle_time_to_live`].
    pub fn idle_time_to_live(self, time: Duration) -> RcRefBuilder<V, E, HasIdleTime> {
        RcRefBuilder { map: self.map.idle_time_to_live(time) }
    }

    /// Releases it as soon as nobody holds it.
    pub fn release_immediately(self) -> RcRefBuilder<V, E, HasIdleTime> {
        RcRefBuilder { map: self.map.release_immediately() }
    }

    /// Keeps it until it is invalidated or closed.
    pub fn keep(self) -> RcRefBuilder<V, E, HasIdleTime> {
        RcRefBuilder { map: self.map.keep() }
    }

    /// Acquires a new one only when older ones have ended: [`RcMapBuilder::exclusive`].
    pub fn exclusive(self) -> Self {
        Self { map: self.map.exclusive() }
    }

    /// Keeps failures for so long: [`RcMapBuilder::cache_failures`].
    pub fn cache_failures(self, time: Duration) -> Self {
        Self { map: self.map.cache_failures(time) }
    }

    /// What logs, reports and circles call it; by default `RcRef`.
    pub fn named(self, name: &'static str) -> Self {
        Self { map: self.map.named(name) }
    }
}

impl<V, E, Idle> RcRefBuilder<V, E, Idle>
where
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    /// Makes the reference. It closes with the scope.
    pub fn build(self, scope: &Scope) -> RcRef<V, E>
    where
        Idle: IdleTimeChosen,
    {
        RcRef { map: self.map.build(scope) }
    }
}

impl<V, E, Idle> fmt::Debug for RcRefBuilder<V, E, Idle> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcRefBuilder").finish_non_exhaustive()
    }
}
