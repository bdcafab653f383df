//! How a collection is made.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::engine::{Engine, Settings};
use super::{FiberKey, FiberMap, Handle};
use crate::Scope;
use crate::fiber::{AnyError, FiberFailure};

/// Makes a [`FiberMap`], a [`FiberSet`](crate::FiberSet) or a [`FiberHandle`](crate::FiberHandle): in which order fibers follow
/// each other, what a failure does, and how long an end may take.
#[must_use = "a builder makes a collection with `build`"]
pub struct FiberMapBuilder<K, A = (), E = AnyError, Out = FiberMap<K, A, E>>
where
    E: ?Sized,
{
    settings: Settings,
    types: PhantomData<fn(K) -> (A, Box<E>, Out)>,
}

impl<K, A, E, Out> FiberMapBuilder<K, A, E, Out>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    pub(crate) fn new(name: &'static str) -> Self {
        let settings = Settings { name, overlap: false, fail_fast: false, grace: None };
        Self { settings, types: PhantomData }
    }

    /// A name for reports, in the place of that of the type.
    pub fn name(mut self, name: &'static str) -> Self {
        self.settings.name = name;
        self
    }

    /// Has a new fiber begin before the one that it replaces has ended: for connections that are handed over, say.
    pub fn overlap(mut self) -> Self {
        self.settings.overlap = true;
        self
    }

    /// Has the first failure interrupt all the others.
    pub fn fail_fast(mut self) -> Self {
        self.settings.fail_fast = true;
        self
    }

    /// How long what fibers acquired may take to be released, once they are interrupted. What takes longer is not waited for
    /// any more, is logged by name, and is an error of the close.
    ///
    /// Without it there is no limit but those of who waits.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = Some(grace);
        self
    }

    /// Makes the collection, which `scope` closes.
    #[track_caller]
    pub fn build(self, scope: &Scope) -> Out
    where
        Out: From<FiberMap<K, A, E>>,
    {
        Out::from(FiberMap { handle: Arc::new(Handle { engine: Engine::new(self.settings, scope) }) })
    }
}

impl<K, A, E: ?Sized, Out> fmt::Debug for FiberMapBuilder<K, A, E, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}
