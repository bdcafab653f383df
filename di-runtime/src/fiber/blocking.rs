//! Bodies that do not await: they run on a thread for such code, and are waited for.

use std::sync::{Arc, Mutex};

use tokio::task::spawn_blocking;

use super::body::FiberBody;
use super::exit::{FiberExit, FiberFailure};
use super::foreign::ended;
use super::output::FiberOutput;
use super::scope::FiberScope;
use crate::{Scope, lock};

/// A body that does not await.
pub(crate) struct Blocking<F>(pub(crate) F);

/// The kind of a body that does not await.
pub(crate) enum BlockingBody {}

impl<F, Out, A, E> FiberBody<BlockingBody, A, E> for Blocking<F>
where
    F: FnOnce(FiberScope) -> Out + Send + 'static,
    Out: FiberOutput<A, E> + Send + 'static,
    A: Send + 'static,
    E: FiberFailure + ?Sized,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        let fiber = scope();
        async move {
            // What it acquires is released after it has ended: its scope is the older one.
            let work = Arc::new(Mutex::new(Some((self.0, fiber.of_blocking()))));
            let taken = Arc::clone(&work);
            let running = spawn_blocking(move || {
                let work = lock(&taken).take();
                // It cannot be dropped at an await, so that whoever interrupts it from here must not wait for it.
                work.map(|(work, fiber)| Scope::clone(&fiber).held_up_by_call(|| work(fiber)))
            });
            // What waits for a thread is dropped here, and not waited for.
            let never_begins = move || lock(&work).take().is_some();
            match ended(running, never_begins, &fiber).await {
                Ok(Some(out)) => out.into_exit(),
                Ok(None) => FiberExit::Interrupted,
                Err(exit) => exit,
            }
        }
    }
}
