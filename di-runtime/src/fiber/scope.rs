//! What the body of a fiber may ask of the fiber.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::attached::Family;
use super::exit::FiberFailure;
use super::gate::Pass;
use super::id::FiberId;
use super::node::Node;
use super::signal::Signal;
use super::watch::Watch;
use crate::scope::FinalizerOutcome;
use crate::{FiberKey, FiberMap, Scope};

/// The scope of a fiber, for a body that takes one: what it acquires is released when the body has ended or was dropped,
/// before anybody who waits for the fiber is told.
///
/// It is a [`Scope`] with a few things more: whatever takes a `&Scope` takes it.
///
/// ```
/// use di::{FiberMap, FiberScope, Scope};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scope = Scope::new();
/// let tasks = FiberMap::new(&scope);
/// let fiber = tasks.run("connection", async |fiber: FiberScope| {
///     fiber.on_interrupt(async || println!("closed"));
///     fiber.ready();
///     std::future::pending::<()>().await
/// });
/// fiber.ready().await?;
/// tasks.remove("connection").await;
/// # Ok(())
/// # }
/// ```
///
/// What the body holds in variables is dropped with the body, before any finalizer runs. So what a finalizer uses belongs into the
/// scope: `pools.context(&tenant, &fiber)` of a [`LayerMap`](crate::LayerMap), say, and not a guard of `pools.acquire(&tenant)`. A fiber that
/// is interrupted before its body was polled has registered nothing, and releases nothing.
#[derive(Clone)]
pub struct FiberScope {
    scope: Scope,
    /// Where its children live: the scope of the fiber, or of one run of it.
    home: Scope,
    fiber: Arc<dyn Control>,
    pass: Option<Arc<Pass>>,
}

impl FiberScope {
    pub(crate) fn of<A, E>(node: &Arc<Node<A, E>>, scope: impl FnOnce() -> Scope) -> Self
    where
        A: Send + Sync + 'static,
        E: Send + Sync + ?Sized + 'static,
    {
        let scope = node.scope_or(scope).clone();
        Self { home: scope.clone(), scope, fiber: Arc::clone(node) as Arc<dyn Control>, pass: None }
    }

    /// The same, in a collection that admits fibers one after the other.
    pub(crate) fn with_pass(mut self, pass: Option<Arc<Pass>>) -> Self {
        self.pass = pass;
        self
    }

    /// The same fiber, with a scope for code that does not await.
    pub(super) fn of_blocking(&self) -> Self {
        Self { scope: self.scope.fork_named("run"), ..self.clone() }
    }

    /// The same fiber, with the scope of one run of it.
    pub(super) fn of_a_run(&self) -> Self {
        let scope = self.scope.fork_named("run");
        Self { home: scope.clone(), scope, fiber: Arc::clone(&self.fiber), pass: self.pass.clone() }
    }

    pub(super) fn be_watched(&self, watch: Arc<Watch>) {
        self.fiber.be_watched(watch);
    }

    pub(super) fn given_name(&self) -> Option<String> {
        self.fiber.given_name()
    }

    /// Gives the place back that the fiber has among those that are admitted.
    pub(super) fn leave_admission(&self) {
        if let Some(pass) = &self.pass {
            pass.leave();
        }
    }

    /// Waits for such a place, behind all who wait already.
    pub(super) async fn be_admitted(&self) {
        if let Some(pass) = &self.pass {
            pass.queue_again();
            pass.admitted().await;
        }
    }

    /// Has this run if the fiber is interrupted, after its body was dropped.
    ///
    /// It runs in the reverse order of registration, among all that the fiber releases, and to its end, unless the fiber's
    /// grace period is over.
    #[track_caller]
    pub fn on_interrupt<F, Fut>(&self, finalizer: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        self.scope.on_cancel(finalizer);
    }

    /// The scope alone.
    pub(super) fn into_scope(self) -> Scope {
        self.scope
    }

    /// Says that the fiber is ready, to whoever waits with [`Fiber::ready`](crate::Fiber::ready).
    pub fn ready(&self) {
        self.fiber.be_ready();
    }

    /// The number of the fiber.
    pub fn id(&self) -> FiberId {
        self.fiber.id()
    }

    /// The children of the fiber: [`FiberMap::children`](crate::FiberMap::children), for the fiber itself. Each run of a supervised
    /// fiber has its own, which end with it.
    pub fn children<K, A, E>(&self) -> FiberMap<K, A, E>
    where
        K: FiberKey,
        A: Send + Sync + 'static,
        E: FiberFailure + ?Sized,
    {
        self.fiber.family().of(self.fiber.signal(), &self.home)
    }

    /// A token that is cancelled when the fiber is interrupted, and when it has ended: for work that it has given to others.
    pub fn token(&self) -> CancellationToken {
        self.fiber.token()
    }

    /// Whether the fiber is to end. An async body is dropped at its next await and need not ask; a blocking one has to.
    pub fn is_interrupted(&self) -> bool {
        self.fiber.signal().is_interrupted()
    }
}

impl Deref for FiberScope {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Debug for FiberScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiberScope").field("id", &self.id().number()).field("scope", &self.scope).finish()
    }
}

/// A fiber without its types.
trait Control: Send + Sync {
    fn id(&self) -> FiberId;
    fn be_ready(&self);
    fn signal(&self) -> &Signal;
    fn family(&self) -> &Family;
    fn token(&self) -> CancellationToken;
    fn given_name(&self) -> Option<String>;
    fn be_watched(&self, watch: Arc<Watch>);
}

impl<A: Send + Sync, E: Send + Sync + ?Sized> Control for Node<A, E> {
    fn id(&self) -> FiberId {
        Self::id(self)
    }

    fn be_ready(&self) {
        Self::be_ready(self);
    }

    fn signal(&self) -> &Signal {
        Self::signal(self)
    }

    fn family(&self) -> &Family {
        Self::family(self)
    }

    fn token(&self) -> CancellationToken {
        Self::token(self).clone()
    }

    fn given_name(&self) -> Option<String> {
        self.name().map(str::to_owned)
    }

    fn be_watched(&self, watch: Arc<Watch>) {
        Self::be_watched(self, watch);
    }
}
