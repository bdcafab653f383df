//! Releases: each on a task of its own, so that none stops another, and who waits for one can leave.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use di_core::Exit;
use tokio::time::Instant;
use tracing::Instrument;

use super::{Engine, Fails, Keyed, Value};
use crate::CloseError;
use crate::rc_map::entry::Entry;
use crate::rc_map::error::{RcMapEventKind, ReleaseReason};
use crate::scope::panic_message;

thread_local! {
    /// Whether this thread drops what was built.
    static DROPPING: Cell<bool> = const { Cell::new(false) };
}

impl<K: Keyed, V: Value, E: Fails> Engine<K, V, E> {
    /// Releases what was built. The entry has left its key.
    ///
    /// Where there is nothing but a value, that is dropped here.
    pub(super) fn release(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>, reason: ReleaseReason, exit: Exit) {
        let scope = entry.take_scope();
        let ending = Ending { engine: Arc::clone(self), entry: Some(entry), reason, closed: Ok(()) };
        let Some(scope) = scope else {
            if DROPPING.get() {
                // Not within the drop of another one, as rows of values that hold each other are as long as programs
                // make them.
                self.spawn(async move { drop(ending) });
            }
            return;
        };
        let map = self.policy.source.name();
        let span = tracing::debug_span!("release", map, %reason);
        let released = async move {
            let (mut ending, begun) = (ending, Instant::now());
            ending.closed = scope.close(exit).await;
            drop(scope);
            tracing::debug!(map, %reason, took = ?begun.elapsed(), "released");
        };
        // A close of the map waits for its releases.
        self.spawn(self.scope.held_up_by(released.instrument(span)));
    }

    /// What comes last: what was built is dropped, and then its end is told.
    pub(super) fn conclude(&self, entry: Arc<Entry<K, V, E>>, reason: ReleaseReason, closed: Result<(), CloseError>) {
        self.log_failures(&closed);
        self.counters.ended(reason, entry.word().acquires());
        self.tell(entry.key(), RcMapEventKind::Released(reason));
        let (hash, number) = (entry.hash(), entry.number());
        let _ = entry.step(|word| word.settle(false));
        entry.tell();
        let within = DROPPING.replace(true);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(entry)));
        DROPPING.set(within);
        if let Err(payload) = dropped {
            let panic = panic_message(&*payload);
            tracing::error!(map = self.policy.source.name(), panic, "the drop of what was built panicked");
        }
        if let Some(ended) = self.table.gone(hash, number) {
            ended.tell(closed);
        }
    }

    pub(super) fn log_failures(&self, closed: &Result<(), CloseError>) {
        if let Err(error) = closed {
            tracing::error!(map = self.policy.source.name(), %error, "the release of an entry did not succeed");
        }
    }
}

/// The end of a release, also if its runtime ends before it does.
struct Ending<K: Keyed, V: Value, E: Fails> {
    engine: Arc<Engine<K, V, E>>,
    entry: Option<Arc<Entry<K, V, E>>>,
    reason: ReleaseReason,
    closed: Result<(), CloseError>,
}

impl<K: Keyed, V: Value, E: Fails> Drop for Ending<K, V, E> {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.engine.conclude(entry, self.reason, std::mem::replace(&mut self.closed, Ok(())));
        }
    }
}
