//! Layers by key: each is built on first use, shared while it is used, and released when nobody has used it for a while.

mod builder;
mod guard;
mod lend;
mod opening;
mod surroundings;
mod upkeep;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use di_core::layer::{Layer, Source};
use di_core::set::{AllSame, Apart, Empty, Here, Minus, One, ServiceSet, Set, Stored, Union};
use di_core::{AnyFailure, BuildError, BuildErrorKind, Context, Effect, Service};

use crate::{BorrowedKey, RcGuard, RcMap, RcMapError, Scope};
pub use builder::LayerMapBuilder;
pub(crate) use builder::hosted;
pub use guard::LayerGuard;
use lend::held_by;
pub(crate) use lend::{layer_of, layer_of_service};
pub(crate) use surroundings::Surroundings;

/// What the key of a [`LayerMap`] can be: whatever is `Clone`, `Debug`, `Eq` and `Hash`. It is printed in errors and events.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map of layers",
    label = "a key is compared, hashed, cloned, and printed in errors",
    note = "write `#[derive(Clone, Debug, PartialEq, Eq, Hash)]` above it; it must be `Send + Sync + 'static` as well"
)]
pub trait LayerKey: Eq + Hash + Clone + fmt::Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Eq + Hash + Clone + fmt::Debug + Send + Sync + 'static> LayerKey for K {}

/// Checks that the type is a key.
// For macros, not for programs.
#[doc(hidden)]
pub const fn is_layer_key<K: LayerKey>() -> bool {
    true
}

/// Layers by key, each built on first use.
///
/// `#[layer_map(Name, ..)]` on a function makes a service of such a map; this is the map itself, which is also made by hand. A
/// clone is the same map. Of each key there is one build at a time for any number of those who wait for it, and one instance
/// that all of them share. *Idle* is what nobody holds; how long it stays then has to be chosen.
///
/// ```
/// use std::time::Duration;
/// use di::{LayerMap, prelude::*};
///
/// #[derive(Service)]
/// struct Cache { region: &'static str }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let scope = Scope::new();
/// let caches = LayerMap::new(|region: &'static str| Layer::succeed::<Cache>(Cache { region }))
///     .idle_time_to_live(Duration::from_secs(600))
///     .build(&scope)
///     .await?;
///
/// let cache = caches.acquire(&"eu").await?;               // a guard: it is held while this lives
/// assert_eq!(cache.get::<Cache>().region, "eu");
/// let context = caches.context(&"eu", &scope).await?;     // held until the scope closes
/// assert!(context.get::<Cache>().is_same(cache.get::<Cache>()));
/// # Ok::<_, BuildError>(()) }).unwrap();
/// ```
///
/// What a layer gives is built for its key alone. What it is built from is shared, with the layers of other keys and with the
/// application around the map. The services that the layers need, the map needs: they are those of where the map is made,
/// never those of who asks.
///
/// A failed build is told to everybody who waits for it, and forgotten, unless
/// [`cache_failures`](LayerMapBuilder::cache_failures) says otherwise. When the last one who waits goes away, the build is
/// cancelled.
#[doc(alias("RcMap", "keyed", "multi-tenant"))]
pub struct LayerMap<K: LayerKey, Out: Stored> {
    map: RcMap<K, Context<Out>, BuildError>,
    surroundings: Arc<Surroundings>,
    source: Source,
}

/// Use.
impl<K: LayerKey, Out: ServiceSet> LayerMap<K, Out> {
    /// The services of a key, for as long as the guard lives.
    ///
    /// # Errors
    ///
    /// The layer of the key could not be built, and everything that it had acquired has been released; the map is closed, or
    /// full; the layer of the key waits for itself ([`Cycle`](BuildErrorKind::Cycle)).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the wait. The build is cancelled if nobody else waits for it.
    pub async fn acquire<Q>(&self, key: &Q) -> Result<LayerGuard<Out>, BuildError>
    where
        K: Borrow<Q>,
        Q: BorrowedKey<K> + ?Sized,
    {
        match self.map.get(key).await {
            Ok(guard) => Ok(self.guard(guard)),
            Err(error) => Err(self.error(&key.to_key(), &error)),
        }
    }

    /// The services of a key, held until `scope` closes.
    ///
    /// # Errors
    ///
    /// As [`acquire`](LayerMap::acquire), and if the scope is closed.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerMap::acquire).
    #[doc(alias("contextEffect", "runtime"))]
    pub async fn context<Q>(&self, key: &Q, scope: &Scope) -> Result<Context<Out>, BuildError>
    where
        K: Borrow<Q>,
        Q: BorrowedKey<K> + ?Sized,
    {
        // Nothing is built for nobody.
        let held = match scope.exit() {
            Some(exit) => Err(exit),
            None => held_by(self.acquire(key).await?, self.source, scope),
        };
        held.map_err(|exit| {
            let refused = refused::<Out>(BuildError::new(BuildErrorKind::ScopeClosed(exit)), self.source);
            for_key(refused, &key.to_key())
        })
    }

