//! What a report says: all findings, the most useful first, each with its cure.

use super::findings::{Circle, Findings, Missing, TOLD};
use super::given::Given;
use super::likeness::{Likeness, parts};
use super::text::Text;
use super::walk::{Walk, has};
use super::{Entry, List};
use crate::Name;

/// How many of a kind are explained; others are only named.
const EXPLAINED: usize = 8;

/// A service that is given and may be meant for one that is missing.
#[derive(Clone, Copy)]
struct Meant {
    likeness: Likeness,
    name: &'static Name,
    entry: usize,
}

/// Writes the report, and says which entry is to be blamed.
pub(super) const fn report<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    findings: &Findings<LENGTH>,
    text: &mut Text,
) -> usize {
    let mut blamed = None;
    let mut meant = [false; LENGTH];
    missing(list, given, findings, text, &mut blamed, &mut meant);
    duplicates(list, given, text, &mut blamed, &mut meant);
    circles(list, given, findings, text, &mut blamed);
    if findings.missed == 0 {
        // A layer that is missing may need what nothing else does.
        unused(list, findings, &meant, text, &mut blamed);
    }
    match blamed {
        Some(entry) => entry,
        None => LENGTH,
    }
}

/// Begins a finding.
const fn begin(text: &mut Text, blamed: &mut Option<usize>, entry: usize) {
    if text.is_empty() {
        *blamed = Some(entry);
    } else {
        text.push("\n\n");
    }
}

const fn missing<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    findings: &Findings<LENGTH>,
    text: &mut Text,
    blamed: &mut Option<usize>,
    meant: &mut [bool; LENGTH],
) {
    let parents = if findings.missed > 0 { parents(list, given) } else { [LENGTH; LENGTH] };
    let mut index = 0;
    while index < TOLD {
        let Some(missing) = &findings.missing[index] else { break };
        if index == EXPLAINED {
            text.push("\n\nmissing besides:");
        }
        if index >= EXPLAINED {
            text.push(" ");
            text.quoted(missing.name);
        } else {
            let blame = if missing.needers == 0 { LENGTH } else { missing.by[0] };
            begin(text, blamed, blame);
            let like = look_for(list.entries, missing.name);
            headline(list.entries, missing, like, text);
            if missing.needers > 0 {
                through(list, &parents, missing.by[0], text);
            }
            match like {
                Some(like) => {
                    meant[like.entry] = true;
                    help_meant(list.entries, missing.name, like, text);
                }
                None => help_layer(missing.name, text),
            }
        }
        index += 1;
    }
    if findings.missed > TOLD {
        text.push(" and ");
        text.number(findings.missed - TOLD);
        text.push(" more");
    }
    if findings.missed > 0 {
        help_outside(list, findings, text);
    }
}

const fn headline(entries: &[Entry], missing: &Missing, like: Option<Meant>, text: &mut Text) {
    text.push("service ");
    let other = match like {
        Some(like) if matches!(like.likeness, Likeness::OtherType) => Some(like),
        _ => None,
    };
    if other.is_some() {
        text.with_path(missing.name)
    } else {
        text.quoted(missing.name)
    }
    text.push(" is required by ");
    if missing.needers == 0 {
        text.push("the header");
    }
    let mut index = 0;
    while index < missing.needers && index < missing.by.len() {
        let last = index + 1 == missing.needers;
        text.push(if index == 0 {
            ""
        } else if last {
            " and "
        } else {
            ", "
        });
        text.code(entries[missing.by[index]].name);
        index += 1;
    }
    if missing.needers > index {
        text.push(" and ");
        text.number(missing.needers - index);
        text.push(" more");
    }
    match other {
        Some(like) => {
            text.push(", but ");
            text.code(entries[like.entry].name);
            text.push(" gives ");
            text.with_path(like.name);
            text.push(", which is a different type [DI0007]");
        }
        None => text.push(", but no layer provides it [DI0001]"),
    }
}

/// The way from the header to an entry.
const fn through<const LENGTH: usize>(list: List<'_>, parents: &[usize; LENGTH], entry: usize, text: &mut Text) {
    let (mut way, mut length, mut next) = ([entry; LENGTH], 0, entry);
    while next < LENGTH && length < LENGTH {
        way[length] = next;
        length += 1;
        next = parents[next];
    }
    text.push("\n  needed through: ");
    let root = &list.entries[way[length - 1]];
    if let Some(header) = list.header {
        let mut gives = Walk::new(root.gives);
        while let Some(name) = gives.next() {
            if has(header.out(), name) {
                text.quoted(name);
                text.push(" in the header -> ");
                break;
            }
        }
    }
    // Long ways are told by both of their ends.
    let mut place = length;
    while place > 0 {
        place -= 1;
        text.code(list.entries[way[place]].name);
        if place > 0 {
            text.push(" -> ");
        }
        if length > 7 && place == length - 3 {
            text.push(".. -> ");
            place = 3;
        }
    }
}

