//! Refreshing by a schedule: a task of the scope in which the reference lives.

use di_core::Schedule;
use di_core::schedule::Pace;
use di_core::set::ServiceSet;

use super::LayerRef;
use crate::Scope;
use crate::clock::clock;

/// Refreshes until the schedule or the scope ends.
pub(super) fn refresh_on<Out: ServiceSet>(
    schedule: &Schedule<()>,
    keeps: bool,
    reference: &LayerRef<Out>,
    scope: &Scope,
) {
    let (mut pace, reference) = (Pace::new(schedule, clock()), reference.clone());
    // The task belongs to the scope, which drops it; nobody waits for it otherwise.
    drop(scope.spawn(async move {
        while let Some((_, pause)) = pace.pause(&()) {
            pause.await;
            if let Err(error) = reference.renew(keeps).await {
                tracing::warn!(%error, "a layer was not refreshed, and the old one stays");
            }
        }
    }));
}

impl<Out: ServiceSet> LayerRef<Out> {
    /// Replaces what is used. What is idle is replaced only if it is kept; otherwise it is released.
    async fn renew(&self, keeps: bool) -> Result<(), di_core::BuildError> {
        let stats = self.stats();
        if stats.in_use > 0 || keeps && stats.idle > 0 {
            drop(self.refresh().await?);
        } else if stats.idle + stats.failures > 0 {
            self.invalidate().await;
        }
        Ok(())
    }
}
