//! The handles of a keyed entry: who holds what was built, and who waits for it.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Entry;
use crate::memo::{Wait, waiting_here};
use crate::rc_map::engine::{Fails, Keyed, Value};
use crate::rc_map::error::{RcMapError, ReleaseReason};
use crate::rc_map::guard::RcGuard;
use crate::rc_map::shards::Ended;
use crate::rc_map::state::{Duty, Phase, Queues, Word};

/// An entry as its guards see it: whatever its key and its error are.
pub(crate) trait Held<V>: Send + Sync {
    /// What was built. Whoever asks holds it.
    fn value(&self) -> &V;
    fn word(&self) -> Word;
    fn changed(&self) -> &Notify;
    /// One more holder, if it is found under its key still.
    fn hold(&self) -> bool;
    /// One more holder, beside one that is there.
    fn share(&self);
    /// One holder less.
    fn release(&self) -> Duty;
    /// Does what a release asks for, and says how to wait for its end if it is one.
    fn discharge(self: Arc<Self>, duty: Duty) -> Option<Arc<Ended>>;
}

impl<K: Keyed, V: Value, E: Fails> Held<V> for Entry<K, V, E> {
    fn value(&self) -> &V {
        self.value.get().expect("what is held was built")
    }

    fn word(&self) -> Word {
        self.word()
    }

    fn changed(&self) -> &Notify {
        &self.changed
    }

    fn hold(&self) -> bool {
        self.try_hold()
    }

    fn share(&self) {
        self.step(|word| (word.share(), ()));
    }

    fn release(&self) -> Duty {
        match self.give_back(Word::release) {
            Duty::Idle(Queues::NONE) if !self.policy.room_is_waited_for => Duty::None,
            duty => duty,
        }
    }

    fn discharge(self: Arc<Self>, duty: Duty) -> Option<Arc<Ended>> {
        // Without a map there is nobody to release it, and its scope closes as it is dropped.
        let engine = (duty != Duty::None).then(|| self.engine.upgrade()).flatten()?;
        let reason = self.reason().unwrap_or(ReleaseReason::LastReference);
        engine.discharge(self, duty, reason)
    }
}

/// One waiter. Dropping it is losing interest.
pub(crate) struct Interest<K: Keyed, V: Value, E: Fails> {
    entry: Option<Arc<Entry<K, V, E>>>,
    wait: Option<Wait>,
}

impl<K: Keyed, V: Value, E: Fails> Interest<K, V, E> {
    /// What was counted by the step that made this waiter one.
    pub(crate) fn new(entry: &Arc<Entry<K, V, E>>) -> Self {
        Self { entry: Some(Arc::clone(entry)), wait: None }
    }

    /// Says that the build that this is a part of, if it is a part of one, waits for this entry.
    pub(crate) fn noted(mut self) -> Result<Self, RcMapError<E>> {
        if let (Some(by), Some(entry)) = (waiting_here(), &self.entry) {
            self.wait = Some(Wait::begin(by, entry.party).map_err(|path| RcMapError::Cycle(path.into()))?);
        }
        Ok(self)
    }

    /// Waits for the build, and holds what it made.
    pub(crate) async fn built(mut self) -> Result<RcGuard<V>, RcMapError<E>> {
        let entry = self.entry.as_ref().expect("an interest has its entry until it is used up");
        entry.reached(Word::is_answered).await;
        if entry.word().phase() != Phase::Present {
            return Err(entry.unbuilt());
        }
        let entry = self.entry.take().expect("an interest has its entry until it is used up");
        Ok(RcGuard::new(entry))
    }
}

impl<K: Keyed, V: Value, E: Fails> Drop for Interest<K, V, E> {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            let duty = entry.give_back(Word::leave);
            drop(entry.discharge(duty));
        }
    }
}
