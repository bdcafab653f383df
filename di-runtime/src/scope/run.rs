//! A scope around a piece of work: opened before it, closed after it, whatever happens.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use di_core::{Exit, SharedError};
use futures_util::FutureExt;

use super::Scope;
use super::engine::{Engine, Order};
use super::finalizer::panic_message;
use super::report::CloseError;

/// Why [`Scope::run`] gave no result.
///
/// The error of the body is the primary one and keeps its type; what the finalizers add never takes
/// its place.
#[derive(Clone, Debug)]
pub enum RunScopedError<Err> {
    /// The body failed.
    Body {
        /// The error of the body.
        error: Err,
        /// What went wrong in the finalizers after that.
        suppressed: Option<CloseError>,
    },
    /// The body succeeded, but not all finalizers did.
    Close(CloseError),
}

impl<Err> RunScopedError<Err> {
    /// The error of the body, if it failed.
    pub fn into_body(self) -> Option<Err> {
        match self {
            Self::Body { error, .. } => Some(error),
            Self::Close(_) => None,
        }
    }

    /// What went wrong in the finalizers, whether or not the body failed.
    pub fn finalizers(&self) -> Option<&CloseError> {
        match self {
            Self::Body { suppressed, .. } => suppressed.as_ref(),
            Self::Close(error) => Some(error),
        }
    }
}

impl<Err: fmt::Display> fmt::Display for RunScopedError<Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body { error, suppressed: None } => write!(f, "{error}"),
            Self::Body { error, suppressed: Some(close) } => write!(f, "{error} (then {close})"),
            Self::Close(close) => write!(f, "{close}"),
        }
    }
}

impl<Err: fmt::Debug + fmt::Display> Error for RunScopedError<Err> {}

/// The error of a body as finalizers see it: its text, as the error itself stays with the caller.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BodyFailed(String);

impl Scope {
    /// Runs a body with a new sequential scope, and closes the scope when the body is done.
    ///
    /// Use it where a scope belongs to one piece of work. For a scope that outlives the function it
    /// is made in, use [`Scope::new`] and [`Scope::close`].
    ///
    /// ```
    /// use di_core::Exit;
    /// use di_runtime::Scope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let result = Scope::run(|scope| async move {
    ///     scope.on_close(async |exit| assert!(matches!(exit, Exit::Failure(_))));
    ///     "twelve".parse::<u32>()
    /// });
    /// let error = result.await.unwrap_err().into_body().unwrap();
    /// assert_eq!(error.to_string(), "invalid digit found in string");
    /// # }
    /// ```
    ///
    /// Finalizers are told how the body ended: [`Exit::Success`], [`Exit::Failure`] with the text
    /// of the error, [`Exit::Panicked`], or [`Exit::Cancelled`] if the future was dropped. A body
    /// that closes the scope itself decides the exit itself.
    ///
    /// # Errors
    ///
    /// [`RunScopedError::Body`] with the error of the body and, next to it, the failures of
    /// finalizers; [`RunScopedError::Close`] if only finalizers failed.
    ///
    /// # Panics
    ///
    /// A panic of the body goes on after the scope is closed; failures of finalizers are logged
    /// then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped during the body, the body is dropped first, and the finalizers then
    /// run on a task with [`Exit::Cancelled`], also if clones of the scope are left. If it is
    /// dropped during the close, the close goes on.
    pub async fn run<F, Fut, Out, Err>(body: F) -> Result<Out, RunScopedError<Err>>
    where
        F: FnOnce(Self) -> Fut,
        Fut: Future<Output = Result<Out, Err>>,
        Err: fmt::Display,
    {
        let open = CloseOnDrop(Engine::root(Order::Sequential));
        let scope = Self::of(open.0.clone());
        let attempt = {
            let scope = scope.clone();
            async move {
                let result = body(scope).await;
                let exit = match &result {
                    Ok(_) => Exit::Success,
                    // The alternate form is the one in which report types show their causes.
                    Err(error) => Exit::Failure(Arc::new(BodyFailed(format!("{error:#}"))) as SharedError),
                };
                (result, exit)
            }
        };
        let attempt = AssertUnwindSafe(attempt).catch_unwind().await;
        let exit = match &attempt {
            Ok((_, exit)) => exit.clone(),
            Err(payload) => Exit::Panicked(panic_message(&**payload).into()),
        };
        let closed = scope.close(exit).await;
        match (attempt, closed) {
            (Ok((Ok(value), _)), Ok(())) => Ok(value),
            (Ok((Ok(_), _)), Err(close)) => Err(RunScopedError::Close(close)),
            (Ok((Err(error), _)), closed) => Err(RunScopedError::Body { error, suppressed: closed.err() }),
            (Err(payload), closed) => {
                if let Err(error) = closed {
                    tracing::error!(%error, "the close of a scope whose body panicked did not succeed");
                }
                resume_unwind(payload)
            }
        }
    }
}

/// Hands the scope to a task if the future around it is dropped. Does nothing once the close has
/// begun.
struct CloseOnDrop(Arc<Engine>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.reap();
    }
}
