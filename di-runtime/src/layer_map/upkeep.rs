//! Upkeep of a map: what is there, and what is thrown away, renewed, made beforehand or closed.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use di_core::set::ServiceSet;
use di_core::{BuildError, Context, SharedError};

use super::{LayerGuard, LayerKey, LayerMap};
use crate::{BorrowedKey, CloseError, KeyState, RcMap, RcMapCloseReport, RcMapStats};

/// Upkeep. What is said of one key in [`RcMap`] holds here too.
impl<K: LayerKey, Out: ServiceSet> LayerMap<K, Out> {
    /// Takes what was built away from its key: whoever holds it keeps it, and the next one who asks gets another instance.
    ///
    /// If nobody holds it, it is released now, and waited for. Returns whether there was something.
    ///
    /// # Cancel safety
    ///
    /// It happens at the first poll; dropping the future stops no release.
    pub async fn invalidate<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        self.map.invalidate(key).await
    }

    /// The same, and waits until nobody holds it any more and it is released.
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](LayerMap::invalidate).
    pub async fn invalidate_and_wait<Q>(&self, key: &Q) -> Result<bool, CloseError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        self.map.invalidate_and_wait(key).await
    }

    /// [Invalidates](LayerMap::invalidate) all keys that are there now; how many that were.
    pub async fn invalidate_all(&self) -> usize {
        self.map.invalidate_all().await
    }

    /// [Invalidates](LayerMap::invalidate) the keys for which a function says so; how many that were.
    pub async fn invalidate_where(&self, which: impl Fn(&K) -> bool) -> usize {
        self.map.invalidate_where(which).await
    }

    /// Ends what was built for a key now, whoever holds it, and waits until it is released; whether there was something.
    ///
    /// Those who hold it are told by [`LayerGuard::evicted`].
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](LayerMap::invalidate).
    pub async fn evict<Q>(&self, key: &Q) -> Result<bool, CloseError>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + Sync + ?Sized,
    {
        self.map.evict(key).await
    }

    /// Builds a key anew, and puts that in the place of what is there, without a gap: until it is there, all get the old one.
    ///
    /// In an [exclusive](crate::LayerMapBuilder::exclusive) map the old one is released first, and whoever holds it is waited for:
    /// do not refresh a key while you hold it.
    ///
    /// # Errors
    ///
    /// As [`acquire`](LayerMap::acquire); the old one stays then.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerMap::acquire).
    pub async fn refresh<Q>(&self, key: &Q) -> Result<LayerGuard<Out>, BuildError>
    where
        K: Borrow<Q>,
        Q: BorrowedKey<K> + ?Sized,
    {
        match self.map.refresh(key).await {
            Ok(guard) => Ok(self.guard(guard)),
            Err(error) => Err(self.error(&key.to_key(), &error)),
        }
    }

    /// Builds these keys, a few at a time; they are idle then.
    ///
    /// # Errors
    ///
    /// The first failure, with all others beside it. None stops another.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerMap::acquire).
    pub async fn preload(&self, keys: impl IntoIterator<Item = K>) -> Result<(), BuildError> {
        let preloaded = self.map.preload(keys).run().await;
        let mut failures = preloaded.failures.iter().map(|(key, error)| self.error(key, error));
        match failures.next() {
            None => Ok(()),
            Some(first) => Err(first.suppress(failures.map(|error| Arc::new(error) as SharedError))),
        }
    }

    /// The keys that are there now, in no order.
    pub fn keys(&self) -> Vec<K> {
        self.map.keys()
    }

    /// Whether there is something for a key: in use, idle, or being built.
    #[doc(alias = "has")]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.map.contains(key)
    }

    /// Where a key stands, if there is something for it, as [`RcMap::inspect`].
    pub fn inspect<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<KeyState>
    where
        K: Borrow<Q>,
    {
        self.map.inspect(key)
    }

    /// Where all keys stand, in no order, as [`RcMap::entries`].
    pub fn entries(&self) -> Vec<(K, KeyState)> {
        self.map.entries()
    }

    /// What there is, and what has happened.
    pub fn stats(&self) -> RcMapStats {
        self.map.stats()
    }

    /// The map of what was built, for what is not said here: handles for keys, preloading with progress, touching.
    pub fn resources(&self) -> &RcMap<K, Context<Out>, BuildError> {
        &self.map
    }

    /// Closes the map: nothing can be asked for any more, and everything is released, also what is held. It closes with its
    /// scope anyway.
    ///
    /// # Errors
    ///
    /// The failures of finalizers. None stops another.
    ///
    /// # Cancel safety
    ///
    /// The close begins at the first poll, and goes on if the future is dropped.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.map.close().await
    }

    /// Lets nothing begin any more, waits so long for those who hold something, and [closes](LayerMap::close) then.
    ///
    /// # Cancel safety
    ///
    /// As that of [`RcMap::close_graceful`].
    pub async fn close_graceful(&self, limit: Duration) -> RcMapCloseReport<K> {
        self.map.close_graceful(limit).await
    }
}
