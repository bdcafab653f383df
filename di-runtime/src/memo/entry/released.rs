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

/// A layer whose time for its release was over, and what that was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotReleased {
    pub(crate) layer: &'static str,
    pub(crate) after: Duration,
}

impl fmt::Display for NotReleased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer `{}` was not released in the {:?} that it had", self.layer, self.after)
    }
}

impl std::error::Error for NotReleased {}
