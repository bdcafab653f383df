//! From what was chosen to a map that is open.

use std::sync::Arc;
use std::time::Duration;

use di_core::layer::{Node, Source};
use di_core::set::ServiceSet;
use di_core::{BuildError, Context};

use super::{LayerKey, LayerMap, Surroundings};
use crate::{MemoMap, RcMap, RcMapEvent, RcMapEventKind, Scope, WhenFull};

/// The node of a key's layer, or why there is none.
pub(super) type Lookup<K> = Arc<dyn Fn(K) -> Result<Arc<Node>, BuildError> + Send + Sync>;

/// What was chosen. A layer that gives a map may be built more than once, so it is used for each of its maps.
pub(super) struct Choices<K> {
    lookup: Lookup<K>,
    pub(super) idle: Idle<K>,
    pub(super) capacity: Option<(usize, WhenFull)>,
    pub(super) exclusive: bool,
    /// Whether builds of one key share nothing but what is around the map.
    pub(super) each_alone: bool,
    pub(super) failures_kept: Duration,
    pub(super) preload: Vec<K>,
}

/// How long a resource stays that nobody holds.
pub(super) enum Idle<K> {
    Same(Duration),
    By(Arc<dyn Fn(&K) -> Duration + Send + Sync>),
}

impl<K: LayerKey> Choices<K> {
    pub(super) fn of(lookup: Lookup<K>) -> Self {
        Self {
            lookup,
            // A builder makes no map before another one is chosen.
            idle: Idle::Same(Duration::ZERO),
            capacity: None,
            exclusive: false,
            each_alone: false,
            failures_kept: Duration::ZERO,
            preload: Vec::new(),
        }
    }

    /// A map that closes with the scope; nothing is built yet.
    pub(super) fn open<Out: ServiceSet>(
        &self,
        source: Source,
        surroundings: Arc<Surroundings>,
        scope: &Scope,
    ) -> LayerMap<K, Out> {
        let (lookup, around) = (Arc::clone(&self.lookup), Arc::clone(&surroundings));
        let each_alone = self.each_alone;
        let builder = RcMap::new(move |key: K, scope: Scope| {
            let (lookup, around) = (Arc::clone(&lookup), Arc::clone(&around));
            let memo_map = if each_alone { around.memo_map.fork() } else { around.memo_map.clone() };
            async move { build(&lookup, &around, &memo_map, source, key, &scope).await }
        });
        let name = source.name();
        let mut builder =
            builder.named(name).on_event(move |event| tell(name, &event)).cache_failures(self.failures_kept);
        if let Some((resources, when_full)) = self.capacity {
            builder = builder.capacity(resources, when_full);
        }
        if self.exclusive {
            builder = builder.exclusive();
        }
        if size_of::<K>() == 0 {
            builder = builder.one_shard();
        }
        let builder = match &self.idle {
            Idle::Same(time) => builder.idle_time_to_live(*time),
            Idle::By(time) => {
                let time = Arc::clone(time);
                builder.idle_time_to_live_by(move |key| time(key))
            }
        };
        LayerMap { map: builder.build(scope), surroundings, source }
    }
}

async fn build<K: LayerKey, Out: ServiceSet>(
    lookup: &Lookup<K>,
    around: &Surroundings,
    memo_map: &MemoMap,
    source: Source,
    key: K,
    scope: &Scope,
) -> Result<Context<Out>, BuildError> {
    let built = match lookup(key.clone()) {
        Ok(node) => around.build(node, memo_map, scope).await,
        Err(error) => Err(super::refused::<Out>(error, source)),
    };
    built.map_err(|error| super::for_key(error, &key))
}

fn tell<K: LayerKey>(map: &'static str, event: &RcMapEvent<'_, K>) {
    let key = event.key;
    match event.kind {
        RcMapEventKind::Built => tracing::debug!(map, ?key, "the layer of a key was built"),
        RcMapEventKind::Released(reason) => tracing::debug!(map, ?key, %reason, "the layer of a key was released"),
    }
}
