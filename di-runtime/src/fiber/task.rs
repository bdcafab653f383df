//! The task of a fiber: it waits for its turn, runs the body, releases what that acquired, and tells of the end.
//!
//! 1. The body is polled only while the fiber is not interrupted, and dropped before its finalizers begin.
//! 2. Every way out of the task concludes it: its end, a panic, and the drop by a runtime that goes away, before the first
//!    poll or after it.
//! 3. The fiber leaves its collection before anybody who waits for it is woken.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;

use super::exit::{FiberExit, FiberFailure};
use super::node::Node;
use crate::scope::panic_message;

/// Where a fiber belongs.
pub(crate) trait Membership<A, E: ?Sized>: Send + 'static {
    /// Takes the fiber out of where it is, and settles it with its exit in the same step.
    fn leave(&self, node: &Arc<Node<A, E>>, exit: FiberExit<A, E>);
}

/// The membership of a fiber that is in no collection.
pub(crate) struct Alone;

impl<A, E: ?Sized> Membership<A, E> for Alone {
    fn leave(&self, node: &Arc<Node<A, E>>, exit: FiberExit<A, E>) {
        node.settle(exit);
    }
}

/// The task of a fiber. `turn` is over when the body may begin; an interrupted fiber waits for it, too, and then ends.
pub(crate) fn task<Turn, Body, A, E, M>(
    node: Arc<Node<A, E>>,
    membership: M,
    turn: Turn,
    body: Body,
) -> impl Future<Output = ()> + Send + 'static
where
    Turn: Future<Output = ()> + Send + 'static,
    Body: Future<Output = FiberExit<A, E>> + Send + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
    M: Membership<A, E>,
{
    // Made before the first poll (invariant 2).
    let end = End { node, membership };
    async move {
        // Moved in here so that whenever the task is dropped, the body goes before the end is told.
        let (body, turn) = (body, turn);
        turn.await;
        let exit = run(&end.node, body).await;
        let exit = release(&end.node, exit).await;
        end.conclude(exit);
    }
}

/// Runs the body until it ends or the fiber is interrupted, and drops it.
async fn run<Body, A, E>(node: &Node<A, E>, body: Body) -> FiberExit<A, E>
where
    Body: Future<Output = FiberExit<A, E>>,
    E: ?Sized,
{
    let mut body = pin!(Some(body));
    let (mut begins, mut sleeper) = (node.runs_here(), None);
    let exit = {
        let mut body = pin!(
            AssertUnwindSafe(poll_fn(|context| match body.as_mut().as_pin_mut() {
                Some(body) => poll_unless_interrupted(node, body, std::mem::take(&mut begins), &mut sleeper, context),
                None => Poll::Pending,
            }))
            .catch_unwind()
        );
        body.as_mut().await
    };
    let exit = exit.unwrap_or_else(|payload| FiberExit::Panicked(panic_message(&*payload).into()));
    // What the body holds is code of the user as well.
    match catch_unwind(AssertUnwindSafe(|| body.set(None))) {
        Ok(()) => exit,
        Err(payload) => FiberExit::Panicked(panic_message(&*payload).into()),
    }
}

fn poll_unless_interrupted<Body, A, E>(
    node: &Node<A, E>,
    body: std::pin::Pin<&mut Body>,
    begins: bool,
    sleeper: &mut Option<Waker>,
    context: &mut Context<'_>,
) -> Poll<FiberExit<A, E>>
where
    Body: Future<Output = FiberExit<A, E>>,
    E: ?Sized,
{
    // A body that has begun goes on until its children have ended.
    if node.signal().is_due() || begins && node.signal().is_interrupted() {
        return Poll::Ready(FiberExit::Interrupted);
    }
    if let Poll::Ready(exit) = body.poll(context) {
        return Poll::Ready(exit);
    }
    let sleeps = sleeper.as_ref().is_some_and(|sleeper| sleeper.will_wake(context.waker()));
    if !sleeps || node.signal().is_interrupted() {
        *sleeper = Some(context.waker().clone());
        node.signal().sleep(context.waker());
    }
    if node.signal().is_due() { Poll::Ready(FiberExit::Interrupted) } else { Poll::Pending }
}

/// Closes the scope of the fiber, if it has one.
async fn release<A, E: FiberFailure + ?Sized>(node: &Node<A, E>, exit: FiberExit<A, E>) -> FiberExit<A, E> {
    let Some(scope) = node.scope() else { return exit };
    if scope.close_if_empty(&exit.for_finalizers()) {
        return exit;
    }
    let mut close = pin!(scope.close(exit.for_finalizers()));
    let closed = poll_fn(|context| {
        if let Poll::Ready(closed) = close.as_mut().poll(context) {
            return Poll::Ready(Some(closed));
        }
        node.signal().sleep(context.waker());
        if node.signal().is_aborted() { Poll::Ready(None) } else { Poll::Pending }
    });
    match (closed.await, exit) {
        (Some(Err(error)), exit @ (FiberExit::Failure(_) | FiberExit::Panicked(_))) => {
            tracing::error!(fiber = node.id().number(), %error, "what a fiber acquired was not released");
            exit
        }
        (Some(Err(error)), _) => FiberExit::Panicked(error.to_string().into()),
        (_, exit) => exit,
    }
}

/// Concludes the fiber, at the latest when it is dropped.
struct End<A: Send + Sync + 'static, E: FiberFailure + ?Sized, M: Membership<A, E>> {
    node: Arc<Node<A, E>>,
    membership: M,
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized, M: Membership<A, E>> End<A, E, M> {
    fn conclude(&self, exit: FiberExit<A, E>) {
        self.membership.leave(&self.node, exit);
        // Invariant 3.
        self.node.tell();
    }
}

impl<A: Send + Sync + 'static, E: FiberFailure + ?Sized, M: Membership<A, E>> Drop for End<A, E, M> {
    fn drop(&mut self) {
        if self.node.exit().is_some() {
            return;
        }
        if let Some(scope) = self.node.scope() {
            scope.give_up();
        }
        self.conclude(FiberExit::Interrupted);
    }
}
