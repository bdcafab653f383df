//! What a close tells its callers: one report a finalizer, and the error made of the failed ones.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use di_core::{Exit, SharedError};

/// How one finalizer fared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It came to its end.
    Completed,
    /// It returned an error, or could not be run because its runtime was shut down.
    Failed(SharedError),
    /// It panicked, with this message.
    Panicked(String),
    /// It had been started and had not ended when the report was made.
    StillRunning,
    /// Its turn had not come when the report was made.
    NotStarted,
}

impl Outcome {
    /// Whether the finalizer failed or panicked.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Panicked(_))
    }

    /// Whether the finalizer has ended, well or badly.
    pub fn is_finished(&self) -> bool {
        !matches!(self, Self::StillRunning | Self::NotStarted)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::StillRunning => f.write_str("still running"),
            Self::NotStarted => f.write_str("not started"),
        }
    }
}

/// One finalizer in a report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FinalizerReport {
    /// The name it was registered under, or the `file:line` that registered it.
    pub name: String,
    /// How long it ran, up to the moment of the report.
    pub duration: Duration,
    /// How it fared.
    pub outcome: Outcome,
}

impl fmt::Display for FinalizerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.name, self.outcome)
    }
}

/// What the finalizers of a closed or closing scope did.
///
/// The finished ones come first, in the order in which they ended; then those that still run; then
/// those whose turn has not come, next one first.
#[derive(Clone, Debug, Default)]
pub struct CloseReport {
    finalizers: Arc<[FinalizerReport]>,
}

impl CloseReport {
    pub(super) fn new(finalizers: Vec<FinalizerReport>) -> Self {
        Self { finalizers: finalizers.into() }
    }

    /// Every finalizer the report knows.
    pub fn finalizers(&self) -> &[FinalizerReport] {
        &self.finalizers
    }

    /// Those that failed or panicked.
    pub fn failures(&self) -> impl Iterator<Item = &FinalizerReport> {
        self.finalizers.iter().filter(|report| report.outcome.is_failure())
    }

    /// Those that still run or wait for their turn.
    pub fn unfinished(&self) -> impl Iterator<Item = &FinalizerReport> {
        self.finalizers.iter().filter(|report| !report.outcome.is_finished())
    }

    /// Whether every finalizer had ended when the report was made.
    pub fn is_complete(&self) -> bool {
        self.unfinished().next().is_none()
    }

    /// The failures of the report as an error.
    ///
    /// # Errors
    ///
    /// [`CloseError`] if at least one finalizer failed or panicked. Unfinished finalizers are no
    /// failure.
    pub fn into_result(self) -> Result<(), CloseError> {
        let failures: Vec<_> = self.failures().cloned().collect();
        if failures.is_empty() { Ok(()) } else { Err(CloseError { failures: failures.into() }) }
    }
}

/// One or more finalizers of a scope failed or panicked; all the others ran nevertheless.
///
/// Everybody who waits for the close gets the same failures. The message names each of them:
///
/// ```
/// use di_core::Exit;
/// use di_runtime::Scope;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = Scope::new();
/// scope.on_close_named("pool", async |_exit| Err("connection reset"));
/// scope.on_close_named("log", async |exit: Exit| assert!(exit.is_success(), "nothing to write"));
///
/// let error = scope.close(Exit::Cancelled).await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "2 finalizers did not succeed: \
///      `log` panicked: nothing to write; `pool` failed: connection reset",
/// );
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CloseError {
    failures: Arc<[FinalizerReport]>,
}

impl CloseError {
    /// The finalizers that failed or panicked, in the order in which they ended.
    pub fn failures(&self) -> &[FinalizerReport] {
        &self.failures
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failures.len() {
            1 => f.write_str("a finalizer did not succeed: ")?,
            count => write!(f, "{count} finalizers did not succeed: ")?,
        }
        for (index, failure) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{failure}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CloseError {}

/// The scope was closed, or its close had begun, so nothing was added to it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the scope is closed ({exit})")]
pub struct ScopeClosed {
    exit: Exit,
}

impl ScopeClosed {
    pub(crate) fn new(exit: Exit) -> Self {
        Self { exit }
    }

    /// The exit the scope was closed with.
    pub fn exit(&self) -> &Exit {
        &self.exit
    }
}
