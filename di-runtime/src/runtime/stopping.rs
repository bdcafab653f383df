//! The order of a shutdown.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use di_core::Exit;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::{Inner, ShutdownReport};
use crate::scope::Home;
use crate::{Scope, lock};

/// A shutdown that has begun.
pub(super) struct Stopping {
    begun: Instant,
    report: watch::Receiver<Option<ShutdownReport>>,
}

impl Inner {
    /// Shuts down, or waits for the shutdown that is under way.
    pub(super) async fn shutdown(self: &Arc<Self>, deadline: Duration) -> ShutdownReport {
        let stopping = self.stopping.get_or_init(|| self.begin_shutdown(deadline));
        if self.scope.is_held_up_here() || self.reaper.is_here() && Scope::is_any_held_up_here() {
            // A finalizer of one of the layers, or of something else in the runtime: the shutdown waits for it.
            return self.report_so_far(stopping.begun, None);
        }
        let report = stopping.report.clone().wait_for(Option::is_some).await.ok().and_then(|report| report.clone());
        // Without a report, the task went away with its tokio runtime.
        report.unwrap_or_else(|| self.report_so_far(stopping.begun, Some(self.reaper.names().list())))
    }

    fn report_so_far(&self, begun: Instant, stuck_background: Option<Vec<Cow<'static, str>>>) -> ShutdownReport {
        ShutdownReport {
            took: begun.elapsed(),
            effects: Duration::ZERO,
            background: Duration::ZERO,
            stuck_effects: self.stuck(),
            stuck_background,
            layers: self.releases(begun),
            finalizers: Vec::new(),
            stuck_fibers: self.reaper.closing().names(),
            failure: self.shutdown.failure().cloned(),
        }
    }

    fn begin_shutdown(self: &Arc<Self>, deadline: Duration) -> Stopping {
        let begun = Instant::now();
        let (report, reported) = watch::channel(None);
        // What is released while effects come to their end has the time that it has if they take none.
        self.reaper.set_deadline(after(begun, deadline / 2));
        self.shutdown.request();
        self.stopped.cancel();
        self.running.close();
        let inner = Arc::clone(self);
        if let Some(runtime) = Home::capture().runtime_of_caller() {
            drop(runtime.spawn(async move {
                let done = inner.stop(begun, deadline).await;
                report.send_replace(Some(done));
            }));
        }
        Stopping { begun, report: reported }
    }

    async fn stop(&self, begun: Instant, deadline: Duration) -> ShutdownReport {
        let left = || deadline.saturating_sub(begun.elapsed());
        let stopped = timeout(left() / 3, self.running.wait()).await;
        let stuck_effects = if stopped.is_ok() { Vec::new() } else { self.stuck() };
        let effects = begun.elapsed();
        self.reaper.set_deadline(after(begun, effects + left() / 2));
        let waited = timeout(left() / 2, self.reaper.wait()).await;
        let mut stuck = self.reaper.overdue().list();
        if waited.is_err() {
            stuck.extend(self.reaper.names().list());
        }
        let stuck_background = (waited.is_err() || !stuck.is_empty()).then_some(stuck);
        let background = begun.elapsed() - effects;
        // The layers drop their services themselves, and tell if that panics.
        let services = self.ready.get().and_then(|services| lock(services).take());
        drop(services);
        self.reaper.set_deadline(after(begun, deadline));
        let closed = self.scope.close_with_timeout(Exit::Success, left()).await;
        let layers = self.releases(begun);
        let report = ShutdownReport {
            took: begun.elapsed(),
            effects,
            background,
            stuck_effects,
            stuck_background,
            layers,
            finalizers: closed.finalizers().to_vec(),
            stuck_fibers: self.reaper.closing().names(),
            failure: self.shutdown.failure().cloned(),
        };
        if report.is_clean() {
            tracing::debug!(%report, "runtime shut down");
        } else {
            tracing::warn!(%report, "runtime shut down");
        }
        report
    }

    fn stuck(&self) -> Vec<Cow<'static, str>> {
        self.names.list()
    }

    fn releases(&self, beginning: Instant) -> Vec<crate::LayerRelease> {
        lock(&self.build).as_ref().map(|build| build.releases(beginning)).unwrap_or_default()
    }
}

/// A moment, which is in a far future if there is none so late.
fn after(begun: Instant, time: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    begun + time.min(CENTURY)
}
