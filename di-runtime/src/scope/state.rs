//! The states of a scope and the transitions between them, free of locks, tasks and user code.
//!
//! ```text
//!  Open ──begin──► Closing ──next, nothing left──► Closed
//!    └───adopt────►   └────────abandon───────────►
//! ```
//!
//! 1. An entry leaves the stack by one transition only (`next`, `remove`, `replace` or `abandon`),
//!    which hands it to its caller. So whoever holds an entry is the only one who can run it.
//! 2. The exit is fixed by the transition that leaves `Open`. It never changes afterwards.
//! 3. Among all callers of `begin`, one leads: it alone calls `next`, until that returns `Closed`.
//! 4. `Closed` is entered only by `next`, with an empty stack and nothing running, or by `abandon`.
//!    Both look and change in one step, so an entry is either accepted before and run by the
//!    leader, or refused and given back.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use di_core::{Exit, SharedError};
use tokio::time::Instant;

use super::finalizer::Name;
use super::report::{CloseReport, FinalizerReport, Outcome};

/// The place of an entry in its scope. A later entry has a greater key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(u64);

/// A registered finalizer.
pub(crate) struct Entry<Work> {
    pub(crate) name: Name,
    pub(crate) work: Work,
}

/// The state of one scope. `Work` is what an entry does when its turn comes.
pub(crate) struct Machine<Work> {
    next_key: u64,
    phase: Phase<Work>,
}

type Stack<Work> = BTreeMap<Key, Entry<Work>>;

enum Phase<Work> {
    Open(Stack<Work>),
    Closing(Closing<Work>),
    Closed { exit: Exit, report: CloseReport },
}

struct Closing<Work> {
    exit: Exit,
    led: bool,
    stack: Stack<Work>,
    running: BTreeMap<Key, (Name, Instant)>,
    finished: Vec<FinalizerReport>,
}

/// What became of an entry that was to be registered.
pub(crate) enum Registration<Work> {
    /// It is on the stack of an open scope.
    Open(Key),
    /// It is on the stack of a scope that is closing with this exit, and runs next.
    Closing(Key, Exit),
    /// The scope is closed; here is the entry back, and the exit.
    Refused(Entry<Work>, Exit),
}

/// The part a caller of close plays.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is the one who runs the finalizers.
    Lead,
    /// Somebody else does, or has done so.
    Follow,
}

/// What the leader does next.
pub(crate) enum Next<Work> {
    /// Run this entry, then report it under its key.
    Run { key: Key, work: Work, exit: Exit },
    /// Wait for a running entry, or for a new one.
    Wait,
    /// Nothing: the scope is closed.
    Closed,
}

/// What an abandoned close leaves undone.
pub(crate) struct Abandoned<Work> {
    pub(crate) running: Vec<Name>,
    pub(crate) waiting: Vec<Entry<Work>>,
}

/// Why a finalizer of an abandoned close failed.
#[derive(Debug, thiserror::Error)]
#[error("not run to its end: there was no runtime left to run it")]
struct NoRuntimeLeft;

impl<Work> Machine<Work> {
    pub(crate) fn new() -> Self {
        Self { next_key: 0, phase: Phase::Open(Stack::new()) }
    }

    /// The exit, from the moment the close has begun.
    pub(crate) fn exit(&self) -> Option<&Exit> {
        match &self.phase {
            Phase::Open(_) => None,
            Phase::Closing(Closing { exit, .. }) | Phase::Closed { exit, .. } => Some(exit),
        }
    }

