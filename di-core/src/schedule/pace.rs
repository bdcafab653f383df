//! Going through a schedule in time.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::{Schedule, Steps};
use crate::{BoxFuture, BuildError, BuildErrorKind, SharedError};

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
        let delay = self.delay(input)?;
        self.runs += 1;
        Some((delay, self.clock.sleep(delay)))
    }

    fn delay(&mut self, input: &Input) -> Option<Duration> {
        self.steps.after(input, self.clock.now().saturating_sub(self.begun))
    }

    /// How many runs have begun, or are about to.
    pub fn runs(&self) -> u64 {
        self.runs
    }
}

impl Pace<BuildError> {
    /// A layer has failed with this: how long the next attempt has to wait, and the waiting itself.
    ///
    /// # Errors
    ///
    /// The failure, if there is no other attempt. That is so as well where the waiting panics, as it does on a tokio runtime
    /// that has no timers: then the failure tells of that. If a closure of the schedule panics, it is the panic that tells of
    /// the failure.
    pub fn after_failure(&mut self, error: &BuildError) -> Result<(Duration, BoxFuture<()>), BuildError> {
        let delay = match catch_unwind(AssertUnwindSafe(|| self.delay(error))) {
            Ok(Some(delay)) => delay,
            Ok(None) => return Err(error.clone().after_attempts(self.runs)),
            Err(panic) => {
                let panicked = BuildError::new(BuildErrorKind::Panicked(message(&*panic).into()));
                return Err(panicked.suppress([Arc::new(error.clone()) as SharedError]));
            }
        };
        let waiting = catch_unwind(AssertUnwindSafe(|| self.clock.sleep(delay))).map_err(|panic| {
            let no_delay: Box<dyn Error + Send + Sync> = format!("no delay: {}", message(&*panic)).into();
            error.clone().after_attempts(self.runs).suppress([SharedError::from(no_delay)])
        })?;
        self.runs += 1;
        Ok((delay, waiting))
    }
}

/// What a panic says.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic whose payload is not text").to_owned()
}

impl<Input> std::fmt::Debug for Pace<Input> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace").field("steps", &self.steps).field("runs", &self.runs).finish_non_exhaustive()
    }
}
