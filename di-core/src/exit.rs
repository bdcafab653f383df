//! How something ended, as finalizers are told.

use std::fmt;
use std::sync::Arc;

use crate::SharedError;

/// How the work that owned a resource ended.
///
/// Every finalizer of a scope receives the exit its scope was closed with.
#[derive(Clone, Debug, Default)]
pub enum Exit {
    /// The work came to its end.
    #[default]
    Success,
    /// The work failed with this error.
    Failure(SharedError),
    /// The work panicked; the payload, if it was text.
    Panicked(Arc<str>),
    /// The work was cancelled: its future was dropped or its token was triggered.
    Cancelled,
}

impl Exit {
    /// Whether this is [`Exit::Success`].
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success)
    }

    /// The exit that stands for a result: [`Exit::Success`] for `Ok`, [`Exit::Failure`] for `Err`.
    pub fn of<T, E>(result: &Result<T, E>) -> Self
    where
        E: Clone + Into<SharedError>,
    {
        match result {
            Ok(_) => Self::Success,
            Err(error) => Self::Failure(error.clone().into()),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("success"),
            Self::Failure(error) => write!(f, "failure: {error}"),
            Self::Panicked(message) => write!(f, "panic: {message}"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}
