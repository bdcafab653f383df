//! Waiting for a fiber, which is not to wait for itself.

use std::pin::pin;
use std::sync::Arc;

use super::Node;
use crate::Scope;
use crate::fiber::FiberExit;
use crate::scope::{HeldUp, Wait};

impl<A, E: ?Sized> Node<A, E> {
    /// Whether this is the body of the fiber, or a finalizer that its end waits for.
    pub(crate) fn is_here(&self, held_up: &HeldUp) -> bool {
        self.runs_here() || self.scope().is_some_and(|scope| scope.is_held_up_by(held_up))
    }

    /// The scope, if its release goes on though nobody waits for it any more.
    pub(crate) fn overdue(&self) -> Option<&Scope> {
        self.scope().filter(|scope| self.signal.is_aborted() && !scope.is_released())
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> &FiberExit<A, E> {
        self.until(|| self.exit.get()).await
    }

    /// Waits until the body is ready, or has ended: `Ok` if it is ready.
    pub(crate) async fn ready(&self) -> Result<(), &FiberExit<A, E>> {
        let ready = || match self.exit.get() {
            _ if self.signal.is_ready() => Some(Ok(())),
            exit => exit.map(Err),
        };
        self.until(ready).await
    }

    async fn until<Out>(&self, reached: impl Fn() -> Option<Out>) -> Out {
        loop {
            if let Some(out) = reached() {
                return out;
            }
            let mut changed = pin!(self.changed.notified());
            // What changes from here on wakes it.
            changed.as_mut().enable();
            self.signal.be_awaited();
            if let Some(out) = reached() {
                return out;
            }
            changed.await;
        }
    }

    /// Begins a wait for the end; `None` if it would wait for itself, as this is the body, or a finalizer that the end waits for.
    pub(crate) fn begin_wait(&self) -> Option<Option<Wait>> {
        if self.exit.get().is_some() {
            return Some(None);
        }
        if self.runs_here() {
            return None;
        }
        self.begin_wait_of_owner()
    }

    /// The same for one who has interrupted it: the body is no obstacle then.
    pub(crate) fn begin_wait_of_owner(&self) -> Option<Option<Wait>> {
        match self.scope() {
            Some(scope) => scope.begin_wait().map(Some),
            None => Some(None),
        }
    }

    /// Writes down that this fiber, which has not begun, waits for the ends of others: their finalizers are not to wait for it. Scopes
    /// are made like this.
    pub(crate) fn begin_turn(&self, before: &[Arc<Self>], make: impl Fn() -> Scope) -> Vec<Wait> {
        let waits = before.iter().filter_map(|other| {
            // What has begun without a scope has no finalizers. Of what has not, nobody knows yet.
            let scope = match other.scope() {
                None if other.signal().has_begun() => return None,
                None => other.scope_or(&make),
                Some(scope) => scope,
            };
            self.scope_or(&make).begin_wait_for(scope)
        });
        waits.collect()
    }
}
