//! The end of fibers that were interrupted: their time, what comes after it, and who did not end.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::engine::Engine;
use crate::fiber::{FiberFailure, Node};

/// How long a fiber that was aborted may take to notice.
const ABORT: Duration = Duration::from_secs(1);

/// Fibers that are to end. If it is dropped before, it goes on in the background where their time is limited.
pub(super) struct Ending<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    engine: Arc<Engine<K, A, E>>,
    nodes: Vec<Arc<Node<A, E>>>,
    begun: Instant,
    /// It goes on in the background already, and ends with its runtime.
    in_background: bool,
}

impl<K, A, E> Ending<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// They have been interrupted now.
    pub(super) fn begin(engine: &Arc<Engine<K, A, E>>, nodes: Vec<Arc<Node<A, E>>>) -> Self {
        Self { engine: Arc::clone(engine), nodes, begun: Instant::now(), in_background: false }
    }

    /// Waits for them, and aborts those that take too long; the names of those that did not end.
    pub(super) async fn end(mut self) -> Vec<String> {
        let names = self.enforced().await;
        self.nodes.clear();
        names
    }

    /// Waits for them, also for those that do not hear that they are aborted.
    pub(super) async fn over(mut self) {
        self.enforced().await;
        for node in &self.nodes {
            node.ended().await;
        }
        self.nodes.clear();
    }

    async fn enforced(&self) -> Vec<String> {
        let grace = self.engine.settings.grace;
        if ended(&self.nodes, grace.map(|grace| grace.saturating_sub(self.begun.elapsed()))).await {
            return Vec::new();
        }
        self.left().for_each(|node| node.signal().abort());
        if ended(&self.nodes, Some(ABORT)).await {
            return Vec::new();
        }
        let collection = self.engine.settings.name;
        let names = self.engine.names_of(self.left().filter(|node| node.begin_wait_of_owner().is_some()));
        for fiber in &names {
            tracing::warn!(collection, fiber, "a fiber does not end");
        }
        if !names.is_empty() {
            self.engine.stop_waiting_for(&self.nodes);
        }
        names
    }

    fn left(&self) -> impl Iterator<Item = &Arc<Node<A, E>>> {
        self.nodes.iter().filter(|node| node.exit().is_none())
    }
}

impl<K, A, E> Drop for Ending<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn drop(&mut self) {
        let left: Vec<_> = self.left().map(Arc::clone).collect();
        if left.is_empty() || self.in_background || self.engine.settings.grace.is_none() {
            return;
        }
        let Some(runtime) = self.engine.home.runtime_of_caller() else { return };
        let ending = Self { engine: Arc::clone(&self.engine), nodes: left, begun: self.begun, in_background: true };
        drop(self.engine.home.spawn_owned(&runtime, async move { drop(ending.end().await) }));
    }
}

/// Waits for these fibers, at most so long; whether they ended. Those that wait for the caller are left out.
async fn ended<A, E: ?Sized>(nodes: &[Arc<Node<A, E>>], limit: Option<Duration>) -> bool {
    let all = async {
        for node in nodes {
            if let Some(_wait) = node.begin_wait_of_owner() {
                node.ended().await;
            }
        }
    };
    match limit {
        None => {
            all.await;
            true
        }
        Some(limit) => timeout_at(Instant::now() + limit, all).await.is_ok(),
    }
}
