//! The states of a memo entry and the transitions between them, free of locks, tasks and user code.
//!
//! ```text
//!             finish             last release            settle
//!  Building ─────────► Built ───────────────► Releasing ───────► Gone
//!    │  └─ fail ─────► Failing ──────────────── settle ────────► Failed
//!    └─ last leave ──► Abandoned ────────────── settle ────────► Gone
//! ```
//!
//! 1. While an entry is `Building`, at least one waiter is interested in it; the last one to leave abandons it.
//! 2. When a build is done, every waiter becomes a holder in the same step: nobody who waited can lose the result.
//! 3. `Releasing` is entered once, by the last holder, so what was acquired is released once.
//! 4. Nobody joins an entry that is going away, unless it is `Failing`: then the failure is what they get.
//! 5. Waiters are answered only when the state is settled: a failure is delivered after everything was released.

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Building { waiters: usize },
    Built { holders: usize },
    Failing,
    Abandoned,
    Releasing,
    Failed,
    Gone,
}

/// What a request finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It waits like those before it.
    AsWaiter,
    /// It holds what was built.
    AsHolder,
    /// The entry is going away; the request needs a new one.
    TooLate,
}

/// What has to be done by whoever made a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Duty {
    /// Nothing.
    None,
    /// Cancel the build.
    Cancel,
    /// Release what was built.
    Release,
}

impl Phase {
    /// A new entry, with the one waiter that asked for it.
    pub(crate) fn new() -> Self {
        Self::Building { waiters: 1 }
    }

    /// One more request.
    pub(crate) fn join(&mut self) -> Joined {
        match self {
            Self::Building { waiters } => {
                *waiters += 1;
                Joined::AsWaiter
            }
            Self::Built { holders } => {
                *holders += 1;
                Joined::AsHolder
            }
            Self::Failing => Joined::AsWaiter, // invariant 4
            Self::Abandoned | Self::Releasing | Self::Failed | Self::Gone => Joined::TooLate,
        }
    }

    /// A waiter is not interested any more. The build may be done by now; then it was a holder, by invariant 2.
    pub(crate) fn leave(&mut self) -> Duty {
        match self {
            Self::Building { waiters: 1 } => {
                *self = Self::Abandoned;
                Duty::Cancel
            }
            Self::Building { waiters } => {
                *waiters -= 1;
                Duty::None
            }
            Self::Built { .. } => self.release(),
            _ => Duty::None,
        }
    }

    /// The build is done. If nobody waits any more, what it made has to be released.
    pub(crate) fn finish(&mut self) -> Duty {
        match *self {
            Self::Building { waiters } => {
                *self = Self::Built { holders: waiters };
                Duty::None
            }
            _ => Duty::Release,
        }
    }

    /// The build failed, and what it acquired will now be released.
    pub(crate) fn fail(&mut self) {
        if let Self::Building { .. } = self {
            *self = Self::Failing;
        }
    }

    /// A holder has gone.
    pub(crate) fn release(&mut self) -> Duty {
        match self {
            Self::Built { holders: 1 } => {
                *self = Self::Releasing;
                Duty::Release
            }
            Self::Built { holders } => {
                *holders -= 1;
                Duty::None
            }
            _ => Duty::None,
        }
    }

    /// Everything that was acquired has been released.
    pub(crate) fn settle(&mut self) {
        *self = match self {
            Self::Failing | Self::Failed => Self::Failed,
            _ => Self::Gone,
        };
    }

    /// Whether waiters have their answer.
    pub(crate) fn is_answered(self) -> bool {
        matches!(self, Self::Built { .. } | Self::Releasing | Self::Failed | Self::Gone)
    }

    /// Whether nothing of the entry is left.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Gone)
    }
}
