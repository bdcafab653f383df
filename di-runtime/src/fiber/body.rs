//! What can be run as a fiber: a future, a closure that takes the fiber's scope, or an effect that has all it needs.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use di_core::set::{Empty, Satisfied, Set};
use di_core::{Effect, EffectInputs, EffectSource, RunError, ServiceMap};
use futures_util::FutureExt;
use futures_util::future::lazy;

use super::exit::{FiberExit, FiberFailure};
use super::output::FiberOutput;
use super::scope::FiberScope;
use crate::Shutdown;
use crate::host::Run;
use crate::memo::MemoMap;

/// What can be run as a fiber, a `Kind` of it:
///
/// | it is | for example |
/// |---|---|
/// | a future | `tasks.run("sync", async { .. })` |
/// | a closure that takes a [`FiberScope`] | `tasks.run("sync", async \|fiber: FiberScope\| { .. })` |
/// | an effect that has all it needs | `tasks.run("sync", sync().provide_context(&context))` |
/// | what is run again by a policy | `tasks.run("sync", Restart::on_failure().supervise(\|\| async { .. }))` |
///
/// What it returns is a [`FiberOutput`].
#[diagnostic::on_unimplemented(
    message = "this cannot be run as a fiber [DI0010]",
    label = "neither a future, nor a closure that takes a `FiberScope`, nor an effect",
    note = "write the type of a closure's parameter, `async |fiber: FiberScope| {{ .. }}`; of a closure without one, run what it returns",
    note = "a closure that takes services is run with those of a context: `collection.runner().in_context(&context)`",
    note = "what is supervised is made by a closure without parameters, anew for each run: `supervise(|| async {{ .. }})`"
)]
pub trait FiberBody<Kind, A, E: ?Sized>: Send + 'static {
    /// Begins it. The scope is made if it is asked for.
    #[doc(hidden)]
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static;

    /// Is told the key under which it will be run.
    #[doc(hidden)]
    fn under(self, _key: &dyn fmt::Debug) -> Self
    where
        Self: Sized,
    {
        self
    }
}

/// The kind of a body that is a future.
#[derive(Debug)]
pub enum FutureBody {}

/// The kind of a body that is a closure.
#[derive(Debug)]
pub enum ScopedBody {}

/// The kind of a body that is an effect.
#[derive(Debug)]
pub enum EffectBody {}

/// What a body does, whatever it returns and needs. That is for [`FiberBody`] to judge, so that a mistake in it is reported as what it
/// is, and not as something that cannot be run.
pub(crate) trait Work<Kind>: Send + 'static {
    type Output: 'static;
    /// The services that it still needs.
    type Needs;

    fn start(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = Self::Output> + Send + 'static;
}

impl<B, Kind, A, E> FiberBody<Kind, A, E> for B
where
    B: Work<Kind, Output: FiberOutput<A, E>, Needs: Satisfied>,
    A: 'static,
    E: ?Sized + 'static,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        self.start(scope).map(FiberOutput::into_exit)
    }
}

impl<F: Future + Send + 'static> Work<FutureBody> for F {
    type Output = F::Output;
    type Needs = Empty;

    fn start(self, _: impl FnOnce() -> FiberScope) -> impl Future<Output = F::Output> + Send + 'static {
        self
    }
}

impl<F, Fut> Work<ScopedBody> for F
where
    F: FnOnce(FiberScope) -> Fut + Send + 'static,
    Fut: Future + Send + 'static,
{
    type Output = Fut::Output;
    type Needs = Empty;

    fn start(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = Fut::Output> + Send + 'static {
        let scope = scope();
        async move { self(scope).await }
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Send + 'static, In: Set + 'static> Work<EffectBody> for Effect<Out, In> {
    type Output = Ran<Out>;
    type Needs = In;

    fn start(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = Ran<Out>> + Send + 'static {
        run(self, Arc::default(), scope())
    }
}

/// An effect, or a closure whose parameters are what it needs, with services that have it all.
pub(crate) struct InContext<Source> {
    pub(crate) services: Arc<ServiceMap>,
    pub(crate) source: Source,
}

/// The kind of a body that is an effect with services.
pub(crate) struct InContextBody<Kind>(PhantomData<Kind>);

impl<Kind, Source: EffectSource<Kind> + Send + 'static> Work<InContextBody<Kind>> for InContext<Source> {
    type Output = Ran<Source::Output>;
    type Needs = Empty;

    fn start(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = Self::Output> + Send + 'static {
        run(self.source, self.services, scope())
    }
}

/// Runs an effect in the scope of the fiber. So what it acquired is released with what else the fiber did.
fn run<Kind, Source>(
    source: Source,
    services: Arc<ServiceMap>,
    scope: FiberScope,
) -> impl Future<Output = Ran<Source::Output>> + Send + 'static
where
    Source: EffectSource<Kind> + Send + 'static,
{
    let scope = scope.into_scope();
    // An effect begins at the first poll, as the body of every fiber does: where it runs, and not where it was asked for.
    let ran = lazy(move |_| {
        let shutdown = Shutdown::current().map(|shutdown| shutdown.for_background()).unwrap_or_default();
        source.start(EffectInputs::new(services, Run::within(scope, MemoMap::new(), shutdown)))
    });
    ran.flatten().map(Ran)
}

/// What came of an effect: what it returned, or why it could not be run.
pub(crate) struct Ran<Out>(Result<Out, RunError>);

impl<Out: FiberOutput<A, E>, A, E: FiberFailure + ?Sized> FiberOutput<A, E> for Ran<Out> {
    fn into_exit(self) -> FiberExit<A, E> {
        match self.0 {
            Ok(out) => out.into_exit(),
            Err(error) => not_run(error),
        }
    }
}

/// The exit of an effect whose layers could not be built or released. Where failures have a type, that is a defect.
fn not_run<A, E: FiberFailure + ?Sized>(error: RunError) -> FiberExit<A, E> {
    match E::of_run(error) {
        Ok(failure) => FiberExit::Failure(failure),
        Err(error) => FiberExit::Panicked(format!("the effect could not be run: {error}").into()),
    }
}
