//! What a release came to.

use std::fmt;
use std::time::Duration;

use di_core::SharedError;

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
        let overdue = self
            .overdue
            .map(|overdue| SharedError::from(Box::new(overdue) as Box<dyn std::error::Error + Send + Sync>));
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
        let had = self.had.saturating_add(Duration::from_micros(500));
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
