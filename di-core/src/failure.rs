//! Failures: the errors that a layer's type tells of.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::key::{D0, D1, D2, D3, Digits, End};
use crate::{Keyed, Name, SharedError};

/// An error that a layer's type can name; `#[derive(Failure)]` writes this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a failure of yours: derive `Failure` on your own error, or drop `fails` [DI0009]",
    label = "this error has no name in a layer's type",
    note = "without `fails`, any error is kept as the source of an `AnyFailure`; with it, write `#[derive(Debug, thiserror::Error, Failure)]` above an error of your own"
)]
pub trait Failure: Keyed + Error + Send + Sync + 'static {}

/// What a constructor may return as its error: whatever becomes a `Box<dyn Error + Send + Sync>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a constructor",
    label = "a layer's error is sent to everybody who waits for the layer",
    note = "write `Box<dyn Error + Send + Sync>`, or implement `std::error::Error` for it and make it `Send + Sync`"
)]
pub trait ConstructorError {
    /// The error, its type forgotten.
    fn boxed(self) -> Box<dyn Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn Error + Send + Sync>>> ConstructorError for E {
    fn boxed(self) -> Box<dyn Error + Send + Sync> {
        self.into()
    }
}

/// The failure whose type is forgotten: any error that a constructor returned.
///
/// It displays as that error and has its source; [`AnyFailure::get_ref`] is the error itself.
pub struct AnyFailure(SharedError);

impl AnyFailure {
    /// Forgets the type of an error.
    pub fn new(error: impl ConstructorError) -> Self {
        Self(error.boxed().into())
    }

    /// Forgets the type of an error that others have as well.
    pub(crate) fn shared(error: SharedError) -> Self {
        Self(error)
    }

    /// The error as it was returned; `downcast_ref` finds out its type.
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Debug for AnyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AnyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for AnyFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Failure for AnyFailure {}

/// One of the two keys that are written by hand: 16 digits like every other.
impl Keyed for AnyFailure {
    type Key = Four<Four<Four<Four<End>>>>;
    const NAME: Name = Name::new("AnyFailure");
}

type Four<Tail> = Digits<D3, Digits<D1, Digits<D2, Digits<D0, Tail>>>>;

/// The failure of a layer whose build took longer than [`Layer::timeout`](crate::Layer::timeout) allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{layer}` was not built within {limit:?}")]
pub struct TimedOut {
    layer: &'static str,
    limit: Duration,
}

impl TimedOut {
    pub(crate) fn new(layer: &'static str, limit: Duration) -> Self {
        Self { layer, limit }
    }

    /// The name of the layer.
    pub fn layer(&self) -> &'static str {
        self.layer
    }

    /// How long it was given.
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl Failure for TimedOut {}

impl Keyed for TimedOut {
    type Key = Quad<Quad<Quad<Quad<End>>>>;
    const NAME: Name = Name::new("TimedOut");
}

type Quad<Tail> = Digits<D0, Digits<D2, Digits<D3, Digits<D1, Tail>>>>;
