//! Who waits for whom: the check that no build waits for itself.
//!
//! Layers cannot need each other in a circle by their types; a layer that builds another one while it is built
//! (`suspend`, `unwrap`, a fallback) can. Such a wait is an edge from the entry being built to the entry waited for.
//! All edges are under one lock, which is taken by such waits only; an edge that would close a circle is refused.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use di_core::layer::Source;

use crate::lock;

/// The number of an entry, unique in the process.
pub(super) type EntryId = u64;

static WAITS: LazyLock<Mutex<HashMap<EntryId, Waiter>>> = LazyLock::new(Mutex::default);

struct Waiter {
    layer: Source,
    waits_for: Vec<EntryId>,
}

/// One edge, which is there until this is dropped.
#[derive(Debug)]
pub(super) struct Wait {
    from: EntryId,
    to: EntryId,
}

impl Wait {
    /// Says that `from` waits for `to`. If it would wait for itself then, the error is the way from `to` back to `to`.
    pub(super) fn begin(from: (EntryId, Source), to: (EntryId, Source)) -> Result<Self, Vec<Source>> {
        let mut waits = lock(&WAITS);
        if let Some(mut path) = path(&waits, to, from) {
            path.push(to.1);
            return Err(path);
        }
        waits.entry(from.0).or_insert_with(|| Waiter { layer: from.1, waits_for: Vec::new() }).waits_for.push(to.0);
        Ok(Self { from: from.0, to: to.0 })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waits = lock(&WAITS);
        if let Some(waiter) = waits.get_mut(&self.from) {
            if let Some(place) = waiter.waits_for.iter().position(|id| *id == self.to) {
                waiter.waits_for.swap_remove(place);
            }
            if waiter.waits_for.is_empty() {
                waits.remove(&self.from);
            }
        }
    }
}

/// The layers on a way from one entry to another.
fn path(waits: &HashMap<EntryId, Waiter>, from: (EntryId, Source), to: (EntryId, Source)) -> Option<Vec<Source>> {
    if from.0 == to.0 {
        return Some(vec![from.1]);
    }
    let mut seen = std::collections::HashSet::from([from.0]);
    let mut ways = vec![(from.0, vec![from.1])];
    while let Some((entry, way)) = ways.pop() {
        for next in waits.get(&entry).into_iter().flat_map(|waiter| &waiter.waits_for) {
            if *next == to.0 {
                return Some([&way[..], &[to.1]].concat());
            }
            if seen.insert(*next) {
                let layer = waits.get(next).map(|waiter| waiter.layer);
                ways.push((*next, way.iter().copied().chain(layer).collect()));
            }
        }
    }
    None
}
