//! Whether a layer gives what a closure that is called with it takes.
//!
//! Only the leaf carries a message, so that each service that is not given is one error.

use crate::set::{AllSame, Branch, Difference, Empty, Met, One, Set};

/// The parameters of a closure, all of which are services that `Out` has.
pub trait TakenFrom<Out> {}

impl<Needs: Set, Out: Set> TakenFrom<Out> for Needs
where
    Difference<Needs, Out>: NothingElse,
    Met<Needs, Out>: AllSame,
{
}

/// Nothing is taken but what the layer gives.
#[doc(hidden)]
pub trait NothingElse {}

impl NothingElse for Empty {}
impl<A: NothingElse, B: NothingElse, C: NothingElse, D: NothingElse> NothingElse for Branch<A, B, C, D> {}
impl<S: ?Sized> NothingElse for One<S> where ThisLayer: Giving<S> {}

/// Stands for the layer that the closure is called with.
#[doc(hidden)]
#[derive(Debug)]
pub struct ThisLayer;

/// Never implemented: a service that is taken and not given is not given by [`ThisLayer`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this layer does not give `{S}`, which the closure takes",
    label = "the closure takes `{S}`",
    note = "the parameters of this closure are services that leave the layer; let `{S}` leave it with `.provide_merge(..)` or `.passthrough()`"
)]
pub trait Giving<S: ?Sized> {}
