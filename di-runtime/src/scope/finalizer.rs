//! Finalizers: what may be registered, under which name, and how one of them is run.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location};
use std::sync::Arc;

use di_core::{Exit, SharedError};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::engine::Engine;
use super::report::Outcome;

/// What the future of a finalizer may return: `()`, or a `Result<(), E>` whose error can be boxed.
///
/// The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "a finalizer returns `()` or `Result<(), E>`, not `{Self}`",
    label = "this finalizer returns `{Self}`",
    note = "`E` is any error that is `Send + Sync + 'static`, or text; end the finalizer with `;` to drop a value"
)]
pub trait FinalizerOutcome: sealed::Sealed {}

impl FinalizerOutcome for () {}

impl<Err: Into<Box<dyn Error + Send + Sync>>> FinalizerOutcome for Result<(), Err> {}

mod sealed {
    use super::{Error, Outcome, SharedError};

    pub trait Sealed {
        fn into_outcome(self) -> Outcome;
    }

    impl Sealed for () {
        fn into_outcome(self) -> Outcome {
            Outcome::Completed
        }
    }

    impl<Err: Into<Box<dyn Error + Send + Sync>>> Sealed for Result<(), Err> {
        fn into_outcome(self) -> Outcome {
            match self {
                Ok(()) => Outcome::Completed,
                Err(error) => Outcome::Failed(SharedError::from(error.into())),
            }
        }
    }
}

/// What reports call a finalizer.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// The caller chose it.
    Given(Cow<'static, str>),
    /// Nobody did: what it is, and the place in the source that registered it.
    At(&'static str, &'static Location<'static>),
}

impl Name {
    /// The name of an unnamed finalizer: where the caller stands.
    #[track_caller]
    pub(crate) fn of_caller() -> Self {
        Self::At("", Location::caller())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(name) => f.write_str(name),
            Self::At(what, place) => write!(f, "{what}{}:{}", place.file(), place.line()),
        }
    }
}

/// What a scope does when the turn of a finalizer comes.
pub(crate) enum Work {
    /// Call a function of the user.
    Call(Box<dyn FnOnce(Exit) -> BoxFuture<'static, Outcome> + Send>),
    /// Close a child scope.
    Child(Arc<Engine>),
}

impl Work {
    /// Erases the types of a finalizer.
    pub(crate) fn of<F, Fut>(finalizer: F) -> Self
    where
        F: FnOnce(Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        use sealed::Sealed;
        Self::Call(Box::new(move |exit| finalizer(exit).map(Sealed::into_outcome).boxed()))
    }

    /// A finalizer that does nothing unless the work was cancelled.
    pub(crate) fn on_cancel<F, Fut>(finalizer: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        use sealed::Sealed;
        Self::Call(Box::new(move |exit| match exit {
            Exit::Cancelled => finalizer().map(Sealed::into_outcome).boxed(),
            _ => ready(Outcome::Completed).boxed(),
        }))
    }

    /// Runs the finalizer to its end. A panic, also one before its future exists, becomes an
    /// outcome.
    pub(crate) async fn perform(self, exit: Exit) -> Outcome {
        let running = async move {
            match self {
                Self::Call(finalizer) => finalizer(exit).await,
                Self::Child(child) => match child.close_as_child(exit).await {
                    Ok(()) => Outcome::Completed,
                    Err(error) => Outcome::Failed(Arc::new(error)),
                },
            }
        };
        match AssertUnwindSafe(running).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(payload) => Outcome::Panicked(panic_message(&*payload)),
        }
    }
}

/// The text of a panic, if it has one.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&'static str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic whose payload is not text".to_owned(),
    }
}
