//! Keyed entries: one build, many waiters; one instance, many holders, also after one another.
//!
//! 1. The word of an entry says where it stands; it is changed by the transitions of [`Word`] only, without a lock.
//! 2. What goes with it is set before the step that makes others look: the value and the scope before `finish`, the
//!    moment of the last release before the release, the reason before `detach` and `force`.
//! 3. The lock is for what only slow paths need. No code of a user runs under it.
//! 4. Who makes a step does what that step asks for; no one else does.

mod handles;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::engine::{Engine, Fails, Keyed, Policy, Value};
use super::error::{RcMapError, ReleaseReason};
use super::state::{ACQUIRES, Acquired, Duty, Phase, Queues, Turn, WhenIdle, Word};
use crate::Scope;
use crate::lock;
use crate::memo::Party;
pub(crate) use handles::{Held, Interest};

/// One key of a map with what was built for it.
pub(crate) struct Entry<K, V, E> {
    word: AtomicU64,
    /// When it became idle, or failed, in nanoseconds after the beginning of the map.
    since: AtomicU64,
    value: OnceLock<V>,
    key: K,
    hash: u64,
    party: Party,
    when_idle: WhenIdle,
    /// How long it may be idle, in nanoseconds.
    idle_time: u64,
    policy: Arc<Policy>,
    engine: Weak<Engine<K, V, E>>,
    /// Told of every change of the phase that somebody waits for. Who is told looks at the word itself.
    changed: Notify,
    kept: Mutex<Kept<K, V, E>>,
}

/// What only slow paths need.
struct Kept<K, V, E> {
    scope: Option<Scope>,
    unbuilt: Option<RcMapError<E>>,
    reason: Option<ReleaseReason>,
    /// The build that is to take its place.
    successor: Weak<Entry<K, V, E>>,
}

/// What a request comes to.
pub(crate) enum Request<K: Keyed, V: Value, E: Fails> {
    Held(Arc<Entry<K, V, E>>),
    Waiting(Interest<K, V, E>),
    Failed(RcMapError<E>),
    /// It is going away, or its failure is kept no longer.
    TooLate(Arc<Entry<K, V, E>>),
}

/// What is known of an entry before it is built.
pub(crate) struct Place<K> {
    pub(crate) key: K,
    pub(crate) hash: u64,
    pub(crate) party: Party,
    pub(crate) when_idle: WhenIdle,
    pub(crate) idle_time: u64,
}

impl<K: Keyed, V: Value, E: Fails> Entry<K, V, E> {
    pub(crate) fn new(place: Place<K>, word: Word, engine: &Engine<K, V, E>) -> Arc<Self> {
        let Place { key, hash, party, when_idle, idle_time } = place;
        let kept = Kept { scope: None, unbuilt: None, reason: None, successor: Weak::new() };
        Arc::new(Self {
            word: AtomicU64::new(word.bits()),
            since: AtomicU64::new(0),
            value: OnceLock::new(),
            key,
            hash,
            party,
            when_idle,
            idle_time,
            policy: Arc::clone(engine.policy()),
            engine: engine.weak(),
            changed: Notify::new(),
            kept: Mutex::new(kept),
        })
    }

    pub(crate) fn party(&self) -> Party {
        self.party
    }

    pub(crate) fn word(&self) -> Word {
        Word::of_bits(self.word.load(Ordering::Acquire))
    }

    /// Makes one step.
    #[inline]
    pub(crate) fn step<Out>(&self, transition: impl Fn(Word) -> (Word, Out)) -> Out {
        let mut word = self.word();
        loop {
            let (next, out) = transition(word);
            if next == word {
                return out;
            }
            match self.exchange(word, next) {
                Ok(()) => return out,
                Err(changed) => word = changed,
            }
        }
    }

    fn exchange(&self, word: Word, next: Word) -> Result<(), Word> {
        let exchanged = self.word.compare_exchange_weak(word.bits(), next.bits(), Ordering::AcqRel, Ordering::Acquire);
        exchanged.map(drop).map_err(Word::of_bits)
    }

    /// Tells those who wait for a change of the phase.
    pub(crate) fn tell(&self) {
        self.changed.notify_waiters();
    }

    /// Waits for a word like that.
    pub(crate) async fn reached(&self, there: impl Fn(Word) -> bool) {
        loop {
            // From here on no change is missed, although this is not polled yet.
            let changed = self.changed.notified();
            if there(self.word()) {
                return;
            }
            changed.await;
        }
    }

    /// One more request for this entry.
    pub(crate) fn request(self: &Arc<Self>) -> Request<K, V, E> {
        self.answer(self.step(Word::acquire))
    }

    /// The same, from somebody who need not find it under its key.
    pub(crate) fn request_aside(self: &Arc<Self>) -> Request<K, V, E> {
        self.answer(self.step(Word::join))
    }

    fn answer(self: &Arc<Self>, acquired: Acquired) -> Request<K, V, E> {
        match acquired {
            Acquired::Held { full } => {
                if full {
                    self.acquires_began_anew();
                }
                Request::Held(Arc::clone(self))
            }
            Acquired::Waiting => Request::Waiting(Interest::new(self)),
            Acquired::Failed if self.policy.now() < self.due() => Request::Failed(self.unbuilt()),
            Acquired::Failed | Acquired::TooLate => Request::TooLate(Arc::clone(self)),
        }
    }

