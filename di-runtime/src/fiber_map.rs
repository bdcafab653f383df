//! Fibers by key: tasks with names and an owner.

mod builder;
mod ending;
mod engine;
mod error;
mod expiry;
mod members;
#[cfg(test)]
mod model;
mod options;
mod retained;
pub(crate) mod runner;
mod status;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

pub use builder::FiberMapBuilder;
use engine::{Engine, Ran};
pub use error::{FiberMapError, FibersStuck};
use members::{Phase, Until};
pub use options::FiberOptions;
pub use runner::FiberRunner;
pub use status::FiberStatus;

use crate::Scope;
use di_core::BoxFuture;

use crate::fiber::{
    AnyError, Blocking, Children, Fiber, FiberBody, FiberFailure, FiberId, FiberOutput, FiberScope, Restart,
};

/// What the key of a [`FiberMap`] can be: whatever is `Debug`, `Eq` and `Hash`. It is printed in reports.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map of fibers",
    label = "a key is compared, hashed, and printed in reports",
    note = "write `#[derive(Debug, PartialEq, Eq, Hash)]` above it; it must be `Send + Sync + 'static` as well"
)]
pub trait FiberKey: Eq + Hash + fmt::Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Eq + Hash + fmt::Debug + Send + Sync + 'static> FiberKey for K {}

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
    /// [`FiberExit::Refused`](crate::FiberExit::Refused).
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

    /// The children of the fiber of a key, if there is one: a collection that the fiber owns. It is made when it is first
    /// asked for, and is the same one afterwards, for each choice of types.
    ///
    /// When the fiber is interrupted, its children end first, while its body still runs; then that is dropped. When the fiber
    /// ends by itself, they are interrupted, and end before those are told who wait for it. A fiber that is ending has
    /// no new children: what is run is refused.
    ///
    /// ```
    /// use di::{Exit, FiberMap, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # async fn serve() { std::future::pending::<()>().await }
    /// # async fn connection() { std::future::pending::<()>().await }
    /// let scope = Scope::new();
    /// let servers = FiberMap::new(&scope);
    /// servers.run("chat", serve());
    /// let connections: FiberMap<u32> = servers.children("chat").expect("it runs");
    /// connections.run(7, connection());
    ///
    /// servers.remove("chat").await;
    /// assert!(connections.is_closed() && connections.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn children<Q, K2, A2, E2>(&self, key: &Q) -> Option<FiberMap<K2, A2, E2>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        K2: FiberKey,
        A2: Send + Sync + 'static,
        E2: FiberFailure + ?Sized,
    {
        self.engine().children(key)
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
    pub fn set(&self, key: K, options: FiberOptions, fiber: &Fiber<A, E>) -> RunOutcome<A, E> {
        RunOutcome::of(self.engine().adopt(key, &options, fiber.node()))
    }

    /// The fiber of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Fiber<A, E>>
    where
        K: Borrow<Q>,
    {
        let hash = self.engine().hash(key);
        self.engine().with(|members| members.find(hash, key).cloned()).map(Fiber::of)
    }

    /// What became of the fiber of a key: it runs, it has ended and is [retained](FiberMapBuilder::retain_results), or there is
    /// none.
    pub fn status<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> FiberStatus<A, E>
    where
        K: Borrow<Q>,
    {
        self.engine().status(key)
    }

    /// Whether there is a fiber of this key.
    #[doc(alias = "has")]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// How many fibers there are. Those that were replaced or removed do not count, though some may still be ending.
    #[doc(alias = "size")]
    pub fn len(&self) -> usize {
        self.engine().with(|members| members.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys there are now, in no order.
    pub fn keys(&self) -> Vec<K>
    where
        K: Clone,
    {
        self.fibers().into_iter().map(|(key, _)| key).collect()
    }

    /// The fibers there are now, in no order.
    pub fn fibers(&self) -> Vec<(K, Fiber<A, E>)>
    where
        K: Clone,
    {
        self.engine().snapshot()
    }

    /// Interrupts the fiber of a key, and waits until it has ended; the fiber, if there was one. What is
    /// [retained](FiberMapBuilder::retain_results) of the key is dropped.
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
    /// collection [fails fast](FiberMapBuilder::fail_fast).
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
    /// [`FibersStuck`] with the names of those that did not end within the [grace period](FiberMapBuilder::grace).
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

    fn engine(&self) -> &Arc<Engine<K, A, E>> {
        &self.handle.engine
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

/// What a request to run something came to.
#[derive(Debug)]
pub enum RunOutcome<A = (), E: ?Sized = AnyError> {
    /// The body runs, or was refused.
    Started(Fiber<A, E>),
    /// There is a fiber of the key already; the body was dropped.
    AlreadyRunning(Fiber<A, E>),
}

impl<A, E: ?Sized> RunOutcome<A, E> {
    fn of(ran: Ran<A, E>) -> Self {
        match ran {
            Ran::Started(node) => Self::Started(Fiber::of(node)),
            Ran::Found(node) => Self::AlreadyRunning(Fiber::of(node)),
        }
    }

    /// The fiber of the key, whoever started it.
    pub fn into_fiber(self) -> Fiber<A, E> {
        match self {
            Self::Started(fiber) | Self::AlreadyRunning(fiber) => fiber,
        }
    }

    /// Whether the fiber is a new one.
    pub fn is_started(&self) -> bool {
        matches!(self, Self::Started(_))
    }
}

/// What the clones of a collection share, and its fibers do not: its drop is the drop of the last one.
struct Handle<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> {
    engine: Arc<Engine<K, A, E>>,
}

impl<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> Drop for Handle<K, A, E> {
    fn drop(&mut self) {
        self.engine.give_up();
    }
}
