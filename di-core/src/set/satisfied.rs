//! Sets that must be empty, and what the compiler says of each member that is left.
//!
//! Only the leaf carries a message, so that three missing services are three errors and nothing more.

use super::{Branch, Empty, One};

/// Nothing is needed any more.
pub trait Satisfied {}

impl Satisfied for Empty {}
impl<A: Satisfied, B: Satisfied, C: Satisfied, D: Satisfied> Satisfied for Branch<A, B, C, D> {}
impl<S: ?Sized> Satisfied for One<S> where Missing: ProvidedBy<S> {}

/// Stands for the layer that is not there.
pub struct Missing;

/// Never implemented: a service that is still needed is provided by [`Missing`].
#[diagnostic::on_unimplemented(
    message = "service `{S}` is required, but no layer provides it [DI0001]",
    label = "no layer gives `{S}`",
    note = "add one with `.provide(..)`: a `#[layer]` function that returns `{S}` or is declared `#[layer(as {S})]`"
)]
pub trait ProvidedBy<S: ?Sized> {}

/// Nothing can fail.
pub trait Infallible {}

impl Infallible for Empty {}
impl<A: Infallible, B: Infallible, C: Infallible, D: Infallible> Infallible for Branch<A, B, C, D> {}
impl<E: ?Sized> Infallible for One<E> where Unhandled: HandledBy<E> {}

/// Stands for the handler that is not there.
pub struct Unhandled;

/// Never implemented: a failure that is still possible is handled by [`Unhandled`].
#[diagnostic::on_unimplemented(
    message = "this layer can fail with `{E}`; handle it before asking for an infallible build [DI0008]",
    label = "`{E}` is not handled",
    note = "handle it with `.catch::<{E}>(|error| fallback)`, `.or_else(fallback)` or `.or_die()`, or ask for a `Result` with `.build(&scope)`"
)]
pub trait HandledBy<E: ?Sized> {}
