//! Scopes: who releases what, when, and in which order.

mod acquire;
mod engine;
mod finalizer;
mod home;
mod orphans;
mod reentry;
mod report;
mod run;
mod state;
mod task;

#[cfg(test)]
mod model;

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Weak};
use std::time::Duration;

use di_core::Exit;

pub use self::acquire::AcquireError;
pub use self::finalizer::FinalizerOutcome;
pub use self::report::{CloseError, CloseReport, FinalizerReport, Outcome, ScopeClosed};
pub use self::run::RunScopedError;
pub use self::task::{ScopeTask, TaskError};

use self::engine::{Engine, Order};
pub(crate) use self::finalizer::panic_message;
use self::finalizer::{Name, Work};
pub(crate) use self::home::Home;
pub(crate) use self::reentry::{HeldUp, ScopeId, Wait};
use self::state::{Entry, Key};

/// A list of finalizers, run once, in reverse order, when the scope closes.
///
/// Use it for whatever must be released after other work, asynchronously and in order. A value
/// whose `Drop` is enough needs no scope. [`Scope::run`] is the way to one that cannot be left
/// open.
///
/// ```
/// use di_core::Exit;
/// use di_runtime::Scope;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # use std::sync::{Arc, Mutex};
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let scope = Scope::new();
/// for resource in ["pool", "server"] {
///     let log = log.clone();
///     scope.on_close_named(resource, async move |_exit| log.lock().unwrap().push(resource));
/// }
///
/// scope.close(Exit::Success).await.unwrap();
/// assert_eq!(*log.lock().unwrap(), ["server", "pool"]);
/// # }
/// ```
///
/// # Rules
///
/// - A scope is open, then closing, then closed. The first [`close`](Self::close) decides the
///   [`Exit`]; every finalizer is given that one.
/// - Every finalizer runs exactly once, whatever the others do. Failures and panics are collected.
///   With `panic = "abort"` there is no collecting, and nothing runs after a panic.
/// - Clones are handles to the same scope.
/// - A finalizer that holds a handle to its own scope keeps the scope open until somebody closes
///   it.
///
/// # What happens on drop
///
/// When the last handle to an open scope is dropped, its finalizers run on the runtime the scope
/// was made on with [`Exit::Cancelled`], and a warning is logged. A drop cannot wait for them, so
/// prefer to close. Where there is no runtime, they cannot run, and each one is logged by name as
/// leaked. A child ([`Scope::fork`]) stays with its parent and closes with it. A runtime that is
/// shut down cuts off what runs on it: close the scope first.
#[derive(Clone)]
pub struct Scope {
    handle: Arc<Handle>,
}

impl Scope {
    /// A scope that runs its finalizers one after the other.
    pub fn new() -> Self {
        Self::of(Engine::root(Order::Sequential))
    }

    /// A scope that runs its finalizers all at once, started in reverse order.
    pub fn parallel() -> Self {
        Self::of(Engine::root(Order::Parallel))
    }

    /// A sequential child: it closes at its place among the finalizers of this scope, or earlier if
    /// it is closed itself.
    ///
    /// A child that is closed leaves nothing behind in its parent. A parent that closes waits for a
    /// child that somebody else is closing. The child of a scope whose close has begun is born
    /// closed, with the same exit.
    ///
    /// ```
    /// use di_core::Exit;
    /// use di_runtime::Scope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Scope::new();
    /// let request = app.fork();
    /// app.close(Exit::Success).await.unwrap();
    /// assert!(request.is_closed());
    /// # }
    /// ```
    #[track_caller]
    pub fn fork(&self) -> Self {
        Self::of(self.engine().fork(Order::Sequential, Self::name_of_child()))
    }

    /// A child, as [`Scope::fork`] makes it, that runs its finalizers all at once.
    #[track_caller]
    pub fn fork_parallel(&self) -> Self {
        Self::of(self.engine().fork(Order::Parallel, Self::name_of_child()))
    }

    /// Registers a finalizer: a function of the exit whose future returns `()` or a `Result<(),
    /// E>`.
    ///
    /// Reports call it by the `file:line` of the caller; [`Scope::on_close_named`] gives it a
    /// better name. To acquire something asynchronously and release it here, use
    /// [`Scope::acquire_release`].
    ///
    /// It is never lost. While the scope is closing, it runs next, before the older ones that are
    /// left. Once the scope is closed, it runs right away on a task with the exit of the scope, and
    /// a failure is logged; without a runtime it is logged as leaked. To be refused instead, use
    /// [`Scope::try_on_close`].
    #[track_caller]
    pub fn on_close<F, Fut>(&self, finalizer: F)
    where
        F: FnOnce(Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        self.engine().add(Name::of_caller(), Work::of(finalizer));
    }

