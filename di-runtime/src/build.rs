//! Building: from a layer to the services it gives.
//!
//! A build runs on a task of its own, which a finalizer in the requester's scope belongs to from the beginning. Hence
//! there is one way to end a build, whoever wants it: the scope closes, the caller goes away, or a constructor fails.
//!
//! 1. The finalizer is registered before the first constructor runs, and refused by a scope that is closed.
//! 2. When a build ends without success, everything it held is released before anybody is told.
//! 3. Services are handed out only while the scope is open; what is released later is not handed out.

mod down;
mod groups;
mod launch;
mod nested;
mod retry;
mod timeline;
mod up;
mod walk;

use std::collections::HashMap;
use std::convert;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use di_core::layer::{Layer, Node, Plan, StepId};
use di_core::set::{Infallible, Satisfied, ServiceSet};
use di_core::{AnyService, BoxFuture, BuildError, BuildErrorKind, Context, Exit, ServiceMap, SharedError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::memo::{Entry, Hold, MemoMap, Party, Retained, Retainer, panicked, waiting_here};
use crate::scope::Home;
use crate::{Scope, lock};
pub use down::LayerRelease;
use down::Releasing;
use timeline::Recorder;
pub use timeline::{LayerOrigin, LayerStart};
pub(crate) use timeline::{Recording, StartupRows, Timeline};
use up::Fall;

/// Builds layers.
///
/// It does not compile while a service is missing (DI0001).
pub trait LayerExt<Out, In, Err>: Sized {
    /// Builds the layer; what it gives lives until `scope` closes.
    ///
    /// Layers that do not feed each other are built concurrently, and each layer once.
    ///
    /// # Errors
    ///
    /// A constructor's error or panic, with the layer's name; a closed scope; a layer that waits for itself; two instances
    /// of one service. Everything that had been built is released before the error is returned.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the build, unless others wait for it too, and releases what had been built in the
    /// background; closing the scope waits for that.
    fn build(&self, scope: &Scope) -> BoxFuture<Result<Context<Out>, BuildError>>
    where
        Out: ServiceSet,
        In: Satisfied,
    {
        self.build_with(&MemoMap::new(), scope)
    }

    /// Builds the layer through a memo map: what the map knows already is shared.
    ///
    /// # Errors
    ///
    /// As [`build`](LayerExt::build).
    #[doc(alias = "buildWithMemoMap")]
    fn build_with(&self, map: &MemoMap, scope: &Scope) -> BoxFuture<Result<Context<Out>, BuildError>>
    where
        Out: ServiceSet,
        In: Satisfied;

    /// Builds a layer that cannot fail. It does not compile while a failure is not handled (DI0008).
    ///
    /// # Panics
    ///
    /// If a constructor panics, or the scope is closed.
    fn build_infallible(&self, scope: &Scope) -> BoxFuture<Context<Out>>
    where
        Out: ServiceSet,
        In: Satisfied,
        Err: Infallible,
    {
        let built = self.build(scope);
        Box::pin(async move { built.await.unwrap_or_else(|error| panic!("{error}")) })
    }

    /// Builds the layer and stays, so that what it does it does until the future is dropped: for layers that are programs.
    ///
    /// What the layer gives is released in the background then; a scope or a runtime around it waits for that. For a whole
    /// program there is `#[di::main(layer)]`, which handles signals too.
    ///
    /// ```
    /// # use di::prelude::*;
    /// # #[derive(Service)] struct Server;
    /// # #[layer] async fn server() -> Result<Server, std::io::Error> { Err(std::io::ErrorKind::AddrInUse.into()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let error = match server().launch().await {
    ///     Err(error) => error,
    /// };
    /// assert!(error.is_failure());
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`build`](LayerExt::build). Otherwise it does not come to an end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future is its end.
    fn launch(&self) -> BoxFuture<Result<convert::Infallible, BuildError>>
    where
        Out: ServiceSet,
        In: Satisfied;

    /// This layer with one instance, shared by all builds, which lives from its first use until `scope` closes.
    #[must_use = "a layer does nothing until it is built"]
    fn memoize_in(self, scope: &Scope) -> Self;
}

impl<Out, In, Err> LayerExt<Out, In, Err> for Layer<Out, In, Err> {
    fn build_with(&self, map: &MemoMap, scope: &Scope) -> BoxFuture<Result<Context<Out>, BuildError>>
    where
        Out: ServiceSet,
        In: Satisfied,
    {
        let (node, map, scope) = (Arc::clone(self.node()), map.clone(), scope.clone());
        Box::pin(async move {
            let recording = Recording::default();
            let services = build(&node, ServiceMap::default(), &map, &scope, &scope, None, recording).await?;
            Ok(context(services))
        })
    }

