//! Builds: each on a task that its entry owns, so that no waiter is needed to drive it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use di_core::{Exit, SharedError};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::time::Instant;
use tracing::Instrument;

use super::{Engine, Fails, Keyed, Value};
use crate::Scope;
use crate::memo::constructing;
use crate::rc_map::entry::Entry;
use crate::rc_map::error::{RcMapError, RcMapEventKind, ReleaseReason};
use crate::rc_map::shards::Ended;
use crate::rc_map::state::{Duty, Phase, Word};
use crate::scope::panic_message;

/// The failure of a lookup as finalizers see it: its text, as the error itself goes to those who wait.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct LookupFailed(String);

/// How a lookup ended.
enum Outcome<V, E> {
    Built(V),
    Unbuilt(RcMapError<E>, Exit),
    /// Nobody waits for it any more.
    Abandoned,
}

impl<K: Keyed, V: Value, E: Fails> Engine<K, V, E> {
    /// Begins a build: after the end of `older` entries of its key, and to take the place of one.
    pub(super) fn begin(
        self: &Arc<Self>,
        entry: &Arc<Entry<K, V, E>>,
        older: Vec<Arc<Ended>>,
        replaces: Option<Arc<Entry<K, V, E>>>,
    ) {
        let unless_lost = UnlessLost { engine: Arc::clone(self), entry: Some(Arc::clone(entry)) };
        // A close of the map waits for its builds.
        let build = self.scope.held_up_by(build(unless_lost, older, replaces));
        self.spawn(build);
    }

    fn finish(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>, value: V, scope: Scope, old: Option<Arc<Entry<K, V, E>>>) {
        entry.set_value(value);
        // Most lookups that only make a value leave nothing to do for their scope.
        if scope.is_unused() {
            drop(scope);
        } else {
            entry.set_scope(scope);
        }
        let replaced = old.filter(|old| self.table.replace(old, &entry, || entry.step(Word::publish) == Duty::None));
        let duty = match &replaced {
            Some(_) => Duty::None,
            None => entry.step(Word::finish),
        };
        entry.tell();
        if duty == Duty::Release {
            let reason = entry.reason().unwrap_or(ReleaseReason::Cancelled);
            // Whoever abandoned it may not have come to that yet, and it has to be aside when it ends.
            drop(self.leave(&entry));
            return self.release(entry, reason, Exit::Cancelled);
        }
        self.counters.built();
        tracing::debug!(map = self.policy.source.name(), "built");
        self.tell(entry.key(), RcMapEventKind::Built);
        drop(entry);
        if let Some(old) = replaced {
            drop(self.detach(old, ReleaseReason::Refreshed));
        }
    }

    /// Releases what a lookup that did not succeed has acquired, and then tells those who wait.
    async fn fail(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>, error: RcMapError<E>, exit: Exit, scope: Scope) {
        entry.step(|word| (word.fail(), ()));
        let closed = scope.close(exit).await;
        drop(scope);
        entry.set_unbuilt(error);
        let keep = self.policy.failures_kept > 0;
        if keep {
            entry.since_now();
        } else {
            // Before anybody is told, so that who tries again begins a new build.
            drop(self.leave(&entry));
        }
        let was = entry.word().phase();
        let duty = entry.step(|word| word.settle(keep));
        if was == Phase::Failing {
            self.counters.failed();
        }
        if let Duty::Idle(queues) = duty {
            entry.tell();
            self.log_failures(&closed);
            self.tell(entry.key(), RcMapEventKind::Released(ReleaseReason::BuildFailed));
            return self.idle(entry, queues);
        }
        drop(self.leave(&entry));
        entry.tell();
        let reason = match was {
            Phase::Failing => ReleaseReason::BuildFailed,
            _ => entry.reason().unwrap_or(ReleaseReason::Cancelled),
        };
        self.conclude(entry, reason, closed);
    }
}

async fn build<K: Keyed, V: Value, E: Fails>(
    mut unless_lost: UnlessLost<K, V, E>,
    older: Vec<Arc<Ended>>,
    replaces: Option<Arc<Entry<K, V, E>>>,
) {
    let (engine, begun, scope) = (Arc::clone(&unless_lost.engine), Instant::now(), Scope::new());
    let entry = unless_lost.entry.clone().expect("it is taken at the end only");
    let map = engine.policy.source.name();
    let span = tracing::debug_span!("build", map);
    let outcome = {
        let work = async {
            for ended in older {
                // What fails is logged by the release.
                let _ = ended.wait().await;
            }
            (engine.lookup)(entry.key().clone(), scope.clone()).await.map_err(|error| {
                // The alternate form is the one in which report types show their causes.
                let text = format!("{error:#}");
                (error, text)
            })
        };
        let work = constructing(entry.party(), work.instrument(span));
        let abandoned = entry.reached(|word| word.phase() == Phase::Abandoned);
        // The lookup is dropped in here too, and that may panic as well.
        let outcome = AssertUnwindSafe(async move {
            match select(pin!(work), pin!(abandoned)).await {
                Either::Left((Ok(value), _)) => Outcome::Built(value),
                Either::Left((Err((error, text)), _)) => {
                    let exit = Exit::Failure(Arc::new(LookupFailed(text)) as SharedError);
                    Outcome::Unbuilt(RcMapError::Failed(Arc::new(error)), exit)
                }
                Either::Right(_) => Outcome::Abandoned,
            }
        });
        outcome.catch_unwind().await.unwrap_or_else(|payload| {
            let message: Arc<str> = panic_message(&*payload).into();
            Outcome::Unbuilt(RcMapError::Panicked(message.clone()), Exit::Panicked(message))
        })
    };
    match outcome {
        Outcome::Built(value) => {
            tracing::debug!(map, took = ?begun.elapsed(), "the lookup is done");
            unless_lost.entry = None;
            engine.finish(entry, value, scope, replaces);
        }
        Outcome::Unbuilt(error, exit) => {
            tracing::debug!(map, %error, "not built");
            unless_lost.fails(entry, error, exit, scope).await;
        }
        Outcome::Abandoned => {
            let error = entry.unbuilt();
            unless_lost.fails(entry, error, Exit::Cancelled, scope).await;
        }
    }
}

/// The end of a build whose tokio runtime ended before it did: whoever waits for it on another one is told.
struct UnlessLost<K: Keyed, V: Value, E: Fails> {
    engine: Arc<Engine<K, V, E>>,
    entry: Option<Arc<Entry<K, V, E>>>,
}

impl<K: Keyed, V: Value, E: Fails> UnlessLost<K, V, E> {
    async fn fails(mut self, entry: Arc<Entry<K, V, E>>, error: RcMapError<E>, exit: Exit, scope: Scope) {
        let engine = Arc::clone(&self.engine);
        // Its own is given up only when there is nothing left to lose.
        engine.fail(entry, error, exit, scope).await;
        self.entry = None;
    }
}

impl<K: Keyed, V: Value, E: Fails> Drop for UnlessLost<K, V, E> {
    fn drop(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        entry.set_unbuilt(RcMapError::RuntimeGone);
        entry.step(|word| (word.fail(), ()));
        drop(self.engine.leave(&entry));
        let _ = entry.step(|word| word.settle(false));
        entry.tell();
        self.engine.conclude(entry, ReleaseReason::Cancelled, Ok(()));
    }
}
