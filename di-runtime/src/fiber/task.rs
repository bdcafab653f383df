//! The task of a fiber: it waits for its turn, runs the body, releases what that acquired, and tells of the end.
//!
//! 1. The body is polled only while the fiber is not interrupted, and dropped before its finalizers begin. If it is interrupted
//!    before its turn, that is at once.
//! 2. Every way out of the task concludes it: its end, a panic, and the drop by a runtime that goes away, before the first
//!    poll or after it. No panic on that way keeps it from telling those who wait.
//! 3. The fiber leaves its collection before anybody who waits for it is woken.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use pin_project_lite::pin_project;

use super::exit::{FiberExit, FiberFailure};
use super::node::Node;
use crate::Scope;
use crate::caught::{attempt, caught};

/// Where a fiber belongs.
pub(crate) trait Membership<A, E: ?Sized>: Send + 'static {
    /// Takes the fiber out of where it is, and settles it with its exit in the same step.
    fn leave(&self, node: &Arc<Node<A, E>>, exit: FiberExit<A, E>);

    /// Is told that the fiber is about to leave while its release goes on.
    fn overdue(&self, _node: &Arc<Node<A, E>>, _scope: &Scope) {}
}

/// The membership of a fiber that is in no collection.
pub(crate) struct Alone;

impl<A, E: ?Sized> Membership<A, E> for Alone {
    fn leave(&self, node: &Arc<Node<A, E>>, exit: FiberExit<A, E>) {
        node.settle(exit);
    }
}

/// What a fiber waits for before its body begins; whether it may then.
pub(crate) type Turn = BoxFuture<'static, bool>;

/// What a fiber waits for beside its body: before it, for its turn; after it, for its finalizers, with the exit.
type Beside<A, E> = BoxFuture<'static, Option<FiberExit<A, E>>>;

pin_project! {
    /// The task of a fiber. `turn` is over when the body may begin; an interrupted fiber does not wait for it.
    ///
    /// What only few fibers need is boxed: a short task is the node, the place in the collection and the body.
    pub(crate) struct Task<Body, A, E: ?Sized, M: Membership<A, E>> {
        // Before `end`: whenever the task is dropped, the body goes before its end is told.
        #[pin]
        body: Option<Body>,
        // What comes before the body, or after it.
        beside: Option<Beside<A, E>>,
        end: End<A, E, M>,
    }
}

impl<Body, A, E: ?Sized, M: Membership<A, E>> Task<Body, A, E, M> {
    pub(crate) fn new(node: Arc<Node<A, E>>, membership: M, turn: Option<Turn>, body: Body) -> Self
    where
        A: 'static,
        E: 'static,
    {
        let beside = turn.map(|turn| turn.map(|begins| (!begins).then_some(FiberExit::Interrupted)).boxed());
        Self { body: Some(body), beside, end: End { node, membership } }
    }
}

impl<Body, A, E, M> Future for Task<Body, A, E, M>
where
    Body: Future<Output = FiberExit<A, E>>,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
    M: Membership<A, E>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            let node = &this.end.node;
            let mut never_begins = None;
            if let Some(beside) = this.beside {
                let before_the_body = this.body.is_some();
                let exit = if before_the_body { poll_turn(node, beside, context) } else { beside.poll_unpin(context) };
                let exit = ready!(exit);
                *this.beside = None;
                match exit {
                    Some(exit) if !before_the_body => {
                        if let Some(scope) = node.overdue() {
                            this.end.membership.overdue(node, scope);
                        }
                        this.end.conclude(exit);
                        return Poll::Ready(());
                    }
                    exit => never_begins = exit,
                }
            }
            let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(()) };
            let exit = match never_begins {
                Some(exit) => exit,
                None => ready!(poll_unless_interrupted(node, body, context)),
            };
            // What the body holds is code of the user as well.
            let exit = match node.running(|| caught(|| this.body.set(None))) {
                Ok(()) => exit,
                Err(message) => FiberExit::Panicked(message.into()),
            };
            let Some(scope) = node.scope() else {
                this.end.conclude(exit);
                return Poll::Ready(());
            };
            node.signal().begin_release();
            *this.beside = Some(release(Arc::clone(node), scope.clone(), exit).map(Some).boxed());
        }
    }
}

/// Waits for the turn of a fiber, unless it is interrupted.
fn poll_turn<A, E: ?Sized>(
    node: &Node<A, E>,
    turn: &mut Beside<A, E>,
    context: &mut Context<'_>,
) -> Poll<Option<FiberExit<A, E>>> {
    if !node.signal().is_interrupted() {
        let polled = turn.poll_unpin(context);
        if polled.is_ready() {
            return polled;
        }
        node.signal().sleep(context.waker());
    }
    if node.signal().is_interrupted() { Poll::Ready(Some(FiberExit::Interrupted)) } else { Poll::Pending }
}

fn poll_unless_interrupted<Body, A, E>(
    node: &Node<A, E>,
    body: Pin<&mut Body>,
    context: &mut Context<'_>,
) -> Poll<FiberExit<A, E>>
where
    Body: Future<Output = FiberExit<A, E>>,
    E: ?Sized,
{
    // A body with children goes on until those have ended.
    if node.signal().is_due() {
        return Poll::Ready(FiberExit::Interrupted);
    }
    match node.running(|| caught(|| body.poll(context))) {
        Ok(Poll::Ready(exit)) => return Poll::Ready(exit),
        Ok(Poll::Pending) => {}
        Err(message) => return Poll::Ready(FiberExit::Panicked(message.into())),
    }
    node.signal().begin();
    node.signal().sleep(context.waker());
    if node.signal().is_due() { Poll::Ready(FiberExit::Interrupted) } else { Poll::Pending }
}

/// Ends the children of the fiber, if it has any, and closes its scope.
async fn release<A, E>(node: Arc<Node<A, E>>, scope: Scope, exit: FiberExit<A, E>) -> FiberExit<A, E>
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    let told = exit.for_finalizers();
    if scope.close_if_empty(&told) {
        return exit;
    }
    let children = node.children_end();
    let mut close = pin!(async move {
        if let Some(children) = children {
            children.await;
        }
        scope.close(told).await
    });
    let closed = poll_fn(|context| {
        if let Poll::Ready(closed) = close.as_mut().poll(context) {
            return Poll::Ready(Some(closed));
        }
        node.signal().sleep(context.waker());
        if node.signal().is_aborted() { Poll::Ready(None) } else { Poll::Pending }
    });
    match closed.await {
        Some(closed) => exit.and_released(node.id(), closed),
        None => exit,
    }
}

/// Concludes the fiber, at the latest when it is dropped.
struct End<A, E: ?Sized, M: Membership<A, E>> {
    node: Arc<Node<A, E>>,
    membership: M,
}

impl<A, E: ?Sized, M: Membership<A, E>> End<A, E, M> {
    fn conclude(&self, exit: FiberExit<A, E>) {
        // Invariant 2: whatever panics on the way, those who wait are told.
        attempt("the end of a fiber", || self.membership.leave(&self.node, exit));
        // Invariant 3.
        self.node.tell();
    }
}

impl<A, E: ?Sized, M: Membership<A, E>> Drop for End<A, E, M> {
    fn drop(&mut self) {
        if self.node.exit().is_some() {
            return;
        }
        if let Some(scope) = self.node.scope() {
            attempt("the release of what a fiber acquired", || scope.give_up());
        }
        self.conclude(FiberExit::Interrupted);
    }
}
