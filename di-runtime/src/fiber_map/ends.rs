//! The ends of fibers: interrupting them, waiting for them, and the close of their collection.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use di_core::BoxFuture;

use super::error::{FiberMapError, FibersStuck};
use super::members::{Phase, Until};
use super::{FiberKey, FiberMap};
use crate::Scope;
use crate::fiber::{Children, Fiber, FiberFailure};

impl<K, A, E> FiberMap<K, A, E>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// Interrupts the fiber of a key, and waits until it has ended; the fiber, if there was one. What is
    /// [retained](crate::FiberMapBuilder::retain_results) of the key is dropped.
    ///
    /// A fiber that removes itself is interrupted at this await.
    ///
    /// # Cancel safety
    ///
    /// Nothing happens before the first poll. After that the fiber ends, also if the future is dropped.
    pub async fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Fiber<A, E>>
    where
        K: Borrow<Q>,
    {
        self.engine().remove(key).await.map(Fiber::of)
    }

    /// Interrupts all fibers, and waits until they have ended. What is retained is dropped. The collection stays open.
    ///
    /// # Cancel safety
    ///
    /// As [`remove`](FiberMap::remove).
    pub async fn clear(&self) {
        self.engine().clear().await;
    }

    /// Waits for the first failure of a fiber. It is kept: every later call tells of the same one. Siblings go on, unless the
    /// collection [fails fast](crate::FiberMapBuilder::fail_fast).
    ///
    /// It does not end because fibers do ([`join_all`](FiberMap::join_all)); it ends with `Ok` when the collection is closed:
    /// when all fibers are gone, or for one of them and its finalizers, when the close has begun.
    ///
    /// # Errors
    ///
    /// The first failure, in the order in which fibers ended.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the future can be dropped and made again.
    pub async fn join(&self) -> Result<(), FiberMapError<K, A, E>> {
        self.engine().wait(Until::Closed, true).await.map_err(FiberMapError::of)
    }

    /// Waits until nothing runs any more, or for the first failure.
    ///
    /// A fiber of the collection waits for the others: see [`await_empty`](FiberMap::await_empty).
    ///
    /// # Errors
    ///
    /// As [`join`](FiberMap::join).
    ///
    /// # Cancel safety
    ///
    /// As [`join`](FiberMap::join).
    pub async fn join_all(&self) -> Result<(), FiberMapError<K, A, E>> {
        self.engine().wait(Until::Drained, true).await.map_err(FiberMapError::of)
    }

    /// Waits until nothing runs any more, neither what was added meanwhile nor what was replaced, whatever fails.
    ///
    /// A fiber of the collection does not wait for itself, nor for others that wait like this: it waits until only such are
    /// left. So does a finalizer of a fiber. A task that a fiber has spawned by other means is not recognized.
    ///
    /// # Cancel safety
    ///
    /// As [`join`](FiberMap::join).
    pub async fn await_empty(&self) {
        // Without failures it has none.
        let _ = self.engine().wait(Until::Drained, false).await;
    }

    /// Closes the collection: nothing is run in it any more, and all fibers are interrupted and awaited.
    ///
    /// The scope does that when it closes.
    ///
    /// # Errors
    ///
    /// [`FibersStuck`] with the names of those that did not end within the [grace period](crate::FiberMapBuilder::grace), or that are still
    /// being released after it. [`join`](FiberMap::join) does not wait for them either.
    ///
    /// # Cancel safety
    ///
    /// Nothing happens before the first poll. After that the fibers end, also if the future is dropped.
    pub async fn close(&self) -> Result<(), FibersStuck> {
        self.engine().close().await
    }

    /// Whether the close has begun.
    pub fn is_closed(&self) -> bool {
        self.engine().with(|members| members.phase()) != Phase::Open
    }
}

impl<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> Children for FiberMap<K, A, E> {
    fn make(scope: &Scope) -> Self {
        Self::typed(scope)
    }

    fn end(&self) -> BoxFuture<()> {
        let engine = Arc::clone(self.engine());
        // Those that do not end have been logged.
        Box::pin(async move { drop(engine.close().await) })
    }

    fn is_over(&self) -> bool {
        self.is_closed()
    }
}
