//! Who waits for whom: the check that no build waits for itself.
//!
//! Layers cannot need each other in a circle by their types; a layer that builds another one while it is built
//! (`suspend`, `unwrap`, a fallback, or a build of its own) can. Such a wait is an edge from the entry being built to the
//! entry waited for.
//! A finalizer of a build that failed stands for the entry as well, since those who wait for it wait for its release.
//! All edges are under one lock, which is taken by such waits only; an edge that would close a circle is refused.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

use di_core::layer::Source;

use crate::{Scope, lock};

/// The number of an entry, unique in the process.
pub(super) type EntryId = u64;

/// An entry that waits or is waited for.
pub(crate) type Party = (EntryId, Source);

tokio::task_local! {
    static CONSTRUCTING: Party;
}

/// Somebody whom no other one waits for yet.
pub(crate) fn new_party(source: Source) -> Party {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    (NEXT.fetch_add(1, Ordering::Relaxed), source)
}

/// The one that waits for what the running task begins: its constructor is this task, or its release waits for it.
pub(crate) fn waiting_here() -> Option<Party> {
    CONSTRUCTING.try_with(|party| *party).ok().or_else(|| {
        let failing = lock(&FAILING);
        failing.iter().find(|(_, scope)| scope.is_held_up_here()).map(|(party, _)| *party)
    })
}

/// Runs a constructor as one that waits for the builds which it begins.
pub(crate) fn constructing<F: Future>(party: Party, constructor: F) -> impl Future<Output = F::Output> {
    CONSTRUCTING.scope(party, constructor)
}

/// The entries that failed, and their scopes, for as long as these are closed.
static FAILING: Mutex<Vec<(Party, Scope)>> = Mutex::new(Vec::new());

/// A release that those who wait for an entry wait for, until this is dropped.
pub(super) struct Failing(EntryId);

impl Failing {
    pub(super) fn begin(party: Party, scope: &Scope) -> Self {
        lock(&FAILING).push((party, scope.clone()));
        Self(party.0)
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        let mut failing = lock(&FAILING);
        let place = failing.iter().position(|((id, _), _)| *id == self.0);
        let over = place.map(|place| failing.swap_remove(place));
        drop(failing);
        // Not under the lock: a scope may run code when it goes.
        drop(over);
    }
}

static WAITS: LazyLock<Mutex<HashMap<EntryId, Waiter>>> = LazyLock::new(Mutex::default);

struct Waiter {
    layer: Source,
    waits_for: Vec<EntryId>,
}

/// One edge, which is there until this is dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    from: EntryId,
    to: EntryId,
}

impl Wait {
    /// Says that `from` waits for `to`. If it would wait for itself then, the error is the way from `to` back to `to`.
    pub(crate) fn begin(from: Party, to: Party) -> Result<Self, Vec<Source>> {
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
fn path(waits: &HashMap<EntryId, Waiter>, from: Party, to: Party) -> Option<Vec<Source>> {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use di_core::layer::Source;

    use super::{Party, Wait};

    /// Entries that no other test knows.
    fn places<const COUNT: usize>(names: [&'static str; COUNT]) -> [Party; COUNT] {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
        names.map(|name| (NEXT.fetch_add(1, Ordering::Relaxed), Source::new(name, "", "", 0)))
    }

    fn path(refused: Result<Wait, Vec<Source>>) -> Vec<&'static str> {
        refused.expect_err("it closes a circle").iter().map(Source::name).collect()
    }

    #[test]
    fn nobody_waits_for_itself() {
        let [a] = places(["a"]);
        assert_eq!(path(Wait::begin(a, a)), ["a", "a"]);
    }

    #[test]
    fn two_do_not_wait_for_each_other() {
        let [a, b] = places(["a", "b"]);
        let _wait = Wait::begin(a, b).unwrap();
        assert_eq!(path(Wait::begin(b, a)), ["a", "b", "a"]);
    }

    #[test]
    fn a_circle_of_three_is_told_with_the_whole_path() {
        let [a, b, c] = places(["a", "b", "c"]);
        let _waits = [Wait::begin(a, b).unwrap(), Wait::begin(b, c).unwrap()];
        assert_eq!(path(Wait::begin(c, a)), ["a", "b", "c", "a"]);
    }

    #[test]
    fn a_diamond_is_no_circle() {
        let [top, left, right, bottom] = places(["top", "left", "right", "bottom"]);
        let pairs = [(top, left), (top, right), (left, bottom), (right, bottom)];
        let waits: Vec<_> = pairs.into_iter().map(|(from, to)| Wait::begin(from, to).unwrap()).collect();
        assert_eq!(waits.len(), 4);
    }

    #[test]
    fn a_wait_that_is_over_is_forgotten() {
        let [a, b] = places(["a", "b"]);
        drop(Wait::begin(a, b).unwrap());
        assert!(Wait::begin(b, a).is_ok());
    }

    #[test]
    fn of_two_equal_waits_each_counts() {
        let [a, b] = places(["a", "b"]);
        let [first, second] = [Wait::begin(a, b).unwrap(), Wait::begin(a, b).unwrap()];
        drop(first);
        assert_eq!(path(Wait::begin(b, a)), ["a", "b", "a"]);
        drop(second);
        assert!(Wait::begin(b, a).is_ok());
    }
}
