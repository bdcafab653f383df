//! Fibers by key: tasks with names and an owner.

mod builder;
mod ending;
mod ends;
mod engine;
mod error;
mod expiry;
mod handle;
mod inspect;
mod key;
mod members;
#[cfg(test)]
mod model;
mod options;
mod outcome;
mod retained;
pub(crate) mod runner;
mod status;

use std::fmt;
use std::sync::Arc;

pub use builder::FiberMapBuilder;
use engine::Engine;
pub use error::{FiberMapError, FibersStuck};
use handle::Handle;
pub use key::FiberKey;
pub use options::FiberOptions;
pub use outcome::RunOutcome;
pub use runner::FiberRunner;
pub use status::FiberStatus;

use crate::Scope;
use crate::fiber::{AnyError, Blocking, Fiber, FiberBody, FiberFailure, FiberId, FiberOutput, FiberScope, Restart};

/// Running fibers by key, owned by a scope.
///
/// A fiber leaves by itself when it ends, before those who wait for it are told. A fiber of the same key replaces it, and
/// begins when it has ended. When the scope closes, all are interrupted and awaited.
///
/// ```
/// use di::{Exit, FiberMap, FiberOptions, Scope};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # async fn sync_loop() { std::future::pending::<()>().await }
/// let scope = Scope::new();
/// let tasks = FiberMap::new(&scope);
/// tasks.run("sync", sync_loop());
/// tasks.run("sync", sync_loop()); // replaces the first one
/// assert_eq!(tasks.len(), 1);
///
/// scope.close(Exit::Success).await?;
/// assert_eq!(tasks.len(), 0);
/// # Ok(())
/// # }
/// ```
///
/// # Types
///
/// `FiberMap<K>` runs bodies that return `()` or a `Result<(), _>` with any error; `FiberMap<K, A, E>` is for values, and for
/// errors that keep their type.
///
/// # What happens on drop
///
/// When the last handle to an open collection is dropped, its fibers are interrupted in the background, and a warning is
/// logged if there are any: keep the map, or let its scope close.
pub struct FiberMap<K, A = (), E = AnyError>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    handle: Arc<Handle<K, A, E>>,
}

impl<K: FiberKey> FiberMap<K> {
    /// A collection of fibers that `scope` closes.
    ///
    /// If the scope is closed, so is the collection.
    #[doc(alias = "make")]
    #[track_caller]
    pub fn new(scope: &Scope) -> Self {
        Self::builder().build(scope)
    }
}

