//! Where the work of a scope runs when no caller awaits it: its runtime and its reaper.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::reaper::Reaper;

/// What a scope remembers of the place it was made in.
#[derive(Debug)]
pub(crate) struct Home {
    handle: Option<Handle>,
    reaper: Option<Reaper>,
}

impl Home {
    pub(crate) fn capture() -> Self {
        Self { handle: Handle::try_current().ok(), reaper: Reaper::current() }
    }

    /// The runtime for what somebody asks for now: the caller's, which is alive, or else the
    /// scope's own.
    pub(crate) fn runtime_of_caller(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| self.handle.clone())
    }

    /// The runtime for what nobody asked for: the one the resources were made on, or else the
    /// current one.
    pub(crate) fn runtime_of_scope(&self) -> Option<Handle> {
        self.handle.clone().or_else(|| Handle::try_current().ok())
    }

    /// Runs a future to its end on a task that the reaper, if there is one, waits for.
    ///
    /// Dropping the handle stops nothing.
    pub(crate) fn spawn_owned<F>(&self, runtime: &Handle, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        match self.reaper() {
            Some(reaper) => reaper.spawn(runtime, future),
            None => runtime.spawn(future),
        }
    }

    /// The same, known by a name for as long as the task runs.
    pub(crate) fn spawn_named<F>(&self, runtime: &Handle, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let named = self.reaper().map(|reaper| reaper.names().begin(name));
        self.spawn_owned(runtime, async move {
            let _named = named;
            future.await
        })
    }

    /// Whether there is a runtime for what belongs to where this was made.
    pub(crate) fn has_runtime(&self) -> bool {
        self.handle.is_some() || Handle::try_current().is_ok()
    }

    /// Runs a future where this was made, on a task that is waited for in another way; or else on the current runtime, which
    /// is there: see [`has_runtime`](Self::has_runtime).
    pub(crate) fn spawn_here<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // No handle is cloned: that is a write to what all threads share.
        drop(match (&self.handle, &self.reaper) {
            (Some(runtime), Some(reaper)) => runtime.spawn(reaper.enter(future)),
            (Some(runtime), None) => runtime.spawn(future),
            (None, _) => tokio::spawn(future),
        });
    }

    /// Runs a future on a task that its scope waits for, and therefore the reaper need not.
    pub(crate) fn spawn_member<F>(&self, runtime: &Handle, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(match self.reaper() {
            Some(reaper) => runtime.spawn(reaper.enter(future)),
            None => runtime.spawn(future),
        });
    }

    /// The reaper of the running task, or else of where this was made.
    pub(crate) fn reaper(&self) -> Option<Reaper> {
        Reaper::current().or_else(|| self.reaper.clone())
    }
}
