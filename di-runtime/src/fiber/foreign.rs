//! Tasks that were spawned on tokio and are fibers from now on.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinHandle};

use super::Fiber;
use super::body::FiberBody;
use super::exit::{FiberExit, FiberFailure, FiberOutput};
use super::scope::FiberScope;
use crate::scope::panic_message;

/// A tokio task as a fiber: its output is the exit, and an interruption aborts it and waits until it has ended.
///
/// ```
/// use di::Fiber;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fiber: Fiber<u32> = Fiber::from(tokio::spawn(async { Ok::<_, std::io::Error>(7) }));
/// assert_eq!(fiber.await?, 7);
/// # Ok(())
/// # }
/// ```
///
/// Without a tokio runtime here, the task is detached and the fiber is [`FiberExit::Refused`].
impl<Out, A, E> From<JoinHandle<Out>> for Fiber<A, E>
where
    Out: FiberOutput<A, E> + Send + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn from(task: JoinHandle<Out>) -> Self {
        Self::spawn(Foreign(task))
    }
}

struct Foreign<Out>(JoinHandle<Out>);

/// The kind of a body that runs on a task of its own.
enum ForeignBody {}

impl<Out, A, E> FiberBody<ForeignBody, A, E> for Foreign<Out>
where
    Out: FiberOutput<A, E> + Send + 'static,
    A: Send + 'static,
    E: FiberFailure + ?Sized,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        let fiber = scope();
        async move { ended(self.0, &fiber).await }
    }
}

/// Waits for the end of a task, also if it is dropped: then as a finalizer of the fiber, after the task was aborted.
pub(super) async fn ended<Out, A, E>(task: JoinHandle<Out>, fiber: &FiberScope) -> FiberExit<A, E>
where
    Out: FiberOutput<A, E> + Send + 'static,
    E: ?Sized,
{
    let abort = task.abort_handle();
    let task = Arc::new(Mutex::new(Some(task)));
    let aborted = Arc::clone(&task);
    fiber.on_interrupt(async move || {
        abort.abort();
        match aborted.lock().await.take() {
            Some(task) => task.await.map_or_else(panicked, |_| Ok(())),
            None => Ok(()),
        }
    });
    let mut task = task.lock().await;
    let Some(running) = &mut *task else { return FiberExit::Interrupted };
    let result = running.await;
    // A task is not awaited again.
    *task = None;
    match result {
        Ok(out) => out.into_exit(),
        Err(error) => {
            panicked(error).map_or_else(|message| FiberExit::Panicked(message.into()), |()| FiberExit::Interrupted)
        }
    }
}

/// The message of a task that panicked; one that was aborted did not.
fn panicked(error: JoinError) -> Result<(), String> {
    error.try_into_panic().map_or(Ok(()), |payload| Err(panic_message(&*payload)))
}
