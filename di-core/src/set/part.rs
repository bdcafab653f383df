//! Where two members part: the smallest set that holds both.
//!
//! ```text
//! part(0k, 0l) = the branch with part(k, l) as child 0, or part(k, l) itself if that is one member
//! part(0k, 1l) = Branch<One<m>, One<n>, Empty, Empty>        likewise for all other pairs of digits
//! part(end, end) = One<m>                                    the members are one
//!
//! without_key(0k, 0l) = without_key(k, l)     without_key(0k, 1l) = One<m>     without_key(end, end) = Empty
//! ```

use super::minus::{Apart, Nobody, Pair, Parted};
use super::{Branch, Empty, One, Set};
use crate::Keyed;
use crate::key::{D0, D1, D2, D3, Digits, End, Key};

/// What becomes of a set as the only child of a branch: a single member rises, a branch stays below.
pub trait Part {
    /// As child 0.
    type Only0: Set;
    /// As child 1.
    type Only1: Set;
    /// As child 2.
    type Only2: Set;
    /// As child 3.
    type Only3: Set;
}

impl Part for Empty {
    type Only0 = Empty;
    type Only1 = Empty;
    type Only2 = Empty;
    type Only3 = Empty;
}

impl<Member: Keyed + ?Sized> Part for One<Member> {
    type Only0 = Self;
    type Only1 = Self;
    type Only2 = Self;
    type Only3 = Self;
}

impl<A: Set, B: Set, C: Set, D: Set> Part for Branch<A, B, C, D> {
    type Only0 = Branch<Self, Empty, Empty, Empty>;
    type Only1 = Branch<Empty, Self, Empty, Empty>;
    type Only2 = Branch<Empty, Empty, Self, Empty>;
    type Only3 = Branch<Empty, Empty, Empty, Self>;
}

/// Parting by the digits of two keys.
pub trait PartFrom {
    /// Both members: `Self` is the key of `Member`, `Path` that of `Other`.
    type Part<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Set;
    /// Both members: `Self` is the key of `Other`, and that of `Member` is 0 and then `Path`.
    type Part0<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Set;
    /// The same, where `Member` comes with the digit 1.
    type Part1<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Set;
    /// The same, where `Member` comes with the digit 2.
    type Part2<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Set;
    /// The same, where `Member` comes with the digit 3.
    type Part3<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Set;
}

/// All keys are equally long: the keys of both members end here, so the two are one.
impl PartFrom for End {
    type Part<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = One<Member>;
    type Part0<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = One<Member>;
    type Part1<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = One<Member>;
    type Part2<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = One<Member>;
    type Part3<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = One<Member>;
}

/// Asks whether two keys are equal.
pub trait WithoutKey {
    /// Nothing if `Self` and `Path` are one key, else the set of `Member`. `Other` is whom `Member` met.
    type Unless<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Parted;
    /// The same, where `Self` is compared with 0 and then `Path`.
    type Unless0<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Parted;
    /// The same for the digit 1.
    type Unless1<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Parted;
    /// The same for the digit 2.
    type Unless2<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Parted;
    /// The same for the digit 3.
    type Unless3<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized>: Parted;
}

impl WithoutKey for End {
    type Unless<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Apart<Empty, Pair<Member, Other>>;
    type Unless0<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Apart<Empty, Pair<Member, Other>>;
    type Unless1<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Apart<Empty, Pair<Member, Other>>;
    type Unless2<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Apart<Empty, Pair<Member, Other>>;
    type Unless3<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Apart<Empty, Pair<Member, Other>>;
}

macro_rules! part {
    ($digit:ident $part:ident $unless:ident:
     $($part_from:ident $both:ty, $unless_from:ident $left:ty;)*) => {
        impl<Tail: Key> PartFrom for Digits<$digit, Tail> {
            type Part<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Path::$part<Tail, Member, Other>;
            $(type $part_from<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = $both;)*
        }
        impl<Tail: Key> WithoutKey for Digits<$digit, Tail> {
            type Unless<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = Path::$unless<Tail, Member, Other>;
            $(type $unless_from<Path: Key, Member: Keyed + ?Sized, Other: Keyed + ?Sized> = $left;)*
        }
    };
}
part!(D0 Part0 Unless0:
    Part0 <Path::Part<Tail, Member, Other> as Part>::Only0,  Unless0 Path::Unless<Tail, Member, Other>;
    Part1 Branch<One<Other>, One<Member>, Empty, Empty>,     Unless1 Apart<One<Member>, Nobody>;
    Part2 Branch<One<Other>, Empty, One<Member>, Empty>,     Unless2 Apart<One<Member>, Nobody>;
    Part3 Branch<One<Other>, Empty, Empty, One<Member>>,     Unless3 Apart<One<Member>, Nobody>;
);
part!(D1 Part1 Unless1:
    Part0 Branch<One<Member>, One<Other>, Empty, Empty>,     Unless0 Apart<One<Member>, Nobody>;
    Part1 <Path::Part<Tail, Member, Other> as Part>::Only1,  Unless1 Path::Unless<Tail, Member, Other>;
    Part2 Branch<Empty, One<Other>, One<Member>, Empty>,     Unless2 Apart<One<Member>, Nobody>;
    Part3 Branch<Empty, One<Other>, Empty, One<Member>>,     Unless3 Apart<One<Member>, Nobody>;
);
part!(D2 Part2 Unless2:
    Part0 Branch<One<Member>, Empty, One<Other>, Empty>,     Unless0 Apart<One<Member>, Nobody>;
    Part1 Branch<Empty, One<Member>, One<Other>, Empty>,     Unless1 Apart<One<Member>, Nobody>;
    Part2 <Path::Part<Tail, Member, Other> as Part>::Only2,  Unless2 Path::Unless<Tail, Member, Other>;
    Part3 Branch<Empty, Empty, One<Other>, One<Member>>,     Unless3 Apart<One<Member>, Nobody>;
);
part!(D3 Part3 Unless3:
    Part0 Branch<One<Member>, Empty, Empty, One<Other>>,     Unless0 Apart<One<Member>, Nobody>;
    Part1 Branch<Empty, One<Member>, Empty, One<Other>>,     Unless1 Apart<One<Member>, Nobody>;
    Part2 Branch<Empty, Empty, One<Member>, One<Other>>,     Unless2 Apart<One<Member>, Nobody>;
    Part3 <Path::Part<Tail, Member, Other> as Part>::Only3,  Unless3 Path::Unless<Tail, Member, Other>;
);
