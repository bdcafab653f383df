//! Who waits for whom: closes that would wait for their own caller, directly or around a corner.
//!
//! A finalizer, an acquire and a task of a scope all hold up the close of that scope and of its
//! ancestors. Each of them runs with the ids of these in a task-local. When such code waits for the
//! close of a scope, everything it holds up waits too, and that is written down for the time of the
//! wait. A wait that would end a circle of those is not begun:
//!
//! ```text
//! finalizer of A ──waits for──► B        written down: A → B
//! finalizer of B ──waits for──► A        refused: A → B exists
//! ```
//!
//! One lock guards the list, so of the waits that make a circle the last one always sees the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The identity of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScopeId(u64);

impl ScopeId {
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

tokio::task_local! {
    static HELD_UP: HeldUp;
}

/// The scopes whose close waits for the running code.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldUp(Vec<ScopeId>);

impl HeldUp {
    /// Those that the running task holds up.
    pub(crate) fn current() -> Self {
        HELD_UP.try_with(Self::clone).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, scope: ScopeId) -> bool {
        self.0.contains(&scope)
    }

    /// Begins a wait for the close of a scope; `None` if it would wait for itself.
    pub(crate) fn wait_for(&self, scope: ScopeId) -> Option<Wait> {
        let edges: Vec<Edge> = self.0.iter().map(|waiting| (*waiting, scope)).collect();
        if !edges.is_empty() {
            let mut waits = WAITS.lock().unwrap_or_else(PoisonError::into_inner);
            if reachable_from(scope, &waits).iter().any(|reached| self.contains(*reached)) {
                return None;
            }
            waits.extend(&edges);
        }
        Some(Wait(edges))
    }

    /// These and a lineage: a scope and its ancestors.
    pub(crate) fn and(mut self, lineage: &[ScopeId]) -> Self {
        for scope in lineage {
            if !self.contains(*scope) {
                self.0.push(*scope);
            }
        }
        self
    }

    /// Calls a function as one that holds up these scopes.
    pub(crate) fn during_call<Out>(self, call: impl FnOnce() -> Out) -> Out {
        HELD_UP.sync_scope(self, call)
    }

    /// Runs a future as one that holds up these scopes.
    pub(crate) fn during<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        HELD_UP.scope(self, future)
    }
}

/// The first waits for the second.
type Edge = (ScopeId, ScopeId);

static WAITS: Mutex<Vec<Edge>> = Mutex::new(Vec::new());

/// A wait that others take into account until it is dropped.
#[derive(Debug)]
pub(crate) struct Wait(Vec<Edge>);

impl Drop for Wait {
    fn drop(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let mut waits = WAITS.lock().unwrap_or_else(PoisonError::into_inner);
        for edge in &self.0 {
            // Two waits may have written the same edge; each takes one away.
            if let Some(index) = waits.iter().position(|written| written == edge) {
                waits.swap_remove(index);
            }
        }
    }
}

/// A scope and all that it waits for, directly or not.
fn reachable_from(scope: ScopeId, waits: &[Edge]) -> Vec<ScopeId> {
    let mut reached = vec![scope];
    let mut next = 0;
    while let Some(from) = reached.get(next).copied() {
        for (_, to) in waits.iter().filter(|(waiting, _)| *waiting == from) {
            if !reached.contains(to) {
                reached.push(*to);
            }
        }
        next += 1;
    }
    reached
}