/// For each entry, the one that needs it and is nearest to what leaves.
const fn parents<const LENGTH: usize, const SLOTS: usize>(list: List<'_>, given: &Given<SLOTS>) -> [usize; LENGTH] {
    let (mut parents, mut known) = ([LENGTH; LENGTH], [false; LENGTH]);
    let (mut queue, mut begin, mut end) = ([0; LENGTH], 0, 0);
    if let Some(header) = list.header {
        let mut out = Walk::new(header.out());
        while let Some(name) = out.next() {
            if let Some(root) = given.by(name)
                && !known[root]
            {
                known[root] = true;
                queue[end] = root;
                end += 1;
            }
        }
    }
    let mut root = 0;
    while root < LENGTH {
        if !known[root] && list.entries[root].gives.count == 0 {
            known[root] = true;
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
            if let Some(provider) = given.by(need)
                && !known[provider]
            {
                known[provider] = true;
                parents[provider] = entry;
                queue[end] = provider;
                end += 1;
            }
        }
    }
    parents
}

/// The service that is most like a missing one, of all that are given.
const fn look_for(entries: &[Entry], missing: &Name) -> Option<Meant> {
    let (mut best, mut entry): (Option<Meant>, usize) = (None, 0);
    while entry < entries.len() {
        let mut gives = Walk::new(entries[entry].gives);
        while let Some(name) = gives.next() {
            if let Some(likeness) = Likeness::of(missing, name) {
                let better = match best {
                    Some(best) => likeness.weight() > best.likeness.weight(),
                    None => true,
                };
                if better {
                    best = Some(Meant { likeness, name, entry });
                }
            }
        }
        entry += 1;
    }
    best
}

const fn help_meant(entries: &[Entry], missing: &Name, like: Meant, text: &mut Text) {
    let giver = entries[like.entry].name;
    text.push("\n  help: ");
    match like.likeness {
        Likeness::OtherType => {
            text.push("name one of the two in both places; if both are meant, add a layer that gives ");
            text.with_path(missing);
        }
        Likeness::Implementation => {
            text.code(giver);
            text.push(" gives the type ");
            text.quoted(like.name);
            text.push(", and ");
            text.quoted(missing);
            text.push(" is needed: give it under the trait\n        #[layer(as ");
            text.name(missing);
            text.push(")]");
        }
        Likeness::Trait => {
            text.code(giver);
            text.push(" gives ");
            text.quoted(like.name);
            text.push(", and the type ");
            text.quoted(missing);
            text.push(" is needed: ask for the trait\n        Inject<");
            text.name(like.name);
            text.push(">");
        }
        Likeness::Spelling => {
            text.code(giver);
            text.push(" gives ");
            text.quoted(like.name);
            text.push(": is that the service you meant?");
        }
    }
}

/// A layer to paste.
const fn help_layer(missing: &Name, text: &mut Text) {
    let (dynamic, base) = parts(missing.base());
    text.push("\n  help: add a layer that gives it to the list, such as\n        ");
    if dynamic {
        text.push("#[layer(as ");
        text.name(missing);
        text.push(")] fn ");
    } else {
        text.push("#[layer] fn ");
    }
    snake(base, text);
    text.push("() -> ");
    if dynamic {
        text.push("My");
    }
    let start = if dynamic { "dyn ".len() } else { 0 };
    text.name_from(missing, start);
    text.push(" { todo!() }");
}

/// `UserRepo` as `user_repo`.
const fn snake(name: &[u8], text: &mut Text) {
    let mut index = 0;
    while index < name.len() {
        if name[index].is_ascii_uppercase() && index > 0 && name[index - 1].is_ascii_lowercase() {
            text.push("_");
        }
        text.byte(name[index].to_ascii_lowercase());
        index += 1;
    }
}

/// The header under which what is missing comes from outside.
const fn help_outside<const LENGTH: usize>(list: List<'_>, findings: &Findings<LENGTH>, text: &mut Text) {
    let Some(header) = list.header else { return };
    let (mut index, mut told) = (0, 0);
    while index < EXPLAINED {
        if let Some(missing) = &findings.missing[index]
            && missing.needers > 0
        {
            if told == 0 {
                text.push("\n  help: or let what is missing come from outside\n        <");
                text.push(header.out_text());
                text.push(" needs ");
                text.push(header.needs_text());
            }
            text.push(if told > 0 || !header.needs_text().is_empty() { ", " } else { "" });
            text.name(missing.name);
            told += 1;
        }
        index += 1;
    }
    if told > 0 {
        text.push(if findings.missed > EXPLAINED { ", ..>" } else { ">" });
    }
}