    /// Registers a finalizer, as [`Scope::on_close`] does, under a name for reports.
    pub fn on_close_named<F, Fut>(&self, name: impl Into<Cow<'static, str>>, finalizer: F)
    where
        F: FnOnce(Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        self.engine().add(Name::Given(name.into()), Work::of(finalizer));
    }

    /// Registers a finalizer, unless the close of the scope has begun.
    ///
    /// # Errors
    ///
    /// [`ScopeClosed`] if it has; the finalizer is dropped without being run.
    #[track_caller]
    pub fn try_on_close<F, Fut>(&self, finalizer: F) -> Result<(), ScopeClosed>
    where
        F: FnOnce(Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        self.try_register(Name::of_caller(), Work::of(finalizer))
    }

    /// [`Scope::try_on_close`] with a name for reports.
    pub(crate) fn try_on_close_named<F, Fut>(
        &self,
        name: impl Into<Cow<'static, str>>,
        finalizer: F,
    ) -> Result<(), ScopeClosed>
    where
        F: FnOnce(Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        self.try_register(Name::Given(name.into()), Work::of(finalizer))
    }

    /// Closes the scope: runs every finalizer with `exit`, and returns when all have ended.
    ///
    /// Everybody who closes waits for the same close and gets the same result; only the exit of the
    /// first counts.
    ///
    /// Called from what the close has to wait for, it does not wait for itself. That is: from a
    /// finalizer of the scope or of a child, from a task of [`Scope::spawn`], from an acquire. It
    /// then begins the close, if nobody has, and returns at once with the failures known so far. So
    /// it does where scopes close each other and the last wait would complete a circle. Tasks that
    /// were spawned by other means than those are not recognized.
    ///
    /// # Errors
    ///
    /// [`CloseError`] with every finalizer that failed or panicked.
    ///
    /// # Cancel safety
    ///
    /// The close begins at the first poll and goes on on a task, so dropping the future stops
    /// nothing, and others can still wait. Outside of a runtime it runs within the future: dropping
    /// that ends the close, and the finalizers that are left are logged, and reported to others, as
    /// failed.
    pub async fn close(&self, exit: Exit) -> Result<(), CloseError> {
        self.engine().close(exit).await;
        self.engine().report().into_result()
    }

    /// Closes the scope, as [`Scope::close`] does, but waits no longer than `limit`, and reports on
    /// every finalizer.
    ///
    /// At the limit the report names those that still run and those whose turn has not come. They
    /// go on in the background; another `close` waits for them.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use di_core::Exit;
    /// use di_runtime::Scope;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = Scope::new();
    /// scope.on_close_named("stuck", async |_exit| std::future::pending::<()>().await);
    ///
    /// let report = scope.close_with_timeout(Exit::Success, Duration::from_secs(5)).await;
    /// let stuck = report.unfinished().next().unwrap();
    /// assert_eq!((stuck.name.as_str(), stuck.duration), ("stuck", Duration::from_secs(5)));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the runtime has no timer, as tokio itself does. Without any runtime there is no clock,
    /// and the limit does not count.
    ///
    /// # Cancel safety
    ///
    /// As for [`Scope::close`].
    pub async fn close_with_timeout(&self, exit: Exit, limit: Duration) -> CloseReport {
        self.engine().close_within(exit, limit).await;
        self.engine().report()
    }

    /// Closes the scope, on a task that no shutdown waits for: the caller does, as long as it sees fit.
    pub(crate) async fn close_as_member(&self, exit: Exit) -> Result<(), CloseError> {
        self.engine().close_as_member(exit).await;
        self.engine().report().into_result()
    }

    /// What the finalizers have done so far.
    pub(crate) fn report(&self) -> CloseReport {
        self.engine().report()
    }

    /// Whether the close has begun.
    pub fn is_closed(&self) -> bool {
        self.exit().is_some()
    }

    /// The exit that the scope was closed with, from the moment the close has begun.
    pub fn exit(&self) -> Option<Exit> {
        self.engine().with(|machine| machine.exit().cloned())
    }

    /// Runs a future that the close of this scope waits for.
    pub(crate) fn held_up_by<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        HeldUp::current().and(self.engine().lineage()).during(future)
    }

    /// What tells it from all other scopes.
    pub(crate) fn identity(&self) -> ScopeId {
        self.engine().id()
    }

    /// Calls a function that the close of this scope waits for.
    pub(crate) fn held_up_by_call<Out>(&self, call: impl FnOnce() -> Out) -> Out {
        HeldUp::current().and(self.engine().lineage()).during_call(call)
    }

    /// Whether a wait for the close of this scope, from here, would be a wait for itself.
    pub(crate) fn is_held_up_here(&self) -> bool {
        HeldUp::current().wait_for(self.engine().id()).is_none()
    }