    /// How many entries wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        match &self.phase {
            Phase::Open(stack) | Phase::Closing(Closing { stack, .. }) => stack.len(),
            Phase::Closed { .. } => 0,
        }
    }

    /// Puts an entry on top of the stack, unless the scope is closed.
    pub(crate) fn register(&mut self, entry: Entry<Work>) -> Registration<Work> {
        let key = self.fresh_key();
        match &mut self.phase {
            Phase::Open(stack) => {
                stack.insert(key, entry);
                Registration::Open(key)
            }
            Phase::Closing(closing) => {
                closing.stack.insert(key, entry);
                Registration::Closing(key, closing.exit.clone())
            }
            Phase::Closed { exit, .. } => Registration::Refused(entry, exit.clone()),
        }
    }

    /// Puts an entry on top of the stack of an open scope; gives it back if the close has begun.
    pub(crate) fn register_if_open(&mut self, entry: Entry<Work>) -> Result<Key, (Entry<Work>, Exit)> {
        let key = self.fresh_key();
        match &mut self.phase {
            Phase::Open(stack) => {
                stack.insert(key, entry);
                Ok(key)
            }
            Phase::Closing(Closing { exit, .. }) | Phase::Closed { exit, .. } => Err((entry, exit.clone())),
        }
    }

    /// Takes the entry under `key` off the stack of an open scope and puts `entry` on top.
    pub(crate) fn replace(&mut self, key: Key, entry: Entry<Work>) -> Result<Option<Entry<Work>>, (Entry<Work>, Exit)> {
        self.register_if_open(entry)?;
        Ok(self.remove(key))
    }

    /// Takes an entry off the stack, if its turn has not come.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Entry<Work>> {
        match &mut self.phase {
            Phase::Open(stack) | Phase::Closing(Closing { stack, .. }) => stack.remove(&key),
            Phase::Closed { .. } => None,
        }
    }

    /// Open to Closing. The exit counts only for the first caller.
    pub(crate) fn begin(&mut self, exit: &Exit) -> Role {
        self.adopt(exit);
        match &mut self.phase {
            Phase::Closing(closing) if !closing.led => {
                closing.led = true;
                Role::Lead
            }
            _ => Role::Follow,
        }
    }

    /// Open to Closing, with the leader still to come: a child of a closing scope is born this way.
    pub(crate) fn adopt(&mut self, exit: &Exit) {
        if let Phase::Open(stack) = &mut self.phase {
            self.phase = Phase::Closing(Closing {
                exit: exit.clone(),
                led: false,
                stack: mem::take(stack),
                running: BTreeMap::new(),
                finished: Vec::new(),
            });
        }
    }

    /// Takes the newest entry off the stack for the leader; Closing to Closed if there is none and
    /// none is running.
    pub(crate) fn next(&mut self, now: Instant) -> Next<Work> {
        let Phase::Closing(closing) = &mut self.phase else {
            return Next::Closed;
        };
        if let Some((key, Entry { name, work })) = closing.stack.pop_last() {
            closing.running.insert(key, (name, now));
            return Next::Run { key, work, exit: closing.exit.clone() };
        }
        if !closing.running.is_empty() {
            return Next::Wait;
        }
        let report = CloseReport::new(mem::take(&mut closing.finished));
        self.phase = Phase::Closed { exit: closing.exit.clone(), report };
        Next::Closed
    }

    /// Notes how a running entry ended.
    pub(crate) fn finish(&mut self, key: Key, now: Instant, outcome: Outcome) {
        if let Phase::Closing(closing) = &mut self.phase
            && let Some((name, started)) = closing.running.remove(&key)
        {
            closing.finished.push(report(&name, now - started, outcome));
        }
    }

    /// Closing to Closed, because nobody is left to lead. `None` if the scope is in another state.
    pub(crate) fn abandon(&mut self, now: Instant) -> Option<Abandoned<Work>> {
        let Phase::Closing(closing) = &mut self.phase else {
            return None;
        };
        let error: SharedError = Arc::new(NoRuntimeLeft);
        let mut finished = mem::take(&mut closing.finished);
        let running = mem::take(&mut closing.running).into_values();
        let waiting: Vec<_> = mem::take(&mut closing.stack).into_values().rev().collect();
        let running: Vec<_> = running
            .map(|(name, started)| {
                finished.push(report(&name, now - started, Outcome::Failed(error.clone())));
                name
            })
            .collect();
        for entry in &waiting {
            finished.push(report(&entry.name, Duration::ZERO, Outcome::Failed(error.clone())));
        }
        self.phase = Phase::Closed { exit: closing.exit.clone(), report: CloseReport::new(finished) };
        Some(Abandoned { running, waiting })
    }

    /// What the finalizers have done so far.
    pub(crate) fn report(&self, now: Instant) -> CloseReport {
        match &self.phase {
            Phase::Open(_) => CloseReport::default(),
            Phase::Closing(closing) => {
                let running = closing.running.values();
                let running = running.map(|(name, started)| report(name, now - *started, Outcome::StillRunning));
                let waiting = closing.stack.values().rev();
                let waiting = waiting.map(|entry| report(&entry.name, Duration::ZERO, Outcome::NotStarted));
                CloseReport::new(closing.finished.iter().cloned().chain(running).chain(waiting).collect())
            }
            Phase::Closed { report, .. } => report.clone(),
        }
    }

    fn fresh_key(&mut self) -> Key {
        self.next_key += 1;
        Key(self.next_key)
    }
}

fn report(name: &Name, duration: Duration, outcome: Outcome) -> FinalizerReport {
    FinalizerReport { name: name.to_string(), duration, outcome }
}
