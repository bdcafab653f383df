//! Interleavings that nobody outside can bring about: of who has found an entry, and who changed it since.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::sleep;

use super::error::ReleaseReason;
use super::{RcMap, RcMapError};
use crate::Scope;

/// A map whose lookups take a second.
fn map(scope: &Scope) -> RcMap<u32, u32, String> {
    let lookup = |key| async move {
        sleep(Duration::from_secs(1)).await;
        Ok(key)
    };
    RcMap::unscoped(lookup).keep().build(scope)
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_of_the_eviction_whoever_invalidates_what_was_evicted() {
    for late in [ReleaseReason::Invalidated, ReleaseReason::Refreshed] {
        let scope = Scope::new();
        let map = map(&scope);
        let mut waiting = Box::pin(map.get(&7));
        assert!(waiting.as_mut().now_or_never().is_none());
        let found = map.find(&7).unwrap();
        let mut evicted = Box::pin(map.evict(&7));
        assert!(evicted.as_mut().now_or_never().is_none());
        drop(map.engine.detach(found, late));
        assert!(matches!(waiting.await, Err(RcMapError::Evicted)), "{late}");
        assert!(evicted.await.unwrap());
    }
}
