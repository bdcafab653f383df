//! The members of a set at run time.

use std::any::TypeId;
use std::fmt;

use super::{Branch, Empty, One};
use crate::{Keyed, Name};

/// A member of a set, its type forgotten: what a layer needs, gives, or can fail with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    id: TypeId,
    name: Name,
}

impl Member {
    /// The member that `M` is.
    pub fn of<M: Keyed + ?Sized + 'static>() -> Self {
        Self { id: TypeId::of::<M>(), name: M::NAME }
    }

    /// The identity of its type.
    pub fn id(&self) -> TypeId {
        self.id
    }

    /// What messages call it.
    pub fn name(&self) -> Name {
        self.name
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// The names of the members of a set, nested as the set is: for constants.
#[derive(Clone, Copy, Debug)]
pub struct Members {
    /// How many they are.
    pub count: usize,
    /// Which they are.
    pub names: Names,
}

/// The names in [`Members`].
#[derive(Clone, Copy, Debug)]
pub enum Names {
    /// No member.
    None,
    /// One member.
    One(&'static Name),
    /// The members of four children.
    Four([&'static Members; 4]),
}

/// A set whose members can be listed.
pub trait MemberSet {
    /// The names of the members.
    const MEMBERS: &'static Members;

    /// Hands out the members, in the order of their keys.
    fn members(visit: &mut dyn FnMut(Member));
}

impl MemberSet for Empty {
    const MEMBERS: &'static Members = &Members { count: 0, names: Names::None };

    fn members(_: &mut dyn FnMut(Member)) {}
}

impl<M: Keyed + ?Sized + 'static> MemberSet for One<M> {
    const MEMBERS: &'static Members = &Members { count: 1, names: Names::One(&M::NAME) };

    fn members(visit: &mut dyn FnMut(Member)) {
        visit(Member::of::<M>());
    }
}

impl<A: MemberSet, B: MemberSet, C: MemberSet, D: MemberSet> MemberSet for Branch<A, B, C, D> {
    const MEMBERS: &'static Members = &Members {
        count: A::MEMBERS.count + B::MEMBERS.count + C::MEMBERS.count + D::MEMBERS.count,
        names: Names::Four([A::MEMBERS, B::MEMBERS, C::MEMBERS, D::MEMBERS]),
    };

    fn members(visit: &mut dyn FnMut(Member)) {
        A::members(visit);
        B::members(visit);
        C::members(visit);
        D::members(visit);
    }
}
