//! What a report says: all findings, the most useful first, each with its cure, on one screen.
//!
//! The order within a kind is that of the list, never that of keys: a report stays the same when a file is renamed.

mod circles;
mod duplicates;
mod meant;
mod missing;
mod unused;
mod way;

use super::List;
use super::findings::Findings;
use super::given::Given;
use super::text::Text;
use circles::circles;
use duplicates::duplicates;
use missing::missing;
use unused::unused;

/// How many of a kind are explained; others are only named.
const EXPLAINED: usize = 5;

/// A report that is being written.
struct Report<'a, const LENGTH: usize> {
    text: &'a mut Text,
    /// The entry of the first finding.
    blamed: Option<usize>,
    /// The entries that were told of as what may be meant for something else, or as too many.
    told: [bool; LENGTH],
}

/// Writes the report, and says which entry is to be blamed, the number of all for the header.
pub(super) const fn report<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    findings: &Findings<LENGTH>,
    text: &mut Text,
) -> usize {
    let mut report = Report { text, blamed: None, told: [false; LENGTH] };
    missing(list, given, findings, &mut report);
    duplicates(list, given, &mut report);
    circles(list, given, findings, &mut report);
    if findings.missed == 0 {
        // A layer that is missing may need what nothing else does.
        unused(list, findings, &mut report);
    }
    match report.blamed {
        Some(entry) => entry,
        None => LENGTH,
    }
}

impl<const LENGTH: usize> Report<'_, LENGTH> {
    /// Begins a finding.
    const fn begin(&mut self, entry: usize) {
        if self.text.is_empty() {
            self.blamed = Some(entry);
        } else {
            self.text.push("\n\n");
        }
    }

    /// The places of `length` things on a way of which only both ends are told: nothing for those between them.
    const fn is_between(place: usize, length: usize, shown: usize) -> bool {
        length > shown && place >= shown / 2 && place < length - shown / 2
    }
}

/// What stands before the `index`th of several names.
const fn comma(index: usize, last: bool) -> &'static str {
    match (index, last) {
        (0, _) => "",
        (_, true) => " and ",
        (_, false) => ", ",
    }
}
