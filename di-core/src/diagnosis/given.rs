//! Who gives what: a hash table that is made by the compiler.

use super::Entry;
use super::walk::nth;
use crate::Name;

/// How many slots a table of what these entries give needs.
pub const fn slots(entries: &[Entry]) -> usize {
    let (mut given, mut entry) = (0, 0);
    while entry < entries.len() {
        given += entries[entry].gives.count;
        entry += 1;
    }
    (2 * given + 1).next_power_of_two()
}

/// Where nothing is.
const NOBODY: usize = usize::MAX;

/// The table. An entry that gives what one before it gives is not in there.
pub(super) struct Given<const SLOTS: usize> {
    hashes: [u64; SLOTS],
    entries: [usize; SLOTS],
    /// The first entry that gives what another one gives, if there is one.
    pub(super) twice: Option<usize>,
}

impl<const SLOTS: usize> Given<SLOTS> {
    pub(super) const fn of(entries: &[Entry]) -> Self {
        let mut table = Self { hashes: [0; SLOTS], entries: [NOBODY; SLOTS], twice: None };
        let mut entry = 0;
        while entry < entries.len() {
            let gives = entries[entry].gives;
            let mut number = 0;
            while number < gives.count {
                let hash = nth(gives, number).hash();
                let place = table.place(hash);
                if table.entries[place] == NOBODY {
                    table.hashes[place] = hash;
                    table.entries[place] = entry;
                } else if table.twice.is_none() {
                    table.twice = Some(entry);
                }
                number += 1;
            }
            entry += 1;
        }
        table
    }

    /// The first entry that gives a service.
    pub(super) const fn by(&self, name: &Name) -> Option<usize> {
        let entry = self.entries[self.place(name.hash())];
        if entry == NOBODY { None } else { Some(entry) }
    }

    /// The slot of a service, or the one where it would be.
    const fn place(&self, hash: u64) -> usize {
        // `SLOTS` is a power of two, and half of them are free.
        let mut place = hash as usize % SLOTS;
        while self.hashes[place] != hash && self.entries[place] != NOBODY {
            place = (place + 1) % SLOTS;
        }
        place
    }
}
