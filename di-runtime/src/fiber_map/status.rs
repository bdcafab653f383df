//! What became of the fiber of a key.

use std::fmt;

use crate::fiber::{AnyError, Fiber};

/// What became of the fiber of a key: [`FiberMap::status`](crate::FiberMap::status).
pub enum FiberStatus<A = (), E: ?Sized = AnyError> {
    /// It runs, or waits until it may.
    Running(Fiber<A, E>),
    /// It has ended, and is retained: [`Fiber::poll`] tells how.
    Finished(Fiber<A, E>),
    /// There is none of this key, or none any more.
    Missing,
}

impl<A, E: ?Sized> FiberStatus<A, E> {
    /// The fiber, if there is one.
    pub fn into_fiber(self) -> Option<Fiber<A, E>> {
        match self {
            Self::Running(fiber) | Self::Finished(fiber) => Some(fiber),
            Self::Missing => None,
        }
    }

    /// Whether there is a fiber that has not ended.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// Whether there is a fiber that has ended.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished(_))
    }

    /// Whether there is none.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl<A, E: ?Sized> fmt::Debug for FiberStatus<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(fiber) => f.debug_tuple("Running").field(fiber).finish(),
            Self::Finished(fiber) => f.debug_tuple("Finished").field(fiber).finish(),
            Self::Missing => f.write_str("Missing"),
        }
    }
}
