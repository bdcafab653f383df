//! Fibers without keys: a map of fibers whose keys are the fibers' own numbers.

use std::fmt;

use crate::Scope;
use crate::fiber::{AnyError, Blocking, Fiber, FiberBody, FiberError, FiberFailure, FiberId, FiberOutput, FiberScope};
use crate::fiber_map::{FiberMap, FiberMapBuilder, FiberOptions, FiberRunner, FibersStuck};

/// Running fibers that nobody asks for by name, owned by a scope: one for each request, say.
///
/// Use a [`FiberMap`] if a fiber is to be found, replaced or stopped by a key. All rules are those of [`FiberMap`].
///
/// ```
/// use di::{Exit, FiberSet, Scope};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scope = Scope::new();
/// let mails = FiberSet::new(&scope);
/// for address in ["Ada", "Grace"] {
///     mails.run(async move { println!("to {address}") });
/// }
/// mails.join_all().await?;
/// assert!(mails.is_empty());
/// # Ok(())
/// # }
/// ```
pub struct FiberSet<A = (), E = AnyError>
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    map: FiberMap<Anonymous, A, E>,
}

/// Makes a [`FiberSet`]; the methods are those of [`FiberMapBuilder`].
pub type FiberSetBuilder<A = (), E = AnyError> = FiberMapBuilder<Anonymous, A, E, FiberSet<A, E>>;

/// What a set has in the place of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anonymous(FiberId);

impl fmt::Debug for Anonymous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fiber {}", self.0)
    }
}

impl FiberSet {
    /// A set of fibers that `scope` closes; they return `()` or any `Result<(), _>`.
    #[doc(alias = "make")]
    #[track_caller]
    pub fn new(scope: &Scope) -> Self {
        Self::builder().build(scope)
    }
}

impl<A, E> FiberSet<A, E>
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// A set of fibers that have values, and failures of one type: [`FiberMap::typed`].
    #[track_caller]
    pub fn typed(scope: &Scope) -> Self {
        Self::builder().build(scope)
    }

    /// A set with settings.
    pub fn builder() -> FiberSetBuilder<A, E> {
        FiberMapBuilder::new("FiberSet")
    }

    /// Runs a body, at once and on a task of its own: [`FiberMap::run`].
    pub fn run<Kind, B: FiberBody<Kind, A, E>>(&self, body: B) -> Fiber<A, E> {
        self.run_with(FiberOptions::new(), body)
    }

    /// Runs a body with options: [`FiberMap::run_with`].
    pub fn run_with<Kind, B: FiberBody<Kind, A, E>>(&self, options: FiberOptions, body: B) -> Fiber<A, E> {
        self.map.run_as(Anonymous, options, body).into_fiber()
    }

    /// Runs code that does not await: [`FiberMap::run_blocking`].
    pub fn run_blocking<F, Out>(&self, work: F) -> Fiber<A, E>
    where
        F: FnOnce(FiberScope) -> Out + Send + 'static,
        Out: FiberOutput<A, E> + Send + 'static,
    {
        self.run_with(FiberOptions::new(), Blocking(work))
    }

    /// Takes a fiber in that was started elsewhere: [`FiberMap::set`]. One that is in the set already stays as it is.
    pub fn add(&self, fiber: &Fiber<A, E>) {
        self.add_with(FiberOptions::new(), fiber);
    }

    /// The same, with options.
    pub fn add_with(&self, options: FiberOptions, fiber: &Fiber<A, E>) {
        drop(self.map.set(Anonymous(fiber.id()), options, fiber));
    }

    /// A handle for callbacks and other threads: [`FiberMap::runner`].
    pub fn runner(&self) -> FiberRunner<Self> {
        FiberRunner::of(self)
    }

    /// Whether this fiber is in the set.
    pub fn contains(&self, fiber: &Fiber<A, E>) -> bool {
        self.map.contains(&Anonymous(fiber.id()))
    }

    /// How many fibers there are: [`FiberMap::len`].
    #[doc(alias = "size")]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The fibers there are now, in no order.
    pub fn fibers(&self) -> Vec<Fiber<A, E>> {
        self.map.fibers().into_iter().map(|(_, fiber)| fiber).collect()
    }

    /// Interrupts all fibers, and waits until they have ended: [`FiberMap::clear`].
    pub async fn clear(&self) {
        self.map.clear().await;
    }

    /// Waits for the first failure of a fiber, or for the close: [`FiberMap::join`].
    ///
    /// # Errors
    ///
    /// The first failure.
    pub async fn join(&self) -> Result<(), FiberError<E>> {
        self.map.join().await.map_err(|error| error.error())
    }

    /// Waits until nothing runs any more, or for the first failure: [`FiberMap::join_all`].
    ///
    /// # Errors
    ///
    /// The first failure.
    pub async fn join_all(&self) -> Result<(), FiberError<E>> {
        self.map.join_all().await.map_err(|error| error.error())
    }

    /// Waits until nothing runs any more, whatever fails: [`FiberMap::await_empty`].
    pub async fn await_empty(&self) {
        self.map.await_empty().await;
    }

    /// Closes the set: [`FiberMap::close`].
    ///
    /// # Errors
    ///
    /// The fibers that did not end within the grace period.
    pub async fn close(&self) -> Result<(), FibersStuck> {
        self.map.close().await
    }

    /// Whether the close has begun.
    pub fn is_closed(&self) -> bool {
        self.map.is_closed()
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized> From<FiberMap<Anonymous, A, E>> for FiberSet<A, E> {
    fn from(map: FiberMap<Anonymous, A, E>) -> Self {
        Self { map }
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized> Clone for FiberSet<A, E> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone() }
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized> fmt::Debug for FiberSet<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiberSet").field("len", &self.len()).field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