    /// The services of a key, if they are there. A build that is under way is waited for; nothing is begun.
    ///
    /// # Errors
    ///
    /// As [`acquire`](LayerMap::acquire), if the build that is waited for fails.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerMap::acquire).
    #[doc(alias("contextEffectOption", "getOption"))]
    pub async fn get_if_present<Q>(&self, key: &Q) -> Result<Option<LayerGuard<Out>>, BuildError>
    where
        K: Borrow<Q>,
        Q: BorrowedKey<K> + ?Sized,
    {
        match self.map.get_if_present(key).await {
            Ok(guard) => Ok(guard.map(|guard| self.guard(guard))),
            Err(error) => Err(self.error(&key.to_key(), &error)),
        }
    }

    /// The layer of a key. For as long as it lives, it holds what the map has built for the key.
    #[track_caller]
    pub fn get(&self, key: K) -> Layer<Out, Empty, One<AnyFailure>> {
        layer_of(self.clone(), key)
    }

    /// The layer of a key of the map that is the service `Tag`.
    ///
    /// `#[layer_map]` writes `TenantDatabases::get(key)`, which is this.
    #[track_caller]
    pub fn get_from<Tag>(key: K) -> Layer<Out, One<Tag>, One<AnyFailure>>
    where
        Tag: Service<Target = Self> + 'static,
    {
        layer_of_service::<Tag, K, Out>(key, Self::clone)
    }

    /// An effect, fed with the services of a key for each run. What else it needs, it still needs.
    ///
    /// ```
    /// # use di::{LayerMap, prelude::*};
    /// # #[derive(Service)] struct Cache { region: &'static str }
    /// # #[derive(Service)] struct Config { greeting: &'static str }
    /// #[effect]
    /// async fn greet(cache: Inject<Cache>, config: Inject<Config>) -> String {
    ///     format!("{} from {}", config.greeting, cache.region)
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let scope = Scope::new();
    /// # let caches = LayerMap::new(|region: &'static str| Layer::succeed::<Cache>(Cache { region })).keep();
    /// # let caches = caches.build(&scope).await?;
    /// let greet: Effect<String, services![Config]> = caches.provide_to("eu", greet());
    /// assert_eq!(greet.provide_service::<Config>(Config { greeting: "hello" }).run().await?, "hello from eu");
    /// # Ok::<_, di::RunError>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn provide_to<Result, In, InOf, Left, Met>(&self, key: K, effect: Effect<Result, In>) -> Effect<Result, InOf>
    where
        Result: Send + 'static,
        In: Set + Minus<Minus<Out, Here> = Apart<Left, Met>>,
        Met: AllSame,
        Left: Union<Union<Empty, Here> = InOf>,
    {
        effect.provide(self.get(key))
    }
}

impl<K: LayerKey, Out: ServiceSet> LayerMap<K, Out> {
    fn guard(&self, guard: RcGuard<Context<Out>>) -> LayerGuard<Out> {
        LayerGuard::new(guard, Arc::clone(&self.surroundings))
    }

    fn error(&self, key: &K, error: &RcMapError<BuildError>) -> BuildError {
        for_key(build_error::<Out>(error, self.source), key)
    }
}

/// The error with the key. Of keys of one value, which is that of a reference, nothing is said.
fn for_key<K: LayerKey>(error: BuildError, key: &K) -> BuildError {
    if size_of::<K>() == 0 { error } else { error.for_key(key) }
}

/// Why a resource is not handed out, as the error of a layer.
fn build_error<Out: ServiceSet>(error: &RcMapError<BuildError>, source: Source) -> BuildError {
    let kind = match error {
        RcMapError::Failed(error) => return BuildError::clone(error),
        RcMapError::Panicked(message) => BuildErrorKind::Panicked(Arc::clone(message)),
        RcMapError::Closed => BuildErrorKind::MapClosed,
        RcMapError::CapacityExceeded { capacity } => BuildErrorKind::CapacityExceeded { capacity: *capacity },
        RcMapError::Cycle(path) => BuildErrorKind::Cycle(path.to_vec()),
        RcMapError::RuntimeGone => BuildErrorKind::NoRuntime,
        _ => BuildErrorKind::Cancelled,
    };
    refused::<Out>(BuildError::new(kind), source)
}

/// An error of the map itself, before or instead of a build.
fn refused<Out: ServiceSet>(error: BuildError, source: Source) -> BuildError {
    let mut services = Vec::new();
    Out::members(&mut |member| services.push(member.name()));
    error.at_layer(source, Duration::ZERO).for_service(services.first().copied(), Vec::new())
}

impl<K: LayerKey, Out: ServiceSet> Clone for LayerMap<K, Out> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone(), surroundings: Arc::clone(&self.surroundings), source: self.source }
    }
}

impl<K: LayerKey, Out: ServiceSet> fmt::Debug for LayerMap<K, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerMap")
            .field("name", &self.source.name())
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}
