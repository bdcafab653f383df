//! Closing a map: nothing is added, everything that is there ends, and every closer waits for that.

use std::sync::Arc;
use std::time::Duration;

use di_core::Exit;
use futures_util::future::join_all;

use super::{Detached, Engine, Fails, Keyed, Value};
use crate::rc_map::error::ReleaseReason;
use crate::rc_map::shards::Ended;
use crate::{CloseError, CloseReport};

/// How many entries are ended before others are let run.
const AT_ONCE: usize = 64;

/// What a graceful close came to.
pub(crate) struct Graceful<K> {
    pub(crate) forced: Vec<K>,
    pub(crate) report: CloseReport,
}

impl<K: Keyed, V: Value, E: Fails> Engine<K, V, E> {
    /// Lets nothing begin any more, and ends everything. It is what the scope of the map runs when it closes: each entry
    /// is a finalizer of that scope from then on, so they end side by side, and the report has them all.
    pub(crate) async fn drain(self: Arc<Self>) {
        self.refuse();
        for (index, entry) in self.table.present().into_iter().enumerate() {
            drop(self.force(entry, ReleaseReason::Closed));
            if index % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
        }
        for (entry, ended) in self.table.leaving() {
            if let Some(entry) = entry {
                drop(self.force(entry, ReleaseReason::Closed));
            }
            self.await_in_close(ended);
        }
        self.expiry.clear();
        self.used.clear();
    }

    fn await_in_close(&self, ended: Arc<Ended>) {
        if !ended.is_over() || ended.result().is_err() {
            let name = format!("an entry of {}", self.policy.source.name());
            self.scope.on_close_named(name, move |_exit| async move { ended.wait().await });
        }
    }

    pub(crate) fn refuse(&self) {
        self.table.close();
        if let Some(room) = &self.room {
            room.close();
        }
    }

    pub(crate) async fn close(&self) -> Result<(), CloseError> {
        self.scope.close(Exit::Success).await
    }

    /// Lets nothing begin any more, waits for those who hold something, and then closes.
    pub(crate) async fn close_gracefully(self: &Arc<Self>, limit: Duration) -> Graceful<K> {
        self.refuse();
        for entry in self.table.present() {
            drop(self.detach(entry, ReleaseReason::Closed));
        }
        let left: Vec<_> = self.table.leaving().into_iter().map(|(_, ended)| ended).collect();
        let over = join_all(left.iter().map(|ended| ended.wait()));
        // Past the limit, those that are left are forced below.
        let _ = tokio::time::timeout(limit, over).await;
        let held = self.table.leaving().into_iter().filter_map(|(entry, _)| entry);
        let held: Vec<_> = held.filter(|entry| entry.word().count() > 0).collect();
        let forced = held.iter().map(|entry| entry.key().clone()).collect();
        drop(held);
        let _ = self.close().await;
        Graceful { forced, report: self.scope.close_with_timeout(Exit::Success, Duration::ZERO).await }
    }

    /// Detaches every entry for which `which` holds; how many that were.
    pub(crate) async fn detach_where(self: &Arc<Self>, which: impl Fn(&K) -> bool) -> usize {
        let entries: Vec<_> = self.table.present().into_iter().filter(|entry| which(entry.key())).collect();
        let detached: Vec<_> =
            entries.into_iter().map(|entry| self.detach(entry, ReleaseReason::Invalidated)).collect();
        join_all(detached.into_iter().map(Detached::released)).await.len()
    }
}
