//! Tasks that were spawned on tokio and are fibers from now on.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinHandle};

use super::Fiber;
use super::body::FiberBody;
use super::exit::{FiberExit, FiberFailure};
use super::output::FiberOutput;
use super::scope::FiberScope;
use crate::caught::message_of;

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
        // What aborts the task is there before the first poll: it may be that there is none.
        let ended = ended(self.0, || false, &scope());
        async move { ended.await.map_or_else(|exit| exit, FiberOutput::into_exit) }
    }
}

/// Waits for the output of a task, or tells how the fiber ends without it. If this is dropped, the task is aborted and its
/// end is waited for by a finalizer of the fiber, unless the task is known never to begin.
pub(super) fn ended<Out, A, E, Never>(
    task: JoinHandle<Out>,
    never_begins: Never,
    fiber: &FiberScope,
) -> impl Future<Output = Result<Out, FiberExit<A, E>>> + Send + use<Out, A, E, Never>
where
    Out: Send + 'static,
    E: ?Sized,
    Never: FnOnce() -> bool + Send + 'static,
{
    let abort = task.abort_handle();
    let task = Arc::new(Mutex::new(Some(task)));
    let aborted = Arc::clone(&task);
    fiber.on_interrupt(async move || {
        abort.abort();
        if never_begins() {
            return Ok(());
        }
        match aborted.lock().await.take() {
            Some(task) => task.await.map_or_else(panicked, |_| Ok(())),
            None => Ok(()),
        }
    });
    async move {
        let mut task = task.lock().await;
        let Some(running) = &mut *task else { return Err(FiberExit::Interrupted) };
        let result = running.await;
        // A task is not awaited again.
        *task = None;
        result.map_err(|error| match panicked(error) {
            Ok(()) => FiberExit::Interrupted,
            Err(message) => FiberExit::Panicked(message.into()),
        })
    }
}

/// The message of a task that panicked; one that was aborted did not.
fn panicked(error: JoinError) -> Result<(), String> {
    error.try_into_panic().map_or(Ok(()), |payload| Err(message_of(payload)))
}
