//! What the body of a fiber may return, mistake by mistake: each trait here has the message of one.

use std::sync::Arc;

use super::exit::{AnyError, FiberExit};

/// What the body of a fiber may return: `()`, or a `Result`, or nothing at all if it never ends.
///
/// Where the failure has no type of its own ([`AnyError`]) the error may be whatever `?` can box. Where it has one, it is
/// that.
#[diagnostic::on_unimplemented(
    message = "the body of this fiber returns `{Self}`, not a `Result<{A}, _>` [DI0011]",
    label = "a fiber with the value `{A}` returns `Result<{A}, _>`",
    note = "write `Ok(..)` around the value of a fiber; without a value it returns `()`, or a `Result<(), _>`",
    note = "fibers with values run in a `FiberMap<Key, Value>`, a `FiberSet<Value>` or a `FiberHandle<Value>`, made by `typed`"
)]
pub trait FiberOutput<A, E: ?Sized> {
    /// The exit that it stands for.
    #[doc(hidden)]
    fn into_exit(self) -> FiberExit<A, E>;
}

impl<A, Err, E: TakesError<Err> + ?Sized> FiberOutput<A, E> for Result<A, Err> {
    fn into_exit(self) -> FiberExit<A, E> {
        match self {
            Ok(value) => FiberExit::Success(value),
            Err(error) => FiberExit::Failure(E::take(error)),
        }
    }
}

impl<E: ?Sized> FiberOutput<(), E> for () {
    fn into_exit(self) -> FiberExit<(), E> {
        FiberExit::Success(())
    }
}

#[diagnostic::do_not_recommend]
impl<A, E: ?Sized> FiberOutput<A, E> for Never {
    fn into_exit(self) -> FiberExit<A, E> {
        self
    }
}

/// A failure that an error may be made: it is the error, or takes all of them.
#[diagnostic::on_unimplemented(
    message = "the body of this fiber fails with `{Err}`, not with `{Self}` [DI0012]",
    label = "the failures of this fiber are `{Self}`",
    note = "make it one with `.map_err(..)`, or with `?` and a `From`; a `FiberMap<Key, Value>` without a type of failures takes all errors"
)]
pub(crate) trait TakesError<Err> {
    fn take(error: Err) -> Arc<Self>;
}

impl<E> TakesError<E> for E {
    fn take(error: E) -> Arc<Self> {
        Arc::new(error)
    }
}

impl<Err: IsError> TakesError<Err> for AnyError {
    fn take(error: Err) -> Arc<Self> {
        Arc::from(error.into_any())
    }
}

/// An error, or what can be made one as `?` does it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error, and a fiber fails with one [DI0012]",
    label = "the body of this fiber fails with `{Self}`",
    note = "write `#[derive(Debug, thiserror::Error)]` above it; it must be `Send + Sync + 'static` as well"
)]
pub(crate) trait IsError {
    fn into_any(self) -> Box<AnyError>;
}

#[diagnostic::do_not_recommend]
impl<Err: Into<Box<AnyError>>> IsError for Err {
    fn into_any(self) -> Box<AnyError> {
        self.into()
    }
}

/// The type `!`, which has no name in stable Rust: what a body returns that loops for ever.
type Never = <fn() -> ! as never::Returns>::Output;

mod never {
    /// A function pointer, for the name of what it returns.
    pub trait Returns {
        type Output;
    }

    impl<Out> Returns for fn() -> Out {
        type Output = Out;
    }
}