    /// One more holder, if it is there, and found under its key still.
    #[inline]
    pub(crate) fn try_hold(&self) -> bool {
        match self.step(Word::hold) {
            Acquired::Held { full } => {
                if full {
                    self.acquires_began_anew();
                }
                true
            }
            _ => false,
        }
    }

    #[cold]
    fn acquires_began_anew(&self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.counters().add_hits(ACQUIRES);
        }
    }

    /// When its idle time is over, or its failure is forgotten.
    pub(crate) fn due(&self) -> u64 {
        let time = match self.word().phase() {
            Phase::Failed => self.policy.failures_kept,
            _ => self.idle_time,
        };
        self.since.load(Ordering::Relaxed).saturating_add(time)
    }

    /// When it became idle.
    pub(crate) fn since(&self) -> u64 {
        self.since.load(Ordering::Relaxed)
    }

    /// For how long it has been idle, if that is written down.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        let written = self.when_idle != WhenIdle::Stay(Queues::NONE);
        written.then(|| Duration::from_nanos(self.policy.now().saturating_sub(self.since())))
    }

    pub(crate) fn since_now(&self) {
        self.since.store(self.policy.now(), Ordering::Relaxed);
    }

    /// One holder or waiter less. If it is the last one, the moment is written down before anybody can see that.
    ///
    /// Only who holds it writes, and before the step that ends its hold. So when nobody holds it, the last one's writing
    /// stands there.
    fn give_back(&self, transition: impl Fn(Word, WhenIdle) -> (Word, Duty)) -> Duty {
        let mut word = self.word();
        loop {
            let (next, duty) = transition(word, self.when_idle);
            if matches!(duty, Duty::Idle(_)) && self.when_idle != WhenIdle::Stay(Queues::NONE) {
                self.since_now();
            }
            if next == word {
                return duty;
            }
            match self.exchange(word, next) {
                Ok(()) => return duty,
                Err(changed) => word = changed,
            }
        }
    }

    /// What a queue does with it: its time has come, or it goes back with this time, or it is out of the queue.
    pub(crate) fn turn(&self, queue: Queues, time: impl Fn() -> u64, limit: u64) -> Lapse {
        let mut word = self.word();
        loop {
            let (next, lapse) = match word.turn(queue) {
                Turn::Out(next) => (next, Lapse::Out),
                Turn::Idle(next) => match time() {
                    later if later > limit => return Lapse::Later(later),
                    _ => (next, if word.phase() == Phase::Failed { Lapse::Forget } else { Lapse::Release }),
                },
            };
            match self.exchange(word, next) {
                Ok(()) => return lapse,
                Err(changed) => word = changed,
            }
        }
    }

    pub(crate) fn set_value(&self, value: V) {
        // An entry is built once.
        let _ = self.value.set(value);
    }

    pub(crate) fn set_scope(&self, scope: Scope) {
        lock(&self.kept).scope = Some(scope);
    }

    pub(crate) fn take_scope(&self) -> Option<Scope> {
        lock(&self.kept).scope.take()
    }

    /// Says why it ends. What ends it whoever holds it is right, also if somebody who found it before says something else
    /// after that: it is what those who wait are told.
    pub(crate) fn set_reason(&self, reason: ReleaseReason) {
        let mut kept = lock(&self.kept);
        if !kept.reason.is_some_and(ReleaseReason::is_forced) {
            kept.reason = Some(reason);
        }
    }

    /// Why it ends, if anybody has said so.
    pub(crate) fn reason(&self) -> Option<ReleaseReason> {
        lock(&self.kept).reason
    }

    /// Says why there is nothing to hold; the first one to say so is right.
    pub(crate) fn set_unbuilt(&self, error: RcMapError<E>) {
        let mut kept = lock(&self.kept);
        // What is not kept is dropped with the arguments, which is after the lock.
        if kept.unbuilt.is_none() {
            kept.unbuilt = Some(error);
        }
    }

    /// Why there is nothing to hold.
    pub(crate) fn unbuilt(&self) -> RcMapError<E> {
        let kept = lock(&self.kept);
        kept.unbuilt.clone().unwrap_or(match kept.reason {
            Some(ReleaseReason::Closed) => RcMapError::Closed,
            Some(ReleaseReason::Evicted) => RcMapError::Evicted,
            _ => RcMapError::RuntimeGone,
        })
    }

    /// Joins the build that is to take its place, or makes `new` that build.
    pub(crate) fn succeed_by(&self, new: &Arc<Self>) -> Option<Request<K, V, E>> {
        // Dropped after the lock, as nobody else may know of it any more.
        let (found, asked);
        let mut kept = lock(&self.kept);
        found = kept.successor.upgrade();
        asked = found.as_ref().map(Self::request_aside);
        if matches!(asked, Some(Request::Held(_) | Request::Waiting(_))) {
            return asked;
        }
        kept.successor = Arc::downgrade(new);
        None
    }
}

impl<K, V, E> Entry<K, V, E> {
    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn number(&self) -> u64 {
        self.party.0
    }
}

/// What becomes of an entry whose turn in a queue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lapse {
    Out,
    Later(u64),
    Release,
    Forget,
}

impl Policy {
    /// Nanoseconds since the beginning of the map.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(Instant::now().saturating_duration_since(self.begun).as_nanos()).unwrap_or(u64::MAX)
    }
}
