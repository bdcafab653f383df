//! A text that grows while the compiler runs.

use super::likeness::{is_equal, parts};
use crate::Name;

/// Longer reports are cut.
const LENGTH: usize = 8192;

/// A text.
#[derive(Debug)]
pub(super) struct Text {
    bytes: [u8; LENGTH],
    length: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; LENGTH], length: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds words; what does not fit is cut at a whole character.
    pub(super) const fn push(&mut self, words: &str) {
        let bytes = words.as_bytes();
        let mut fitting = bytes.len();
        if fitting > LENGTH - self.length {
            fitting = LENGTH - self.length;
            while fitting > 0 && bytes[fitting] & 0xc0 == 0x80 {
                fitting -= 1;
            }
        }
        let mut index = 0;
        while index < fitting {
            self.byte(bytes[index]);
            index += 1;
        }
    }

    /// Adds a number.
    pub(super) const fn number(&mut self, number: usize) {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        if number > 9 {
            self.number(number / 10);
        }
        self.push(DIGITS[number % 10]);
    }

    /// Adds words in backticks.
    pub(super) const fn code(&mut self, words: &str) {
        self.push("`");
        self.push(words);
        self.push("`");
    }

    /// Adds the call of a function that is named with its arguments, if it has any.
    pub(super) const fn call(&mut self, function: &str) {
        self.push(function);
        if let [.., last] = function.as_bytes()
            && *last != b')'
        {
            self.push("()");
        }
    }

    /// Adds a name as it is written in code.
    pub(super) const fn name(&mut self, name: &Name) {
        self.push(name.base());
        self.arguments(name);
    }

    const fn arguments(&mut self, name: &Name) {
        let (arguments, mut index) = (name.arguments(), 0);
        while index < arguments.len() {
            self.push(if index == 0 { "<" } else { ", " });
            self.name(arguments[index]);
            index += 1;
        }
        self.push(if arguments.is_empty() { "" } else { ">" });
    }

    /// Adds the one word of a name: `Users` of `dyn Users`, `Cache` of `Cache<User>`.
    pub(super) const fn word(&mut self, name: &Name) {
        let (_, word) = parts(name.base());
        self.bytes(word);
    }

    /// Adds a name without `dyn`: `Users` of `dyn Users`.
    pub(super) const fn bare_name(&mut self, name: &Name) {
        self.word(name);
        self.arguments(name);
    }

    /// Adds an ASCII character or a byte of another one.
    pub(super) const fn byte(&mut self, byte: u8) {
        if self.length < LENGTH {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
    }

    /// Adds a name in backticks.
    pub(super) const fn quoted(&mut self, name: &Name) {
        self.push("`");
        self.name(name);
        self.push("`");
    }

    /// Adds a name in backticks with the paths that tell it from another: without the crate, if both are of one.
    pub(super) const fn apart(&mut self, name: &Name, other: &Name) {
        self.push("`");
        let (krate, _) = split(name.module());
        let (other, _) = split(other.module());
        self.path(name, if is_equal(krate, other) { krate } else { b"" });
        self.push("`");
    }

    /// Adds a name with its path, and its arguments with theirs; paths in `here` begin behind it.
    const fn path(&mut self, name: &Name, here: &[u8]) {
        let (dynamic, base) = parts(name.base());
        self.push(if dynamic { "dyn " } else { "" });
        let (krate, rest) = split(name.module());
        let path = if is_equal(krate, here) { rest } else { name.module().as_bytes() };
        self.bytes(path);
        self.push(if path.is_empty() { "" } else { "::" });
        self.bytes(base);
        let (arguments, mut index) = (name.arguments(), 0);
        while index < arguments.len() {
            self.push(if index == 0 { "<" } else { ", " });
            self.path(arguments[index], here);
            index += 1;
        }
        self.push(if arguments.is_empty() { "" } else { ">" });
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(words) => self.push(words),
            Err(_) => panic!("names are cut where words begin"),
        }
    }

    pub(super) const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.length);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => panic!("only whole characters were added"),
        }
    }
}

/// The crate of a path, and what comes after it.
const fn split(path: &str) -> (&[u8], &[u8]) {
    let path = path.as_bytes();
    let mut end = 0;
    while end < path.len() && path[end] != b':' {
        end += 1;
    }
    let (krate, rest) = path.split_at(end);
    match rest {
        [_, _, rest @ ..] => (krate, rest),
        _ => (krate, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Name = Name::item("Config", "app", 1);
    const DEEP: Name = Name::item("Config", "app::deep", 2);
    const FOREIGN: Name = Name::item("Config", "other", 3);
    const CACHE: Name = Name::item("Cache", "app", 4);

    fn written(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new();
        write(&mut text);
        text.as_str().to_owned()
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_at_a_whole_character() {
        let text = written(|text| (0..LENGTH).for_each(|_| text.push("xäx")));
        assert_eq!(text.len(), LENGTH);
        let text = written(|text| {
            text.push("x");
            (0..LENGTH).for_each(|_| text.push("ä"));
        });
        assert_eq!(text.len(), LENGTH - 1);
    }

    #[test]
    fn a_function_is_called_with_the_arguments_it_is_named_with() {
        assert_eq!(written(|text| text.call("config")), "config()");
        assert_eq!(written(|text| text.call("shard(7)")), "shard(7)");
    }

    #[test]
    fn numbers_are_written_in_digits() {
        assert_eq!(written(|text| text.number(0)), "0");
        assert_eq!(written(|text| text.number(1_907)), "1907");
    }

    #[test]
    fn two_names_are_told_apart_by_as_much_of_their_paths_as_it_takes() {
        assert_eq!(written(|text| text.apart(&ROOT, &DEEP)), "`Config`");
        assert_eq!(written(|text| text.apart(&DEEP, &ROOT)), "`deep::Config`");
        assert_eq!(written(|text| text.apart(&DEEP, &FOREIGN)), "`app::deep::Config`");
        assert_eq!(written(|text| text.apart(&FOREIGN, &DEEP)), "`other::Config`");
        let (one, other) = (CACHE.of(&[&DEEP]), CACHE.of(&[&FOREIGN]));
        assert_eq!(written(|text| text.apart(&one, &other)), "`Cache<deep::Config>`");
        assert_eq!(written(|text| text.apart(&other, &one)), "`Cache<other::Config>`");
        let object = Name::item("dyn Users", "app::deep", 5);
        assert_eq!(written(|text| text.apart(&object, &DEEP)), "`dyn deep::Users`");
    }

    #[test]
    fn a_bare_name_has_no_dyn() {
        assert_eq!(written(|text| text.bare_name(&Name::new("dyn Users"))), "Users");
        assert_eq!(written(|text| text.bare_name(&CACHE.of(&[&ROOT]))), "Cache<Config>");
        assert_eq!(written(|text| text.word(&CACHE.of(&[&ROOT]))), "Cache");
    }
}
