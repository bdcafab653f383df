//! The state of a keyed entry in one word, and the transitions between its values, free of locks, tasks and user code.
//!
//! ```text
//!            finish             last release, expiry, force
//!  Building ────────► Present ─────────────────────────────► Releasing ─ settle ─► Gone
//!    │  └─ fail ────► Failing ─────────── settle ──────────► Failed or Gone
//!    └─ last leave ─► Abandoned ───────── settle ──────────► Gone
//! ```
//!
//! A word is a phase, a count of references, whether the entry is detached, in which queues it stands, and how often it
//! was acquired.
//!
//! 1. The count of a `Building` entry is that of its waiters, and never zero: the last one to leave abandons it.
//! 2. `finish` keeps the count: every waiter is a holder from that step on, so nobody who waited can lose the result.
//! 3. Only an entry that is not detached is acquired, and `detach` is not undone, except for a build that takes the place
//!    of another entry, which is born detached and published by its `finish`. So a count that falls to zero on a detached
//!    entry stays there, and whoever made it zero releases.
//! 4. `Releasing` is entered by one transition only, from `Present`, so what was built is released once. A count that is
//!    left then is that of holders who were not asked; what they give back changes nothing.
//! 5. An entry that is idle is in every queue that it wants to be in, and in each only once: the bit of a queue is set by
//!    the release that makes it idle, and cleared by nobody but the one who takes it out of that queue.
//! 6. Every acquire changes the word for good, as it is counted. So who has looked at an idle word and exchanges it for
//!    another one knows that it was idle all the time between.

use std::fmt;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Building,
    Present,
    Failing,
    Failed,
    Abandoned,
    Releasing,
    Gone,
}

/// The state of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u64);

/// A set of queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queues(u64);

/// What becomes of an entry that nobody holds any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenIdle {
    /// It is released.
    Release,
    /// It stays, in these queues.
    Stay(Queues),
}

/// What a request finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acquired {
    /// It holds what was built. `full` says that the counter of acquires began anew.
    Held { full: bool },
    /// It waits like those before it.
    Waiting,
    /// The entry has failed, and its failure is kept.
    Failed,
    /// The entry is going away; the request needs a new one.
    TooLate,
}

/// What has to be done by whoever made a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Duty {
    /// Nothing.
    None,
    /// Put it into these queues, which may be none: nobody holds it now.
    Idle(Queues),
    /// Release what was built.
    Release,
    /// Cancel the build.
    Cancel,
    /// Forget the failure.
    Forget,
}

/// What a queue does with an entry whose turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nobody holds it, or its failure is kept: whether its time has come is for the queue to say, and this word is what
    /// it is if so.
    Idle(Word),
    /// It is out of the queue; this is its word then.
    Out(Word),
}

const COUNT: u64 = (1 << 28) - 1;
const PHASE_SHIFT: u32 = 28;
const PHASE: u64 = 0b111 << PHASE_SHIFT;
const DETACHED: u64 = 1 << 31;
const QUEUED_SHIFT: u32 = 32;
const ACQUIRES_SHIFT: u32 = 34;
const ACQUIRE: u64 = 1 << ACQUIRES_SHIFT;

/// How many acquires a word counts before it begins anew.
pub(crate) const ACQUIRES: u64 = 1 << (64 - ACQUIRES_SHIFT);

impl Queues {
    pub(crate) const NONE: Self = Self(0);
    /// By when the idle time is over.
    pub(crate) const EXPIRY: Self = Self(1);
    /// By when it was used last.
    pub(crate) const USE: Self = Self(2);

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[inline]
    fn bits(self) -> u64 {
        self.0 << QUEUED_SHIFT
    }
}

impl Word {
    /// A new entry, with the one waiter that asked for it.
    pub(crate) fn new() -> Self {
        Self(1).to(Phase::Building)
    }

    /// A new entry that is to take the place of another one.
    pub(crate) fn new_detached() -> Self {
        Self(Self::new().0 | DETACHED)
    }

