//! What can be seen of a supervised fiber from outside.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::restart::GaveUp;
use crate::lock;

/// How the supervision of a fiber stands: [`Fiber::supervision`](crate::Fiber::supervision).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supervision {
    pub(super) restarts: u64,
    pub(super) state: SupervisionState,
}

impl Supervision {
    /// How often the body was run again.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// What the fiber is about.
    pub fn state(&self) -> SupervisionState {
        self.state
    }
}

/// What a supervised fiber is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SupervisionState {
    /// It waits until it may begin: for the end of the fiber that it replaces, or for [its turn](crate::FiberMapBuilder::max_concurrent).
    Waiting,
    /// A run of its body is going on, or what that acquired is being released.
    Running,
    /// It waits until the body is run again.
    BackingOff {
        /// For how long.
        left: Duration,
    },
    /// It has ended, because there was no restart any more.
    GaveUp(GaveUp),
    /// It has ended: as the policy has it, or because it was interrupted.
    Ended,
}

/// What the supervision of a fiber notes, for those who look.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    restarts: AtomicU64,
    stage: Mutex<Stage>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Stage {
    #[default]
    Waiting,
    Running,
    BackingOff(Instant),
    GaveUp(GaveUp),
}

impl Watch {
    pub(super) fn note(&self, stage: Stage) {
        *lock(&self.stage) = stage;
    }

    pub(super) fn note_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    /// What there is to see of a fiber that has ended, or has not.
    pub(crate) fn look(&self, ended: bool) -> Supervision {
        let state = match *lock(&self.stage) {
            Stage::GaveUp(why) => SupervisionState::GaveUp(why),
            _ if ended => SupervisionState::Ended,
            Stage::Waiting => SupervisionState::Waiting,
            Stage::Running => SupervisionState::Running,
            Stage::BackingOff(until) => {
                SupervisionState::BackingOff { left: until.saturating_duration_since(Instant::now()) }
            }
        };
        Supervision { restarts: self.restarts.load(Ordering::Relaxed), state }
    }
}
