//! Tasks that belong to a scope: cancelled and awaited when it closes.

use std::panic::{AssertUnwindSafe, Location};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Scope;
use super::engine::Engine;
use super::finalizer::{Name, Work, panic_message};
use super::reentry::HeldUp;
use super::state::{Entry, Key};

/// Why a task of a scope has no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It was cancelled, by its handle or by the close of its scope, or the scope was closed before
    /// it began.
    #[error("the task was cancelled")]
    Cancelled,
    /// It panicked, with this message.
    #[error("the task panicked: {0}")]
    Panicked(String),
    /// There was no tokio runtime to run it on: neither here nor where the scope was made.
    #[error("there is no runtime to run the task on")]
    NoRuntime,
}

/// A task that a scope owns; awaiting it gives its result.
///
/// Dropping the handle changes nothing for the task: it still ends with its scope.
#[derive(Debug)]
pub struct ScopeTask<Out> {
    cancelled: CancellationToken,
    result: oneshot::Receiver<Result<Out, TaskError>>,
}

impl<Out> ScopeTask<Out> {
    /// Asks the task to stop: its future is dropped at the await it is in, or at the next one.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }
}

impl<Out> Future for ScopeTask<Out> {
    type Output = Result<Out, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.result.poll_unpin(cx));
        Poll::Ready(result.unwrap_or(Err(TaskError::Cancelled)))
    }
}

impl Scope {
    /// Spawns a task that lives no longer than the scope.
    ///
    /// When the scope closes, at the task's place in the order, the task is cancelled and its end
    /// awaited. A task that ends earlier leaves nothing behind in the scope.
    ///
    /// ```
    /// use di_core::Exit;
    /// use di_runtime::{Scope, TaskError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = Scope::new();
    /// let sum = scope.spawn(async { 1 + 2 });
    /// let endless = scope.spawn(std::future::pending::<()>());
    ///
    /// assert_eq!(sum.await.unwrap(), 3);
    /// scope.close(Exit::Success).await.unwrap();
    /// assert!(matches!(endless.await, Err(TaskError::Cancelled)));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// All of them are told by the handle, see [`TaskError`]. Once the close of the scope has
    /// begun, the future is dropped without being polled.
    ///
    /// # Cancel safety
    ///
    /// A task that never awaits cannot be cancelled, and holds up the close. A task may close its
    /// own scope: the close does not wait for the caller then, and cancels it.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> ScopeTask<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let cancelled = CancellationToken::new();
        let task = ScopeTask { cancelled: cancelled.clone(), result };
        let engine = self.engine();
        let Some(runtime) = engine.home().runtime_of_caller() else {
            // The receiver is in our hands.
            let _ = answer.send(Err(TaskError::NoRuntime));
            return task;
        };
        let name = Name::At("task spawned at ", Location::caller());
        let Some(membership) = Membership::enlist(engine.clone(), name, cancelled.clone()) else {
            return task;
        };
        let member = async move {
            let _until_the_end = membership;
            let result = match cancelled.run_until_cancelled(AssertUnwindSafe(future).catch_unwind()).await {
                Some(Ok(result)) => Ok(result),
                Some(Err(payload)) => Err(TaskError::Panicked(panic_message(&*payload))),
                None => Err(TaskError::Cancelled),
            };
            // The handle may be gone.
            let _ = answer.send(result);
        };
        let held_up = HeldUp::default().and(engine.lineage());
        engine.home().spawn_member(&runtime, held_up.during(member));
        task
    }
}

/// The entry of a task in its scope. Dropped when the task has ended, in whatever way.
struct Membership {
    engine: Arc<Engine>,
    key: Key,
    ended: CancellationToken,
}

impl Membership {
    /// `None` once the close of the scope has begun.
    fn enlist(engine: Arc<Engine>, name: Name, cancelled: CancellationToken) -> Option<Self> {
        let ended = CancellationToken::new();
        let end = ended.clone();
        // A scope that is abandoned drops the entry unrun, and that has to stop the task as well.
        let cancel = cancelled.drop_guard();
        let work = Work::of(move |_exit| {
            drop(cancel);
            end.cancelled_owned()
        });
        let key = engine.with(|machine| machine.register_if_open(Entry { name, work })).ok()?;
        Some(Self { engine, key, ended })
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        drop(self.engine.with(|machine| machine.remove(self.key)));
        self.ended.cancel();
    }
}