    #[inline]
    pub(crate) fn of_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) fn phase(self) -> Phase {
        match (self.0 & PHASE) >> PHASE_SHIFT {
            0 => Phase::Building,
            1 => Phase::Present,
            2 => Phase::Failing,
            3 => Phase::Failed,
            4 => Phase::Abandoned,
            5 => Phase::Releasing,
            _ => Phase::Gone,
        }
    }

    /// How many wait for it or hold it.
    #[inline]
    pub(crate) fn count(self) -> u64 {
        self.0 & COUNT
    }

    #[inline]
    pub(crate) fn is_detached(self) -> bool {
        self.0 & DETACHED != 0
    }

    /// How often it was acquired since the counter began.
    #[inline]
    pub(crate) fn acquires(self) -> u64 {
        self.0 >> ACQUIRES_SHIFT
    }

    #[inline]
    fn to(self, phase: Phase) -> Self {
        Self(self.0 & !PHASE | (phase as u64) << PHASE_SHIFT)
    }

    #[inline]
    fn one_more(self) -> Self {
        assert!(self.count() < COUNT, "no entry has more than {COUNT} references");
        Self(self.0 + 1)
    }

    #[inline]
    fn one_less(self) -> Self {
        // Every reference was counted by one of the transitions here.
        Self(self.0 - 1)
    }

    /// One more request, from somebody who found it under its key.
    #[inline]
    pub(crate) fn acquire(self) -> (Self, Acquired) {
        if self.is_detached() { (self, Acquired::TooLate) } else { self.join() }
    }

    /// The same, from somebody who does not wait: nothing changes if it is not there.
    #[inline]
    pub(crate) fn hold(self) -> (Self, Acquired) {
        if self.phase() == Phase::Present { self.acquire() } else { (self, Acquired::TooLate) }
    }

    /// One more request, from somebody who need not find it under its key.
    #[inline]
    pub(crate) fn join(self) -> (Self, Acquired) {
        let counted = |word: Self| Self(word.one_more().0.wrapping_add(ACQUIRE));
        match self.phase() {
            Phase::Present => (counted(self), Acquired::Held { full: self.acquires() == ACQUIRES - 1 }),
            Phase::Building => (self.one_more(), Acquired::Waiting),
            Phase::Failing => (self, Acquired::Waiting),
            Phase::Failed => (self, Acquired::Failed),
            Phase::Abandoned | Phase::Releasing | Phase::Gone => (self, Acquired::TooLate),
        }
    }

    /// One more reference, made of one that is there.
    pub(crate) fn share(self) -> Self {
        self.one_more()
    }

    /// A holder has gone.
    #[inline]
    pub(crate) fn release(self, when_idle: WhenIdle) -> (Self, Duty) {
        match self.phase() {
            Phase::Present if self.count() > 1 => (self.one_less(), Duty::None),
            Phase::Present if self.is_detached() => (self.one_less().to(Phase::Releasing), Duty::Release),
            Phase::Present => match when_idle {
                WhenIdle::Release => (self.one_less().to(Phase::Releasing), Duty::Release),
                WhenIdle::Stay(queues) => {
                    let missing = Queues((queues.bits() & !self.0) >> QUEUED_SHIFT);
                    (Self(self.one_less().0 | queues.bits()), Duty::Idle(missing))
                }
            },
            _ if self.count() > 0 => (self.one_less(), Duty::None), // invariant 4
            _ => (self, Duty::None),
        }
    }

    /// A waiter is not interested any more. The build may be done by now; then it was a holder, by invariant 2.
    pub(crate) fn leave(self, when_idle: WhenIdle) -> (Self, Duty) {
        match self.phase() {
            Phase::Building if self.count() == 1 => (self.one_less().to(Phase::Abandoned), Duty::Cancel),
            Phase::Building => (self.one_less(), Duty::None),
            Phase::Present => self.release(when_idle),
            _ => (self, Duty::None),
        }
    }

    /// The build is done. If nobody waits any more, what it made has to be released.
    pub(crate) fn finish(self) -> (Self, Duty) {
        match self.phase() {
            Phase::Building => (self.to(Phase::Present), Duty::None),
            _ => (self, Duty::Release),
        }
    }

    /// The build is done, and takes the place of another entry.
    pub(crate) fn publish(self) -> (Self, Duty) {
        let (word, duty) = self.finish();
        if duty == Duty::None { (Self(word.0 & !DETACHED), duty) } else { (word, duty) }
    }

    /// The build failed, and what it acquired will now be released.
    pub(crate) fn fail(self) -> Self {
        if self.phase() == Phase::Building { self.to(Phase::Failing) } else { self }
    }

    /// Everything that was acquired has been released. A failure is kept only under its key, and on request.
    pub(crate) fn settle(self, keep_failure: bool) -> (Self, Duty) {
        match self.phase() {
            Phase::Failing if keep_failure && !self.is_detached() => {
                (Self(self.to(Phase::Failed).0 | Queues::EXPIRY.bits()), Duty::Idle(Queues::EXPIRY))
            }
            _ => (self.to(Phase::Gone), Duty::Forget),
        }
    }

    /// A failure is kept no longer.
    pub(crate) fn forget(self) -> (Self, Duty) {
        match self.phase() {
            Phase::Failed => (self.to(Phase::Gone), Duty::Forget),
            _ => (self, Duty::None),
        }
    }

    /// It is not to be found any more. Whoever holds it keeps it.
    pub(crate) fn detach(self) -> (Self, Duty) {
        let detached = Self(self.0 | DETACHED);
        match self.phase() {
            Phase::Present if self.count() == 0 => (detached.to(Phase::Releasing), Duty::Release),
            Phase::Building | Phase::Present | Phase::Failing => (detached, Duty::None),
            Phase::Failed => (detached.to(Phase::Gone), Duty::Forget),
            Phase::Abandoned | Phase::Releasing | Phase::Gone => (self, Duty::None),
        }
    }

    /// It ends now, whoever waits for it or holds it.
    pub(crate) fn force(self) -> (Self, Duty) {
        let detached = Self(self.0 | DETACHED);
        match self.phase() {
            Phase::Building => (detached.to(Phase::Abandoned), Duty::Cancel),
            Phase::Present => (detached.to(Phase::Releasing), Duty::Release),
            Phase::Failed => (detached.to(Phase::Gone), Duty::Forget),
            // It ends already, and its failure is not to be kept.
            Phase::Failing => (detached, Duty::None),
            Phase::Abandoned | Phase::Releasing | Phase::Gone => (self, Duty::None),
        }
    }

    /// Its turn in a queue has come.
    pub(crate) fn turn(self, queue: Queues) -> Turn {
        match self.phase() {
            Phase::Present if self.count() == 0 => Turn::Idle(self.to(Phase::Releasing)),
            Phase::Failed => Turn::Idle(self.to(Phase::Gone)),
            _ => Turn::Out(Self(self.0 & !queue.bits())),
        }
    }

    /// Whether waiters have their answer.
    pub(crate) fn is_answered(self) -> bool {
        !matches!(self.phase(), Phase::Building | Phase::Failing | Phase::Abandoned)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Word")
            .field("phase", &self.phase())
            .field("count", &self.count())
            .field("detached", &self.is_detached())
            .finish_non_exhaustive()
    }
}
