//! One layer by itself: built on first use, shared while it is used, released when idle, and refreshed without a gap.
//!
//! It is a map with one key that says nothing, so all of its states are those of a map.

mod builder;
mod refreshing;

use std::fmt;
use std::time::Duration;

use di_core::layer::Layer;
use di_core::set::{AllSame, Apart, Empty, Here, Minus, One, ServiceSet, Set, Stored, Union};
use di_core::{AnyFailure, BuildError, Context, Effect, Service};

use crate::layer_map::{layer_of, layer_of_service};
use crate::{CloseError, LayerGuard, LayerMap, RcMapStats, Scope};
pub use builder::LayerRefBuilder;

/// One layer that is built on first use, apart from what is built around it.
///
/// It is for what an application needs now and then, or has to renew while it runs: a connection that is released when idle,
/// certificates or rules that are read again every hour. What never changes is a plain layer. For many of a kind, one for
/// each key, there is [`LayerMap`]. A clone is the same reference.
///
/// Each [`refresh`](LayerRef::refresh) builds the layer anew, with all that it is *fed* with inside: of `tls().provide(file())` the
/// file is read again. What is *around* the reference is not: what the application has, the reference shares, so what must
/// stay when the rest is refreshed is provided to the layer of the reference, and not to the layer in it.
///
/// ```
/// use std::time::Duration;
/// use di::{LayerRef, Schedule, prelude::*};
///
/// #[derive(Service)]
/// struct Rules { read: std::time::Instant }
/// #[layer]
/// async fn rules() -> Rules { Rules { read: std::time::Instant::now() } }
///
/// #[service(for = LayerRef<services![Rules]>)]
/// struct CurrentRules;
///
/// #[effect]
/// async fn decide(rules: Inject<Rules>) -> bool { rules.read.elapsed().as_secs() < 3600 }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let hourly = Schedule::spaced(Duration::from_secs(3600));
/// let app = LayerRef::new(rules()).keep().refresh_on(hourly).layer::<CurrentRules>();
/// let runtime = ManagedRuntime::new(app);
/// assert!(runtime.run(decide().provide(LayerRef::get_from::<CurrentRules>())).await?);
/// # Ok::<_, di::RunError>(()) }).unwrap();
/// ```
#[doc(alias = "RcRef")]
pub struct LayerRef<Out: Stored> {
    map: LayerMap<(), Out>,
}

impl<Out: ServiceSet> LayerRef<Out> {
    /// The services, for as long as the guard lives.
    ///
    /// # Errors
    ///
    /// The layer could not be built, and everything that it had acquired has been released; the next one who asks tries again.
    /// Or the reference is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the wait. The build is cancelled if nobody else waits for it.
    pub async fn acquire(&self) -> Result<LayerGuard<Out>, BuildError> {
        self.map.acquire(&()).await
    }

    /// The services, held until `scope` closes.
    ///
    /// # Errors
    ///
    /// As [`acquire`](LayerRef::acquire), and if the scope is closed.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerRef::acquire).
    #[doc(alias = "contextEffect")]
    pub async fn context(&self, scope: &Scope) -> Result<Context<Out>, BuildError> {
        self.map.context(&(), scope).await
    }

    /// The services, if they are there. A build that is under way is waited for; nothing is begun.
    ///
    /// # Errors
    ///
    /// As [`acquire`](LayerRef::acquire), if the build that is waited for fails.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerRef::acquire).
    pub async fn get_if_present(&self) -> Result<Option<LayerGuard<Out>>, BuildError> {
        self.map.get_if_present(&()).await
    }

    /// A layer that gives the services. For as long as it lives, it holds what has been built, and so it keeps the instance that
    /// it has while others get a refreshed one.
    #[track_caller]
    pub fn get(&self) -> Layer<Out, Empty, One<AnyFailure>> {
        layer_of(self.map.clone(), ())
    }

    /// The same for a reference that is the service `Tag`.
    #[track_caller]
    pub fn get_from<Tag>() -> Layer<Out, One<Tag>, One<AnyFailure>>
    where
        Tag: Service<Target = Self> + 'static,
    {
        layer_of_service::<Tag, (), Out>((), |reference: &Self| reference.map.clone())
    }

    /// An effect, fed with the services for each run. What else it needs, it still needs.
    #[track_caller]
    pub fn provide_to<Result, In, InOf, Left, Met>(&self, effect: Effect<Result, In>) -> Effect<Result, InOf>
    where
        Result: Send + 'static,
        In: Set + Minus<Minus<Out, Here> = Apart<Left, Met>>,
        Met: AllSame,
        Left: Union<Union<Empty, Here> = InOf>,
    {
        effect.provide(self.get())
    }

    /// Gives up what was built: whoever holds it keeps it, and the next one who asks gets another instance.
    ///
    /// If nobody holds it, it is released now, and waited for. Returns whether there was something.
    ///
    /// # Cancel safety
    ///
    /// It happens at the first poll; dropping the future stops no release.
    pub async fn invalidate(&self) -> bool {
        self.map.invalidate(&()).await
    }

    /// The same, and waits until nobody holds it any more and it is released.
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](LayerRef::invalidate).
    pub async fn invalidate_and_wait(&self) -> Result<bool, CloseError> {
        self.map.invalidate_and_wait(&()).await
    }

    /// Ends what was built now, whoever holds it, and waits until it is released; whether there was something.
    ///
    /// # Errors
    ///
    /// The failures of its finalizers.
    ///
    /// # Cancel safety
    ///
    /// As [`invalidate`](LayerRef::invalidate).
    pub async fn evict(&self) -> Result<bool, CloseError> {
        self.map.evict(&()).await
    }

    /// Builds the layer anew, with all that it is made of, and puts that in the place of what is there, without a gap: until it is
    /// there, all get the old one.
    ///
    /// # Errors
    ///
    /// As [`acquire`](LayerRef::acquire); the old one stays then.
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](LayerRef::acquire).
    pub async fn refresh(&self) -> Result<LayerGuard<Out>, BuildError> {
        self.map.refresh(&()).await
    }

    /// Whether it is built, or being built.
    pub fn is_present(&self) -> bool {
        self.map.contains(&())
    }

    /// What there is, and what has happened.
    pub fn stats(&self) -> RcMapStats {
        self.map.stats()
    }

    /// Closes the reference: nothing can be asked for any more, and what was built is released, also if it is held. It closes
    /// with its scope anyway.
    ///
    /// # Errors
    ///
    /// The failures of finalizers.
    ///
    /// # Cancel safety
    ///
    /// The close begins at the first poll, and goes on if the future is dropped.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.map.close().await
    }

    /// Lets nothing begin any more, waits so long for those who hold something, and [closes](LayerRef::close) then; whether
    /// anybody held it still.
    ///
    /// # Cancel safety
    ///
    /// As that of [`LayerMap::close_graceful`].
    pub async fn close_graceful(&self, limit: Duration) -> bool {
        !self.map.close_graceful(limit).await.forced.is_empty()
    }
}

impl<Out: ServiceSet> Clone for LayerRef<Out> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone() }
    }
}

impl<Out: ServiceSet> fmt::Debug for LayerRef<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerRef").field("present", &self.is_present()).finish_non_exhaustive()
    }
}
