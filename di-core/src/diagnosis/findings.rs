//! One way through a list, from what leaves to what feeds it: what is missing, circular, or not needed.

use super::List;
use super::given::Given;
use super::walk::{Walk, has, nth};
use crate::Name;

/// How many services and circles are told of; others are only counted.
pub(super) const TOLD: usize = 24;
pub(super) const CIRCLES: usize = 3;
/// How many of those who need a service are told of.
const NEEDERS: usize = 3;

/// A service that no layer of a list gives.
#[derive(Clone, Copy)]
pub(super) struct Missing {
    pub(super) name: &'static Name,
    /// The entries that need it, the first few of the list; none if the header does.
    pub(super) by: [usize; NEEDERS],
    pub(super) needers: usize,
}

impl Missing {
    /// Notes one more entry, in the order of the list.
    const fn needed_by(&mut self, entry: usize) {
        let (mut entry, mut place) = (entry, 0);
        while place < NEEDERS {
            if place == self.needers || place < self.needers && entry < self.by[place] {
                (entry, self.by[place]) = (self.by[place], entry);
            }
            place += 1;
        }
        self.needers += 1;
    }
}

/// Entries each of which needs the next one, and the last one the first.
#[derive(Clone, Copy)]
pub(super) struct Circle<const LENGTH: usize> {
    pub(super) path: [usize; LENGTH],
    pub(super) length: usize,
}

/// What was found in a list of `LENGTH` entries.
pub(super) struct Findings<const LENGTH: usize> {
    pub(super) missing: [Option<Missing>; TOLD],
    /// How many services are missing, told of or not.
    pub(super) missed: usize,
    pub(super) circles: [Option<Circle<LENGTH>>; CIRCLES],
    /// Whether two entries give one service.
    pub(super) twice: bool,
    /// The entries that are needed for something, and how many are not.
    pub(super) used: [bool; LENGTH],
    pub(super) unused: usize,
}

/// How far the way has come in an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

impl<const LENGTH: usize> Findings<LENGTH> {
    pub(super) const fn of<const SLOTS: usize>(list: List<'_>, given: &Given<SLOTS>) -> Self {
        let mut findings = Self {
            missing: [None; TOLD],
            missed: 0,
            circles: [None; CIRCLES],
            twice: given.twice.is_some(),
            used: [false; LENGTH],
            unused: 0,
        };
        let mut marks = [Mark::New; LENGTH];
        if let Some(header) = list.closed() {
            let mut out = Walk::new(header.out);
            while let Some(name) = out.next() {
                match given.by(name) {
                    Some(root) => findings.descend(root, list, given, &mut marks),
                    None => findings.miss(name, None),
                }
            }
        }
        let mut root = 0;
        while root < LENGTH {
            if is_root(list, root) {
                findings.descend(root, list, given, &mut marks);
            }
            root += 1;
        }
        let mut entry = 0;
        while entry < LENGTH {
            findings.used[entry] = !matches!(marks[entry], Mark::New);
            findings.unused += matches!(marks[entry], Mark::New) as usize;
            entry += 1;
        }
        findings
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.missed == 0 && self.circles[0].is_none() && !self.twice && self.unused == 0
    }

    /// Goes through an entry and everything that feeds it.
    const fn descend<const SLOTS: usize>(
        &mut self,
        root: usize,
        list: List<'_>,
        given: &Given<SLOTS>,
        marks: &mut [Mark; LENGTH],
    ) {
        if !matches!(marks[root], Mark::New) {
            return;
        }
        // The way from the root, and how many needs of each entry on it were seen to.
        let (mut way, mut seen, mut depth) = ([root; LENGTH], [0; LENGTH], 1);
        marks[root] = Mark::Open;
        while depth > 0 {
            let entry = way[depth - 1];
            let needs = list.entries[entry].needs;
            if seen[depth - 1] == needs.count {
                marks[entry] = Mark::Done;
                depth -= 1;
                continue;
            }
            let need = nth(needs, seen[depth - 1]);
            seen[depth - 1] += 1;
            match given.by(need) {
                Some(provider) => match marks[provider] {
                    Mark::Done => {}
                    Mark::Open => self.circle(&way, depth, provider),
                    Mark::New => {
                        marks[provider] = Mark::Open;
                        way[depth] = provider;
                        seen[depth] = 0;
                        depth += 1;
                    }
                },
                None => {
                    if let Some(header) = list.closed()
                        && !has(header.needs, need)
                    {
                        self.miss(need, Some(entry));
                    }
                }
            }
        }
    }

    const fn miss(&mut self, name: &'static Name, by: Option<usize>) {
        let mut place = 0;
        while place < TOLD {
            match &mut self.missing[place] {
                Some(missing) if missing.name.is_same(name) => {
                    if let Some(entry) = by {
                        missing.needed_by(entry);
                    }
                    return;
                }
                Some(_) => place += 1,
                slot @ None => {
                    let (entry, needers) = match by {
                        Some(entry) => (entry, 1),
                        None => (0, 0),
                    };
                    *slot = Some(Missing { name, by: [entry; NEEDERS], needers });
                    break;
                }
            }
        }
        self.missed += 1;
    }

    /// The way has come back to `provider`.
    const fn circle(&mut self, way: &[usize; LENGTH], depth: usize, provider: usize) {
        let mut begin = depth - 1;
        while way[begin] != provider {
            begin -= 1;
        }
        let mut circle = Circle { path: [0; LENGTH], length: depth - begin };
        let mut index = 0;
        while index < circle.length {
            circle.path[index] = way[begin + index];
            index += 1;
        }
        let mut place = 0;
        while place < CIRCLES {
            if self.circles[place].is_none() {
                self.circles[place] = Some(circle);
                return;
            }
            place += 1;
        }
    }
}

/// Whether an entry is built even if nothing needs it.
const fn is_root(list: List<'_>, entry: usize) -> bool {
    list.closed().is_none() || list.entries[entry].gives.count == 0
}
