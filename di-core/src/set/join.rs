//! A branch in its canonical form, after children may have lost members.
//!
//! ```text
//! join(Empty, Empty, Empty, Empty)  = Empty
//! join(One<m>, Empty, Empty, Empty) = One<m>               likewise at the other three places
//! join(A, B, C, D)                  = Branch<A, B, C, D>   otherwise
//! ```

use super::{Branch, Empty, One, Set};
use crate::Keyed;

/// Joining of four children, by the shape of the first that is not empty.
pub trait Join {
    /// `Self` is child 0.
    type Join<B: Set, C: Set, D: Set>: Set;
    /// `Self` is child 1, and child 0 is empty.
    type Join1<C: Set, D: Set>: Set;
    /// `Self` is child 2, and both before it are empty.
    type Join2<D: Set>: Set;
    /// `Self` is child 3, and all before it are empty.
    type Join3: Set;
    /// `Then` if `Self` is empty, or else `Otherwise`.
    type IfEmpty<Then: Set, Otherwise: Set>: Set;
}

impl Join for Empty {
    type Join<B: Set, C: Set, D: Set> = B::Join1<C, D>;
    type Join1<C: Set, D: Set> = C::Join2<D>;
    type Join2<D: Set> = D::Join3;
    type Join3 = Self;
    type IfEmpty<Then: Set, Otherwise: Set> = Then;
}

impl<Member: Keyed + ?Sized> Join for One<Member> {
    type Join<B: Set, C: Set, D: Set> = B::IfEmpty<
        C::IfEmpty<D::IfEmpty<Self, Branch<Self, Empty, Empty, D>>, Branch<Self, Empty, C, D>>,
        Branch<Self, B, C, D>,
    >;
    type Join1<C: Set, D: Set> = C::IfEmpty<D::IfEmpty<Self, Branch<Empty, Self, Empty, D>>, Branch<Empty, Self, C, D>>;
    type Join2<D: Set> = D::IfEmpty<Self, Branch<Empty, Empty, Self, D>>;
    type Join3 = Self;
    type IfEmpty<Then: Set, Otherwise: Set> = Otherwise;
}

impl<E: Set, F: Set, G: Set, H: Set> Join for Branch<E, F, G, H> {
    type Join<B: Set, C: Set, D: Set> = Branch<Self, B, C, D>;
    type Join1<C: Set, D: Set> = Branch<Empty, Self, C, D>;
    type Join2<D: Set> = Branch<Empty, Empty, Self, D>;
    type Join3 = Branch<Empty, Empty, Empty, Self>;
    type IfEmpty<Then: Set, Otherwise: Set> = Otherwise;
}
