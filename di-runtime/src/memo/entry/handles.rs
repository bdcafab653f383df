//! The handles of a memo entry: who waits for a build, and who holds what was built.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use di_core::{AnyService, BoxFuture, BuildError, BuildErrorKind, Exit};

use super::super::state::{Duty, Phase};
use super::super::waits::{Party, Wait};
use super::{Entry, Released};
use crate::lock;
use crate::scope::panic_message;

/// What a request for an entry came to.
#[derive(Debug)]
pub(crate) enum Request {
    /// It is there.
    Built(Hold),
    /// It is being built.
    Building(Interest),
}

/// One waiter. Dropping it is losing interest.
#[derive(Debug)]
pub(crate) struct Interest {
    entry: Option<Arc<Entry>>,
    pub(super) wait: Option<Wait>,
}

impl Request {
    /// The same, where the build of `by` waits for it.
    pub(in crate::memo) fn on_behalf_of(self, by: Option<Party>) -> Result<Self, BuildError> {
        match (self, by) {
            (Self::Building(interest), Some(by)) => Ok(Self::Building(interest.on_behalf_of(by)?)),
            (request, _) => Ok(request),
        }
    }
}

impl Interest {
    pub(super) fn new(entry: &Arc<Entry>) -> Self {
        Self { entry: Some(Arc::clone(entry)), wait: None }
    }

    /// Says that the build of `by` waits for this one.
    fn on_behalf_of(mut self, by: Party) -> Result<Self, BuildError> {
        match Wait::begin(by, self.entry().party()) {
            Ok(wait) => {
                self.wait = Some(wait);
                Ok(self)
            }
            Err(path) => Err(BuildError::new(BuildErrorKind::Cycle(path)).at_layer(by.1, Default::default())),
        }
    }

    /// Waits for the build, and holds what it made.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future is losing interest.
    pub(crate) async fn built(mut self) -> Result<Hold, BuildError> {
        self.answered().await;
        let answer = {
            let state = lock(&self.entry().state);
            match state.phase {
                Phase::Built { .. } => Ok(()),
                _ => Err(state.error()),
            }
        };
        let entry = self.entry.take();
        answer.map(|()| Hold { entry })
    }

    /// Waits until the build is done or has failed.
    pub(crate) async fn answered(&self) {
        self.entry().reached(Phase::is_answered).await;
    }

    /// Loses interest in a build that is under way; if it was the last one, waits until nothing is left of it.
    ///
    /// A build that is done by now, or has failed, is not under way: then this is [`built`](Self::built).
    pub(crate) async fn abandon(mut self) -> Result<Hold, BuildError> {
        let left = self.entry().change(|state| match state.phase {
            Phase::Building { .. } => Some(state.phase.leave()),
            _ => None,
        });
        let Some(duty) = left else { return self.built().await };
        let cancelled = || BuildError::new(BuildErrorKind::Cancelled);
        let Some(entry) = self.entry.take().filter(|_| duty == Duty::Cancel) else { return Err(cancelled()) };
        entry.cancel();
        entry.reached(Phase::is_over).await;
        Err(entry.error())
    }

    /// The same request, as a hold if there is something to hold.
    pub(super) fn into_request(mut self) -> Request {
        let built = matches!(lock(&self.entry().state).phase, Phase::Built { .. });
        if built { Request::Built(Hold { entry: self.entry.take() }) } else { Request::Building(self) }
    }

    fn entry(&self) -> &Arc<Entry> {
        self.entry.as_ref().expect("an interest has its entry until it is used up")
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            let duty = entry.change(|state| state.phase.leave());
            entry.discharge(duty, Exit::Cancelled);
        }
    }
}

/// One holder of what was built. Dropping it releases it in the background.
#[derive(Debug)]
pub(crate) struct Hold {
    entry: Option<Arc<Entry>>,
}

impl Hold {
    pub(super) fn new(entry: &Arc<Entry>) -> Self {
        Self { entry: Some(Arc::clone(entry)) }
    }

    /// One more holder of the same.
    pub(crate) fn another(&self) -> Self {
        match self.entry().join() {
            Some(Request::Built(hold)) => hold,
            _ => unreachable!("what is held is built"),
        }
    }

    pub(crate) fn entry(&self) -> &Arc<Entry> {
        self.entry.as_ref().expect("a hold has its entry until it is used up")
    }

    /// What was built.
    pub(crate) fn services(&self) -> Vec<AnyService> {
        lock(&self.entry().state).services.clone()
    }

    /// Gives it back. If it was the last one, waits until everything is released, and returns what failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not stop a release that has begun; one that has not is done in the background.
    pub(crate) async fn release(self, exit: Exit) -> Released {
        match self.give_back(exit) {
            Some(released) => released.await,
            None => Released::default(),
        }
    }

    /// Gives it back. If it was the last one, the release begins, and what it comes to is what failed.
    pub(crate) fn give_back(mut self, exit: Exit) -> Option<BoxFuture<Released>> {
        let entry = self.entry.take()?;
        let duty = entry.change(|state| state.phase.release());
        (duty == Duty::Release).then(|| entry.spawn_release(exit))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            give_back(entry);
        }
    }
}

/// Gives back what was held, in the background.
///
/// Without a runtime the last hold on an entry is its end, and so the end of its own holds. These are given back after
/// it and not inside of it, as rows of holds are as long as programs make them.
fn give_back(entry: Arc<Entry>) {
    thread_local!(static ROW: RefCell<Option<Vec<Arc<Entry>>>> = const { RefCell::new(None) });
    // Where the thread is ending there is no row any more, and each hold is given back where it is dropped.
    let queued = ROW.try_with(|row| match &mut *row.borrow_mut() {
        Some(row) => {
            row.push(Arc::clone(&entry));
            true
        }
        row => {
            *row = Some(Vec::new());
            false
        }
    });
    if queued == Ok(true) {
        return;
    }
    let mut next = Some(entry);
    while let Some(entry) = next {
        let given_back = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let duty = entry.change(|state| state.phase.release());
            entry.discharge(duty, Exit::Cancelled);
            drop(entry);
        }));
        if let Err(payload) = given_back {
            tracing::error!(panic = panic_message(&*payload), "the drop of a service panicked");
        }
        next = ROW.try_with(|row| row.borrow_mut().as_mut().and_then(Vec::pop)).ok().flatten();
    }
    let _ = ROW.try_with(RefCell::take);
}