const fn duplicates<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    text: &mut Text,
    blamed: &mut Option<usize>,
    meant: &mut [bool; LENGTH],
) {
    let (mut told, mut entry) = (0, 0);
    while given.twice.is_some() && entry < list.entries.len() {
        let mut gives = Walk::new(list.entries[entry].gives);
        while let Some(name) = gives.next() {
            let Some(first) = given.by(name) else { continue };
            if first == entry {
                continue;
            }
            told += 1;
            meant[entry] = true;
            if told > EXPLAINED {
                continue;
            }
            begin(text, blamed, entry);
            text.quoted(name);
            text.push(" is provided by both ");
            text.code(list.entries[first].name);
            text.push(" and ");
            text.code(list.entries[entry].name);
            text.push(" [DI0003]");
            if told == 1 {
                text.push("\n  help: remove one of them, or give the second instance a name of its own\n        #[service(for = ");
                text.name(name);
                text.push(")] struct Other");
                let (dynamic, _) = parts(name.base());
                text.name_from(name, if dynamic { "dyn ".len() } else { 0 });
                text.push(";");
            }
        }
        entry += 1;
    }
    if told > EXPLAINED {
        text.push("\n\n");
        text.number(told - EXPLAINED);
        text.push(" more services are provided twice");
    }
}

const fn circles<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    findings: &Findings<LENGTH>,
    text: &mut Text,
    blamed: &mut Option<usize>,
) {
    let mut index = 0;
    while index < findings.circles.len() {
        let Some(circle) = &findings.circles[index] else { break };
        begin(text, blamed, circle.path[0]);
        text.push("these layers need each other in a circle: ");
        let mut place = 0;
        while place < circle.length {
            text.code(list.entries[circle.path[place]].name);
            text.push(" -> ");
            place += 1;
        }
        text.code(list.entries[circle.path[0]].name);
        text.push(" [DI0004]");
        links(list, given, circle, text);
        if index == 0 {
            text.push("\n  help: move what both sides need into a service of its own, which neither of them gives");
        }
        index += 1;
    }
}

/// Which service each layer of a circle takes from the next one.
const fn links<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
    circle: &Circle<LENGTH>,
    text: &mut Text,
) {
    let mut place = 0;
    while place < circle.length {
        let entry = circle.path[place];
        let next = circle.path[(place + 1) % circle.length];
        let mut needs = Walk::new(list.entries[entry].needs);
        while let Some(need) = needs.next() {
            if let Some(provider) = given.by(need)
                && provider == next
            {
                text.push("\n  ");
                text.code(list.entries[entry].name);
                text.push(" needs ");
                text.quoted(need);
                text.push(" from ");
                text.code(list.entries[next].name);
                break;
            }
        }
        place += 1;
    }
}

const fn unused<const LENGTH: usize>(
    list: List<'_>,
    findings: &Findings<LENGTH>,
    meant: &[bool; LENGTH],
    text: &mut Text,
    blamed: &mut Option<usize>,
) {
    let (mut told, mut entry) = (0, 0);
    while entry < LENGTH {
        if !findings.used[entry] && !meant[entry] {
            told += 1;
            if told <= EXPLAINED {
                begin(text, blamed, entry);
                text.push("layer ");
                text.code(list.entries[entry].name);
                text.push(" is not needed by anything here [DI0005]");
            }
            if told == 1 {
                help_unused(list, &list.entries[entry], text);
            }
        }
        entry += 1;
    }
    if told > EXPLAINED {
        text.push("\n\n");
        text.number(told - EXPLAINED);
        text.push(" more layers are not needed by anything here");
    }
}

const fn help_unused(list: List<'_>, entry: &Entry, text: &mut Text) {
    text.push("\n  help: remove it from the list");
    let Some(header) = list.header else { return };
    if let Some(name) = Walk::new(entry.gives).next() {
        text.push(", or let what it gives leave\n        <");
        text.push(header.out_text());
        text.push(if header.out_text().is_empty() { "" } else { ", " });
        text.name(name);
        text.push(if header.needs_text().is_empty() { "" } else { " needs " });
        text.push(header.needs_text());
        text.push(">");
    }
}
