//! Orphans: finalizers whose turn comes when nobody waits for them, or never.
//!
//! They run on a task if there is a runtime for it. What cannot be run is said aloud, by name;
//! nothing here blocks or panics, as all of it may be called from a `Drop`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use di_core::Exit;
use tokio::time::Instant;

use super::engine::Engine;
use super::finalizer::{Name, Work};
use super::reentry::HeldUp;
use super::state::{Entry, Role};

impl Engine {
    /// Runs a finalizer that came after the close.
    pub(super) fn run_late(&self, entry: Entry<Work>, exit: Exit) {
        let Entry { name, work } = entry;
        let Some(runtime) = self.home().runtime_of_caller() else {
            return report_leak(&name, work);
        };
        let unrun = Unrun(Some(name.clone()));
        self.home().spawn_owned(&runtime, async move {
            let outcome = work.perform(exit).await;
            unrun.disarm();
            if outcome.is_failure() {
                tracing::error!(finalizer = %name, %outcome, "a finalizer added to a closed scope did not succeed");
            }
        });
    }

    /// Closes a scope that was given up open, on a task that nobody waits for.
    pub(crate) fn reap(self: &Arc<Self>) {
        let exit = Exit::Cancelled;
        if self.close_if_empty(&exit) || self.with(|machine| machine.begin(&exit)) == Role::Follow {
            return;
        }
        let finalizers = self.with(|machine| machine.waiting());
        let Some(runtime) = self.home().runtime_of_scope() else {
            return self.abandon();
        };
        tracing::warn!(
            scope = self.id().number(),
            finalizers,
            "a scope was dropped open; its finalizers run in the background"
        );
        let driver = self.clone().drive(HeldUp::default());
        let engine = self.clone();
        self.home().spawn_owned(&runtime, async move {
            driver.await;
            if let Err(error) = engine.report().into_result() {
                tracing::error!(scope = engine.id().number(), %error, "the close of a dropped scope did not succeed");
            }
        });
    }

    /// Ends a close that nobody drives: what was not run is reported by name, here and to those who
    /// wait.
    pub(super) fn abandon(&self) {
        let Some(left) = self.with(|machine| machine.abandon(Instant::now())) else {
            return;
        };
        for name in left.running {
            tracing::error!(finalizer = %name, "leaked: the runtime ended before this finalizer did");
        }
        for Entry { name, work } in left.waiting {
            report_leak(&name, work);
        }
        self.conclude();
    }
}

/// Says that a late finalizer was dropped by a runtime that is shutting down.
struct Unrun(Option<Name>);

impl Unrun {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Unrun {
    fn drop(&mut self) {
        if let Some(name) = &self.0 {
            tracing::error!(finalizer = %name, "leaked: the runtime ended before this finalizer did");
        }
    }
}

/// Says by name what cannot be run, for want of a runtime, and drops it.
fn report_leak(name: &Name, work: Work) {
    match work {
        Work::Call(finalizer) => {
            tracing::error!(finalizer = %name, "leaked: there is no runtime to run this finalizer");
            // The drop of what it captures is code of the user, and we may be in a `Drop`
            // ourselves.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(finalizer)));
        }
        Work::Child(child) => {
            if child.with(|machine| machine.begin(&Exit::Cancelled)) == Role::Lead {
                child.abandon();
            }
        }
    }
}
