//! Whether two sets know the same members by the same keys.
//!
//! A key is a hash, so two members could share one. The functions on sets would take them for one member; this check
//! finds them first (DI0007). It compares members only where the sets overlap, and stands at the two doors through
//! which a wrong service could come in: the lists that a user writes, and `provide`.

use super::{Branch, Depth, Down, Empty, One};
use crate::Keyed;
use crate::key::{D0, D1, D2, D3, Digits, End};

/// No member of `Self` shares its key with a different member of `Other`. Both stand at the depth `At`.
pub trait Agrees<Other, At> {}

impl<Other, At> Agrees<Other, At> for Empty {}
impl<Member: ?Sized, At> Agrees<Empty, At> for One<Member> {}
impl<A, B, C, D, At> Agrees<Empty, At> for Branch<A, B, C, D> {}

impl<Left: Keyed + ?Sized, Right: Keyed + ?Sized, At> Agrees<One<Right>, At> for One<Left> where
    Left::Key: SameKey<Right::Key, Left, Right>
{
}

impl<Left: Keyed + ?Sized, A, B, C, D, At: Depth> Agrees<Branch<A, B, C, D>, At> for One<Left> where
    Branch<A, B, C, D>: AgreesAt<Left, At::Rest<Left::Key>>
{
}

impl<Right: Keyed + ?Sized, A, B, C, D, At: Depth> Agrees<One<Right>, At> for Branch<A, B, C, D> where
    Self: AgreesAt<Right, At::Rest<Right::Key>>
{
}

impl<A, B, C, D, E, F, G, H, At> Agrees<Branch<E, F, G, H>, At> for Branch<A, B, C, D>
where
    A: Agrees<E, Down<At>>,
    B: Agrees<F, Down<At>>,
    C: Agrees<G, Down<At>>,
    D: Agrees<H, Down<At>>,
{
}

/// No member of `Self` shares its key with `Member`, the rest of whose key is `Path`, unless it is `Member`.
pub trait AgreesAt<Member: ?Sized, Path> {}

impl<Member: ?Sized, Path> AgreesAt<Member, Path> for Empty {}
impl<Member: Keyed + ?Sized, This: Keyed + ?Sized, Path> AgreesAt<Member, Path> for One<This> where
    This::Key: SameKey<Member::Key, This, Member>
{
}

/// `Self` and `Other` are the keys of different members, or `Left` and `Right` are one type.
pub trait SameKey<Other, Left: ?Sized, Right: ?Sized> {}

impl<Left: ?Sized, Right: ?Sized> SameKey<End, Left, Right> for End where Left: Same<Right> {}

macro_rules! agrees_at {
    ($digit:ident $child:ident: $($other:ident)*) => {
        impl<Member: ?Sized, Path, A, B, C, D> AgreesAt<Member, Digits<$digit, Path>> for Branch<A, B, C, D> where
            $child: AgreesAt<Member, Path>
        {
        }
        impl<Mine, Theirs, Left: ?Sized, Right: ?Sized> SameKey<Digits<$digit, Theirs>, Left, Right>
            for Digits<$digit, Mine>
        where
            Mine: SameKey<Theirs, Left, Right>,
        {
        }
        $(impl<Mine, Theirs, Left: ?Sized, Right: ?Sized> SameKey<Digits<$other, Theirs>, Left, Right>
            for Digits<$digit, Mine>
        {
        })*
    };
}
agrees_at!(D0 A: D1 D2 D3);
agrees_at!(D1 B: D0 D2 D3);
agrees_at!(D2 C: D0 D1 D3);
agrees_at!(D3 D: D0 D1 D2);

/// Every type is the same member as itself, and as nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{Other}` are different services with one key [DI0007]",
    label = "these two would be taken for one service",
    note = "the key of a service comes from its crate, file and name: give one of the two another with `#[service(key = \"...\")]`"
)]
pub trait Same<Other: ?Sized> {}

impl<Member: ?Sized> Same<Member> for Member {}
