//! The failures of a collection of fibers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::members::Member;
use crate::fiber::{AnyError, FiberError, FiberExit};

/// The first failure of a collection: the key of the fiber, and how it failed.
pub struct FiberMapError<K, A = (), E: ?Sized = AnyError> {
    member: Arc<Member<K, A, E>>,
}

impl<K, A, E: ?Sized> FiberMapError<K, A, E> {
    pub(super) fn of(member: Arc<Member<K, A, E>>) -> Self {
        Self { member }
    }

    /// The key of the fiber that failed.
    pub fn key(&self) -> &K {
        &self.member.key
    }

    /// How it failed.
    pub fn error(&self) -> FiberError<E> {
        // Only a fiber that failed is kept as the failure.
        self.member.node.exit().and_then(|exit| exit.as_result().err()).unwrap_or(FiberError::Interrupted)
    }
}

impl<K, A, E: ?Sized> Clone for FiberMapError<K, A, E> {
    fn clone(&self) -> Self {
        Self { member: Arc::clone(&self.member) }
    }
}

impl<K: fmt::Debug, A, E: fmt::Debug + ?Sized> fmt::Debug for FiberMapError<K, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiberMapError").field("key", self.key()).field("error", &self.error()).finish()
    }
}

impl<K: fmt::Debug, A, E: fmt::Display + ?Sized> fmt::Display for FiberMapError<K, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fiber {:?}: {}", self.key(), self.error())
    }
}

impl<K: fmt::Debug, A, E: Error + ?Sized> Error for FiberMapError<K, A, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.member.node.exit()? {
            // It displays as the failure does, and the key.
            FiberExit::Failure(error) => error.source(),
            _ => None,
        }
    }
}

/// Fibers that did not end when their collection was closed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{collection}: fibers did not end: {}", names.join(", "))]
pub struct FibersStuck {
    pub(super) collection: &'static str,
    pub(super) names: Vec<String>,
}

impl FibersStuck {
    /// Their names, or else their keys.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}
