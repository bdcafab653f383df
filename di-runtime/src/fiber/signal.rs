//! What others ask of a running fiber, and how it is woken to hear it.
//!
//! 1. A bit is set before the waker is looked for, and the waker is stored before the bits are looked at. So of the one who
//!    asks and the fiber that goes to sleep, one sees the other.
//! 2. Bits are only ever set. The first interruption says whether it came from the fiber's own collection.
//! 3. Wakers are woken and dropped outside of the lock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Waker;

use crate::lock;

/// The fiber is to end.
const INTERRUPTED: u8 = 1;
/// It was its collection that said so.
const BY_COLLECTION: u8 = 1 << 1;
/// The fiber is not to wait for its finalizers any more.
const ABORTED: u8 = 1 << 2;
/// The body said that it is ready.
const READY: u8 = 1 << 3;
/// Others than the fiber's own collection want to know when it ends.
const OBSERVED: u8 = 1 << 4;
/// The exit is there.
const ENDED: u8 = 1 << 5;

/// Who interrupts a fiber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The collection that it is in.
    Collection,
    /// Somebody else.
    Other,
}

#[derive(Debug, Default)]
pub(crate) struct Signal {
    bits: AtomicU8,
    sleeper: Mutex<Option<Waker>>,
}

impl Signal {
    pub(crate) fn interrupt(&self, by: By) {
        let asked = INTERRUPTED | if by == By::Collection { BY_COLLECTION } else { 0 };
        let first = self.bits.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
            // Invariant 2.
            (bits & INTERRUPTED == 0).then_some(bits | asked)
        });
        if first.is_ok() {
            self.wake();
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.has(INTERRUPTED)
    }

    pub(crate) fn is_interrupted_by_collection(&self) -> bool {
        self.has(BY_COLLECTION)
    }

    pub(crate) fn abort(&self) {
        self.interrupt(By::Collection);
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

    /// Whether somebody observes it.
    pub(crate) fn end(&self) -> bool {
        self.set(ENDED) & OBSERVED != 0
    }

    /// Remembers whom to wake. The caller has to look at the bits after this.
    pub(crate) fn sleep(&self, waker: &Waker) {
        // Invariant 3.
        let old = lock(&self.sleeper).replace(waker.clone());
        drop(old);
    }

    fn wake(&self) {
        let sleeper = lock(&self.sleeper).take();
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }

    fn set(&self, bit: u8) -> u8 {
        self.bits.fetch_or(bit, Ordering::AcqRel)
    }

    fn has(&self, bit: u8) -> bool {
        self.bits.load(Ordering::Acquire) & bit != 0
    }
}
