//! What a map is to do, before it is there.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use di_core::layer::{Construction, Identity, Layer, Node, Outputs, Raise, Source, hosting_layer};
use di_core::set::{Empty, MemberSet, One, Satisfied, ServiceSet};
use di_core::{AnyFailure, BoxFuture, BuildError, BuildErrorKind, Gives, Service};

use super::opening::{Choices, Idle};
use super::{LayerKey, LayerMap, Surroundings};
use crate::{HasIdleTime, IdleTimeChosen, NoIdleTime, Scope, WhenFull};

/// Makes a [`LayerMap`]: how long to keep what nobody holds, how much, and what else is to be different.
///
/// [`build`](LayerMapBuilder::build) makes the map, [`layer`](LayerMapBuilder::layer) a layer that gives it. Both compile once the
/// time is chosen that an idle resource stays.
#[must_use = "a builder makes a map with `build` or `layer`"]
pub struct LayerMapBuilder<K, Out, In, Err = Empty, Idle = NoIdleTime> {
    choices: Choices<K>,
    source: Source,
    types: PhantomData<fn() -> (Out, In, Err, Idle)>,
}

impl<K: LayerKey, Out: ServiceSet> LayerMap<K, Out> {
    /// A map of the layers that a function makes of keys.
    ///
    /// The function is called when a key is built, and should only compose: what takes time goes into the layer. A `match` in
    /// it over an enum is checked for completeness by the compiler.
    #[expect(clippy::new_ret_no_self, reason = "a map is made by its builder")]
    #[track_caller]
    pub fn new<In, Err>(
        lookup: impl Fn(K) -> Layer<Out, In, Err> + Send + Sync + 'static,
    ) -> LayerMapBuilder<K, Out, In> {
        LayerMapBuilder::of(move |key| Ok(Arc::clone(lookup(key).node())))
    }

    /// A map of these layers. Any other key is an error, [`UnknownKey`](BuildErrorKind::UnknownKey).
    ///
    /// ```
    /// use di::{BuildErrorKind, LayerMap, prelude::*};
    ///
    /// #[derive(Service)]
    /// struct Limit(u64);
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let limits = [("free", Layer::succeed::<Limit>(Limit(10))), ("paid", Layer::succeed::<Limit>(Limit(1000)))];
    /// let scope = Scope::new();
    /// let limits = LayerMap::from_record(limits).keep().build(&scope).await?;
    /// assert_eq!(limits.acquire(&"paid").await?.get::<Limit>().0, 1000);
    /// assert!(matches!(limits.acquire(&"gold").await.unwrap_err().kind(), BuildErrorKind::UnknownKey));
    /// # Ok::<_, BuildError>(()) }).unwrap();
    /// ```
    #[track_caller]
    #[doc(alias = "fromRecord")]
    pub fn from_record<In, Err>(
        record: impl IntoIterator<Item = (K, Layer<Out, In, Err>)>,
    ) -> LayerMapBuilder<K, Out, In> {
        let record = record.into_iter().map(|(key, layer)| (key, Arc::clone(layer.node())));
        let record: HashMap<K, Arc<Node>> = record.collect();
        LayerMapBuilder::of(move |key| {
            record.get(&key).cloned().ok_or_else(|| BuildError::new(BuildErrorKind::UnknownKey))
        })
    }
}

impl<K: LayerKey, Out, In> LayerMapBuilder<K, Out, In> {
    #[track_caller]
    fn of(lookup: impl Fn(K) -> Result<Arc<Node>, BuildError> + Send + Sync + 'static) -> Self {
        let place = Location::caller();
        Self {
            choices: Choices::of(Arc::new(lookup)),
            source: Source::new("LayerMap", "", place.file(), place.line()),
            types: PhantomData,
        }
    }
}

