//! Managed runtimes: an application that is built on first use, run many times, and shut down in order.

mod builder;
mod forking;
mod report;
mod startup;
mod stopping;
mod waterfall;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use di_core::layer::{Layer, Node};
use di_core::set::{Here, Satisfied, ServiceSet, Stored, SubsetOf};
use di_core::{BoxFuture, BuildError, BuildErrorKind, Context, EffectSource, RunError, ServiceMap};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::build::{Build, Recording, Timeline, context, planned, run};
use crate::host::Run;
use crate::memo::{MemoMap, Party, Retained, Wait, constructing, new_party, waiting_here};
use crate::names::Names;
use crate::reaper::Reaper;
use crate::scope::Home;
use crate::{Scope, Shutdown, lock};
pub use builder::RuntimeBuilder;
pub use report::{ShutdownError, ShutdownReport};
pub use startup::StartupReport;
use stopping::Stopping;

/// An application: a layer that is built on first use, once, and the effects that run on it.
///
/// A clone is the same runtime. When the last one is dropped without a shutdown, what was forked is interrupted, and then
/// the layers are released in the background, as those of a dropped [`Scope`] are.
///
/// ```
/// use std::time::Duration;
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { greeting: String }
/// #[layer]
/// fn config() -> Config { Config { greeting: "Hello".into() } }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let runtime = ManagedRuntime::new(config());
/// let greeting = runtime.run(|config: Inject<Config>| async move { config.greeting.clone() }).await?;
/// assert_eq!(greeting, "Hello");
/// runtime.shutdown(Duration::from_secs(25)).await?;
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct ManagedRuntime<Out: Stored> {
    owner: Arc<Owner>,
    context: Arc<OnceLock<Context<Out>>>,
}

/// What the handles of a runtime share, and what is forked on it does not: its drop is the drop of the last one.
struct Owner {
    inner: Arc<Inner>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Whoever runs something and waits for it has a handle, so what runs now was forked.
        let fibers = self.inner.running.len();
        if fibers > 0 && !self.inner.stopped.is_cancelled() {
            tracing::warn!(fibers, "a runtime was dropped; what was forked on it is interrupted");
            self.inner.stopped.cancel();
        }
    }
}

struct Inner {
    node: Arc<Node>,
    /// The build, as one that others wait for and that waits for its layers.
    party: Party,
    map: MemoMap,
    scope: Scope,
    fail_fast: bool,
    slow_layer: Duration,
    reaper: Reaper,
    shutdown: Shutdown,
    /// Cancelled when the shutdown begins: no effect begins after that, and those that run are dropped.
    stopped: CancellationToken,
    running: TaskTracker,
    /// The names of the effects that run.
    names: Names,
    /// What was built; set once. They are there until the shutdown: a service that was kept longer would go after what it was
    /// built from, and unseen.
    ready: OnceLock<Mutex<Option<Arc<ServiceMap>>>>,
    /// The build that is under way, was successful, or was ended by the shutdown.
    build: Mutex<Option<Arc<Build>>>,
    /// What the build did that is under way or was the last one.
    timeline: Mutex<Option<Arc<Timeline>>>,
    building: Mutex<Option<watch::Receiver<Option<Result<(), BuildError>>>>>,
    stopping: OnceLock<Stopping>,
}

impl<Out: ServiceSet> ManagedRuntime<Out> {
    /// A runtime of this layer. Nothing is built before the first use.
    ///
    /// It does not compile while a service is missing (DI0001).
    #[doc(alias = "make")]
    pub fn new<In: Satisfied, Err>(layer: Layer<Out, In, Err>) -> Self {
        Self::builder(layer).build()
    }

    /// A runtime whose layers are shared through a memo map with whoever else uses it.
    ///
    /// Layers with `#[layer(memo)]` or `memo_by` that effects are provided with are kept by the runtime, if nothing that
    /// lives shorter goes into them: the second request finds what the first one built. What a [`LayerMap`](crate::LayerMap)
    /// builds its keys from is not kept, but goes with the keys.
    pub fn with_memo_map<In: Satisfied, Err>(layer: Layer<Out, In, Err>, map: &MemoMap) -> Self {
        Self::builder(layer).memo_map(map).build()
    }

    /// A runtime with settings.
    pub fn builder<In: Satisfied, Err>(layer: Layer<Out, In, Err>) -> RuntimeBuilder<Out> {
        RuntimeBuilder::new(Arc::clone(layer.node()))
    }

