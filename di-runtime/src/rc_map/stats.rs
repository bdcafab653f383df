//! What a map counts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::ReleaseReason;

/// What there is in an [`RcMap`](crate::RcMap), and what has happened in it.
///
/// Taken entry by entry while others go on, so the numbers need not be of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RcMapStats {
    /// Entries that somebody holds.
    pub in_use: usize,
    /// Entries that are kept although nobody holds them.
    pub idle: usize,
    /// Entries that are being built.
    pub building: usize,
    /// Failures that are kept.
    pub failures: usize,
    /// Entries that have left their keys and have not ended: invalidated ones in use, and those that are being released.
    pub leaving: usize,
    /// How many builds succeeded.
    pub built: u64,
    /// How many builds failed.
    pub failed: u64,
    /// How many entries were released because their time was over.
    pub expired: u64,
    /// How many entries made room or were evicted by hand.
    pub evicted: u64,
    /// How often a resource was there when it was asked for.
    pub hits: u64,
    /// How often it was not, and a build was begun.
    pub misses: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    built: AtomicU64,
    failed: AtomicU64,
    expired: AtomicU64,
    evicted: AtomicU64,
    /// Those of entries that have ended.
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Counters {
    pub(crate) fn built(&self) {
        add(&self.built, 1);
    }

    pub(crate) fn failed(&self) {
        add(&self.failed, 1);
    }

    pub(crate) fn miss(&self) {
        add(&self.misses, 1);
    }

    pub(crate) fn add_hits(&self, hits: u64) {
        add(&self.hits, hits);
    }

    pub(crate) fn ended(&self, reason: ReleaseReason, hits: u64) {
        self.add_hits(hits);
        match reason {
            ReleaseReason::Expired => add(&self.expired, 1),
            ReleaseReason::MadeRoom | ReleaseReason::Evicted => add(&self.evicted, 1),
            _ => {}
        }
    }

    pub(crate) fn stats(&self) -> RcMapStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RcMapStats {
            built: read(&self.built),
            failed: read(&self.failed),
            expired: read(&self.expired),
            evicted: read(&self.evicted),
            hits: read(&self.hits),
            misses: read(&self.misses),
            ..RcMapStats::default()
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}
