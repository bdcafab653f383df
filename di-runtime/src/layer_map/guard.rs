//! Guards: one use of what was built, for as long as they live.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use di_core::set::{Here, ServiceSet, Stored, SubsetOf};
use di_core::{BoxFuture, Context, EffectSource, RunError};

use super::surroundings::Surroundings;
use crate::host::Run;
use crate::{CloseError, RcGuard, Shutdown};

/// One use of the services that a [`LayerMap`](crate::LayerMap) or a [`LayerRef`](crate::LayerRef) has built.
///
/// It derefs to their [`Context`]. What it holds is not released while it lives; a clone is one more use. Dropping it ends
/// the use, and what that releases is released in the background; [`release`](LayerGuard::release) waits for it.
#[must_use = "what a guard holds may be released when it is dropped"]
pub struct LayerGuard<Out: Stored> {
    guard: RcGuard<Context<Out>>,
    surroundings: Arc<Surroundings>,
}

impl<Out: ServiceSet> LayerGuard<Out> {
    pub(crate) fn new(guard: RcGuard<Context<Out>>, surroundings: Arc<Surroundings>) -> Self {
        Self { guard, surroundings }
    }

    /// Runs an effect, or a closure whose parameters are what it needs, with these services.
    ///
    /// It does not compile if the effect needs a service that is not here (DI0002). The services are used until the effect has
    /// come to its end, also if the guard is dropped before.
    ///
    /// # Errors
    ///
    /// A layer that the effect is provided with could not be built, or not be released.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the effect.
    #[doc(alias("runSync", "runPromise"))]
    pub fn run<Kind: 'static, E>(&self, effect: E) -> BoxFuture<Result<E::Output, RunError>>
    where
        E: EffectSource<Kind> + Send + 'static,
        E::Needs: SubsetOf<Out, Here>,
    {
        let guard = self.clone();
        Box::pin(async move {
            let run = Run::new(guard.surroundings.memo_map.fork(), Shutdown::new());
            let result = run.run(effect, Arc::new(guard.services())).await;
            drop(guard);
            result
        })
    }

    /// Waits until what it holds is released nevertheless: it was evicted, or its map was closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn evicted(&self) {
        self.guard.evicted().await;
    }

    /// Whether it is released although it is held.
    pub fn is_evicted(&self) -> bool {
        self.guard.is_evicted()
    }

    /// Whether this is what one who asks now gets; false once it was invalidated, refreshed or evicted.
    pub fn is_current(&self) -> bool {
        self.guard.is_current()
    }

    /// Ends the use. If it was the last one and what it used is released with it, this waits for that.
    ///
    /// # Errors
    ///
    /// A finalizer failed, or did not finish.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not stop the release.
    pub async fn release(self) -> Result<(), CloseError> {
        self.guard.release().await
    }
}

impl<Out: ServiceSet> Deref for LayerGuard<Out> {
    type Target = Context<Out>;

    fn deref(&self) -> &Context<Out> {
        &self.guard
    }
}

impl<Out: ServiceSet> Clone for LayerGuard<Out> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), surroundings: Arc::clone(&self.surroundings) }
    }
}

impl<Out: ServiceSet> fmt::Debug for LayerGuard<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LayerGuard").field(&**self).finish()
    }
}
