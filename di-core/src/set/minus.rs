//! The members of one set that are not in another.
//!
//! ```text
//! Empty ∖ X = Empty        X ∖ Empty = X
//! One<m> ∖ X = Empty if X has a member with the key of m, else One<m>
//! X ∖ One<m> = X without the member that has the key of m
//! Branch<A, B, C, D> ∖ Branch<E, F, G, H> = join(A ∖ E, B ∖ F, C ∖ G, D ∖ H)
//! ```

use super::{Branch, Depth, Down, Empty, Here, Join, One, Set, WithoutKey};
use crate::Keyed;
use crate::key::{D0, D1, D2, D3, Digits, End, Key};

/// The difference of two sets.
pub type Difference<Left, Right> = <Left as Minus>::Minus<Right, Here>;

/// Difference, by the shape of the left set.
pub trait Minus {
    /// `Self ∖ Other`, both standing at the depth `At`.
    type Minus<Other: Set, At: Depth>: Set;
    /// `One<Member> ∖ Self`.
    type FromOne<Member: Keyed + ?Sized, At: Depth>: Set;
    /// `Branch<A, B, C, D> ∖ Self`.
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth>: Set;
    /// `Self` without the member the rest of whose key is `Path`.
    type Remove<Path: Key, At: Depth>: Set;
    /// `One<Member> ∖ Self`, where `Path` is the rest of the key of `Member`.
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth>: Set;
}

impl Minus for Empty {
    type Minus<Other: Set, At: Depth> = Empty;
    type FromOne<Member: Keyed + ?Sized, At: Depth> = One<Member>;
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> = Branch<A, B, C, D>;
    type Remove<Path: Key, At: Depth> = Empty;
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth> = One<Member>;
}

impl<This: Keyed + ?Sized> Minus for One<This> {
    type Minus<Other: Set, At: Depth> = Other::FromOne<This, At>;
    type FromOne<Member: Keyed + ?Sized, At: Depth> =
        <At::Rest<Member::Key> as WithoutKey>::Unless<At::Rest<This::Key>, Member>;
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> =
        <At::Rest<This::Key> as RemoveAt>::RemoveAt<A, B, C, D, At>;
    type Remove<Path: Key, At: Depth> = Path::Unless<At::Rest<This::Key>, This>;
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::Unless<At::Rest<This::Key>, Member>;
}

impl<E: Set, F: Set, G: Set, H: Set> Minus for Branch<E, F, G, H> {
    type Minus<Other: Set, At: Depth> = Other::FromBranch<E, F, G, H, At>;
    type FromOne<Member: Keyed + ?Sized, At: Depth> =
        <At::Rest<Member::Key> as RemoveAt>::KeepAt<Member, E, F, G, H, At>;
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> =
        <A::Minus<E, Down<At>> as Join>::Join<B::Minus<F, Down<At>>, C::Minus<G, Down<At>>, D::Minus<H, Down<At>>>;
    type Remove<Path: Key, At: Depth> = Path::RemoveAt<E, F, G, H, At>;
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::KeepAt<Member, E, F, G, H, At>;
}

/// Difference at a branch, by the next digit of a member's key.
pub trait RemoveAt {
    /// The branch of these children without the member whose key is `Self`.
    type RemoveAt<A: Set, B: Set, C: Set, D: Set, At: Depth>: Set;
    /// The set of `Member`, whose key is `Self`, without the members of this branch.
    type KeepAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth>: Set;
}

/// A key that ended has no child to go to; it meets its equal in a leaf before that.
impl RemoveAt for End {
    type RemoveAt<A: Set, B: Set, C: Set, D: Set, At: Depth> = Branch<A, B, C, D>;
    type KeepAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> = One<Member>;
}

macro_rules! remove_at {
    ($digit:ident $child:ident: $removed:ty) => {
        impl<Tail: Key> RemoveAt for Digits<$digit, Tail> {
            type RemoveAt<A: Set, B: Set, C: Set, D: Set, At: Depth> = $removed;
            type KeepAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> =
                $child::Keep<Member, Tail, Down<At>>;
        }
    };
}
remove_at!(D0 A: <A::Remove<Tail, Down<At>> as Join>::Join<B, C, D>);
remove_at!(D1 B: A::Join<B::Remove<Tail, Down<At>>, C, D>);
remove_at!(D2 C: A::Join<B, C::Remove<Tail, Down<At>>, D>);
remove_at!(D3 D: A::Join<B, C, D::Remove<Tail, Down<At>>>);
