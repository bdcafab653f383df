//! Guards: one reference each to what was built.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::entry::Held;
use super::state::{Duty, Phase};
use crate::CloseError;

/// A reference to a resource of an [`RcMap`](crate::RcMap) or [`RcRef`](crate::RcRef), which is not released before this is dropped.
///
/// It derefs to the resource. A clone is one more reference.
///
/// # What happens on drop
///
/// The reference is given back. If it was the last one, idle time begins; or, if there is none, the resource is released on
/// a task that nobody waits for. [`release`](Self::release) waits for it.
///
/// A guard keeps the resource in all cases but two, in which its finalizers run nevertheless: the map is closed, or the key
/// is [evicted](crate::RcMap::evict). [`evicted`](Self::evicted) tells of both.
#[must_use = "dropping it gives the reference back"]
pub struct RcGuard<V> {
    held: Option<Arc<dyn Held<V>>>,
}

impl<V> RcGuard<V> {
    /// What was counted by the step that made this holder one.
    pub(crate) fn new(held: Arc<impl Held<V> + 'static>) -> Self {
        Self { held: Some(held) }
    }

    /// The guard, as what hands out further ones.
    #[inline]
    pub(crate) fn held(&self) -> &Arc<dyn Held<V>> {
        self.held.as_ref().expect("a guard has its entry until it is used up")
    }

    /// Leaves the reference to the caller.
    pub(crate) fn take(&mut self) -> Arc<dyn Held<V>> {
        self.held.take().expect("a guard has its entry until it is used up")
    }

    pub(crate) fn of(held: &Arc<dyn Held<V>>) -> Self {
        Self { held: Some(Arc::clone(held)) }
    }

    /// Gives the reference back. If it was the last one and the resource is not kept while idle, waits until it is
    /// released.
    ///
    /// # Errors
    ///
    /// The failures of its finalizers, if this release ran them. They are logged as well.
    ///
    /// # Cancel safety
    ///
    /// The reference is given back at the first poll, and dropping the future before that does the same. A release that
    /// has begun goes on.
    pub async fn release(mut self) -> Result<(), CloseError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let duty = held.release();
        let ended = held.discharge(duty);
        match ended {
            Some(ended) => ended.wait().await,
            None => Ok(()),
        }
    }

    /// Whether this is what a request for its key gets now; false once it was invalidated, replaced or evicted.
    pub fn is_current(&self) -> bool {
        let word = self.held().word();
        word.phase() == Phase::Present && !word.is_detached()
    }

    /// Whether it is released although it is held: it was evicted, or its map was closed.
    pub fn is_evicted(&self) -> bool {
        self.held().word().phase() != Phase::Present
    }

    /// Waits until it is released although it is held. Work that uses it can be given up then:
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use di_runtime::{RcGuard, RcMap, Scope};
    /// async fn serve(room: RcGuard<String>) -> &'static str {
    ///     tokio::select! {
    ///         () = room.evicted() => "the room is closed",
    ///         () = tokio::time::sleep(Duration::from_secs(3600)) => "served",
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let scope = Scope::new();
    /// # let rooms = RcMap::unscoped(|name: &'static str| async move { Ok::<_, String>(name.to_owned()) }).keep().build(&scope);
    /// let served = tokio::spawn(serve(rooms.get(&"lobby").await?));
    /// rooms.evict(&"lobby").await?;
    /// assert_eq!(served.await?, "the room is closed");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn evicted(&self) {
        let held = self.held();
        loop {
            // From here on no change is missed, although this is not polled yet.
            let changed = held.changed().notified();
            if self.is_evicted() {
                return;
            }
            changed.await;
        }
    }

    /// Whether both are references to one and the same instance.
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(self.held()), Arc::as_ptr(other.held()))
    }
}

impl<V> Deref for RcGuard<V> {
    type Target = V;

    #[inline]
    fn deref(&self) -> &V {
        self.held().value()
    }
}

impl<V> Clone for RcGuard<V> {
    fn clone(&self) -> Self {
        self.held().share();
        Self { held: self.held.clone() }
    }
}

impl<V> Drop for RcGuard<V> {
    #[inline]
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            match held.release() {
                Duty::None => {}
                duty => drop(held.discharge(duty)),
            }
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for RcGuard<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RcGuard").field(&**self).finish()
    }
}
