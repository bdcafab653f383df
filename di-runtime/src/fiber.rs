//! Fibers: tasks whose end any number of others may wait for, and that release what they hold when they are interrupted.

mod attached;
mod blocking;
mod body;
mod exit;
mod foreign;
mod gate;
mod id;
#[cfg(test)]
mod model;
mod node;
mod output;
mod restart;
mod scope;
mod signal;
mod supervised;
mod sync;
mod task;
mod watch;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub(crate) use attached::Children;
pub(crate) use blocking::Blocking;
pub(crate) use body::InContext;
pub use body::{EffectBody, FiberBody, FutureBody, ScopedBody};
pub use exit::{AnyError, FiberError, FiberExit, FiberFailure, FiberRefused};
pub(crate) use gate::{Gate, Limits, Pass};
pub use id::FiberId;
pub(crate) use id::name_of_key;
pub(crate) use node::{Node, Observer};
pub use output::FiberOutput;
pub use restart::{GaveUp, Restart};
pub use scope::FiberScope;
pub(crate) use signal::By;
pub use supervised::{Supervised, SupervisedBody};
pub(crate) use task::{Membership, Task, Turn};
pub use watch::{Supervision, SupervisionState};

use crate::Scope;
use crate::scope::Home;
use di_core::BoxFuture;
use task::Alone;

/// A handle to a task: its result, which all who have a handle share, and the means to interrupt it.
///
/// Dropping a handle changes nothing for the task, and a clone is a handle to the same one. Collections
/// ([`FiberMap`](crate::FiberMap)) own what runs in them; a fiber that was spawned alone belongs to nobody.
///
/// ```
/// use di::{Fiber, FiberError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), FiberError> {
/// let sum: Fiber<u32> = Fiber::spawn(async { Ok::<_, std::io::Error>(1 + 2) });
/// let same = sum.clone();
/// assert_eq!((sum.join().await?, same.join().await?), (3, 3));
///
/// let endless: Fiber = Fiber::spawn(async { std::future::pending::<()>().await });
/// endless.interrupt().await;
/// assert!(matches!(endless.join().await, Err(FiberError::Interrupted)));
/// # Ok(())
/// # }
/// ```
///
/// # Interruption
///
/// An interrupted fiber is dropped at the await it is in, or at its next one. Then what its body acquired through a
/// [`FiberScope`] is released, to the end, and only then those who wait are told. A body that never awaits cannot be
/// interrupted. An interruption that comes when the body has ended changes nothing.
pub struct Fiber<A = (), E: ?Sized = AnyError> {
    node: Arc<Node<A, E>>,
}

impl<A, E> Fiber<A, E>
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// Runs a body on the current tokio runtime, in no collection.
    ///
    /// Without a runtime the body is dropped, and the fiber has ended: [`FiberExit::Refused`].
    #[doc(alias("fork", "forkDaemon"))]
    pub fn spawn<Kind, B: FiberBody<Kind, A, E>>(body: B) -> Self {
        let Some(runtime) = Home::capture().runtime_of_caller() else {
            return Self { node: Node::refused(FiberRefused::NoRuntime) };
        };
        let node = Node::new(None);
        let body = body.begin(|| FiberScope::of(&node, Scope::new));
        drop(runtime.spawn(Task::new(Arc::clone(&node), Alone, None, body)));
        Self { node }
    }

    /// Interrupts the fiber, and waits until it has ended and released what it acquired.
    ///
    /// Called by the fiber itself, it does not return: this is the await at which the body is dropped. Called by a
    /// finalizer of the fiber, it returns at once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not take the interruption back.
    pub async fn interrupt(&self) {
        self.cancel();
        if let Some(_wait) = self.node.begin_wait_of_owner() {
            self.node.ended().await;
        }
    }

    /// Interrupts the fiber without waiting for its end.
    #[doc(alias("interruptFork", "abort"))]
    pub fn cancel(&self) {
        self.node.interrupt(By::Other);
    }

    /// Waits for the end of the fiber.
    ///
    /// # Errors
    ///
    /// [`FiberError::WaitsForItself`], if this is the fiber's body or one of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the future can be dropped and made again.
    #[doc(alias = "await")]
    pub async fn wait(&self) -> Result<&FiberExit<A, E>, FiberError<E>> {
        let _wait = self.node.begin_wait().ok_or(FiberError::WaitsForItself)?;
        Ok(self.node.ended().await)
    }

    /// Waits for the value of the fiber. Every caller gets a clone.
    ///
    /// # Errors
    ///
    /// The fiber failed, panicked, was interrupted or never ran; or this is the fiber itself.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`wait`](Fiber::wait).
    pub async fn join(&self) -> Result<A, FiberError<E>>
    where
        A: Clone,
    {
        self.wait().await?.as_result().cloned()
    }

    /// Waits until the body says that it is ready ([`FiberScope::ready`]).
    ///
    /// # Errors
    ///
    /// The fiber ended before it was ready ([`FiberError::NotReady`] if it was a success), or this is the fiber itself.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`wait`](Fiber::wait).
    pub async fn ready(&self) -> Result<(), FiberError<E>> {
        let _wait = self.node.begin_wait().ok_or(FiberError::WaitsForItself)?;
        match self.node.ready().await {
            Ok(()) => Ok(()),
            Err(exit) => Err(exit.as_result().err().unwrap_or(FiberError::NotReady)),
        }
    }

    /// How the fiber ended, if it has.
    pub fn poll(&self) -> Option<&FiberExit<A, E>> {
        self.node.exit()
    }
}

impl<A, E: ?Sized> Fiber<A, E> {
    pub(crate) fn of(node: Arc<Node<A, E>>) -> Self {
        Self { node }
    }

    pub(crate) fn node(&self) -> &Arc<Node<A, E>> {
        &self.node
    }

    /// The number of the fiber.
    pub fn id(&self) -> FiberId {
        self.node.id()
    }

    /// The name of the fiber: the one that it was given, or its number.
    pub fn name(&self) -> Cow<'_, str> {
        self.node.name().map_or_else(|| format!("fiber {}", self.id()).into(), Cow::from)
    }

    /// How its supervision stands; `None` if it is not supervised ([`Restart`]).
    pub fn supervision(&self) -> Option<Supervision> {
        self.node.watch().map(|watch| watch.look(self.is_finished()))
    }

    /// Whether the fiber has ended, its finalizers included.
    pub fn is_finished(&self) -> bool {
        self.node.exit().is_some()
    }

    /// Whether both are handles to the same fiber.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }
}

/// `fiber.await` is [`fiber.join().await`](Fiber::join), for a handle that is not needed any more.
impl<A, E> IntoFuture for Fiber<A, E>
where
    A: Clone + Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    type Output = Result<A, FiberError<E>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.join().await })
    }
}

impl<A, E: ?Sized> Clone for Fiber<A, E> {
    fn clone(&self) -> Self {
        Self { node: Arc::clone(&self.node) }
    }
}

impl<A, E: ?Sized> fmt::Debug for Fiber<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}
