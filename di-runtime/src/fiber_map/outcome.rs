//! What a request to run something came to.

use super::engine::Ran;
use crate::fiber::{AnyError, Fiber};

/// What a request to run something came to.
#[derive(Debug)]
pub enum RunOutcome<A = (), E: ?Sized = AnyError> {
    /// The body runs, or was refused.
    Started(Fiber<A, E>),
    /// There is a fiber of the key already; the body was dropped.
    AlreadyRunning(Fiber<A, E>),
}

impl<A, E: ?Sized> RunOutcome<A, E> {
    pub(super) fn of(ran: Ran<A, E>) -> Self {
        match ran {
            Ran::Started(node) => Self::Started(Fiber::of(node)),
            Ran::Found(node) => Self::AlreadyRunning(Fiber::of(node)),
        }
    }

    /// The fiber of the key, whoever started it.
    pub fn into_fiber(self) -> Fiber<A, E> {
        match self {
            Self::Started(fiber) | Self::AlreadyRunning(fiber) => fiber,
        }
    }

    /// Whether the fiber is a new one.
    pub fn is_started(&self) -> bool {
        matches!(self, Self::Started(_))
    }
}
