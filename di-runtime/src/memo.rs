//! Memo maps: layers that have been built, by what recognizes them.

mod apart;
mod entry;
#[cfg(test)]
mod model;
mod retainer;
mod state;
mod waits;

use std::collections::HashMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use di_core::layer::{Construction, Identity, Inputs, Source};
use di_core::{AnyService, BuildError, InstanceId, ServiceMap};

use crate::{Scope, lock};
pub(crate) use apart::Among;
use apart::Apart;
pub(crate) use entry::{Entry, Hold, Interest, NotReleased, Released, Request, panicked};
pub(crate) use retainer::{Retained, Retainer};
pub(crate) use waits::{Party, Wait, constructing, new_party, waiting_here};

/// Shares layers between builds: each is built once, by its identity and the instances it is given.
///
/// A memo map keeps nothing alive by itself. What was built through it lives until the last of its users has released
/// it; the next build then builds it anew. A clone is the same map.
///
/// ```
/// # use di::prelude::*;
/// # #[derive(Service)] struct Pool;
/// # #[layer] fn pool() -> Pool { Pool }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let (map, scope) = (di::MemoMap::new(), Scope::new());
/// let one = pool().build_with(&map, &scope).await?;
/// let two = pool().build_with(&map, &scope).await?;
/// assert!(one.get::<Pool>().is_same(two.get::<Pool>()));
/// # Ok::<_, BuildError>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct MemoMap {
    map: Arc<Map>,
    /// Who keeps the keyed layers that are requested through this handle, and in which map. It is in no map itself: whoever
    /// lives in a map would keep alive the scope of the retainer.
    keeper: Option<(Arc<Map>, Arc<Retainer>)>,
    /// What the build has for itself whose handle this is.
    apart: Option<Arc<Apart>>,
}

#[derive(Default)]
struct Map {
    parent: Option<Arc<Self>>,
    entries: Mutex<HashMap<MemoKey, Arc<Entry>>>,
    /// The instances that are alive, and the entries of this map that gave them; a layer may give another's instance.
    instances: Mutex<HashMap<InstanceId, Vec<Weak<Entry>>>>,
}

/// What recognizes a layer that was given its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MemoKey {
    identity: Identity,
    inputs: Vec<InstanceId>,
}

impl MemoMap {
    /// A new map, which knows nothing.
    #[doc(alias("makeMemoMap", "unsafeMakeMemoMap", "makeMemoMapUnsafe"))]
    pub fn new() -> Self {
        Self::of(Arc::default())
    }

    /// A map that finds what this one has, and keeps what is built through it to itself.
    #[doc(alias = "forkMemoMap")]
    #[must_use]
    pub fn fork(&self) -> Self {
        let map = Map { parent: Some(Arc::clone(&self.map)), ..Map::default() };
        Self { keeper: self.keeper.clone(), ..Self::of(Arc::new(map)) }
    }

    /// A fork for whoever lives in this map, and says by itself how long what it builds lives: it keeps alive nobody who lives
    /// longer, and nobody keeps what is built through it.
    pub(crate) fn fork_for_later(&self) -> Self {
        self.plain().fork()
    }

    /// The same map, through which keyed layers are kept until `scope` closes.
    pub(crate) fn retaining(&self, scope: Scope, what: Retained) -> Self {
        Self { keeper: Some((Arc::clone(&self.map), Retainer::new(scope, what))), ..self.plain() }
    }

    fn of(map: Arc<Map>) -> Self {
        Self { map, keeper: None, apart: None }
    }

    /// The same map, through which nothing is retained, and which is nobody's build.
    fn plain(&self) -> Self {
        Self::of(Arc::clone(&self.map))
    }

    /// Finds a layer that was given its inputs, or begins to build it.
    ///
    /// `built_from` makes the holds on the entries that gave the inputs. It is called only for a new entry.
    ///
    /// # Errors
    ///
    /// [`Cycle`](di_core::BuildErrorKind::Cycle) if the layer that this is requested by would wait for itself.
    pub(crate) fn request(&self, order: Order<'_>) -> Result<(Request, Option<Arc<Retainer>>), BuildError> {
        let Some(identity) = order.identity.cloned() else {
            return Ok((self.begin(None, order, self)?, None));
        };
        let key = MemoKey { identity, inputs: order.inputs.clone() };
        if let Some(apart) = self.apart().filter(|_| order.among == Among::Apart) {
            return Ok((apart.begin(Some(key), order, self)?, None));
        }
        let kept = self.keeper_of(&key);
        let retainer = kept.map(|(_, retainer)| Arc::clone(retainer));
        // What turns out to be apart is put there before it is taken away here, so that no look at both misses it.
        let apart = || self.apart().map(|apart| &*apart.map).into_iter();
        if let Some(request) = apart().chain(self.map.chain()).chain(apart()).find_map(|map| map.find(&key)) {
            return Ok((request.on_behalf_of(order.by)?, retainer));
        }
        let request = match kept {
            // It outlives the build, so what that has for itself does not go into it.
            Some((map, _)) if !Arc::ptr_eq(map, &self.map) => {
                let through = Self { keeper: self.keeper.clone(), ..Self::of(Arc::clone(map)) };
                through.begin(Some(key), order, &through)?
            }
            _ => self.begin(Some(key), order, self)?,
        };
        Ok((request, retainer))
    }

