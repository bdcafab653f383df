//! Sets as types: a canonical trie over keys.
//!
//! ```text
//! Set ::= Empty | One<M> | Branch<Set, Set, Set, Set>        a branch has at least two members below it
//! ```
//! The child that holds a member is named by a digit of the member's key, the first digit at the root. A set has one
//! shape only, so equal sets are one type, whatever the order in which their members came. Every function below
//! chooses its case by the shape of a set or by a digit, hence nothing is inferred and nothing is ambiguous.
//!
//! A function on sets is a generic associated type: `A::Union<B, Here>`. This costs the compiler about half of what
//! a trait with a parameter for each argument does, since only `Self` is matched and everything else substituted
//! (`docs/decisions/0002-sets-are-generic-associated-types.md`).

#![allow(missing_debug_implementations, reason = "these types are names; they have no values")]

mod depth;
mod has;
mod insert;
mod join;
mod list;
mod member;
mod minus;
mod part;
mod same;
mod satisfied;
mod services;
mod subset;
mod union;

use std::marker::PhantomData;

use crate::Keyed;

pub use depth::{Depth, Down, Here};
pub use has::{Has, HasAt};
pub use insert::{Insert, InsertAt};
pub use join::Join;
pub use list::{FailureList, Failures, Raised, ServiceList, ServiceValues, Services};
pub use member::{Member, MemberSet, Members, Names};
pub use minus::{AllSame, Apart, Difference, Met, Minus, Nobody, Pair, Parted, RemoveAt};
pub use part::{Part, PartFrom, WithoutKey};
pub use same::Same;
pub use satisfied::{HandledBy, Infallible, Missing, ProvidedBy, Satisfied, Unhandled};
pub use services::{ServiceSet, Stored};
pub use subset::SubsetOf;
pub use union::{Union, UnionOf};

/// A set of services or of failures. Each supertrait is one function on sets.
pub trait Set: Insert + Join + Minus + Part + Union {}

/// The set without members.
pub struct Empty;

/// The set of one member.
pub struct One<Member: ?Sized>(PhantomData<Member>);

/// The members whose key has the digit 0, 1, 2 or 3 at this depth.
pub struct Branch<Zero, One, Two, Three>(PhantomData<(Zero, One, Two, Three)>);

impl Set for Empty {}
impl<Member: Keyed + ?Sized> Set for One<Member> {}
impl<A: Set, B: Set, C: Set, D: Set> Set for Branch<A, B, C, D> {}

/// Asserts that two types are one: the laws of the algebra are written with it.
///
/// ```
/// di_core::assert_type_eq!(Vec<u8>, std::vec::Vec<u8>);
/// ```
#[macro_export]
macro_rules! assert_type_eq {
    ($left:ty, $right:ty $(,)?) => {
        const _: fn($left) -> $right = |same| same;
    };
}
