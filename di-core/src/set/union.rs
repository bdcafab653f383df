//! The members of either set.
//!
//! ```text
//! Empty ∪ X = X ∪ Empty = X
//! One<m> ∪ X = X ∪ One<m> = insert(X, m)
//! Branch<A, B, C, D> ∪ Branch<E, F, G, H> = Branch<A ∪ E, B ∪ F, C ∪ G, D ∪ H>
//! ```

use super::{Branch, Depth, Down, Empty, Here, InsertAt, One, PartFrom, Set};
use crate::Keyed;

/// The union of two sets.
pub type UnionOf<Left, Right> = <Left as Union>::Union<Right, Here>;

/// Union, by the shape of the left set.
pub trait Union {
    /// `Self ∪ Other`, both standing at the depth `At`.
    type Union<Other: Set, At: Depth>: Set;
    /// `One<Member> ∪ Self`.
    type WithOne<Member: Keyed + ?Sized, At: Depth>: Set;
    /// `Branch<A, B, C, D> ∪ Self`.
    type WithBranch<A: Set, B: Set, C: Set, D: Set, At: Depth>: Set;
}

impl Union for Empty {
    type Union<Other: Set, At: Depth> = Other;
    type WithOne<Member: Keyed + ?Sized, At: Depth> = One<Member>;
    type WithBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> = Branch<A, B, C, D>;
}

impl<This: Keyed + ?Sized> Union for One<This> {
    type Union<Other: Set, At: Depth> = Other::WithOne<This, At>;
    type WithOne<Member: Keyed + ?Sized, At: Depth> =
        <At::Rest<Member::Key> as PartFrom>::Part<At::Rest<This::Key>, Member, This>;
    type WithBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> =
        <At::Rest<This::Key> as InsertAt>::InsertAt<This, A, B, C, D, At>;
}

impl<E: Set, F: Set, G: Set, H: Set> Union for Branch<E, F, G, H> {
    type Union<Other: Set, At: Depth> = Other::WithBranch<E, F, G, H, At>;
    type WithOne<Member: Keyed + ?Sized, At: Depth> =
        <At::Rest<Member::Key> as InsertAt>::InsertAt<Member, E, F, G, H, At>;
    type WithBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> =
        Branch<A::Union<E, Down<At>>, B::Union<F, Down<At>>, C::Union<G, Down<At>>, D::Union<H, Down<At>>>;
}