    /// Joins an entry of this map or makes one, whose constructor builds through the map `inside`.
    fn begin(&self, key: Option<MemoKey>, order: Order<'_>, inside: &Self) -> Result<Request, BuildError> {
        let Order { source, by, services, release_timeout, built_from, builder, construct, among, .. } = order;
        let entry = match key {
            None => Entry::new(source, None, inside.apartness(among), release_timeout, services.clone(), built_from()),
            Some(key) => {
                let mut entries = lock(&self.map.entries);
                // Somebody may have been faster between the look and this lock.
                if let Some(request) = entries.get(&key).and_then(|entry| entry.join()) {
                    drop(entries);
                    return request.on_behalf_of(by);
                }
                // The handle in the entry does not retain: whoever requests does.
                let (place, apartness) = (Some((self.plain(), key.clone())), inside.apartness(among));
                let entry = Entry::new(source, place, apartness, release_timeout, services.clone(), built_from());
                entries.insert(key, Arc::clone(&entry));
                entry
            }
        };
        Ok(entry.start(by, builder(&entry, inside), construct))
    }

    /// Puts an entry of another map here, unless there is one.
    fn put(&self, key: &MemoKey, entry: &Arc<Entry>) {
        lock(&self.map.entries).entry(key.clone()).or_insert_with(|| Arc::clone(entry));
    }

    /// Forgets an entry, unless another one has taken its place.
    fn remove(&self, key: &MemoKey, entry: &Arc<Entry>) {
        let mut entries = lock(&self.map.entries);
        let removed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            if entries.get(key).is_some_and(|there| Arc::ptr_eq(there, entry)) {
                entries.remove(key);
            }
        }));
        if removed.is_err() {
            // The key cannot be compared, but what is released has to go nevertheless.
            entries.retain(|_, there| !Arc::ptr_eq(there, entry));
        }
    }

    /// A hold on an entry that gave this instance, if this map or one that it was forked from has it.
    pub(crate) fn hold_on(&self, instance: InstanceId) -> Option<Hold> {
        let givers = |map: &Map| lock(&map.instances).get(&instance).cloned().unwrap_or_default();
        let apart = self.apart().map(|apart| &*apart.map);
        self.map.chain().chain(apart).flat_map(givers).find_map(|entry| Entry::hold(&entry.upgrade()?))
    }

    fn remember_instances(&self, services: &[AnyService], entry: &Arc<Entry>) {
        let mut instances = lock(&self.map.instances);
        services.iter().for_each(|service| {
            instances.entry(service.instance()).or_default().push(Arc::downgrade(entry));
        });
    }

    fn forget_instances(&self, services: &[AnyService], entry: &Entry) {
        let mut instances = lock(&self.map.instances);
        for instance in services.iter().map(AnyService::instance) {
            if let Some(givers) = instances.get_mut(&instance) {
                givers.retain(|giver| !std::ptr::eq(giver.as_ptr(), entry));
                if givers.is_empty() {
                    instances.remove(&instance);
                }
            }
        }
    }

    /// Who keeps this layer, and in which map, if it is keyed and nothing shorter-lived goes into it.
    fn keeper_of(&self, key: &MemoKey) -> Option<&(Arc<Map>, Arc<Retainer>)> {
        self.keeper.as_ref().filter(|(map, retainer)| match retainer.what() {
            Retained::Everything => true,
            Retained::Keyed => {
                let instances = lock(&map.instances);
                key.identity.is_keyed() && key.inputs.iter().all(|input| instances.contains_key(input))
            }
        })
    }
}

impl Map {
    fn find(&self, key: &MemoKey) -> Option<Request> {
        let entry = lock(&self.entries).get(key).cloned();
        entry?.join()
    }

    /// This map and those that it was forked from.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |map| map.parent.as_deref())
    }
}

impl Default for MemoMap {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = lock(&self.map.entries).len();
        f.debug_struct("MemoMap").field("entries", &entries).finish_non_exhaustive()
    }
}

/// A request for a layer.
pub(crate) struct Order<'a> {
    pub(crate) source: Source,
    /// Among whom it is shared.
    pub(crate) among: Among,
    /// The entry whose constructor asks.
    pub(crate) by: Option<Party>,
    /// By what it is recognized; without one it is built for this request alone.
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) inputs: Vec<InstanceId>,
    pub(crate) services: ServiceMap,
    /// How long its release may take in a shutdown, if anybody says so.
    pub(crate) release_timeout: Option<Duration>,
    pub(crate) built_from: &'a dyn Fn() -> Vec<Hold>,
    /// Makes what the constructor is handed.
    pub(crate) builder: &'a dyn Fn(&Arc<Entry>, &MemoMap) -> Inputs,
    pub(crate) construct: &'a dyn Fn(Inputs) -> Construction,
}
