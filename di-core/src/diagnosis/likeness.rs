//! Names that are like each other: what a layer gives by mistake for what is needed.

use crate::Name;

/// How one service that is given may be meant for another that is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Likeness {
    /// They have one name, and are two types.
    OtherType,
    /// A trait is needed, and a type is given that may implement it.
    Implementation,
    /// A type is needed, and a trait is given that it may implement.
    Trait,
    /// The names differ in a letter or two.
    Spelling,
}

impl Likeness {
    /// The likeness of two different services.
    pub(super) const fn of(needed: &Name, given: &Name) -> Option<Self> {
        let same_arguments = have_same_arguments(needed, given);
        let ((needs_trait, needed), (gives_trait, given)) = (parts(needed.base()), parts(given.base()));
        if needs_trait == gives_trait {
            return if !same_arguments {
                None
            } else if is_equal(needed, given) {
                Some(Self::OtherType)
            } else if is_spelled_like(needed, given) {
                Some(Self::Spelling)
            } else {
                None
            };
        }
        let (object, concrete) = if needs_trait { (needed, given) } else { (given, needed) };
        if !has_word(concrete, object) {
            None
        } else if needs_trait {
            Some(Self::Implementation)
        } else {
            Some(Self::Trait)
        }
    }

    /// Better ones are greater.
    pub(super) const fn weight(self) -> u8 {
        match self {
            Self::OtherType => 4,
            Self::Implementation => 3,
            Self::Trait => 2,
            Self::Spelling => 1,
        }
    }
}

/// Whether a name is that of a trait, and the name without `dyn`.
pub(super) const fn parts(name: &str) -> (bool, &[u8]) {
    match name.as_bytes() {
        [b'd', b'y', b'n', b' ', rest @ ..] => (true, rest),
        rest => (false, rest),
    }
}

pub(super) const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && starts_with(one, 0, other)
}

/// Whether two names have arguments that are called the same: `Cache<User>` is nothing like `Cache<Order>`.
const fn have_same_arguments(one: &Name, other: &Name) -> bool {
    let (one, other) = (one.arguments(), other.arguments());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        let same = is_equal(one[index].base().as_bytes(), other[index].base().as_bytes());
        if !same || !have_same_arguments(one[index], other[index]) {
            return false;
        }
        index += 1;
    }
    true
}

/// Whether the words of one name stand in another: `Users` in `SqliteUsers`, but not `User`.
const fn has_word(whole: &[u8], part: &[u8]) -> bool {
    let mut start = 0;
    while start + part.len() <= whole.len() {
        let end = start + part.len();
        if starts_with(whole, start, part) && (end == whole.len() || !whole[end].is_ascii_lowercase()) {
            return true;
        }
        start += 1;
    }
    false
}

const fn starts_with(whole: &[u8], start: usize, part: &[u8]) -> bool {
    let mut index = 0;
    while index < part.len() && whole[start + index] == part[index] {
        index += 1;
    }
    index == part.len()
}

const LONGEST: usize = 48;

/// Whether at most two letters have to be changed, added or left out, in names of some length.
const fn is_spelled_like(one: &[u8], other: &[u8]) -> bool {
    let shorter = if one.len() < other.len() { one.len() } else { other.len() };
    if shorter < 4 || one.len().abs_diff(other.len()) > 2 || one.len() > LONGEST || other.len() > LONGEST {
        return false;
    }
    // The rows of Levenshtein's table, one after another.
    let mut row = [0; LONGEST + 1];
    let mut column = 0;
    while column <= other.len() {
        row[column] = column;
        column += 1;
    }
    let mut line = 1;
    while line <= one.len() {
        let mut diagonal = row[0];
        row[0] = line;
        let mut column = 1;
        while column <= other.len() {
            let changed = diagonal + (!one[line - 1].eq_ignore_ascii_case(&other[column - 1])) as usize;
            diagonal = row[column];
            let (added, left_out) = (row[column - 1] + 1, row[column] + 1);
            let mut best = changed;
            best = if added < best { added } else { best };
            best = if left_out < best { left_out } else { best };
            row[column] = best;
            column += 1;
        }
        line += 1;
    }
    row[other.len()] <= if shorter < 8 { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(needed: &'static str, given: &'static str) -> Option<Likeness> {
        Likeness::of(&Name::item(needed, "a", 1), &Name::item(given, "b", 2))
    }

    #[test]
    fn names_are_like_each_other_in_four_ways() {
        assert_eq!(likeness("Config", "Config"), Some(Likeness::OtherType));
        assert_eq!(likeness("dyn Users", "dyn Users"), Some(Likeness::OtherType));
        assert_eq!(likeness("dyn Users", "SqliteUsers"), Some(Likeness::Implementation));
        assert_eq!(likeness("SqliteUsers", "dyn Users"), Some(Likeness::Trait));
        assert_eq!(likeness("UserRepo", "UsersRepo"), Some(Likeness::Spelling));
        assert_eq!(likeness("UserRepo", "UserRope"), Some(Likeness::Spelling));
    }

    #[test]
    fn names_that_have_little_in_common_are_not_alike() {
        assert_eq!(likeness("Config", "Pool"), None);
        assert_eq!(likeness("S17", "S18"), None);
        assert_eq!(likeness("Users", "Orders"), None);
        assert_eq!(likeness("dyn Clock", "dyn Users"), None);
        assert_eq!(likeness("dyn Users", "Pool"), None);
        assert_eq!(likeness("dyn User", "UsersRepo"), None);
    }

    #[test]
    fn generic_services_are_alike_only_if_their_arguments_are() {
        const USER: Name = Name::item("User", "a", 1);
        const OTHER_USER: Name = Name::item("User", "b", 1);
        const ORDER: Name = Name::item("Order", "a", 1);
        let cache = Name::item("Cache", "a", 1);
        assert_eq!(Likeness::of(&cache.of(&[&USER]), &cache.of(&[&ORDER])), None);
        assert_eq!(Likeness::of(&cache.of(&[&USER]), &cache), None);
        assert_eq!(Likeness::of(&cache.of(&[&USER]), &cache.of(&[&OTHER_USER])), Some(Likeness::OtherType));
        let caches = Name::item("Caches", "a", 1);
        assert_eq!(Likeness::of(&cache.of(&[&USER]), &caches.of(&[&USER])), Some(Likeness::Spelling));
        assert_eq!(Likeness::of(&cache.of(&[&USER]), &caches.of(&[&ORDER])), None);
    }
}
