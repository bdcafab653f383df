//! Preloading: many keys at once, a few at a time.

use std::fmt;
use std::hash::Hash;

use futures_util::{StreamExt, stream};

use super::RcMap;
use super::error::RcMapError;
use super::guard::RcGuard;

/// How far a preload is.
#[derive(Debug)]
#[non_exhaustive]
pub struct PreloadProgress<'a, K, E> {
    /// How many keys are done, this one included.
    pub done: usize,
    /// How many keys there are.
    pub total: usize,
    /// The key that is done.
    pub key: &'a K,
    /// Why there is nothing for it, if it failed.
    pub error: Option<&'a RcMapError<E>>,
}

/// What a preload came to.
#[must_use = "what was preloaded is held by its guards"]
pub struct Preloaded<K, V, E> {
    /// What is there now, held until these are dropped; idle time begins then.
    pub guards: Vec<(K, RcGuard<V>)>,
    /// What is not there, and why.
    pub failures: Vec<(K, RcMapError<E>)>,
}

impl<K: fmt::Debug, V, E> fmt::Debug for Preloaded<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preloaded")
            .field("guards", &self.guards.iter().map(|(key, _)| key).collect::<Vec<_>>())
            .field("failures", &self.failures.iter().map(|(key, _)| key).collect::<Vec<_>>())
            .finish()
    }
}

/// A preload that is to be run: see [`RcMap::preload`].
#[must_use = "nothing is loaded before `run`"]
pub struct Preload<'a, K, V, E> {
    map: &'a RcMap<K, V, E>,
    keys: Vec<K>,
    at_once: usize,
    on_progress: Box<dyn FnMut(PreloadProgress<'_, K, E>) + Send + 'a>,
}

impl<'a, K, V, E> Preload<'a, K, V, E> {
    pub(super) fn new(map: &'a RcMap<K, V, E>, keys: Vec<K>) -> Self {
        Self { map, keys, at_once: 8, on_progress: Box::new(|_| {}) }
    }

    /// How many keys are built at a time, at least one; by default eight.
    pub fn concurrency(mut self, keys: usize) -> Self {
        self.at_once = keys.max(1);
        self
    }

    /// Calls a function for every key that is done.
    pub fn on_progress(mut self, on_progress: impl FnMut(PreloadProgress<'_, K, E>) + Send + 'a) -> Self {
        self.on_progress = Box::new(on_progress);
        self
    }
}

impl<K, V, E> Preload<'_, K, V, E>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    /// Asks for all keys. A failure stops none of the others.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives back what was there, and leaves the builds that nobody else waits for.
    pub async fn run(mut self) -> Preloaded<K, V, E> {
        let (map, total) = (self.map, self.keys.len());
        let mut preloaded = Preloaded { guards: Vec::new(), failures: Vec::new() };
        let get = |key: K| async move {
            let got = map.get(&key).await;
            (key, got)
        };
        let mut done = stream::iter(self.keys.into_iter().map(get)).buffer_unordered(self.at_once).enumerate();
        while let Some((before, (key, got))) = done.next().await {
            let progress = PreloadProgress { done: before + 1, total, key: &key, error: got.as_ref().err() };
            (self.on_progress)(progress);
            match got {
                Ok(guard) => preloaded.guards.push((key, guard)),
                Err(error) => preloaded.failures.push((key, error)),
            }
        }
        preloaded
    }
}

impl<K, V, E> fmt::Debug for Preload<'_, K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preload").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}