    fn from_builder(builder: RuntimeBuilder<Out>) -> Self {
        let RuntimeBuilder { node, map, fail_fast, slow_layer, release_timeout, shutdown, .. } = builder;
        // Layers hold what they were built from, and need no other order: one that is stuck keeps only those from closing.
        let scope = Scope::parallel();
        let inner = Inner {
            party: new_party(node.source()),
            node,
            map: map.retaining(scope.clone(), Retained::Keyed),
            scope,
            fail_fast,
            slow_layer,
            reaper: Reaper::new(shutdown.clone(), release_timeout),
            shutdown,
            stopped: CancellationToken::new(),
            running: TaskTracker::new(),
            names: Names::default(),
            ready: OnceLock::new(),
            build: Mutex::default(),
            timeline: Mutex::default(),
            building: Mutex::default(),
            stopping: OnceLock::new(),
        };
        Self { owner: Arc::new(Owner { inner: Arc::new(inner) }), context: Arc::default() }
    }

    /// Runs an effect, or a closure whose parameters are what it needs.
    ///
    /// The first run builds the runtime's layer; runs that come meanwhile wait for the one build, which does not depend on
    /// who began it. It does not compile if the runtime does not have a service that the effect needs (DI0002).
    ///
    /// # Errors
    ///
    /// The layer, or one that the effect is provided with, could not be built; after a failed build the next run tries
    /// again, unless the runtime fails fast. A constructor of the runtime's layer, or a finalizer of a build of it that
    /// failed, cannot run anything on it: that would wait for itself. [`RunError::ShutDown`] once the shutdown has begun.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the effect, and releases what it was provided with in the background.
    pub fn run<Kind: 'static, E>(&self, effect: E) -> BoxFuture<Result<E::Output, RunError>>
    where
        E: EffectSource<Kind> + Send + 'static,
        E::Needs: SubsetOf<Out, Here>,
    {
        let owner = Arc::clone(&self.owner);
        Box::pin(async move { owner.inner.run(effect).await })
    }

    /// The services, built if they are not there yet.
    ///
    /// # Errors
    ///
    /// As [`run`](ManagedRuntime::run).
    #[doc(alias("runtimeEffect", "contextEffect"))]
    pub async fn context(&self) -> Result<Context<Out>, BuildError> {
        let services = self.owner.inner.ready().await?;
        Ok(self.context.get_or_init(|| context(services.iter().cloned().collect())).clone())
    }

    /// What the build of the runtime's layer did: which layer took how long, and what the start had to wait for. While a
    /// build is under way, what it has done so far; after several, as one that failed is tried again, the last one.
    ///
    /// Nothing is there before the first use, since nothing is built then.
    pub fn report(&self) -> Option<StartupReport> {
        let timeline = lock(&self.owner.inner.timeline).clone()?;
        Some(StartupReport::of(timeline.rows()))
    }

    /// The instances that were built, watched and not held.
    #[cfg(feature = "test")]
    pub(crate) fn instances(&self) -> Vec<di_core::Watch> {
        lock(&self.owner.inner.build).as_ref().map(|build| build.instances()).unwrap_or_default()
    }

    /// The memo map that the runtime builds through.
    pub fn memo_map(&self) -> &MemoMap {
        &self.owner.inner.map
    }

    /// Tells the effects that took a [`Shutdown`] to come to their end.
    pub fn shutdown_handle(&self) -> &Shutdown {
        &self.owner.inner.shutdown
    }

    /// Shuts the runtime down, in order: no effect begins any more, those that run are dropped at their next await, what
    /// they held is released, and then the layers are, each after those that need it.
    ///
    /// The time is for all of it: effects may take a third, what they held half of the rest, and the layers what is left.
    /// The release of one layer may take at most four fifths of what is left when it begins, and less if
    /// [the runtime](RuntimeBuilder::release_timeout) or [the layer](Layer::release_timeout) says so: a layer that is stuck
    /// does not keep what it was built from from being released in order.
    /// What does not finish in its time is reported and left running, and the rest goes on. A second call waits for the
    /// first one and gets the same report. Called by an effect of this runtime, it stops that effect too; called by a
    /// finalizer of a layer, or of anything else in the runtime, it returns at once with what is known so far.
    ///
    /// # Errors
    ///
    /// Something failed or did not finish, or the runtime is shut down because [something failed](Shutdown::fail): the error
    /// has the whole report.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops nothing.
    #[doc(alias = "dispose")]
    pub async fn shutdown(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        self.owner.inner.shutdown(deadline).await.into_result()
    }
}

