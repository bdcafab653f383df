//! Going through a schedule in time.

use std::sync::Arc;
use std::time::Duration;

use super::{Schedule, Steps};
use crate::BoxFuture;

/// The time of whatever runs things; a runtime implements it.
pub trait Clock: Send + Sync {
    /// The time since a moment that stays the same.
    fn now(&self) -> Duration;

    /// Waits. Without a delay it lets others run before it is done.
    fn sleep(&self, delay: Duration) -> BoxFuture<()>;
}

/// A schedule that is being gone through, where the first run begins now.
pub struct Pace<Input> {
    steps: Steps<Input>,
    clock: Arc<dyn Clock>,
    begun: Duration,
    runs: u64,
}

impl<Input> Pace<Input> {
    /// The first run begins now.
    pub fn new(schedule: &Schedule<Input>, clock: Arc<dyn Clock>) -> Self {
        Self { steps: schedule.steps(), begun: clock.now(), clock, runs: 1 }
    }

    /// A run has come to this: how long the next one has to wait, if there is one, and the waiting itself.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting, and nothing else.
    pub fn pause(&mut self, input: &Input) -> Option<(Duration, BoxFuture<()>)> {
        let delay = self.steps.after(input, self.clock.now().saturating_sub(self.begun))?;
        self.runs += 1;
        Some((delay, self.clock.sleep(delay)))
    }

    /// How many runs have begun, or are about to.
    pub fn runs(&self) -> u64 {
        self.runs
    }
}

impl<Input> std::fmt::Debug for Pace<Input> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace").field("steps", &self.steps).field("runs", &self.runs).finish_non_exhaustive()
    }
}
