//! The reaper: background work that a shutdown waits for.
//!
//! Dropping a future or a handle cannot wait for async cleanup. What is left is handed to a task,
//! and a task nobody tracks may be cut off by the end of the runtime. A reaper counts such tasks,
//! so that a shutdown can wait for them.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::names::Names;

tokio::task_local! {
    static CURRENT: Reaper;
}

/// Counts background tasks. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reaper {
    tasks: TaskTracker,
    names: Names,
}

impl Reaper {
    /// The reaper that the running task belongs to.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
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
        self.tasks.spawn_on(self.enter(future), runtime)
    }

    /// The names of what these tasks work for, as far as they have one.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Waits until no counted task is left, those included that are spawned meanwhile.
    pub(crate) async fn wait(&self) {
        // A tracker only ends its waits once it is closed; a closed one still counts new tasks.
        self.tasks.close();
        self.tasks.wait().await;
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