    fn launch(&self) -> BoxFuture<Result<convert::Infallible, BuildError>>
    where
        Out: ServiceSet,
        In: Satisfied,
    {
        Box::pin(launch::launch(Arc::clone(self.node())))
    }

    fn memoize_in(self, scope: &Scope) -> Self {
        let own = di_core::layer::OwnMemo::default();
        let scope = scope.clone();
        own.get_or_init(move || MemoMap::new().retaining(scope, Retained::Everything));
        self.memoize_with(own)
    }
}

/// The context of everything that a layer gave.
pub(crate) fn context<Out: ServiceSet>(services: Vec<AnyService>) -> Context<Out> {
    let services: ServiceMap = services.into_iter().collect();
    Context::collect(&services).expect("a layer gives the services that its type says")
}

/// One run of a plan.
pub(crate) struct Build {
    plan: Plan,
    services: ServiceMap,
    /// The entry whose constructor builds this.
    by: Option<Arc<Entry>>,
    /// The entry that waits for what this builds: that one, or the one whose constructor or finalizer began it.
    waiter: Option<Party>,
    holds: Mutex<Vec<Option<Hold>>>,
    retainers: Mutex<Vec<(StepId, Arc<Retainer>)>>,
    /// How often the constructors that were retried have begun.
    attempts: Mutex<HashMap<StepId, u64>>,
    log: Mutex<Vec<Releasing>>,
    recorder: Recorder,
    /// What failed beside the error that ended the way up: whoever ends the build is told, as nobody may wait for it.
    beside: Mutex<Vec<SharedError>>,
    cancelled: CancellationToken,
    /// Whether the way up has ended.
    ended: watch::Sender<bool>,
}

/// Builds a node where these services are there already.
///
/// What it gives lives until `scope` closes; where a layer says that its resources live longer, these live until `ambient`
/// closes.
///
/// # Cancel safety
///
/// Dropping the future cancels the build and releases what it built in the background.
pub(crate) async fn build(
    node: &Arc<Node>,
    services: ServiceMap,
    map: &MemoMap,
    scope: &Scope,
    ambient: &Scope,
    by: Option<Arc<Entry>>,
    recording: Recording,
) -> Result<Vec<AnyService>, BuildError> {
    let build = planned(node, services, ambient, by, recording)?;
    run(build, map, scope).await
}

/// The build of a node, which has not begun.
pub(crate) fn planned(
    node: &Arc<Node>,
    services: ServiceMap,
    ambient: &Scope,
    by: Option<Arc<Entry>>,
    recording: Recording,
) -> Result<Arc<Build>, BuildError> {
    let plan = caught(|| Plan::new(node, &services))?;
    Ok(prepared(plan, services, ambient, by, recording))
}

/// The same as [`build`], where what the node gives is built anew, whatever others have built of it; its dependencies are
/// shared.
pub(crate) async fn build_apart(
    node: &Arc<Node>,
    services: ServiceMap,
    map: &MemoMap,
    scope: &Scope,
    by: Option<Arc<Entry>>,
    recording: Recording,
) -> Result<Vec<AnyService>, BuildError> {
    let map = map.of_a_build();
    let plan = caught(|| {
        let plan = Plan::new(node, &services)?.with_own_outputs();
        map.own(plan.own_layers());
        Ok(plan)
    })?;
    run(prepared(plan, services, scope, by, recording), &map, scope).await
}

fn prepared(
    plan: Plan,
    services: ServiceMap,
    ambient: &Scope,
    by: Option<Arc<Entry>>,
    recording: Recording,
) -> Arc<Build> {
    Arc::new(Build {
        holds: Mutex::new(plan.steps().iter().map(|_| None).collect()),
        recorder: Recorder::new(recording, &plan),
        services,
        waiter: by.as_deref().map(Entry::party).or_else(waiting_here),
        by,
        retainers: Mutex::new(extended(&plan, ambient)),
        attempts: Mutex::default(),
        log: Mutex::default(),
        beside: Mutex::default(),
        plan,
        cancelled: CancellationToken::new(),
        ended: watch::Sender::new(false),
    })
}