impl<K, A, E> FiberMap<K, A, E>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// A collection of fibers that have values, and failures of one type, that `scope` closes.
    ///
    /// ```
    /// use di::{FiberMap, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scope = Scope::new();
    /// let lengths: FiberMap<&str, usize, std::io::Error> = FiberMap::typed(&scope);
    /// let fiber = lengths.run("Ada", async { Ok(3) });
    /// assert_eq!(fiber.join().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn typed(scope: &Scope) -> Self {
        Self::builder().build(scope)
    }

    /// A collection with settings.
    pub fn builder() -> FiberMapBuilder<K, A, E> {
        FiberMapBuilder::new("FiberMap")
    }

    /// Runs a body under a key, at once and on a task of its own. What is there under the key is interrupted, and the body
    /// begins when that has ended, unless the collection lets them [`overlap`](FiberMapBuilder::overlap).
    ///
    /// The handle may be dropped. In a closed collection the body is dropped, and the fiber has ended:
    /// [`FiberExit::Refused`](crate::FiberExit::Refused). So it has where there is no tokio runtime, neither here nor where the
    /// collection was made. If there was one and it is gone, the fiber is
    /// [interrupted](crate::FiberExit::Interrupted) at once, as all are that were on it.
    ///
    /// A fiber that runs something under its own key replaces itself: it is dropped at its next await.
    #[track_caller]
    pub fn run<Kind, B: FiberBody<Kind, A, E>>(&self, key: K, body: B) -> Fiber<A, E> {
        self.run_with(key, FiberOptions::new(), body).into_fiber()
    }

    /// Runs a body under a key, in another way than [`run`](FiberMap::run) does.
    pub fn run_with<Kind, B: FiberBody<Kind, A, E>>(&self, key: K, options: FiberOptions, body: B) -> RunOutcome<A, E> {
        self.run_as(|_| key, options, body)
    }

    /// The same, with a key that may be made of the number of the fiber.
    pub(crate) fn run_as<Kind, B: FiberBody<Kind, A, E>>(
        &self,
        key: impl FnOnce(FiberId) -> K,
        options: FiberOptions,
        body: B,
    ) -> RunOutcome<A, E> {
        RunOutcome::of(self.engine().run(key, options, body))
    }

    /// Runs code under a key that does not await, on one of the threads that tokio has for it.
    ///
    /// An interruption cannot drop it: it goes on until it asks [`FiberScope::is_interrupted`], or comes to its end, and the
    /// fiber ends after it. Code that was interrupted before it began is never run.
    ///
    /// ```
    /// use di::{Exit, FiberMap, FiberScope, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scope = Scope::new();
    /// let tasks = FiberMap::new(&scope);
    /// tasks.run_blocking("index", |fiber: FiberScope| {
    ///     while !fiber.is_interrupted() {
    ///         std::thread::sleep(std::time::Duration::from_millis(1));
    ///     }
    /// });
    /// tasks.remove("index").await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_blocking<F, Out>(&self, key: K, work: F) -> Fiber<A, E>
    where
        F: FnOnce(FiberScope) -> Out + Send + 'static,
        Out: FiberOutput<A, E> + Send + 'static,
    {
        self.run_with(key, FiberOptions::new(), Blocking(work)).into_fiber()
    }

    /// A handle for callbacks and other threads, which knows how to run what it is given: with options, and with services.
    pub fn runner(&self) -> FiberRunner<Self> {
        FiberRunner::of(self)
    }

    /// Runs a body under a key, unless there is a fiber of that key: then the body is dropped.
    pub fn run_if_missing<Kind, B: FiberBody<Kind, A, E>>(&self, key: K, body: B) -> RunOutcome<A, E> {
        self.run_with(key, FiberOptions::only_if_missing(), body)
    }

    /// The fiber of a key, which runs this body if there was none: who asks for the same thing at the same time shares it.
    pub fn get_or_run<Kind, B: FiberBody<Kind, A, E>>(&self, key: K, body: B) -> Fiber<A, E> {
        self.run_if_missing(key, body).into_fiber()
    }

    /// Runs what `factory` makes under a key, and again and again, as the policy says ([`Restart`]).
    ///
    /// All runs are one fiber: it has one handle and one entry, and an interruption ends it whether it runs or waits. A run
    /// begins when what the one before acquired is released. What the fiber says of itself, [`ready`](crate::FiberScope::ready),
    /// it says once.
    ///
    /// Each step is logged: the beginning of a run, its end, the restart with its number and delay, and that it is given up.
    ///
    /// ```
    /// use di::{FiberMap, Restart, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = Scope::new();
    /// let tasks = FiberMap::new(&scope);
    /// let mut runs = 0;
    /// let fiber = tasks.supervise("feed", Restart::on_failure(), move || {
    ///     runs += 1;
    ///     async move { if runs < 3 { Err("no connection") } else { Ok(()) } }
    /// });
    /// fiber.join().await.unwrap();
    /// assert_eq!(fiber.supervision().unwrap().restarts(), 2);
    /// # }
    /// ```
    ///
    /// With options, or as something else than a replacement, what is run is [`Restart::supervise`].
    #[track_caller]
    pub fn supervise<Kind, F, B>(&self, key: K, policy: Restart<A, E>, factory: F) -> Fiber<A, E>
    where
        Kind: 'static,
        F: FnMut() -> B + Send + 'static,
        B: FiberBody<Kind, A, E>,
    {
        self.run(key, policy.supervise(factory))
    }

    /// Takes a fiber in that was started elsewhere. From now on the collection owns it: it is interrupted by `remove`, `clear`
    /// and a close, and its failure is one of the collection.
    ///
    /// In a closed collection the fiber is interrupted. So it is if it is to be run only if there is none, and there is one.
    ///
    /// When the fiber ends, it leaves before those who wait for it are woken. But it may still be there for a moment when
    /// [`poll`](Fiber::poll), or a [`wait`](Fiber::wait) that begins just then, tells of the end.
    pub fn set(&self, key: K, options: FiberOptions, fiber: &Fiber<A, E>) -> RunOutcome<A, E> {
        RunOutcome::of(self.engine().adopt(key, &options, fiber.node()))
    }

    fn engine(&self) -> &Arc<Engine<K, A, E>> {
        &self.handle.engine
    }
}

impl<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> Clone for FiberMap<K, A, E> {
    fn clone(&self) -> Self {
        Self { handle: Arc::clone(&self.handle) }
    }
}

impl<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> fmt::Debug for FiberMap<K, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiberMap").field("len", &self.len()).field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
