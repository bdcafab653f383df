//! Adding one member to a set.
//!
//! ```text
//! insert(Empty, m)                = One<m>
//! insert(One<n>, m)               = part(m, n)
//! insert(Branch<A, B, C, D>, 0k)  = Branch<insert(A, k), B, C, D>        likewise for 1k, 2k and 3k
//! ```

use super::{Branch, Depth, Down, Empty, One, Set};
use crate::Keyed;
use crate::key::{D0, D1, D2, D3, Digits, End, Key};

/// Insertion, by the shape of the set.
pub trait Insert {
    /// `Self` with `Member`, the rest of whose key is `Path`, standing at the depth `At`.
    type Insert<Member: Keyed + ?Sized, Path: Key, At: Depth>: Set;
}

impl Insert for Empty {
    type Insert<Member: Keyed + ?Sized, Path: Key, At: Depth> = One<Member>;
}

impl<Other: Keyed + ?Sized> Insert for One<Other> {
    type Insert<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::Part<At::Rest<Other::Key>, Member, Other>;
}

impl<A: Set, B: Set, C: Set, D: Set> Insert for Branch<A, B, C, D> {
    type Insert<Member: Keyed + ?Sized, Path: Key, At: Depth> = Path::InsertAt<Member, A, B, C, D, At>;
}

/// Insertion into a branch, by the next digit of the member's key.
pub trait InsertAt {
    /// The branch of these children with `Member` in the child that the first digit of `Self` names.
    type InsertAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth>: Set;
}

/// A key that ended has no child to go to; it meets its equal in a leaf before that.
impl InsertAt for End {
    type InsertAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> = Branch<A, B, C, D>;
}

macro_rules! insert_at {
    ($digit:ident: $a:ty, $b:ty, $c:ty, $d:ty) => {
        impl<Tail: Key> InsertAt for Digits<$digit, Tail> {
            type InsertAt<Member: Keyed + ?Sized, A: Set, B: Set, C: Set, D: Set, At: Depth> = Branch<$a, $b, $c, $d>;
        }
    };
}
insert_at!(D0: A::Insert<Member, Tail, Down<At>>, B, C, D);
insert_at!(D1: A, B::Insert<Member, Tail, Down<At>>, C, D);
insert_at!(D2: A, B, C::Insert<Member, Tail, Down<At>>, D);
insert_at!(D3: A, B, C, D::Insert<Member, Tail, Down<At>>);
