//! The key of a generic item: its own digits stirred with those of its arguments.
//!
//! ```text
//! mixed(own, argument) = c1 c2 ..    where c0 = 0,  c[i] = stir(stir(c[i-1], own[i]), argument[i])
//! ```
//! `stir` is a Latin square that neither commutes nor associates, and each digit depends on all before it, so that
//! `Pair<A, B>`, `Pair<B, A>`, `A<B<C>>` and `B<A<C>>` all have keys of their own. It is no sum of functions of its sides
//! over pairs of bits, as half of the squares are: with such a one, digits that trade places deep inside make no difference.

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
digit!(D1 picks One, stirs D2 D0 D3 D1);
digit!(D2 picks Two, stirs D3 D1 D2 D0);
digit!(D3 picks Three, stirs D0 D2 D1 D3);

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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The digits of a key as numbers.
    trait Read {
        fn read() -> Vec<u8>;
    }

    impl Read for End {
        fn read() -> Vec<u8> {
            Vec::new()
        }
    }

    macro_rules! read {
        ($($digit:ident $value:literal)*) => {
            $(impl<Tail: Read> Read for Digits<$digit, Tail> {
                fn read() -> Vec<u8> {
                    let mut digits = Tail::read();
                    digits.insert(0, $value);
                    digits
                }
            })*
        };
    }
    read!(D0 0 D1 1 D2 2 D3 3);

    const STIR: [[u8; 4]; 4] = [[1, 3, 0, 2], [2, 0, 3, 1], [3, 1, 2, 0], [0, 2, 1, 3]];

    /// What [`Mixed`] does, on numbers.
    fn mixed(own: &[u8], argument: &[u8]) -> Vec<u8> {
        let stir = |left: u8, right: u8| STIR[usize::from(left)][usize::from(right)];
        let digits = own.iter().zip(argument).scan(0, |carry, (own, argument)| {
            *carry = stir(stir(*carry, *own), *argument);
            Some(*carry)
        });
        digits.collect()
    }

    /// The digits of an item by itself: as good as random, as those of the macros.
    fn own(item: u64) -> Vec<u8> {
        let mut state = item.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
        (0..16).map(|place| (state >> (62 - 2 * place)) as u8 & 3).collect()
    }

    /// `D0` for 0, and so on.
    macro_rules! key {
        () => { End };
        ($digit:ident $($rest:ident)*) => { Digits<$digit, key!($($rest)*)> };
    }

    type A = key!(D0 D1 D2 D3 D3 D1);
    type B = key!(D0 D1 D2 D3 D0 D0);
    type Cache = key!(D2 D2 D0 D1 D3 D0);
    type Store = key!(D1 D3 D0 D2 D1 D2);
    type Pair = key!(D3 D0 D0 D1 D2 D3);

    #[test]
    fn types_are_mixed_as_numbers_are() {
        let (a, b, cache, store, pair) = (A::read(), B::read(), Cache::read(), Store::read(), Pair::read());
        assert_eq!(<Mixed<Cache, A>>::read(), mixed(&cache, &a));
        assert_eq!(<Mixed<Cache, B>>::read(), mixed(&cache, &b));
        assert_eq!(<Mixed<Mixed<Pair, A>, B>>::read(), mixed(&mixed(&pair, &a), &b));
        assert_eq!(<Mixed<Mixed<Pair, B>, A>>::read(), mixed(&mixed(&pair, &b), &a));
        assert_eq!(<Mixed<Cache, Mixed<Store, A>>>::read(), mixed(&cache, &mixed(&store, &a)));
        assert_eq!(<Mixed<Store, Mixed<Cache, A>>>::read(), mixed(&store, &mixed(&cache, &a)));
        assert_eq!(<Mixed<Cache, Mixed<Cache, Mixed<Cache, B>>>>::read(), {
            mixed(&cache, &mixed(&cache, &mixed(&cache, &b)))
        });
        // Every digit by every digit, in both places.
        type Row<Carry> = Digits<Carry, Digits<Carry, Digits<Carry, Digits<Carry, End>>>>;
        type Column = key!(D0 D1 D2 D3);
        assert_eq!(<Mixed<Row<D0>, Column>>::read(), mixed(&[0; 4], &[0, 1, 2, 3]));
        assert_eq!(<Mixed<Row<D1>, Column>>::read(), mixed(&[1; 4], &[0, 1, 2, 3]));
        assert_eq!(<Mixed<Row<D2>, Column>>::read(), mixed(&[2; 4], &[0, 1, 2, 3]));
        assert_eq!(<Mixed<Column, Row<D3>>>::read(), mixed(&[0, 1, 2, 3], &[3; 4]));
    }

    #[test]
    fn the_square_is_latin_and_neither_commutes_nor_associates() {
        let stir = |left: u8, right: u8| STIR[usize::from(left)][usize::from(right)];
        for fixed in 0..4 {
            let mut row: Vec<u8> = (0..4).map(|other| stir(fixed, other)).collect();
            let mut column: Vec<u8> = (0..4).map(|other| stir(other, fixed)).collect();
            row.sort_unstable();
            column.sort_unstable();
            assert_eq!((row, column), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
        }
        assert_ne!(stir(0, 2), stir(2, 0));
        assert_ne!(stir(stir(0, 1), 2), stir(0, stir(1, 2)));
    }

    /// All compositions of twelve plain items, three generic ones and one with two arguments, to the depth of three.
    fn compositions() -> Vec<(String, Vec<u8>)> {
        let plain: Vec<(String, Vec<u8>)> = (0..12).map(|item| (format!("S{item}"), own(item))).collect();
        let boxes: Vec<(String, Vec<u8>)> = (20..23).map(|item| (format!("G{item}"), own(item))).collect();
        let pair = own(30);
        let mut all = plain.clone();
        let mut last = plain;
        for _ in 0..3 {
            let mut next: Vec<(String, Vec<u8>)> = Vec::new();
            for (argument, key) in &last {
                next.extend(boxes.iter().map(|(name, own)| (format!("{name}<{argument}>"), mixed(own, key))));
            }
            for (left, left_key) in last.iter().take(50) {
                for (right, right_key) in last.iter().take(50) {
                    let key = mixed(&mixed(&pair, left_key), right_key);
                    next.push((format!("Pair<{left}, {right}>"), key));
                }
            }
            all.extend(next.iter().cloned());
            last = next;
        }
        all
    }

    #[test]
    fn no_two_of_thousands_of_compositions_have_one_key() {
        let mut seen: HashMap<Vec<u8>, String> = HashMap::new();
        let all = compositions();
        assert!(all.len() > 5000, "{}", all.len());
        for (name, key) in all {
            assert_eq!(key.len(), 16);
            if let Some(other) = seen.insert(key, name.clone()) {
                panic!("{name} and {other} have one key");
            }
        }
    }
}
