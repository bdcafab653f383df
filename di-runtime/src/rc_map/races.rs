//! Interleavings that nobody outside can bring about: of who has found an entry, and who changed it since.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{sleep, timeout};

use super::error::ReleaseReason;
use super::state::{Duty, WhenIdle, Word};
use super::{RcMap, RcMapError, WhenFull};
use crate::Scope;

/// A map with one place, whose lookups take a second, and of which odd keys fail.
fn map(scope: &Scope) -> RcMap<u32, u32, String> {
    let lookup = |key| async move {
        sleep(Duration::from_secs(1)).await;
        if key % 2 == 0 { Ok(key) } else { Err("it is odd".to_owned()) }
    };
    RcMap::unscoped(lookup).keep().capacity(1, WhenFull::Reject).build(scope)
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_of_the_eviction_whoever_invalidates_it_too() {
    for late in [ReleaseReason::Invalidated, ReleaseReason::Refreshed] {
        let scope = Scope::new();
        let map = map(&scope);
        let mut waiting = Box::pin(map.get(&8));
        assert!(waiting.as_mut().now_or_never().is_none());
        let found = map.find(&8).unwrap();
        let mut evicted = Box::pin(map.evict(&8));
        assert!(evicted.as_mut().now_or_never().is_none());
        drop(map.engine.detach(found, late));
        assert!(matches!(waiting.await, Err(RcMapError::Evicted)), "{late}");
        assert!(evicted.await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_that_ends_before_who_abandoned_it_has_come_to_that_leaves_nothing() {
    let leave: fn(Word) -> (Word, Duty) = |word| word.leave(WhenIdle::Release);
    for (key, abandon) in [(6, leave), (6, Word::force), (7, leave), (7, Word::force)] {
        let scope = Scope::new();
        let map = map(&scope);
        let mut waiting = Box::pin(map.get(&key));
        assert!(waiting.as_mut().now_or_never().is_none());
        let entry = map.find(&key).unwrap();
        sleep(Duration::from_millis(500)).await; // Its build looks for such a step no more before it is told.
        let duty = entry.step(abandon);
        assert_eq!(duty, Duty::Cancel);
        drop(waiting);
        sleep(Duration::from_secs(2)).await;
        drop(map.engine.discharge(entry, duty, ReleaseReason::Cancelled));
        assert_eq!((map.len(), map.stats().leaving), (0, 0));
        // There is as much room as before.
        let another = map.get(&8).await.unwrap();
        assert!(matches!(map.get(&10).await, Err(RcMapError::CapacityExceeded { .. })));
        drop(another);
        timeout(Duration::from_secs(60), map.close()).await.expect("a close ends").unwrap();
    }
}