impl Inner {
    async fn run<Kind, E: EffectSource<Kind>>(self: &Arc<Self>, effect: E) -> Result<E::Output, RunError> {
        let _named = self.names.begin(std::any::type_name::<E>());
        let body = async {
            let services = self.ready().await?;
            Run::new(self.map.fork(), self.shutdown.clone()).run(effect, services).await
        };
        let body = self.running.track_future(self.reaper.enter(body));
        let result = self.stopped.run_until_cancelled(body).await;
        match result.unwrap_or(Err(RunError::ShutDown)) {
            Err(RunError::Build(error)) if matches!(error.kind(), BuildErrorKind::ShutDown) => Err(RunError::ShutDown),
            result => result,
        }
    }

    async fn ready(self: &Arc<Self>) -> Result<Arc<ServiceMap>, BuildError> {
        loop {
            if self.stopped.is_cancelled() {
                return Err(BuildError::new(BuildErrorKind::ShutDown));
            }
            if let Some(ready) = self.ready.get() {
                return lock(ready).clone().ok_or_else(|| BuildError::new(BuildErrorKind::ShutDown));
            }
            let _wait = self.wait_for_build()?;
            let mut building = self.begin_building()?;
            let answer = building.wait_for(Option::is_some).await.map(|answer| answer.clone());
            match answer {
                Ok(Some(Ok(()))) => {}
                Ok(Some(Err(error))) => return Err(error),
                // The build's task went away with its tokio runtime.
                Ok(None) | Err(_) => return Err(BuildError::new(BuildErrorKind::Cancelled)),
            }
        }
    }

    /// Says that whoever runs here waits for the build; an error if that would wait for it in turn.
    fn wait_for_build(&self) -> Result<Option<Wait>, BuildError> {
        let circle = |path| BuildError::new(BuildErrorKind::Cycle(path)).at_layer(self.party.1, Duration::ZERO);
        if self.scope.is_held_up_here() {
            // A finalizer of a build that failed: the build is told when that is done.
            return Err(circle(vec![self.party.1; 2]));
        }
        waiting_here().map(|by| Wait::begin(by, self.party)).transpose().map_err(circle)
    }

    /// The build that is under way, or a new one.
    fn begin_building(self: &Arc<Self>) -> Result<watch::Receiver<Option<Result<(), BuildError>>>, BuildError> {
        let mut building = lock(&self.building);
        if let Some(building) = &*building {
            return Ok(building.clone());
        }
        let home = Home::capture();
        let Some(runtime) = home.runtime_of_caller() else { return Err(BuildError::new(BuildErrorKind::NoRuntime)) };
        let (answer, answered) = watch::channel(None);
        *building = Some(answered.clone());
        let timeline = Timeline::begin(self.slow_layer);
        *lock(&self.timeline) = Some(Arc::clone(&timeline));
        let inner = Arc::clone(self);
        drop(runtime.spawn(self.reaper.enter(async move {
            let (recording, scope) = (Recording::outermost(&timeline), &inner.scope);
            let built = constructing(inner.party, async {
                let build = planned(&inner.node, ServiceMap::default(), scope, None, recording)?;
                *lock(&inner.build) = Some(Arc::clone(&build));
                run(build, &inner.map, scope).await
            });
            // A shutdown waits for work in the background before it closes the scope; a build is to end before that.
            let built = inner.stopped.run_until_cancelled(built).await;
            let built = built.unwrap_or_else(|| Err(BuildError::new(BuildErrorKind::ShutDown)));
            let result = built.map(|services| {
                let services = Mutex::new(Some(Arc::new(services.into_iter().collect())));
                // There is one build at a time, and none after a success, so this sets it.
                let _ = inner.ready.set(services);
            });
            let shut_down = inner.stopped.is_cancelled();
            if result.is_err() && !shut_down {
                *lock(&inner.build) = None;
            }
            let result = if shut_down { Err(BuildError::new(BuildErrorKind::ShutDown)) } else { result };
            timeline.end(result.as_ref().err());
            tracing::debug!("start-up report\n{}", StartupReport::of(timeline.rows()));
            if result.is_err() && !inner.fail_fast {
                *lock(&inner.building) = None;
            }
            answer.send_replace(Some(result));
        })));
        Ok(answered)
    }
}

impl<Out: ServiceSet> Clone for ManagedRuntime<Out> {
    fn clone(&self) -> Self {
        Self { owner: Arc::clone(&self.owner), context: Arc::clone(&self.context) }
    }
}

impl<Out: ServiceSet> fmt::Debug for ManagedRuntime<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedRuntime")
            .field("layer", &self.owner.inner.node)
            .field("built", &self.owner.inner.ready.get().is_some())
            .field("stopped", &self.owner.inner.stopped.is_cancelled())
            .finish_non_exhaustive()
    }
}
