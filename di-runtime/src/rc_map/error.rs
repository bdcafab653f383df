//! Why a keyed resource is not handed out, and why one was released.

use std::fmt;
use std::sync::Arc;

use di_core::layer::Source;

/// Why a keyed resource was not handed out.
///
/// It clones as a pointer: everybody who waited for a build gets the same failure.
#[non_exhaustive]
pub enum RcMapError<E> {
    /// The lookup failed. Everything that it had acquired was released before this was told.
    Failed(Arc<E>),
    /// The lookup, or the `Clone` of the key, panicked with this message.
    Panicked(Arc<str>),
    /// The map is closed, or was closed while this was waited for.
    Closed,
    /// The map holds as many entries as it may, and its rule is not to make room.
    CapacityExceeded {
        /// How many entries the map may hold.
        capacity: usize,
    },
    /// The lookup would have waited for itself: the maps and layers on the way, the first one again as the last.
    Cycle(Arc<[Source]>),
    /// The build was cancelled by [`evict`](crate::RcMap::evict).
    Evicted,
    /// There was no tokio runtime to build on, or it was shut down before the build was done.
    RuntimeGone,
}

impl<E> Clone for RcMapError<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(Arc::clone(error)),
            Self::Panicked(message) => Self::Panicked(Arc::clone(message)),
            Self::Closed => Self::Closed,
            Self::CapacityExceeded { capacity } => Self::CapacityExceeded { capacity: *capacity },
            Self::Cycle(path) => Self::Cycle(Arc::clone(path)),
            Self::Evicted => Self::Evicted,
            Self::RuntimeGone => Self::RuntimeGone,
        }
    }
}

impl<E> RcMapError<E> {
    /// The error of the lookup, if it is that which failed.
    pub fn failure(&self) -> Option<&E> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for RcMapError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(message) => write!(f, "the lookup panicked: {message}"),
            Self::Closed => f.write_str("the map is closed"),
            Self::CapacityExceeded { capacity } => write!(f, "the map is full: it may hold {capacity} entries"),
            Self::Cycle(path) => {
                let names: Vec<_> = path.iter().map(|source| format!("`{source}`")).collect();
                write!(f, "the lookup waits for itself: {}", names.join(" → "))
            }
            Self::Evicted => f.write_str("the build was cancelled, as its key was evicted"),
            Self::RuntimeGone => f.write_str("there is no tokio runtime to build on"),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for RcMapError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Panicked(message) => f.debug_tuple("Panicked").field(message).finish(),
            Self::Closed => f.write_str("Closed"),
            Self::CapacityExceeded { capacity } => write!(f, "CapacityExceeded({capacity})"),
            Self::Cycle(path) => f.debug_tuple("Cycle").field(path).finish(),
            Self::Evicted => f.write_str("Evicted"),
            Self::RuntimeGone => f.write_str("RuntimeGone"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for RcMapError<E> {}

/// Why an entry of a map ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReleaseReason {
    /// Its last reference was given back, and it is not kept while idle.
    LastReference,
    /// Its idle time was over, or the time for which its failure was kept.
    Expired,
    /// It was invalidated, and nobody holds it any more.
    Invalidated,
    /// A refresh put another one in its place, and nobody holds it any more.
    Refreshed,
    /// It was idle, and made room for another one.
    MadeRoom,
    /// It was evicted, whoever held it.
    Evicted,
    /// The map was closed.
    Closed,
    /// Its build failed; what had been acquired was released.
    BuildFailed,
    /// Everybody who had waited for its build left, or its runtime ended.
    Cancelled,
}

impl ReleaseReason {
    /// Whether it is one for which nobody is asked.
    pub(crate) fn is_forced(self) -> bool {
        matches!(self, Self::Evicted | Self::Closed)
    }
}

impl fmt::Display for ReleaseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastReference => "last reference",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
            Self::Refreshed => "refreshed",
            Self::MadeRoom => "made room",
            Self::Evicted => "evicted",
            Self::Closed => "closed",
            Self::BuildFailed => "build failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Something that happened to an entry of a map.
#[derive(Debug)]
#[non_exhaustive]
pub struct RcMapEvent<'a, K> {
    /// The key of the entry.
    pub key: &'a K,
    /// What happened.
    pub kind: RcMapEventKind,
}

/// What happened to an entry of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RcMapEventKind {
    /// Its lookup has succeeded.
    Built,
    /// Everything that it had acquired has been released, for this reason.
    Released(ReleaseReason),
}
