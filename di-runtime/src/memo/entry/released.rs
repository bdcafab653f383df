//! The time of a release: what closes in it, what is left behind when it is over, and what is told of that.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use di_core::{Exit, SharedError};
use futures_util::future::{Either, select};

use super::Entry;
use crate::CloseError;
use crate::reaper::Reaper;

impl Entry {
    /// Closes the scope, or leaves it to the background when its time is over (invariant 4).
    pub(super) async fn close_scope(&self, exit: Exit) -> (Result<(), CloseError>, Option<NotReleased>) {
        let Some(reaper) = Reaper::current() else { return (self.scope.close(exit).await, None) };
        let budget = reaper.budget(self.release_timeout);
        let close = reaper.inside(Arc::clone(&budget)).enter(self.scope.close_as_member(exit));
        match select(pin!(close), pin!(budget.over())).await {
            Either::Left((closed, _)) => (closed, None),
            Either::Right((had, _)) => {
                let (name, report) = (self.source().name(), self.scope.report());
                let left: Vec<_> = report.unfinished().map(|finalizer| &*finalizer.name).collect();
                tracing::warn!(layer = name, finalizers = left.join(", "), "not released in its time, and left behind");
                reaper.overdue().add(name);
                (report.into_result(), Some(NotReleased { layer: name, had }))
            }
        }
    }
}

/// What a release came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Released {
    /// Set if its time was over before it was.
    pub(crate) overdue: Option<NotReleased>,
    /// What failed.
    pub(crate) errors: Vec<SharedError>,
}

impl Released {
    /// All of it as errors, for those who know of no time.
    pub(crate) fn into_errors(self) -> Vec<SharedError> {
        let overdue = self.overdue.map(|overdue| Arc::new(overdue) as SharedError);
        overdue.into_iter().chain(self.errors).collect()
    }
}

/// A layer whose time for its release was over, and how long that was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotReleased {
    pub(crate) layer: &'static str,
    pub(crate) had: Duration,
}

impl fmt::Display for NotReleased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is left of a round time, less a moment, is meant to be read as the round time.
        let had = self.had.saturating_add(Duration::from_micros(500)).as_millis();
        let had = Duration::from_millis(u64::try_from(had).unwrap_or(u64::MAX));
        write!(f, "layer `{}` was not released in the {had:?} that it had", self.layer)
    }
}

impl std::error::Error for NotReleased {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::NotReleased;

    #[test]
    fn a_round_time_less_a_moment_reads_as_the_round_time() {
        let text = |had| NotReleased { layer: "server", had }.to_string();
        let expected = "layer `server` was not released in the 20s that it had";
        assert_eq!(text(Duration::from_secs(20)), expected);
        assert_eq!(text(Duration::from_nanos(19_999_998_000)), expected);
        assert!(text(Duration::from_millis(1_250)).contains("the 1.25s that"));
        assert!(text(Duration::MAX).contains("that it had"));
    }
}
