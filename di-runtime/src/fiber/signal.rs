//! What others ask of a running fiber, and how it is woken to hear it.
//!
//! 1. A bit is set before the waker is looked for, and the waker is stored before the bits are looked at. So of the one who
//!    asks and the fiber that goes to sleep, one sees the other.
//! 2. Who waits says so before looking for the exit, and the exit is set before the end is told. So of those two, too, one sees
//!    the other.
//! 3. Bits are only ever set. The first interruption says whether it came from a collection of the fiber, unless the body had
//!    ended before it: then nothing that the fiber comes to is for the sake of a collection.
//! 4. Wakers are woken and dropped outside of the lock.
//! 5. A fiber becomes a parent before it is interrupted, or not at all. Whoever interrupts a parent first ends its children,
//!    and only then is the interruption due.

use std::task::Waker;

use super::sync::{AtomicU16, Mutex, Ordering, lock};

/// The fiber is to end.
const INTERRUPTED: u16 = 1;
/// It was a collection of the fiber that said so, before the body had ended.
const BY_COLLECTION: u16 = 1 << 1;
/// The fiber is not to wait for its finalizers any more.
const ABORTED: u16 = 1 << 2;
/// The body said that it is ready.
const READY: u16 = 1 << 3;
/// Others than the fiber's own collection want to know when it ends.
const OBSERVED: u16 = 1 << 4;
/// Somebody waits for the fiber, or did.
const AWAITED: u16 = 1 << 5;
/// The exit is there.
const ENDED: u16 = 1 << 6;
/// The body was polled and goes on.
const BEGUN: u16 = 1 << 7;
/// The fiber has children, which end before its body does.
const PARENT: u16 = 1 << 8;
/// They have ended.
const CHILDLESS: u16 = 1 << 9;
/// It has a token that is cancelled when it is interrupted.
const TOKEN: u16 = 1 << 10;
/// The body has ended, and what it acquired is being released.
const RELEASING: u16 = 1 << 11;

/// Who interrupts a fiber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A collection that it is in.
    Collection,
    /// Somebody else.
    Other,
}

/// Who is to be told of the end of a fiber.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// Those who asked to be called, children, and a token.
    pub(crate) observed: bool,
    /// Those who sleep.
    pub(crate) awaited: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Signal {
    bits: AtomicU16,
    sleeper: Mutex<Option<Waker>>,
}

impl Signal {
    /// Whether the caller has to tell the children and the token of the fiber.
    pub(crate) fn interrupt(&self, by: By) -> bool {
        let first = self.bits.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
            // Invariant 3.
            let for_collection = by == By::Collection && bits & RELEASING == 0;
            let asked = INTERRUPTED | if for_collection { BY_COLLECTION } else { 0 };
            (bits & INTERRUPTED == 0).then_some(bits | asked)
        });
        let Ok(before) = first else { return false };
        self.wake();
        before & (PARENT | TOKEN) != 0
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.has(INTERRUPTED)
    }

    /// Whether the body is to be dropped now (invariant 5); one that has not begun never does.
    pub(crate) fn is_due(&self) -> bool {
        let bits = self.bits.load(Ordering::Acquire);
        let holds = PARENT | BEGUN;
        bits & INTERRUPTED != 0 && (bits & holds != holds || bits & (CHILDLESS | ABORTED) != 0)
    }

    /// Whether the body was polled and goes on, or went on.
    pub(crate) fn has_begun(&self) -> bool {
        self.has(BEGUN)
    }

    /// Whether a collection had interrupted the fiber when its body ended, or has by now, if that goes on.
    pub(crate) fn ends_for_collection(&self) -> bool {
        self.has(BY_COLLECTION)
    }

    /// Says that the body has ended and there is something to release.
    pub(crate) fn begin_release(&self) {
        self.set(RELEASING);
    }

    pub(crate) fn abort(&self) {
        let _ = self.interrupt(By::Collection);
        self.set(ABORTED);
        self.wake();
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.has(ABORTED)
    }

    /// Whether it was the first time.
    pub(crate) fn be_ready(&self) -> bool {
        self.set(READY) & READY == 0
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.has(READY)
    }

    /// Whether the fiber has ended already.
    pub(crate) fn be_observed(&self) -> bool {
        self.set(OBSERVED) & ENDED != 0
    }

    /// Makes it a parent; whether it still can be one (invariant 5).
    pub(crate) fn be_parent(&self) -> bool {
        let parent = |bits| (bits & (INTERRUPTED | ENDED) == 0).then_some(bits | PARENT);
        self.bits.fetch_update(Ordering::AcqRel, Ordering::Acquire, parent).is_ok()
    }

    pub(crate) fn is_parent(&self) -> bool {
        self.has(PARENT)
    }

    pub(crate) fn be_childless(&self) {
        self.set(CHILDLESS);
        self.wake();
    }

    /// Says that there is a token; whether the fiber has been interrupted, or has ended, before that.
    pub(crate) fn have_token(&self) -> bool {
        self.set(TOKEN) & (INTERRUPTED | ENDED) != 0
    }

    /// Says that somebody waits, who has to look for the exit after this.
    pub(crate) fn be_awaited(&self) {
        self.set(AWAITED);
    }

    /// Says that the exit is there; who is to be told.
    pub(crate) fn end(&self) -> Told {
        let bits = self.set(ENDED);
        Told { observed: bits & (OBSERVED | PARENT | TOKEN) != 0, awaited: bits & AWAITED != 0 }
    }

    /// Remembers whom to wake. The caller has to look at the bits after this.
    pub(crate) fn sleep(&self, waker: &Waker) {
        let mut sleeper = lock(&self.sleeper);
        if sleeper.as_ref().is_some_and(|sleeper| sleeper.will_wake(waker)) {
            return;
        }
        let old = sleeper.replace(waker.clone());
        // Invariant 4.
        drop(sleeper);
        drop(old);
    }

    /// Says that the body was polled and goes on.
    pub(crate) fn begin(&self) {
        if !self.has(BEGUN) {
            self.set(BEGUN);
        }
    }

    fn wake(&self) {
        let sleeper = lock(&self.sleeper).take();
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }

    fn set(&self, bit: u16) -> u16 {
        self.bits.fetch_or(bit, Ordering::AcqRel)
    }

    fn has(&self, bit: u16) -> bool {
        self.bits.load(Ordering::Acquire) & bit != 0
    }
}
