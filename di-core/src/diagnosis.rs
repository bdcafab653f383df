//! What is wrong with a list of layers, found while the compiler runs.
//!
//! `layers![..]` writes a constant that calls [`diagnose`] with what its entries give and need, read from the types of the
//! functions that it calls: this sees through aliases, imports and crates. If something is wrong, the constant panics, and
//! the compiler prints the report at the entry for which [`report_at`] panics.
//!
//! Everything here is `const`, hence the loops by index. A list without mistakes is gone through once; what a
//! report needs besides is found out only when there is something to report.

mod entries;
mod findings;
mod given;
mod likeness;
mod report;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub use entries::{Entry, Header, entry, entry0, entry1, entry2, entry3, entry4, entry5, entry6, entry7, entry8};
pub use given::slots;

use findings::Findings;
use given::Given;
use report::report;
use text::Text;

/// A list of layers and what it is to come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    entries: &'a [Entry],
    header: Option<&'a Header>,
    /// Whether the list has layers of which nothing is known here.
    open: bool,
}

impl<'a> List<'a> {
    /// The header, if it has the last word: what nobody gives is missing, and what nobody needs is too much.
    const fn closed(&self) -> Option<&'a Header> {
        if self.open { None } else { self.header }
    }
}

/// The mistakes of a list.
#[derive(Debug)]
pub struct Diagnosis {
    /// The entry to report at, or the number of entries for the header.
    blamed: Option<usize>,
    text: Text,
}

/// Looks for mistakes. `SLOTS` is what [`slots`] says of the entries, `LENGTH` is how many they are.
///
/// `open` says that the list has other layers besides, of which nothing is known: then nothing is said to be missing
/// or not needed.
pub const fn diagnose<const LENGTH: usize, const SLOTS: usize>(
    entries: &[Entry],
    header: Option<&Header>,
    open: bool,
) -> Diagnosis {
    let list = List { entries, header, open };
    let given = Given::<SLOTS>::of(entries);
    let findings = Findings::<LENGTH>::of(list, &given);
    if findings.is_empty() {
        return Diagnosis { blamed: None, text: Text::new() };
    }
    let mut text = Text::new();
    let blamed = report(list, &given, &findings, &mut text);
    Diagnosis { blamed: Some(blamed), text }
}

/// Panics with the report if this is the place to report at: the number of an entry, or the number of all for the header.
#[track_caller]
pub const fn report_at(diagnosis: &Diagnosis, place: usize) {
    if let Some(blamed) = diagnosis.blamed
        && blamed == place
    {
        panic!("{}", diagnosis.text.as_str());
    }
}