/// How long a resource stays that nobody holds.
impl<K, Out, In, Err> LayerMapBuilder<K, Out, In, Err> {
    /// It is released when nobody has held it for so long.
    pub fn idle_time_to_live(self, time: Duration) -> LayerMapBuilder<K, Out, In, Err, HasIdleTime> {
        self.idle(Idle::Same(time))
    }

    /// The same, with a time for each key.
    pub fn idle_time_to_live_by(
        self,
        time: impl Fn(&K) -> Duration + Send + Sync + 'static,
    ) -> LayerMapBuilder<K, Out, In, Err, HasIdleTime> {
        self.idle(Idle::By(Arc::new(time)))
    }

    /// It is released at once.
    pub fn release_immediately(self) -> LayerMapBuilder<K, Out, In, Err, HasIdleTime> {
        self.idle(Idle::Same(Duration::ZERO))
    }

    /// It stays until it is invalidated, makes room, or the map is closed.
    pub fn keep(self) -> LayerMapBuilder<K, Out, In, Err, HasIdleTime> {
        self.idle(Idle::Same(Duration::MAX))
    }

    fn idle(mut self, idle: Idle<K>) -> LayerMapBuilder<K, Out, In, Err, HasIdleTime> {
        self.choices.idle = idle;
        self.retyped()
    }
}

impl<K, Out, In, Err, Idle> LayerMapBuilder<K, Out, In, Err, Idle> {
    fn retyped<Err2, Idle2>(self) -> LayerMapBuilder<K, Out, In, Err2, Idle2> {
        LayerMapBuilder { choices: self.choices, source: self.source, types: PhantomData }
    }

    /// Bounds the number of resources. Without it there is no bound.
    pub fn capacity(mut self, resources: usize, when_full: WhenFull) -> Self {
        self.choices.capacity = Some((resources, when_full));
        self
    }

    /// Builds a key only when the older resources of that key have ended, the ones that are still held included. It is for
    /// what cannot exist twice, as a locked file or a port.
    ///
    /// Whoever holds an old one and asks for a new one waits for itself, and for ever; no map can tell that from a wait that
    /// ends. [Release](crate::LayerGuard::release) what you hold of a key before you [refresh](LayerMap::refresh) it or ask for it
    /// after an invalidation, or [evict](LayerMap::evict) the key, which asks no holder.
    pub fn exclusive(mut self) -> Self {
        self.choices.exclusive = true;
        self
    }

    /// Keeps failures for so long, and hands them out instead of building again.
    pub fn cache_failures(mut self, time: Duration) -> Self {
        self.choices.failures_kept = time;
        self
    }

    /// Builds these keys with the map, a few at a time. If one fails, the map does.
    ///
    /// They are idle then: a map that [releases immediately](LayerMapBuilder::release_immediately) releases them again.
    #[doc(alias = "preloadKeys")]
    pub fn preload(mut self, keys: impl IntoIterator<Item = K>) -> LayerMapBuilder<K, Out, In, One<AnyFailure>, Idle> {
        self.choices.preload.extend(keys);
        self.retyped()
    }

    /// Has builds of one key share nothing with each other: what is built from is built anew for each, but for what is around
    /// the map.
    pub(crate) fn each_alone(mut self) -> Self {
        self.choices.each_alone = true;
        self
    }

    /// What errors and events call the map, if it is no service; a service is called by its name.
    pub fn named(mut self, name: &'static str) -> Self {
        self.source = Source::new(name, "", self.source.file(), self.source.line());
        self
    }
}

