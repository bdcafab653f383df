//! What no layer of a list gives: who needs it, through whom, and what may have been meant.

use super::super::List;
use super::super::findings::{Findings, Missing, TOLD};
use super::super::given::Given;
use super::super::likeness::Likeness;
use super::super::text::Text;
use super::super::walk::{Walk, has};
use super::meant::{Meant, help_layer, help_meant, look_for};
use super::{EXPLAINED, Report, comma};

/// How many entries of a long way are told of.
const SHOWN: usize = 6;

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
    text.push(if missing.needers == 0 { "the header" } else { "" });
    let mut index = 0;
    while index < missing.needers && index < missing.by.len() {
        text.push(comma(index, index + 1 == missing.needers));
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

/// The way from the header to an entry that is not named there.
const fn through<const LENGTH: usize>(list: List<'_>, parents: &[usize; LENGTH], entry: usize, text: &mut Text) {
    let (mut way, mut length, mut next) = ([entry; LENGTH], 0, entry);
    while next < LENGTH && length < LENGTH {
        way[length] = next;
        length += 1;
        next = parents[next];
    }
    if length < 2 {
        return;
    }
    text.push("\n  needed through: ");
    let root = &list.entries[way[length - 1]];
    if let Some(header) = list.header {
        let mut gives = Walk::new(root.gives);
        while let Some(name) = gives.next() {
            if has(header.out, name) {
                text.quoted(name);
                text.push(" in the header -> ");
                break;
            }
        }
    }
    let mut place = 0;
    while place < length {
        if !Report::<LENGTH>::is_between(place, length, SHOWN) {
            text.code(list.entries[way[length - 1 - place]].name);
            text.push(if place + 1 < length { " -> " } else { "" });
        } else if place == SHOWN / 2 {
            text.push(".. -> ");
        }
        place += 1;
    }
}

/// For each entry, the one that needs it and is nearest to what leaves; of several, the first of the list.
const fn parents<const LENGTH: usize, const SLOTS: usize>(list: List<'_>, given: &Given<SLOTS>) -> [usize; LENGTH] {
    let (mut parents, mut depths) = ([LENGTH; LENGTH], [usize::MAX; LENGTH]);
    let (mut queue, mut begin, mut end) = ([0; LENGTH], 0, 0);
    let mut root = 0;
    while root < LENGTH {
        if leaves(list, given, root) {
            depths[root] = 0;
            queue[end] = root;
            end += 1;
        }
        root += 1;
    }
    while begin < end {
        let entry = queue[begin];
        begin += 1;
        let mut needs = Walk::new(list.entries[entry].needs);
        while let Some(need) = needs.next() {
            let Some(provider) = given.by(need) else { continue };
            if depths[provider] == usize::MAX {
                depths[provider] = depths[entry] + 1;
                parents[provider] = entry;
                queue[end] = provider;
                end += 1;
            } else if depths[provider] == depths[entry] + 1 && entry < parents[provider] {
                parents[provider] = entry;
            }
        }
    }
    parents
}

/// Whether an entry gives something that the header names, or nothing at all.
const fn leaves<const SLOTS: usize>(list: List<'_>, given: &Given<SLOTS>, entry: usize) -> bool {
    let mut gives = Walk::new(list.entries[entry].gives);
    let Some(mut name) = gives.next() else { return true };
    let Some(header) = list.header else { return false };
    loop {
        if has(header.out, name)
            && let Some(first) = given.by(name)
            && first == entry
        {
            return true;
        }
        match gives.next() {
            Some(next) => name = next,
            None => return false,
        }
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
    text.push(if count > 1 { "add layers that give them" } else { "add a layer that gives it" });
    text.push(" to the list, such as");
    let (mut index, mut inner) = (0, 0);
    while index < count {
        if let Some(missing) = &unlike[index] {
            text.push("\n        ");
            help_layer(missing.name, text);
            inner += (missing.needers > 0) as usize;
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
            && missing.needers > 0
        {
            text.push(if follows { ", " } else { "" });
            text.name(missing.name);
            follows = true;
        }
        index += 1;
    }
    text.push(if missed > EXPLAINED { ", ..>" } else { ">" });
}
