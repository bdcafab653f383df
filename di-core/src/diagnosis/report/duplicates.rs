//! What several layers of a list give.

use super::super::List;
use super::super::given::Given;
use super::super::text::Text;
use super::super::walk::{Walk, has};
use super::{EXPLAINED, Report};
use crate::Name;

pub(super) const fn duplicates<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    report: &mut Report<'_, LENGTH>,
) {
    if given.twice.is_none() {
        return;
    }
    let (mut found, mut entry) = (0, 0);
    while entry < LENGTH {
        let mut gives = Walk::new(list.entries[entry].gives);
        while let Some(name) = gives.next() {
            let Some(first) = given.by(name) else { continue };
            if first == entry {
                continue;
            }
            report.told[entry] = true;
            // The second one tells of all.
            if next(list, name, first) == entry {
                found += 1;
                if found <= EXPLAINED {
                    duplicate(list, name, first, found, report);
                }
            }
        }
        entry += 1;
    }
    if found > EXPLAINED {
        report.text.push("\n");
        report.text.number(found - EXPLAINED);
        report.text.push(" more services are provided twice");
    }
}

const fn duplicate<const LENGTH: usize>(
    list: List<'_>,
    name: &Name,
    first: usize,
    found: usize,
    report: &mut Report<'_, LENGTH>,
) {
    let second = next(list, name, first);
    if found == 1 {
        report.begin(second);
    } else {
        report.text.push("\n");
    }
    let text = &mut *report.text;
    let (one, other) = (list.entries[first].name, list.entries[second].name);
    text.quoted(name);
    let is_one = is_equal(one, other);
    if is_one {
        text.push(" is provided twice by ");
    } else {
        text.push(" is provided by both ");
        text.code(one);
        text.push(" and ");
    }
    text.code(other);
    let (mut more, mut entry) = (0, next(list, name, second));
    while entry < LENGTH {
        more += 1;
        entry = next(list, name, entry);
    }
    if more > 0 {
        text.push(", and by ");
        text.number(more);
        text.push(" more");
    }
    text.push(" [DI0003]");
    if found == 1 && is_one {
        text.push("\n  help: remove one of them");
    } else if has(list.entries[second].needs, name) {
        help_around(other, one, text);
    } else if has(list.entries[first].needs, name) {
        report.told[first] = true;
        help_around(one, other, text);
    } else if found == 1 {
        help_rename(name, other, text);
    }
}

/// A layer that gives what it needs is meant to be put around another.
const fn help_around(outer: &str, inner: &str, text: &mut Text) {
    text.push("\n  help: put ");
    text.code(outer);
    text.push(" around ");
    text.code(inner);
    text.push(", whose service it needs\n        ..");
    text.call(outer);
    text.push(".provide(");
    text.call(inner);
    text.push(")");
}

const fn help_rename(name: &Name, second: &str, text: &mut Text) {
    text.push("\n  help: remove one of them, or give what ");
    text.code(second);
    text.push(" returns under a name of its own\n        #[service(for = ");
    text.name(name);
    text.push(")] struct Other");
    text.word(name);
    text.push(";\n        #[layer(as Other");
    text.word(name);
    text.push(")]");
}

/// The next entry that gives a service.
const fn next(list: List<'_>, name: &Name, after: usize) -> usize {
    let mut entry = after + 1;
    while entry < list.entries.len() && !has(list.entries[entry].gives, name) {
        entry += 1;
    }
    entry
}

const fn is_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