impl<K: LayerKey, Out: ServiceSet, In, Err, Idle> LayerMapBuilder<K, Out, In, Err, Idle> {
    /// Makes the map, which closes with the scope. It does not compile while a service is missing that a layer of it needs
    /// (DI0001).
    ///
    /// # Errors
    ///
    /// A key that is to be preloaded could not be built; everything has been released then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the preload. The map closes with the scope nevertheless.
    pub fn build(self, scope: &Scope) -> BoxFuture<Result<LayerMap<K, Out>, BuildError>>
    where
        Idle: IdleTimeChosen,
        In: Satisfied,
    {
        let Self { choices, source, .. } = self;
        let map = choices.open(source, Surroundings::none(), scope);
        Box::pin(async move {
            match map.preload(choices.preload).await {
                Ok(()) => Ok(map),
                Err(error) => {
                    let closed = map.close().await;
                    Err(error.suppress(closed.err().map(|error| Arc::new(error) as _)))
                }
            }
        })
    }

    /// The layer that gives the map as the service `Tag`. What the layers of the map need, this layer needs: they are handed
    /// the services that it was given.
    ///
    /// `#[layer_map]` writes the tag, too. By hand it is written like this:
    ///
    /// ```
    /// use di::{LayerMap, prelude::*};
    ///
    /// #[derive(Service)]
    /// struct Cache { region: &'static str }
    /// #[service(for = LayerMap<&'static str, services![Cache]>)]
    /// struct Caches;
    ///
    /// let caches = LayerMap::new(|region: &'static str| Layer::succeed::<Cache>(Cache { region })).keep();
    /// let caches: Layer<services![Caches], services![], failures![]> = caches.layer::<Caches>();
    /// let cache: Layer<services![Cache], services![Caches]> = LayerMap::get_from::<Caches>("eu");
    /// # drop((caches, cache));
    /// ```
    #[track_caller]
    pub fn layer<Tag>(self) -> Layer<One<Tag>, In, Err>
    where
        Idle: IdleTimeChosen,
        In: MemberSet,
        Tag: Service<Target = LayerMap<K, Out>> + Gives<LayerMap<K, Out>> + 'static,
    {
        hosted::<Tag, _, _, _, _, _, _>(self, Source::here(Tag::NAME.base()), Identity::new_value(), |map| map)
    }

    /// The same, where all calls for one `Tag` make one layer.
    // For the macro, which writes one call for each tag.
    #[doc(hidden)]
    #[track_caller]
    pub fn constant_layer<Tag>(self) -> Layer<One<Tag>, In, Err>
    where
        Idle: IdleTimeChosen,
        In: MemberSet,
        Tag: Service<Target = LayerMap<K, Out>> + Gives<LayerMap<K, Out>> + 'static,
    {
        let identity = Identity::of_constructor::<Tag>();
        hosted::<Tag, _, _, _, _, _, _>(self, Source::here(Tag::NAME.base()), identity, |map| map)
    }
}

/// The layer that gives a map, or what is made of it, as a service.
pub(crate) fn hosted<Tag, K, Out, In, Err, Idle, Given>(
    builder: LayerMapBuilder<K, Out, In, Err, Idle>,
    source: Source,
    identity: Identity,
    given: impl Fn(LayerMap<K, Out>) -> Given + Clone + Send + Sync + 'static,
) -> Layer<One<Tag>, In, Err>
where
    K: LayerKey,
    Out: ServiceSet,
    In: MemberSet,
    Tag: Gives<Given> + 'static,
{
    let choices = builder.choices;
    hosting_layer(source, identity, move |inputs| {
        let scope: Scope = inputs.scope();
        let map: LayerMap<K, Out> = choices.open(source, Surroundings::of(&inputs), &scope);
        if choices.preload.is_empty() {
            return Construction::ready(Ok(Outputs::one::<Tag, _>(given(map))));
        }
        let (keys, given) = (choices.preload.clone(), given.clone());
        Construction::pending(async move {
            map.preload(keys).await.map_err(|error| Raise::Build(error.unnamed()))?;
            Ok(Outputs::one::<Tag, _>(given(map)))
        })
    })
}

impl<K, Out, In, Err, Idle> fmt::Debug for LayerMapBuilder<K, Out, In, Err, Idle> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerMapBuilder").field("name", &self.source.name()).finish_non_exhaustive()
    }
}