/// Runs a build, once. Otherwise it is as [`build`].
pub(crate) async fn run(build: Arc<Build>, map: &MemoMap, scope: &Scope) -> Result<Vec<AnyService>, BuildError> {
    let home = Home::capture();
    let Some(runtime) = home.runtime_of_caller() else { return Err(BuildError::new(BuildErrorKind::NoRuntime)) };

    let own = scope.fork_named("layers");
    let ending = Arc::clone(&build);
    let registered = own.try_on_close_named("layers", move |exit| async move { ending.end(exit).await }); // invariant 1
    if let Err(closed) = registered {
        return Err(BuildError::new(BuildErrorKind::ScopeClosed(closed.exit().clone())));
    }

    // Made before the first poll: a tokio runtime that is shutting down drops the task unpolled.
    let (running, map) = (Ended(Arc::clone(&build)), map.of_a_build());
    let task = home.spawn_owned(&runtime, own.held_up_by(async move { running.0.run(map).await }));
    let mut guard = CloseOnDrop { scope: Some(own.clone()), home, runtime };
    let result = task.await.unwrap_or_else(|lost| match lost.try_into_panic() {
        Ok(payload) => Err(panicked(&*payload)),
        Err(_) => Err(BuildError::new(BuildErrorKind::Cancelled)),
    });
    guard.scope = None;
    match (result, own.exit()) {
        (Ok(services), None) => Ok(services),
        (_, Some(exit)) => {
            let _ = own.close(exit.clone()).await; // invariant 2
            Err(BuildError::new(BuildErrorKind::ScopeClosed(exit))) // invariant 3
        }
        (Err(error), None) => {
            // Nothing is left to release; this takes the finalizer out of the requester's scope.
            let _ = own.close(error.exit()).await;
            Err(error)
        }
    }
}

impl Build {
    async fn run(&self, map: MemoMap) -> Result<Vec<AnyService>, BuildError> {
        let result = match self.up(&map).await {
            Ok(services) => Ok(services),
            Err(fall) => Err(self.clean_up(fall).await), // invariant 2
        };
        // The scope holds the build, so the build must not hold on to what may hold the scope: maps and retainers.
        lock(&self.retainers).clear();
        result
    }

    /// The instances that the constructors of this build made, watched and not held.
    #[cfg(feature = "test")]
    pub(crate) fn instances(&self) -> Vec<di_core::Watch> {
        let holds = lock(&self.holds);
        let own = self.plan.steps().iter().zip(holds.iter()).filter(|(step, _)| !step.forwards());
        own.flat_map(|(_, hold)| hold.iter().flat_map(Hold::services)).map(|service| service.watch()).collect()
    }

    async fn clean_up(&self, fall: Fall) -> BuildError {
        let Fall { step, error, beside } = fall;
        let failed = self.down(error.exit()).await;
        let service = step.and_then(|step| self.wanted(step)).map(|member| member.name());
        let released = self.releases(Instant::now()).into_iter().map(|release| release.layer).collect();
        lock(&self.beside).clone_from(&beside);
        let groups: Option<Vec<_>> =
            step.map(|step| self.plan.steps()[step].groups().map(|group| group.source().name()).collect());
        error
            .within(groups.unwrap_or_default())
            .for_service(service, released)
            .suppress(beside.into_iter().chain(failed))
    }

    /// Ends the build, whether it is still going on or was successful.
    async fn end(&self, exit: Exit) -> Result<(), ReleaseError> {
        self.cancelled.cancel();
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
        let released = self.down(exit).await;
        report(lock(&self.beside).drain(..).chain(released).collect())
    }
}

/// The steps whose resources live until another scope closes than that of the build.
fn extended(plan: &Plan, ambient: &Scope) -> Vec<(StepId, Arc<Retainer>)> {
    let mut steps = plan.steps().iter().enumerate().filter(|(_, step)| step.is_extended()).peekable();
    let retainer = steps.peek().is_some().then(|| Retainer::everything(ambient.clone()));
    steps.filter_map(|(step, _)| Some((step, Arc::clone(retainer.as_ref()?)))).collect()
}

/// Runs code that hashes and compares keys, which is a user's and may panic.
fn caught<Out>(code: impl FnOnce() -> Result<Out, BuildError>) -> Result<Out, BuildError> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_else(|payload| Err(panicked(&*payload)))
}

/// Says that the way up has ended when it is dropped: also if the task is lost with its tokio runtime, since whoever ends
/// the build waits for this.
struct Ended(Arc<Build>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended.send_replace(true);
    }
}

/// Ends a build that nobody waits for any more.
struct CloseOnDrop {
    scope: Option<Scope>,
    home: Home,
    runtime: Handle,
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        if let Some(scope) = self.scope.take() {
            // The task goes on when its handle is dropped.
            drop(self.home.spawn_owned(&self.runtime, async move {
                if let Err(error) = scope.close(Exit::Cancelled).await {
                    tracing::error!(%error, "the release of a build that was dropped did not succeed");
                }
            }));
        }
    }
}

/// Errors of finalizers, as one.
#[derive(Clone, Debug)]
pub struct ReleaseError(Vec<SharedError>);

impl ReleaseError {
    /// The errors, in the order in which they came.
    pub fn errors(&self) -> &[SharedError] {
        &self.0
    }
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&errors.join("; "))
    }
}

impl std::error::Error for ReleaseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.first().map(|error| &**error as _)
    }
}

/// The result of a finalizer that released layers.
pub(crate) fn report(errors: Vec<SharedError>) -> Result<(), ReleaseError> {
    if errors.is_empty() { Ok(()) } else { Err(ReleaseError(errors)) }
}
