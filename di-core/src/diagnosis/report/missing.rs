//! What no layer of a list gives: who needs it, through whom, and what may have been meant.

use super::super::List;
use super::super::findings::{Findings, Missing, TOLD};
use super::super::given::Given;
use super::super::likeness::Likeness;
use super::super::text::Text;
use super::meant::{Meant, help_layer, help_meant, look_for};
use super::way::{leaves_by, parents, through};
use super::{EXPLAINED, Report, comma};

pub(super) const fn missing<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    findings: &Findings<LENGTH>,
    report: &mut Report<'_, LENGTH>,
) {
    if findings.missed == 0 {
        return;
    }
    let (sorted, count) = sorted(&findings.missing);
    let parents: [_; LENGTH] = parents(list, given);
    let mut unlike: [Option<Missing>; TOLD] = [None; TOLD];
    let (mut strange, mut index) = (0, 0);
    while index < count {
        let missing = &sorted[index];
        if index < EXPLAINED {
            let like = look_for(list.entries, missing.name);
            let needer = if missing.needers == 0 { None } else { Some(missing.by[0]) };
            report.begin(match needer {
                Some(entry) => entry,
                None => LENGTH,
            });
            headline(list, missing, like, report.text);
            if let Some(entry) = needer {
                through(list, &parents, entry, report.text);
            }
            if let Some(like) = like {
                report.told[like.entry] = true;
                help_meant(list.entries, missing.name, needer, like, report.text);
            } else {
                unlike[strange] = Some(*missing);
                strange += 1;
            }
        } else {
            report.text.push(if index == EXPLAINED { "\n\nmissing besides: " } else { ", " });
            report.text.quoted(missing.name);
        }
        index += 1;
    }
    if findings.missed > count {
        report.text.push(" and ");
        report.text.number(findings.missed - count);
        report.text.push(" more");
    }
    cures(list, &unlike, strange, findings.missed, report.text);
}

/// The services in the order of the list: what the header lacks, and then what its entries do.
const fn sorted(missing: &[Option<Missing>; TOLD]) -> ([Missing; TOLD], usize) {
    let Some(first) = missing[0] else { panic!("something is missing") };
    let (mut sorted, mut count) = ([first; TOLD], 1);
    while count < TOLD
        && let Some(next) = missing[count]
    {
        let mut place = count;
        while place > 0 && is_before(&next, &sorted[place - 1]) {
            sorted[place] = sorted[place - 1];
            place -= 1;
        }
        sorted[place] = next;
        count += 1;
    }
    (sorted, count)
}

const fn is_before(one: &Missing, other: &Missing) -> bool {
    if (one.needers == 0) != (other.needers == 0) {
        return one.needers == 0;
    }
    if one.needers > 0 && one.by[0] != other.by[0] {
        return one.by[0] < other.by[0];
    }
    let (one, other) = (one.name.base().as_bytes(), other.name.base().as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() {
        if one[index] != other[index] {
            return one[index] < other[index];
        }
        index += 1;
    }
    one.len() < other.len()
}

const fn headline(list: List<'_>, missing: &Missing, like: Option<Meant>, text: &mut Text) {
    let other = match like {
        Some(like) if matches!(like.likeness, Likeness::OtherType) => Some(like),
        _ => None,
    };
    text.push("service ");
    match other {
        Some(other) => text.apart(missing.name, other.name),
        None => text.quoted(missing.name),
    }
    text.push(" is required by ");
    let header = leaves_by(list, missing.name) as usize;
    text.push(if header > 0 { "the header" } else { "" });
    let mut index = 0;
    while index < missing.needers && index < missing.by.len() {
        text.push(comma(header + index, index + 1 == missing.needers));
        text.code(list.entries[missing.by[index]].name);
        index += 1;
    }
    if missing.needers > index {
        text.push(" and ");
        text.number(missing.needers - index);
        text.push(" more");
    }
    match other {
        Some(other) => {
            text.push(", but ");
            text.code(list.entries[other.entry].name);
            text.push(" gives ");
            text.apart(other.name, missing.name);
            text.push(", which is a different type [DI0007]");
        }
        None => text.push(", but no layer provides it [DI0001]"),
    }
}

/// Layers to paste, and the header under which what is missing comes from outside.
const fn cures(list: List<'_>, unlike: &[Option<Missing>; TOLD], count: usize, missed: usize, text: &mut Text) {
    let Some(header) = list.header else { return };
    if count == 0 {
        return;
    }
    let apart = missed > 1;
    text.push(if apart { "\n\nhelp: " } else { "\n  help: " });
    match (&unlike[0], count) {
        (_, 2..) => text.push("add layers that give them"),
        (Some(only), _) if apart => {
            text.push("add a layer that gives ");
            text.quoted(only.name);
        }
        _ => text.push("add a layer that gives it"),
    }
    text.push(" to the list, such as");
    let (mut index, mut inner) = (0, 0);
    while index < count {
        if let Some(missing) = &unlike[index] {
            text.push("\n        ");
            help_layer(missing.name, text);
            inner += !leaves_by(list, missing.name) as usize;
        }
        index += 1;
    }
    // What the header itself names cannot come from outside.
    if inner == 0 {
        return;
    }
    text.push(if apart { "\nhelp: or let " } else { "\n  help: or let " });
    text.push(match (inner == count, count) {
        (true, 1) => "it",
        (true, _) => "them",
        (false, _) => "what layers need",
    });
    text.push(" come from outside\n        <");
    text.push(header.out_text);
    text.push(" needs ");
    text.push(header.needs_text);
    let (mut index, mut follows) = (0, !header.needs_text.is_empty());
    while index < count {
        if let Some(missing) = &unlike[index]
            && !leaves_by(list, missing.name)
        {
            text.push(if follows { ", " } else { "" });
            text.name(missing.name);
            follows = true;
        }
        index += 1;
    }
    text.push(if missed > EXPLAINED { ", ..>" } else { ">" });
}
