//! The key of a generic item: its own digits stirred with those of its arguments.
//!
//! ```text
//! mixed(own, argument) = c1 c2 ..    where c0 = 0,  c[i] = stir(stir(c[i-1], own[i]), argument[i])
//! ```
//! `stir` is a Latin square that neither commutes nor associates, and each digit depends on all before it, so that
//! `Pair<A, B>`, `Pair<B, A>`, `A<B<C>>` and `B<A<C>>` all have keys of their own.

use super::{D0, D1, D2, D3, Digits, End, Key};

/// The key of a generic item that was given one more argument.
pub type Mixed<Own, Argument> = <Own as Mix>::With<Argument, D0>;

/// A key that can be mixed with another.
pub trait Mix: Key {
    /// The digits of `Self` stirred with those of `Argument`, after the digit `Carry`.
    type With<Argument: Mix, Carry: Digit>: Mix;
    /// The other half of [`Mix::With`], when the own digit `Carry` stands for and the `Rest` of it are known.
    type Into<Rest: Mix, Carry: Digit>: Mix;
}

/// One of the four digits.
pub trait Digit {
    /// One row of the Latin square.
    type Stir<Right: Digit>: Digit;
    /// Picks one of four by this digit.
    type Pick<Zero: Digit, One: Digit, Two: Digit, Three: Digit>: Digit;
    /// A key that begins with this digit.
    type Before<Tail: Mix>: Mix;
}

macro_rules! digit {
    ($digit:ident picks $picked:ident, stirs $zero:ident $one:ident $two:ident $three:ident) => {
        impl Digit for $digit {
            type Stir<Right: Digit> = Right::Pick<$zero, $one, $two, $three>;
            type Pick<Zero: Digit, One: Digit, Two: Digit, Three: Digit> = $picked;
            type Before<Tail: Mix> = Digits<$digit, Tail>;
        }
    };
}
digit!(D0 picks Zero, stirs D1 D3 D0 D2);
digit!(D1 picks One, stirs D0 D1 D2 D3);
digit!(D2 picks Two, stirs D3 D2 D1 D0);
digit!(D3 picks Three, stirs D2 D0 D3 D1);

impl Mix for End {
    type With<Argument: Mix, Carry: Digit> = End;
    type Into<Rest: Mix, Carry: Digit> = End;
}

macro_rules! mix {
    ($($digit:ident)*) => {
        $(impl<Tail: Mix> Mix for Digits<$digit, Tail> {
            type With<Argument: Mix, Carry: Digit> = Argument::Into<Tail, Carry::Stir<$digit>>;
            type Into<Rest: Mix, Carry: Digit> = Stirred<Rest, Tail, Carry::Stir<$digit>>;
        })*
    };
}
mix!(D0 D1 D2 D3);

type Stirred<Own, Argument, Carry> = <Carry as Digit>::Before<<Own as Mix>::With<Argument, Carry>>;
