//! Constructors that are run again after a failure, and the waiting in between.

use std::collections::HashMap;

use di_core::layer::{Plan, StepId};
use di_core::schedule::Pace;
use di_core::{BoxFuture, BuildError};
use tokio_util::sync::CancellationToken;

use super::Build;
use crate::clock::clock;
use crate::lock;

/// The constructors of a build that a schedule says something about, from the time when they began.
#[derive(Default)]
pub(super) struct Retries(HashMap<StepId, Pace<BuildError>>);

/// A delay, and the error after which it is.
pub(super) struct Pause {
    delay: BoxFuture<()>,
    error: BuildError,
}

impl Retries {
    /// A constructor begins, perhaps not for the first time.
    pub(super) fn begin(&mut self, plan: &Plan, step: StepId) {
        if let Some(schedule) = plan.steps()[step].retry() {
            self.0.entry(step).or_insert_with(|| Pace::new(schedule, clock()));
        }
    }

    /// A constructor has failed, and everything that it had acquired was released.
    ///
    /// # Errors
    ///
    /// The failure, if it is final.
    pub(super) fn after(&mut self, build: &Build, step: StepId, error: BuildError) -> Result<Pause, BuildError> {
        if !error.is_failure() || error.is_final() {
            return Err(error);
        }
        let Some(pace) = self.0.get_mut(&step) else { return Err(error) };
        let (layer, attempt) = (build.plan.steps()[step].source().name(), pace.runs());
        match pace.pause(&error) {
            None => Err(error.after_attempts(attempt)),
            Some((delay, waiting)) => {
                lock(&build.attempts).insert(step, attempt + 1);
                for unreleased in error.suppressed() {
                    tracing::error!(layer, error = %unreleased, "the release of a failed attempt did not succeed");
                }
                tracing::debug!(layer, attempt, ?delay, %error, "not built, and tried again");
                Ok(Pause { delay: waiting, error })
            }
        }
    }
}

impl Pause {
    /// Waits, or gives the error back when told to stop.
    pub(super) async fn over(self, stop: &CancellationToken) -> Result<(), BuildError> {
        stop.run_until_cancelled(self.delay).await.ok_or(self.error)
    }
}

impl Build {
    /// A constructor was successful, perhaps not at once.
    pub(super) fn tell_of_attempts(&self, step: StepId) {
        let plan = &self.plan.steps()[step];
        if plan.retry().is_some() && self.attempts(step) > 1 {
            tracing::debug!(layer = plan.source().name(), attempts = self.attempts(step), "built after retries");
        }
    }

    /// How often the constructor of a step was run, which is more than once if it was retried.
    pub(crate) fn attempts(&self, step: StepId) -> u64 {
        lock(&self.attempts).get(&step).copied().unwrap_or(1)
    }
}
