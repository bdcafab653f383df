//! How a fiber ends, and what it may fail with.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use di_core::{Exit, RunError, SharedError};

use super::id::FiberId;
use crate::CloseError;
use crate::caught::{attempt, caught};

/// The failure of a fiber whose type is not told: any error, or what can be made one.
pub type AnyError = dyn Error + Send + Sync;

/// How a fiber ended.
///
/// A failure is shared by all who wait, so it need not be `Clone`.
#[derive(Debug)]
#[non_exhaustive]
pub enum FiberExit<A = (), E: ?Sized = AnyError> {
    /// The body came to its end with this value.
    Success(A),
    /// The body failed.
    Failure(Arc<E>),
    /// The body panicked, with this message; or what it acquired could not be released.
    Panicked(Arc<str>),
    /// The fiber was interrupted: its body was dropped at an await.
    Interrupted,
    /// The body was dropped before it ran.
    Refused(FiberRefused),
}

/// Why the body of a fiber was never run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FiberRefused {
    /// The collection that it was given to is closed, or being closed.
    #[error("the collection of fibers is closed")]
    Closed,
    /// There is no tokio runtime to run it on: neither here nor where the collection was made.
    #[error("there is no runtime to run the fiber on")]
    NoRuntime,
}

/// Why a fiber has no value for who waits.
#[derive(Debug)]
#[non_exhaustive]
pub enum FiberError<E: ?Sized = AnyError> {
    /// It failed.
    Failed(Arc<E>),
    /// It panicked, with this message; or what it acquired could not be released.
    Panicked(Arc<str>),
    /// It was interrupted.
    Interrupted,
    /// It was never run.
    Refused(FiberRefused),
    /// It came to its end without having said that it is ready.
    NotReady,
    /// The one who waits is the fiber itself, or a finalizer of it.
    WaitsForItself,
}

impl<A, E: ?Sized> FiberExit<A, E> {
    /// The value, or why there is none.
    ///
    /// # Errors
    ///
    /// Every other end than a success.
    pub fn as_result(&self) -> Result<&A, FiberError<E>> {
        match self {
            Self::Success(value) => Ok(value),
            Self::Failure(error) => Err(FiberError::Failed(Arc::clone(error))),
            Self::Panicked(message) => Err(FiberError::Panicked(Arc::clone(message))),
            Self::Interrupted => Err(FiberError::Interrupted),
            Self::Refused(why) => Err(FiberError::Refused(*why)),
        }
    }

    /// Whether this is [`FiberExit::Success`].
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }

    /// Whether this is [`FiberExit::Failure`] or [`FiberExit::Panicked`].
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failure(_) | Self::Panicked(_))
    }

    /// Whether this is [`FiberExit::Interrupted`].
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl<A, E: FiberFailure + ?Sized> FiberExit<A, E> {
    /// The failure or the panic, without its type.
    pub(crate) fn failure(&self) -> Option<SharedError> {
        match self {
            Self::Failure(error) => Some(E::share(error)),
            Self::Panicked(message) => Some(Arc::new(FiberError::<AnyError>::Panicked(Arc::clone(message)))),
            _ => None,
        }
    }

    /// The exit that the finalizers of the fiber are told.
    pub(crate) fn for_finalizers(&self) -> Exit {
        match self {
            Self::Success(_) => Exit::Success,
            Self::Failure(error) => Exit::Failure(E::share(error)),
            Self::Panicked(message) => Exit::Panicked(Arc::clone(message)),
            Self::Interrupted | Self::Refused(_) => Exit::Cancelled,
        }
    }

    /// This exit, when what was acquired has been released, or has not.
    pub(super) fn and_released(self, fiber: FiberId, released: Result<(), CloseError>) -> Self {
        match (released, self) {
            (Ok(()), exit) => exit,
            (Err(error), exit @ (Self::Failure(_) | Self::Panicked(_))) => {
                attempt("an error of a finalizer", || {
                    tracing::error!(fiber = fiber.number(), %error, "what a fiber acquired was not released");
                });
                exit
            }
            (Err(error), _) => {
                let message = caught(|| error.to_string());
                Self::Panicked(message.unwrap_or_else(|_| "what it acquired was not released".to_owned()).into())
            }
        }
    }
}

impl<E: ?Sized> Clone for FiberError<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(Arc::clone(error)),
            Self::Panicked(message) => Self::Panicked(Arc::clone(message)),
            Self::Interrupted => Self::Interrupted,
            Self::Refused(why) => Self::Refused(*why),
            Self::NotReady => Self::NotReady,
            Self::WaitsForItself => Self::WaitsForItself,
        }
    }
}

impl<E: fmt::Display + ?Sized> fmt::Display for FiberError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(message) => write!(f, "the fiber panicked: {message}"),
            Self::Interrupted => f.write_str("the fiber was interrupted"),
            Self::Refused(why) => why.fmt(f),
            Self::NotReady => f.write_str("the fiber ended before it was ready"),
            Self::WaitsForItself => f.write_str("the fiber waits for its own end"),
        }
    }
}

impl<E: Error + ?Sized> Error for FiberError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // It displays as the failure does.
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

/// What a fiber may fail with: an error, or [`AnyError`], which takes all of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the failure of a fiber [DI0012]",
    label = "this is no error",
    note = "implement `std::error::Error` for it; it must be `Send + Sync + 'static` as well"
)]
pub trait FiberFailure: Send + Sync + 'static {
    /// The failure, without its type.
    #[doc(hidden)]
    fn share(this: &Arc<Self>) -> SharedError;

    /// The failure that stands for an effect that could not be run, if the type can hold it.
    #[doc(hidden)]
    fn of_run(error: RunError) -> Result<Arc<Self>, RunError>;
}

#[diagnostic::do_not_recommend]
impl<E: Error + Send + Sync + 'static> FiberFailure for E {
    fn share(this: &Arc<Self>) -> SharedError {
        Arc::clone(this) as SharedError
    }

    fn of_run(error: RunError) -> Result<Arc<Self>, RunError> {
        Err(error)
    }
}

impl FiberFailure for AnyError {
    fn share(this: &Arc<Self>) -> SharedError {
        Arc::clone(this)
    }

    fn of_run(error: RunError) -> Result<Arc<Self>, RunError> {
        Ok(Arc::new(error))
    }
}
