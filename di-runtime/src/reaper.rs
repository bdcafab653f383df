//! The reaper: background work that a shutdown waits for.
//!
//! Dropping a future or a handle cannot wait for async cleanup. What is left is handed to a task,
//! and a task nobody tracks may be cut off by the end of the runtime. A reaper counts such tasks,
//! so that a shutdown can wait for them.
//!
//! It is what the running code knows of the managed runtime around it: also that runtime's [`Shutdown`], and how long
//! releases may take once that has begun.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::Shutdown;
use crate::budget::{Budget, Deadline};
use crate::names::Names;
use crate::unfinished::Closing;

tokio::task_local! {
    static CURRENT: Reaper;
}

/// Counts background tasks. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reaper {
    shared: Arc<Shared>,
    /// The release that the running code is a part of.
    around: Option<Arc<Budget>>,
}

#[derive(Debug)]
struct Shared {
    tasks: TaskTracker,
    names: Names,
    /// The layers that were not released in their time, for as long as the reaper lives.
    overdue: Names,
    /// The collections of fibers that are being closed.
    closing: Closing,
    shutdown: Shutdown,
    release_timeout: Duration,
    deadline: Deadline,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            tasks: TaskTracker::new(),
            names: Names::default(),
            overdue: Names::default(),
            closing: Closing::default(),
            shutdown: Shutdown::new(),
            release_timeout: Duration::MAX,
            deadline: Deadline::default(),
        }
    }
}

impl Reaper {
    /// That of a runtime with this handle, where the release of a layer that says nothing of it may take so long.
    pub(crate) fn new(shutdown: Shutdown, release_timeout: Duration) -> Self {
        Self { shared: Arc::new(Shared { shutdown, release_timeout, ..Shared::default() }), around: None }
    }

    /// The reaper that the running task belongs to.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Whether the running task belongs to this reaper.
    pub(crate) fn is_here(&self) -> bool {
        CURRENT.try_with(|here| Arc::ptr_eq(&here.shared, &self.shared)).unwrap_or_default()
    }

    /// Does something as code that belongs to this reaper.
    pub(crate) fn within<Out>(&self, work: impl FnOnce() -> Out) -> Out {
        CURRENT.sync_scope(self.clone(), work)
    }

    /// Runs a future as one that belongs to this reaper.
    pub(crate) fn enter<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), future)
    }

    /// Spawns a future that belongs to this reaper, and counts it.
    pub(crate) fn spawn<F>(&self, runtime: &Handle, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.shared.tasks.spawn_on(self.enter(future), runtime)
    }

    /// The names of what these tasks work for, as far as they have one.
    pub(crate) fn names(&self) -> &Names {
        &self.shared.names
    }

    /// The layers that were not released in their time.
    pub(crate) fn overdue(&self) -> &Names {
        &self.shared.overdue
    }

    /// The collections of fibers that are being closed.
    pub(crate) fn closing(&self) -> &Closing {
        &self.shared.closing
    }

    /// The handle of the runtime that it belongs to.
    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.shared.shutdown
    }

    /// A shutdown has begun, or has come further: releases that begin now are to be over by then.
    pub(crate) fn set_deadline(&self, deadline: Instant) {
        self.shared.deadline.set(deadline);
    }

    /// The time for a release that begins now, inside of what this reaper is in.
    pub(crate) fn budget(&self, limit: Option<Duration>) -> Arc<Budget> {
        let limit = limit.unwrap_or(self.shared.release_timeout);
        Arc::new(Budget::new(limit, self.around.clone(), self.shared.deadline.clone()))
    }

    /// This reaper for what is inside of a release.
    pub(crate) fn inside(&self, release: Arc<Budget>) -> Self {
        Self { shared: Arc::clone(&self.shared), around: Some(release) }
    }

    /// Waits until no counted task is left, those included that are spawned meanwhile.
    pub(crate) async fn wait(&self) {
        // A tracker only ends its waits once it is closed; a closed one still counts new tasks.
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use di_core::Exit;
    use tokio::time::sleep;

    use super::Reaper;
    use crate::Scope;

    /// A scope whose one finalizer takes a minute and then counts.
    fn slow_scope(released: &Arc<AtomicUsize>) -> Scope {
        let scope = Scope::new();
        let released = released.clone();
        scope.on_close(async move |_exit| {
            sleep(Duration::from_secs(60)).await;
            released.fetch_add(1, Ordering::SeqCst);
        });
        scope
    }

    #[tokio::test(start_paused = true)]
    async fn a_reaper_waits_for_the_finalizers_of_a_scope_dropped_open() {
        let released = Arc::new(AtomicUsize::new(0));
        let reaper = Reaper::default();
        reaper.enter(async { drop(slow_scope(&released)) }).await;
        reaper.wait().await;
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_scope_remembers_the_reaper_it_was_made_under() {
        let released = Arc::new(AtomicUsize::new(0));
        let reaper = Reaper::default();
        let scope = reaper.enter(async { slow_scope(&released) }).await;
        drop(scope);
        reaper.wait().await;
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reaper_waits_for_a_scope_dropped_by_a_task_of_another_scope() {
        let released = Arc::new(AtomicUsize::new(0));
        let reaper = Reaper::default();
        let outer = reaper.enter(async { Scope::new() }).await;
        let inner = released.clone();
        outer.spawn(async move { drop(slow_scope(&inner)) }).await.unwrap();
        reaper.wait().await;
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reaper_waits_for_a_close_whose_future_was_dropped() {
        let released = Arc::new(AtomicUsize::new(0));
        let reaper = Reaper::default();
        let scope = reaper.enter(async { slow_scope(&released) }).await;
        let close = tokio::time::timeout(Duration::from_secs(1), scope.close(Exit::Success));
        assert!(close.await.is_err());
        reaper.wait().await;
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_reaper_with_nothing_to_wait_for_returns() {
        Reaper::default().wait().await;
        assert!(Reaper::current().is_none());
    }
}
