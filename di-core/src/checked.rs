//! Types in generated code that have nothing to say when a check of theirs fails.
//!
//! A mistake in a type that a user wrote once would be reported at each place to which a macro copied it. The macros
//! write `Checked<{ is_service::<Foo>() }, Foo>` instead. If `Foo` is no service, the compiler says so of the constant
//! (once: equal words at one place are printed once), takes the whole type for one that it could not find out, and is
//! silent about everything that follows from it.

use crate::layer::AnyLayer;
use crate::{Failure, Service};

/// `Type`, if the checks in `OK` compile.
pub type Checked<const OK: bool, Type> = <Check<OK> as Checks>::Of<Type>;

/// A constant whose evaluation is the check.
#[derive(Debug)]
pub struct Check<const OK: bool>;

/// What a [`Check`] lets through.
pub trait Checks {
    /// The type as it is.
    type Of<Type: ?Sized>: ?Sized;
}

impl<const OK: bool> Checks for Check<OK> {
    type Of<Type: ?Sized> = Type;
}

/// Checks that the type may be written as it is: `is_type::<Inject<Foo>>()`.
pub const fn is_type<Type>() -> bool {
    true
}

/// Checks that the type is a service.
pub const fn is_service<S: Service + ?Sized>() -> bool {
    true
}

/// Checks that the type is a layer.
pub const fn is_layer<L: AnyLayer>() -> bool {
    true
}

/// Checks that the type is a failure.
pub const fn is_failure<E: Failure>() -> bool {
    true
}
