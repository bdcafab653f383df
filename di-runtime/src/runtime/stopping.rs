//! The order of a shutdown.

use std::sync::Arc;
use std::time::Duration;

use di_core::Exit;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::{Inner, ShutdownReport};
use crate::lock;
use crate::scope::Home;

impl Inner {
    /// Shuts down, or waits for the shutdown that is under way.
    pub(super) async fn shutdown(self: &Arc<Self>, deadline: Duration) -> ShutdownReport {
        let mut report = self.stopping.get_or_init(|| self.begin_shutdown(deadline)).clone();
        if self.scope.is_held_up_here() {
            // A finalizer of one of the layers: the shutdown waits for it.
            return self.report_so_far(None);
        }
        let report = report.wait_for(Option::is_some).await.ok().and_then(|report| report.clone());
        // Without a report, the task went away with its tokio runtime.
        report.unwrap_or_else(|| self.report_so_far(Some(self.reaper.names().list())))
    }

    fn report_so_far(&self, stuck_background: Option<Vec<&'static str>>) -> ShutdownReport {
        ShutdownReport {
            took: Duration::ZERO,
            stuck_effects: self.stuck(),
            stuck_background,
            layers: self.releases(),
            finalizers: Vec::new(),
        }
    }

    fn begin_shutdown(self: &Arc<Self>, deadline: Duration) -> watch::Receiver<Option<ShutdownReport>> {
        let (report, reported) = watch::channel(None);
        self.shutdown.request();
        self.stopped.cancel();
        self.running.close();
        let inner = Arc::clone(self);
        if let Some(runtime) = Home::capture().runtime_of_caller() {
            drop(runtime.spawn(async move {
                let done = inner.stop(deadline).await;
                report.send_replace(Some(done));
            }));
        }
        reported
    }

    async fn stop(&self, deadline: Duration) -> ShutdownReport {
        let begun = Instant::now();
        let left = || deadline.saturating_sub(begun.elapsed());
        let stopped = timeout(left() / 3, self.running.wait()).await;
        let stuck_effects = if stopped.is_ok() { Vec::new() } else { self.stuck() };
        let waited = timeout(left() / 2, self.reaper.wait()).await;
        let stuck_background = waited.is_err().then(|| self.reaper.names().list());
        // The layers drop their services themselves, and tell if that panics.
        let services = self.ready.get().and_then(|ready| lock(&ready.services).take());
        drop(services);
        let closed = self.scope.close_with_timeout(Exit::Success, left()).await;
        let layers = self.releases();
        let report = ShutdownReport {
            took: begun.elapsed(),
            stuck_effects,
            stuck_background,
            layers,
            finalizers: closed.finalizers().to_vec(),
        };
        if report.is_clean() {
            tracing::debug!(%report, "runtime shut down");
        } else {
            tracing::warn!(%report, "runtime shut down");
        }
        report
    }

    fn stuck(&self) -> Vec<&'static str> {
        self.names.list()
    }

    fn releases(&self) -> Vec<crate::LayerRelease> {
        self.ready.get().map(|ready| ready.build.releases()).unwrap_or_default()
    }
}
