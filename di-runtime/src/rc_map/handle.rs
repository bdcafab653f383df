//! Key handles: one key asked for again and again.

use std::fmt;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use super::RcMap;
use super::entry::Held;
use super::error::RcMapError;
use super::guard::RcGuard;
use super::state::Duty;

/// One key of an [`RcMap`], for those who ask for it often: as long as the entry is the current one, nothing is hashed and
/// nothing is locked.
///
/// Use it where one task serves one key. It holds no reference, so the resource can become idle and expire between two
/// uses; the next one builds it again.
///
/// ```
/// # use std::time::Duration;
/// # use di_runtime::{RcMap, RcMapError, Scope};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), RcMapError<String>> {
/// # let scope = Scope::new();
/// let names = RcMap::unscoped(|id: u32| async move { Ok::<_, String>(format!("user {id}")) })
///     .idle_time_to_live(Duration::from_secs(60))
///     .build(&scope);
/// let mut seven = names.handle(&7);
/// for _ in 0..1000 {
///     assert_eq!(*seven.get().await?, "user 7");
/// }
/// assert_eq!(names.stats().built, 1);
/// # Ok(())
/// # }
/// ```
///
/// # What happens on drop
///
/// Nothing, but for this: a handle keeps the memory of what it was used for last. A value that is released meanwhile is
/// finalized at once, and dropped when the handle is used again or dropped. Where the drop of a value is its release, ask
/// the map.
pub struct KeyHandle<K, V, E> {
    map: RcMap<K, V, E>,
    key: K,
    hash: u64,
    current: Option<Arc<dyn Held<V>>>,
}

impl<K, V, E> KeyHandle<K, V, E>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    pub(super) fn new(map: RcMap<K, V, E>, key: K, hash: u64) -> Self {
        Self { map, key, hash, current: None }
    }

    /// The key.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Holds the resource, and builds it if it is not there, as [`RcMap::get`].
    ///
    /// # Errors
    ///
    /// As [`RcMap::get`].
    ///
    /// # Cancel safety
    ///
    /// As [`RcMap::get`].
    #[inline]
    pub async fn get(&mut self) -> Result<KeyGuard<'_, V>, RcMapError<E>> {
        if !self.current.as_ref().is_some_and(|current| current.hold()) {
            self.find().await?;
        }
        Ok(KeyGuard { held: self.current.as_ref().expect("it was just held") })
    }

    /// Holds what is current now, and remembers it.
    #[cold]
    async fn find(&mut self) -> Result<(), RcMapError<E>> {
        self.current = None;
        let mut guard = self.map.engine.get(self.hash, self.key.clone()).await?;
        self.current = Some(guard.take());
        Ok(())
    }
}

impl<K: Clone, V, E> Clone for KeyHandle<K, V, E> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone(), key: self.key.clone(), hash: self.hash, current: self.current.clone() }
    }
}

impl<K: fmt::Debug, V, E> fmt::Debug for KeyHandle<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHandle").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A reference to a resource, borrowed from a [`KeyHandle`].
///
/// It is to the handle what an [`RcGuard`] is to the map; [`to_guard`](Self::to_guard) makes one that is free of the
/// handle.
#[must_use = "dropping it gives the reference back"]
pub struct KeyGuard<'handle, V> {
    held: &'handle Arc<dyn Held<V>>,
}

impl<V> KeyGuard<'_, V> {
    /// One more reference, which need not go before the handle does.
    pub fn to_guard(&self) -> RcGuard<V> {
        self.held.share();
        RcGuard::of(self.held)
    }
}

impl<V> Deref for KeyGuard<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.held.value()
    }
}

impl<V> Drop for KeyGuard<'_, V> {
    #[inline]
    fn drop(&mut self) {
        match self.held.release() {
            Duty::None => {}
            duty => drop(Arc::clone(self.held).discharge(duty)),
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for KeyGuard<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyGuard").field(&**self).finish()
    }
}
