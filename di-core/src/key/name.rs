//! The names of services, by which reports tell them apart while the compiler runs.

use std::fmt;

/// A name that is known at compile time: `Config`, `dyn Users`, `Cache<User>`.
///
/// It is printed, and it tells services apart where types cannot be compared: in constants. Hence it also has a hash
/// of the item that it names, and the path of the module that the item is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    base: &'static str,
    module: &'static str,
    hash: u64,
    arguments: &'static [&'static Name],
}

impl Name {
    /// The name of an item that is told from others by its name alone.
    pub const fn new(base: &'static str) -> Self {
        Self { base, module: "", hash: stirred(BASIS, base), arguments: &[] }
    }

    /// The name of an item in a module, with a hash of what else tells it from others.
    pub const fn item(base: &'static str, module: &'static str, hash: u64) -> Self {
        Self { base, module, hash: stirred(hash, module), arguments: &[] }
    }

    /// The name of a generic item: this one followed by its arguments in angle brackets.
    #[must_use]
    pub const fn of(self, arguments: &'static [&'static Self]) -> Self {
        let (mut hash, mut index) = (self.hash, 0);
        while index < arguments.len() {
            hash = hash.rotate_left(5) ^ arguments[index].hash.wrapping_mul(PRIME);
            index += 1;
        }
        Self { arguments, hash, ..self }
    }

    /// The name without its type arguments.
    pub const fn base(&self) -> &'static str {
        self.base
    }

    /// The path of the module that the item is in, or nothing if it is not known.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The names of the type arguments.
    pub const fn arguments(&self) -> &'static [&'static Self] {
        self.arguments
    }

    /// A number that tells the item from all others, with its type arguments.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether both name one item; for constants, which cannot compare texts by `==`.
    pub const fn is_same(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base)?;
        for (index, argument) in self.arguments.iter().enumerate() {
            let opening = if index == 0 { "<" } else { ", " };
            write!(f, "{opening}{argument}")?;
        }
        if self.arguments.is_empty() { Ok(()) } else { f.write_str(">") }
    }
}

const PRIME: u64 = 0x0000_0100_0000_01b3;

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, going on from a hash.
const fn stirred(hash: u64, text: &str) -> u64 {
    let (mut hash, mut index) = (hash, 0);
    while index < text.len() {
        hash = (hash ^ text.as_bytes()[index] as u64).wrapping_mul(PRIME);
        index += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Name = Name::item("User", "app::users", 1);
    const OTHER: Name = Name::item("User", "app::others", 1);
    const CACHE: Name = Name::item("Cache", "app", 3);
    const OF_USERS: Name = CACHE.of(&[&USER]);
    const OF_OTHERS: Name = CACHE.of(&[&OTHER]);

    #[test]
    fn names_with_arguments_are_printed_as_types() {
        assert_eq!(CACHE.of(&[&USER, &OF_OTHERS]).to_string(), "Cache<User, Cache<User>>");
        assert_eq!(Name::new("dyn Users").to_string(), "dyn Users");
    }

    #[test]
    fn names_are_told_apart_by_what_they_name() {
        assert!(USER.is_same(&USER) && !USER.is_same(&OTHER));
        assert!(OF_USERS.is_same(&CACHE.of(&[&USER])));
        assert!(!OF_USERS.is_same(&OF_OTHERS) && !OF_USERS.is_same(&CACHE));
        assert_eq!(OF_USERS.hash(), CACHE.of(&[&USER]).hash());
        assert_ne!(OF_USERS.hash(), OF_OTHERS.hash());
        assert!(!Name::new("A").is_same(&Name::new("B")));
    }
}
