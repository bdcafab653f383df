//! A text that grows while the compiler runs.

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

    /// Adds a name as it is written in code.
    pub(super) const fn name(&mut self, name: &Name) {
        self.push(name.base());
        let (arguments, mut index) = (name.arguments(), 0);
        while index < arguments.len() {
            self.push(if index == 0 { "<" } else { ", " });
            self.name(arguments[index]);
            index += 1;
        }
        self.push(if arguments.is_empty() { "" } else { ">" });
    }

    /// Adds a name without its first bytes: `Users` of `dyn Users`.
    pub(super) const fn name_from(&mut self, name: &Name, skipped: usize) {
        let start = self.length;
        self.name(name);
        self.remove(start, skipped);
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

    /// Adds a name in backticks with the path of its module.
    pub(super) const fn with_path(&mut self, name: &Name) {
        self.push("`");
        let (dynamic, _) = super::likeness::parts(name.base());
        self.push(if dynamic { "dyn " } else { "" });
        if !name.module().is_empty() {
            self.push(name.module());
            self.push("::");
        }
        self.name_from(name, if dynamic { "dyn ".len() } else { 0 });
        self.push("`");
    }

    const fn remove(&mut self, from: usize, count: usize) {
        let mut index = if from < self.length { from } else { self.length };
        while index + count < self.length {
            self.bytes[index] = self.bytes[index + count];
            index += 1;
        }
        self.length = index;
    }

    pub(super) const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.length);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => panic!("only whole characters were added"),
        }
    }
}
