//! Who gives what: a hash table that is made by the compiler.

use super::Entry;
use super::walk::{Walk, count};
use crate::Name;

/// How many slots a table of what these entries give needs.
pub const fn slots(entries: &[Entry]) -> usize {
    let (mut given, mut entry) = (0, 0);
    while entry < entries.len() {
        given += count(entries[entry].gives);
        entry += 1;
    }
    (2 * given + 1).next_power_of_two()
}

/// A service and the entry that gives it.
#[derive(Clone, Copy)]
struct Slot {
    name: &'static Name,
    entry: usize,
}

/// The table. An entry that gives what one before it gives is not in there.
pub(super) struct Given<const SLOTS: usize> {
    slots: [Option<Slot>; SLOTS],
    /// The first entry that gives what another one gives, if there is one.
    pub(super) twice: Option<usize>,
}

impl<const SLOTS: usize> Given<SLOTS> {
    pub(super) const fn of(entries: &[Entry]) -> Self {
        let mut table = Self { slots: [None; SLOTS], twice: None };
        let mut entry = 0;
        while entry < entries.len() {
            let mut gives = Walk::new(entries[entry].gives);
            while let Some(name) = gives.next() {
                let place = table.place(name);
                if table.slots[place].is_none() {
                    table.slots[place] = Some(Slot { name, entry });
                } else if table.twice.is_none() {
                    table.twice = Some(entry);
                }
            }
            entry += 1;
        }
        table
    }

    /// The first entry that gives a service.
    pub(super) const fn by(&self, name: &Name) -> Option<usize> {
        match &self.slots[self.place(name)] {
            Some(slot) => Some(slot.entry),
            None => None,
        }
    }

    /// The slot of a service, or the one where it would be.
    const fn place(&self, name: &Name) -> usize {
        // `SLOTS` is a power of two, and half of them are free.
        let mut place = name.hash() as usize % SLOTS;
        while let Some(slot) = &self.slots[place] {
            if slot.name.is_same(name) {
                break;
            }
            place = (place + 1) % SLOTS;
        }
        place
    }
}
