//! The one task of a collection that takes out what it retained for long enough.
//!
//! It is there while something is retained for a time, and is started again by the next end if its runtime goes away. It keeps
//! no collection alive.

use std::pin::pin;
use std::sync::{Arc, Weak};

use futures_util::future::select;
use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::engine::{Engine, forget};

/// The mark that there is such a task.
pub(super) struct Served<K, A, E: ?Sized> {
    engine: Weak<Engine<K, A, E>>,
    is_there: bool,
}

impl<K, A, E: ?Sized> Served<K, A, E> {
    pub(super) fn of(engine: &Arc<Engine<K, A, E>>) -> Self {
        Self { engine: Arc::downgrade(engine), is_there: true }
    }

    /// Takes out what has expired, until nothing is left. `emptied` is told when all was taken out.
    pub(super) async fn serve(mut self, emptied: Arc<Notify>) {
        loop {
            let mut told = pin!(emptied.notified());
            told.as_mut().enable();
            let next = {
                let Some(engine) = self.engine.upgrade() else { return };
                let (expired, next) = engine.with(|members| members.expire());
                self.is_there = next.is_some();
                forget(expired);
                next
            };
            let Some(next) = next else { return };
            select(pin!(sleep_until(next)), told).await;
        }
    }
}

impl<K, A, E: ?Sized> Drop for Served<K, A, E> {
    fn drop(&mut self) {
        // Once the service has ended there may be another task by now.
        if let Some(engine) = self.is_there.then(|| self.engine.upgrade()).flatten() {
            engine.with(|members| members.end_service());
        }
    }
}
