//! Layers by key: each is built on first use, shared while it is used, and released when nobody has used it for a while.

mod builder;
mod guard;
mod lend;
mod surroundings;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use di_core::layer::{Layer, Source};
use di_core::set::{AllSame, Apart, Empty, Here, MemberSet, Minus, One, ServiceSet, Set, Union};
use di_core::{AnyFailure, BuildError, Context, Effect, Service};

use crate::{CloseError, RcMap, RcMapStats, Scope};
pub use builder::{LayerMapBuilder, NoIdlePolicy, WithIdlePolicy};
pub use guard::LayerGuard;
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
pub struct LayerMap<K: LayerKey, Out: ServiceSet> {
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
    /// full; the layer of the key waits for itself ([`Cycle`](di_core::BuildErrorKind::Cycle)).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the wait. The build is cancelled if nobody else waits for it.
    pub async fn acquire(&self, key: &K) -> Result<LayerGuard<Out>, BuildError> {
        match self.map.get(key).await {
            Ok(guard) => Ok(self.guard(guard)),
            Err(error) => Err(self.build_error(key, error)),
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
    pub async fn context(&self, key: &K, scope: &Scope) -> Result<Context<Out>, BuildError> {
        self.lend(key, scope).await
    }

    /// The services of a key, if they are there or being built.
    ///
    /// # Errors
    ///
    /// The build that was waited for failed.
    #[doc(alias("contextEffectOption", "getOption"))]
    pub async fn get_if_present(&self, key: &K) -> Result<Option<LayerGuard<Out>>, BuildError> {
        match self.map.get_if_present(key).await {
            Ok(guard) => Ok(guard.map(|guard| self.guard(guard))),
            Err(error) => Err(self.build_error(key, error)),
        }
    }

    /// The layer of a key. It holds what the map has built for the key for as long as it lives itself.
    #[track_caller]
    pub fn get(&self, key: K) -> Layer<Out, Empty, One<AnyFailure>> {
        lend::layer_of(self.clone(), key)
    }

    /// The layer of a key of the map that is the service `Tag`.
    ///
    /// `#[layer_map]` writes `TenantDatabases::get(key)`, which is this.
    #[track_caller]
    pub fn get_from<Tag>(key: K) -> Layer<Out, One<Tag>, One<AnyFailure>>
    where
        Tag: Service<Target = Self> + 'static,
    {
        lend::layer_of_service::<Tag, K, Out>(key)
    }

    /// An effect, fed with the services of a key. What else it needs, it still needs.
    #[track_caller]
    pub fn provide_to<Result, In, InOf, Left, Met>(&self, key: K, effect: Effect<Result, In>) -> Effect<Result, InOf>
    where
        Result: Send + 'static,
        In: Set + Minus<Minus<Out, Here> = Apart<Left, Met>>,
        Met: AllSame,
        Left: Union<Union<Empty, Here> = InOf>,
        Out: Set,
    {
        effect.provide(self.get(key))
    }
}
