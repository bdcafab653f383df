//! The capacity of a map: how many entries there may be, and what happens if one more is wanted.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// What a map does when it is asked for a new key and is full.
///
/// Every entry takes a place: those in use, the idle ones, those that are being built, and failures that are kept. Keys
/// that are there are handed out as ever. What is being released takes no place any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenFull {
    /// The request fails with [`CapacityExceeded`](crate::RcMapError::CapacityExceeded).
    Reject,
    /// The idle entry that was used least recently is released to make room; if none is idle, the request fails.
    EvictIdle,
    /// As [`EvictIdle`](Self::EvictIdle), but if none is idle, the request waits until one is, or leaves.
    ///
    /// Those who wait are served in their order. A lookup that asks its own map for another key does not wait, as its own
    /// entry may be what takes the room: it fails.
    Wait,
}

/// How many more entries there may be.
pub(crate) struct Room {
    capacity: usize,
    when_full: WhenFull,
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Room {
    pub(crate) fn new(capacity: usize, when_full: WhenFull) -> Self {
        let capacity = capacity.min(Semaphore::MAX_PERMITS);
        Self { capacity, when_full, places: Semaphore::new(capacity), waiting: AtomicUsize::new(0) }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether idle entries are released to make room.
    pub(crate) fn makes_room(&self) -> bool {
        self.when_full != WhenFull::Reject
    }

    /// Whether somebody waits for an entry to become idle.
    pub(crate) fn is_waited_for(&self) -> bool {
        // A write, so that either this sees who waits, or who waits sees what became idle before.
        self.when_full == WhenFull::Wait && self.waiting.fetch_add(0, Ordering::AcqRel) > 0
    }

    pub(crate) fn try_reserve(&self) -> bool {
        self.places.try_acquire().map(|place| place.forget()).is_ok()
    }

    /// Waits for a place; nothing if the map is closed meanwhile.
    pub(crate) async fn reserve(&self, make_room: impl Fn() -> bool) -> Option<Reserved<'_>> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(self);
        // What became idle before this was known to wait.
        make_room();
        self.places.acquire().await.ok()?.forget();
        Some(Reserved(Some(self)))
    }

    pub(crate) fn give_back(&self) {
        self.places.add_permits(1);
    }

    pub(crate) fn close(&self) {
        self.places.close();
    }
}

struct Waiting<'a>(&'a Room);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A place that is given back unless it is used.
pub(crate) struct Reserved<'a>(Option<&'a Room>);

impl Reserved<'_> {
    pub(crate) fn used(mut self) {
        self.0 = None;
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if let Some(room) = self.0 {
            room.give_back();
        }
    }
}