    /// Whether it is held up by what holds these up.
    pub(crate) fn is_held_up_by(&self, held_up: &HeldUp) -> bool {
        held_up.contains(self.engine().id())
    }

    /// This scope and its ancestors, without a handle to them.
    pub(crate) fn lineage(&self) -> Lineage {
        Lineage(self.engine().lineage().into())
    }

    /// Whether the close of some scope, whichever it is, waits for what runs here.
    pub(crate) fn is_any_held_up_here() -> bool {
        !HeldUp::current().is_empty()
    }

    /// Begins a wait, from here, for the close of this scope; `None` if it would wait for itself.
    pub(crate) fn begin_wait(&self) -> Option<Wait> {
        HeldUp::current().wait_for(self.engine().id())
    }

    /// Writes down that the end of what this scope belongs to waits for the close of another one. This one is new: nobody waits
    /// for it yet.
    pub(crate) fn begin_wait_for(&self, other: &Self) -> Option<Wait> {
        HeldUp::default().and(&[self.engine().id()]).wait_for(other.engine().id())
    }

    /// Closes it at once, if it is open and there is nothing to run; whether it did.
    pub(crate) fn close_if_empty(&self, exit: &Exit) -> bool {
        self.engine().close_if_empty(exit)
    }

    /// Closes it in the background, as when its last handle is dropped.
    pub(crate) fn give_up(&self) {
        self.engine().reap();
    }

    /// Whether all finalizers have run.
    pub(crate) fn is_released(&self) -> bool {
        self.engine().is_closed()
    }

    /// Registers a finalizer that runs only if the exit is [`Exit::Cancelled`].
    #[track_caller]
    pub(crate) fn on_cancel<F, Fut>(&self, finalizer: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        self.engine().add(Name::of_caller(), Work::on_cancel(finalizer));
    }

    /// Registers a finalizer that can be taken out again; `None` once the close has begun.
    pub(crate) fn enlist<F, Fut>(&self, name: impl Into<Cow<'static, str>>, finalizer: F) -> Option<Place>
    where
        F: FnOnce(Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        let entry = Entry { name: Name::Given(name.into()), work: Work::of(finalizer) };
        let key = self.engine().with(|machine| machine.register_if_open(entry)).ok()?;
        Some(Place { engine: Arc::downgrade(self.engine()), key })
    }

    fn of(engine: Arc<Engine>) -> Self {
        Self { handle: Arc::new(Handle { engine }) }
    }

    fn engine(&self) -> &Arc<Engine> {
        &self.handle.engine
    }

    fn try_register(&self, name: Name, work: Work) -> Result<(), ScopeClosed> {
        match self.engine().with(|machine| machine.register_if_open(Entry { name, work })) {
            Ok(_) => Ok(()),
            Err((_, exit)) => Err(ScopeClosed::new(exit)),
        }
    }

    /// A child, as [`Scope::fork`] makes it, under a name for reports.
    pub(crate) fn fork_named(&self, name: &'static str) -> Self {
        Self::of(self.engine().fork(Order::Sequential, Name::Given(name.into())))
    }

    /// A child that runs its finalizers all at once, under a name for reports.
    pub(crate) fn fork_parallel_named(&self, name: &'static str) -> Self {
        Self::of(self.engine().fork(Order::Parallel, Name::Given(name.into())))
    }

    /// Whether nobody else can add anything to this scope, and nobody has.
    pub(crate) fn is_unused(&self) -> bool {
        Arc::strong_count(&self.handle) == 1
            && self.engine().with(|machine| machine.exit().is_none() && machine.waiting() == 0)
    }

    #[track_caller]
    fn name_of_child() -> Name {
        Name::At("child scope forked at ", Location::caller())
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (exit, waiting) = self.engine().with(|machine| (machine.exit().cloned(), machine.waiting()));
        f.debug_struct("Scope")
            .field("id", &self.engine().id().number())
            .field("exit", &exit)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

/// A scope and its ancestors, as those whose close is held up.
pub(crate) struct Lineage(Arc<[ScopeId]>);

impl Lineage {
    /// A scope whose finalizers hold up these, as those of a child would, and that none of them closes.
    pub(crate) fn scope(&self) -> Scope {
        Scope::of(Engine::beneath(Order::Sequential, &self.0))
    }
}

/// The place of a finalizer that may be taken out again.
pub(crate) struct Place {
    engine: Weak<Engine>,
    key: Key,
}

impl Place {
    /// Takes the finalizer out, unless its turn has come.
    pub(crate) fn leave(&self) {
        if let Some(engine) = self.engine.upgrade() {
            drop(engine.with(|machine| machine.remove(self.key)));
        }
    }
}

/// What the clones of a scope share, and nothing else does: its drop is the drop of the last one.
struct Handle {
    engine: Arc<Engine>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.engine.is_child() {
            self.engine.reap();
        }
    }
}
