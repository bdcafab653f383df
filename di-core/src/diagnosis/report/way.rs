//! Through whom an entry is needed.

use super::super::List;
use super::super::given::Given;
use super::super::text::Text;
use super::super::walk::{Walk, has};
use super::Report;
use crate::Name;

/// How many entries of a long way are told of.
const SHOWN: usize = 6;

/// Whether the header names a service.
pub(super) const fn leaves_by(list: List<'_>, name: &Name) -> bool {
    match list.header {
        Some(header) => has(header.out, name),
        None => false,
    }
}

/// The way from the header to an entry that is not named there.
pub(super) const fn through<const LENGTH: usize>(
    list: List<'_>,
    parents: &[usize; LENGTH],
    entry: usize,
    text: &mut Text,
) {
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
    let mut gives = Walk::new(root.gives);
    while let Some(name) = gives.next() {
        if leaves_by(list, name) {
            text.quoted(name);
            text.push(" in the header -> ");
            break;
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
pub(super) const fn parents<const LENGTH: usize, const SLOTS: usize>(
    list: List<'_>,
    given: &Given<SLOTS>,
) -> [usize; LENGTH] {
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
    loop {
        if leaves_by(list, name)
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
