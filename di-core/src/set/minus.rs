//! The members of one set that are not in another, and the pairs that met.
//!
//! ```text
//! Empty ∖ X = Empty        X ∖ Empty = X
//! One<m> ∖ X = Empty if X has a member with the key of m, else One<m>
//! X ∖ One<m> = X without the member that has the key of m
//! Branch<A, B, C, D> ∖ Branch<E, F, G, H> = join(A ∖ E, B ∖ F, C ∖ G, D ∖ H)
//! ```
//! Members are compared by their keys. Where two keys are equal, the two members are noted as a pair: whoever takes one for
//! the other asks that they be the [`Same`] (DI0007).

use std::marker::PhantomData;

use super::{Branch, Depth, Down, Empty, Here, Join, One, Same, Set, WithoutKey};
use crate::Keyed;
use crate::key::{D0, D1, D2, D3, Digits, End, Key};

/// The difference of two sets.
pub type Difference<Left, Right> = <<Left as Minus>::Minus<Right, Here> as Parted>::Left;

/// The members with equal keys of two sets, in pairs.
pub type Met<Left, Right> = <<Left as Minus>::Minus<Right, Here> as Parted>::Met;

/// What a difference comes to: what is left, and who met whom.
pub trait Parted {
    /// What is left.
    type Left: Set;
    /// The pairs of members with equal keys.
    type Met;
}

/// `Left` is left, and the pairs `Met` met.
pub struct Apart<Left, Met>(PhantomData<(Left, Met)>);

impl<Left: Set, Met> Parted for Apart<Left, Met> {
    type Left = Left;
    type Met = Met;
}

/// Nobody met anybody.
pub type Nobody = ();

type LeftOf<Difference> = <Difference as Parted>::Left;
type MetBy<Difference> = <Difference as Parted>::Met;

/// Difference, by the shape of the left set.
pub trait Minus {
    /// `Self ∖ Other`, both standing at the depth `At`.
    type Minus<Other: Set, At: Depth>: Parted;
    /// `One<Member> ∖ Self`.
    type FromOne<Member: Keyed + ?Sized, At: Depth>: Parted;
    /// `Branch<A, B, C, D> ∖ Self`.
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth>: Parted;
    /// `Self ∖ One<Member>`, where `Path` is the rest of the key of `Member`.
    type Remove<Member: Keyed + ?Sized, Path: Key, At: Depth>: Parted;
    /// `One<Member> ∖ Self`, where `Path` is the rest of the key of `Member`.
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth>: Parted;
}

impl Minus for Empty {
    type Minus<Other: Set, At: Depth> = Apart<Empty, Nobody>;
    type FromOne<Member: Keyed + ?Sized, At: Depth> = Apart<One<Member>, Nobody>;
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> = Apart<Branch<A, B, C, D>, Nobody>;
    type Remove<Member: Keyed + ?Sized, Path: Key, At: Depth> = Apart<Empty, Nobody>;
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth> = Apart<One<Member>, Nobody>;
}

impl<This: Keyed + ?Sized> Minus for One<This> {
    type Minus<Other: Set, At: Depth> = Other::FromOne<This, At>;
    type FromOne<Member: Keyed + ?Sized, At: Depth> =
        <At::Rest<Member::Key> as WithoutKey>::Unless<At::Rest<This::Key>, Member, This>;
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> =
        <At::Rest<This::Key> as RemoveAt>::RemoveAt<This, A, B, C, D, At>;
    type Remove<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::Unless<At::Rest<This::Key>, This, Member>;
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::Unless<At::Rest<This::Key>, Member, This>;
}

impl<E: Set, F: Set, G: Set, H: Set> Minus for Branch<E, F, G, H> {
    type Minus<Other: Set, At: Depth> = Other::FromBranch<E, F, G, H, At>;
    type FromOne<Member: Keyed + ?Sized, At: Depth> =
        <At::Rest<Member::Key> as RemoveAt>::KeepAt<Member, E, F, G, H, At>;
    type FromBranch<A: Set, B: Set, C: Set, D: Set, At: Depth> = Apart<
        <LeftOf<A::Minus<E, Down<At>>> as Join>::Join<
            LeftOf<B::Minus<F, Down<At>>>,
            LeftOf<C::Minus<G, Down<At>>>,
            LeftOf<D::Minus<H, Down<At>>>,
        >,
        (
            MetBy<A::Minus<E, Down<At>>>,
            MetBy<B::Minus<F, Down<At>>>,
            MetBy<C::Minus<G, Down<At>>>,
            MetBy<D::Minus<H, Down<At>>>,
        ),
    >;
    type Remove<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::RemoveAt<Member, E, F, G, H, At>;
    type Keep<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::KeepAt<Member, E, F, G, H, At>;
}

/// Difference at a branch, by the next digit of a member's key.
pub trait RemoveAt {
    /// The branch of these children without `Member`, whose key is `Self`.
    type RemoveAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth>: Parted;
    /// The set of `Member`, whose key is `Self`, without the members of this branch.
    type KeepAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth>: Parted;
}

/// A key that ended has no child to go to; it meets its equal in a leaf before that.
impl RemoveAt for End {
    type RemoveAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> =
        Apart<Branch<A, B, C, D>, Nobody>;
    type KeepAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> = Apart<One<Member>, Nobody>;
}

/// What is left of one child when a member is removed from it.
type LeftIn<Child, Member, Path, At> = LeftOf<<Child as Minus>::Remove<Member, Path, Down<At>>>;

macro_rules! remove_at {
    ($digit:ident $child:ident: $left:ty) => {
        impl<Tail: Key> RemoveAt for Digits<$digit, Tail> {
            type RemoveAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> =
                Apart<$left, MetBy<$child::Remove<Member, Tail, Down<At>>>>;
            type KeepAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> =
                $child::Keep<Member, Tail, Down<At>>;
        }
    };
}
remove_at!(D0 A: <LeftIn<A, Member, Tail, At> as Join>::Join<B, C, D>);
remove_at!(D1 B: A::Join<LeftIn<B, Member, Tail, At>, C, D>);
remove_at!(D2 C: A::Join<B, LeftIn<C, Member, Tail, At>, D>);
remove_at!(D3 D: A::Join<B, C, LeftIn<D, Member, Tail, At>>);

/// Pairs of members, each of which is one member.
pub trait AllSame {}

impl AllSame for () {}
impl<One: ?Sized + Same<Other>, Other: ?Sized> AllSame for Pair<One, Other> {}
impl<A: AllSame, B: AllSame, C: AllSame, D: AllSame> AllSame for (A, B, C, D) {}

/// Two members with one key.
pub struct Pair<One: ?Sized, Other: ?Sized>(PhantomData<One>, PhantomData<Other>);
