//! Layers that nothing in a list needs.

use super::super::findings::Findings;
use super::super::text::Text;
use super::super::walk::Walk;
use super::super::{Entry, List};
use super::{Report, comma};

/// How many are named.
const NAMED: usize = 12;

pub(super) const fn unused<const LENGTH: usize>(
    list: List<'_>,
    findings: &Findings<LENGTH>,
    report: &mut Report<'_, LENGTH>,
) {
    let (mut count, mut first, mut entry) = (0, LENGTH, LENGTH);
    while entry > 0 {
        entry -= 1;
        if !findings.used[entry] && !report.told[entry] {
            (count, first) = (count + 1, entry);
        }
    }
    if count == 0 {
        return;
    }
    report.begin(first);
    report.text.push(if count > 1 { "layers " } else { "layer " });
    let mut named = 0;
    while entry < LENGTH && named < NAMED {
        if !findings.used[entry] && !report.told[entry] {
            report.text.push(comma(named, named + 1 == count));
            report.text.code(list.entries[entry].name);
            named += 1;
        }
        entry += 1;
    }
    if count > named {
        report.text.push(" and ");
        report.text.number(count - named);
        report.text.push(" more");
    }
    report.text.push(if count > 1 { " are" } else { " is" });
    report.text.push(" not needed by anything here [DI0005]");
    help(list, &list.entries[first], count > 1, report.text);
}

const fn help(list: List<'_>, entry: &Entry, several: bool, text: &mut Text) {
    text.push("\n  help: remove ");
    text.push(if several { "them" } else { "it" });
    text.push(" from the list");
    let Some(header) = list.header else { return };
    if let Some(name) = Walk::new(entry.gives).next() {
        text.push(", or let what ");
        text.push(if several { "they give" } else { "it gives" });
        text.push(" leave\n        <");
        text.push(header.out_text);
        text.push(if header.out_text.is_empty() { "" } else { ", " });
        text.name(name);
        text.push(if several { ", .." } else { "" });
        text.push(if header.needs_text.is_empty() { "" } else { " needs " });
        text.push(header.needs_text);
        text.push(">");
    }
}
