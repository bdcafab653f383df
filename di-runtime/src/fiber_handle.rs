//! One fiber at a time: a map of fibers whose key says nothing.

use std::fmt;

use crate::Scope;
use crate::fiber::{AnyError, Blocking, Fiber, FiberBody, FiberError, FiberFailure, FiberOutput, FiberScope};
use crate::fiber_map::{FiberMap, FiberMapBuilder, FiberOptions, FiberRunner, FibersStuck, RunOutcome};

/// A place for one running fiber, owned by a scope: a new one replaces the old one.
///
/// Use it for the reload that is under way, or for the one connection that a client has. All rules are those of [`FiberMap`].
///
/// ```
/// use di::{FiberHandle, Scope};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # async fn search(_text: &str) { std::future::pending::<()>().await }
/// let scope = Scope::new();
/// let searches = FiberHandle::new(&scope);
/// let first = searches.run(search("fib"));
/// searches.run(search("fiber")); // whoever types on is not interested in the first
/// assert!(first.await.is_err());
/// # Ok(())
/// # }
/// ```
pub struct FiberHandle<A = (), E = AnyError>
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    map: FiberMap<Only, A, E>,
}

/// Makes a [`FiberHandle`]; the methods are those of [`FiberMapBuilder`].
pub type FiberHandleBuilder<A = (), E = AnyError> = FiberMapBuilder<Only, A, E, FiberHandle<A, E>>;

/// What a handle has in the place of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Only;

impl fmt::Debug for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fiber")
    }
}

impl FiberHandle {
    /// A place that `scope` closes; its fibers return `()` or any `Result<(), _>`.
    #[doc(alias = "make")]
    #[track_caller]
    pub fn new(scope: &Scope) -> Self {
        Self::builder().build(scope)
    }
}

impl<A, E> FiberHandle<A, E>
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// A place for fibers that have values, and failures of one type: [`FiberMap::typed`].
    #[track_caller]
    pub fn typed(scope: &Scope) -> Self {
        Self::builder().build(scope)
    }

    /// A place with settings.
    pub fn builder() -> FiberHandleBuilder<A, E> {
        FiberMapBuilder::new("FiberHandle")
    }

    /// Runs a body. The fiber that is there is interrupted, and the body begins when that has ended: [`FiberMap::run`].
    pub fn run<Kind, B: FiberBody<Kind, A, E>>(&self, body: B) -> Fiber<A, E> {
        self.map.run(Only, body)
    }

    /// Runs a body with options: [`FiberMap::run_with`].
    pub fn run_with<Kind, B: FiberBody<Kind, A, E>>(&self, options: FiberOptions, body: B) -> RunOutcome<A, E> {
        self.map.run_with(Only, options, body)
    }

    /// Runs a body, unless there is a fiber: then the body is dropped.
    pub fn run_if_missing<Kind, B: FiberBody<Kind, A, E>>(&self, body: B) -> RunOutcome<A, E> {
        self.map.run_if_missing(Only, body)
    }

    /// Runs code that does not await: [`FiberMap::run_blocking`].
    pub fn run_blocking<F, Out>(&self, work: F) -> Fiber<A, E>
    where
        F: FnOnce(FiberScope) -> Out + Send + 'static,
        Out: FiberOutput<A, E> + Send + 'static,
    {
        self.run_with(FiberOptions::new(), Blocking(work)).into_fiber()
    }

    /// Takes a fiber in that was started elsewhere: [`FiberMap::set`].
    pub fn set(&self, options: FiberOptions, fiber: &Fiber<A, E>) -> RunOutcome<A, E> {
        self.map.set(Only, options, fiber)
    }

    /// A handle for callbacks and other threads: [`FiberMap::runner`].
    pub fn runner(&self) -> FiberRunner<Self> {
        FiberRunner::of(self)
    }

    /// The fiber that is there.
    pub fn get(&self) -> Option<Fiber<A, E>> {
        self.map.get(&Only)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Interrupts the fiber that is there, and waits until it has ended: [`FiberMap::remove`]. One that was run meanwhile
    /// stays.
    pub async fn clear(&self) {
        drop(self.map.remove(&Only).await);
    }

    /// Waits for the first failure of a fiber, or for the close: [`FiberMap::join`].
    ///
    /// # Errors
    ///
    /// The first failure.
    pub async fn join(&self) -> Result<(), FiberError<E>> {
        self.map.join().await.map_err(|error| error.error())
    }

    /// Waits for the end of the fiber that is there now, however it ends; one that replaces it is not waited for.
    ///
    /// The fiber itself does not wait: this returns at once.
    pub async fn await_empty(&self) {
        if let Some(fiber) = self.get() {
            // An error says that the fiber is this one.
            let _ = fiber.wait().await;
        }
    }

    /// Closes the place: [`FiberMap::close`].
    ///
    /// # Errors
    ///
    /// The fiber did not end within the grace period.
    pub async fn close(&self) -> Result<(), FibersStuck> {
        self.map.close().await
    }

    /// Whether the close has begun.
    pub fn is_closed(&self) -> bool {
        self.map.is_closed()
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized> From<FiberMap<Only, A, E>> for FiberHandle<A, E> {
    fn from(map: FiberMap<Only, A, E>) -> Self {
        Self { map }
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized> Clone for FiberHandle<A, E> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone() }
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized> fmt::Debug for FiberHandle<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiberHandle")
            .field("fiber", &self.get())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
