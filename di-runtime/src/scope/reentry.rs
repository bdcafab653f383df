//! Who waits for whom: the scopes that the running task must not wait for.
//!
//! A finalizer, an acquire and a member task all hold up the close of their scope. A close that
//! they await themselves would wait for its own caller. So each of them runs with the ids of the
//! scopes it holds up in a task-local: its own scope, the ancestors of that, and whatever the
//! closer that awaits it holds up in turn.

use std::sync::atomic::{AtomicU64, Ordering};

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

    pub(crate) fn contains(&self, scope: ScopeId) -> bool {
        self.0.contains(&scope)
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

    /// Runs a future as one that holds up these scopes.
    pub(crate) fn during<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        HELD_UP.scope(self, future)
    }
}
