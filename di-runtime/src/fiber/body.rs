//! What can be run as a fiber: a future, a closure that takes the fiber's scope, or an effect that has all it needs.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use di_core::set::{Satisfied, Set};
use di_core::{Effect, EffectInputs, EffectSource, RunError, ServiceMap};
use futures_util::FutureExt;
use futures_util::future::lazy;

use super::exit::{FiberExit, FiberFailure, FiberOutput};
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
    message = "`{Self}` cannot be run as a fiber with the value `{A}`",
    label = "neither a future, nor a closure that takes a `FiberScope`, nor an effect that has all it needs",
    note = "its output is `()` or a `Result`; it is `Send` and owns what it uses (`async move`)"
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

impl<F, A, E: ?Sized + 'static> FiberBody<FutureBody, A, E> for F
where
    F: Future<Output: FiberOutput<A, E>> + Send + 'static,
    A: 'static,
{
    fn begin(self, _: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        self.map(FiberOutput::into_exit)
    }
}

impl<F, Fut, A, E: ?Sized> FiberBody<ScopedBody, A, E> for F
where
    F: FnOnce(FiberScope) -> Fut + Send + 'static,
    Fut: Future<Output: FiberOutput<A, E>> + Send + 'static,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        let scope = scope();
        async move { self(scope).await.into_exit() }
    }
}

impl<Out, In, A, E> FiberBody<EffectBody, A, E> for Effect<Out, In>
where
    Out: FiberOutput<A, E> + Send + 'static,
    In: Set + Satisfied + 'static,
    E: FiberFailure + ?Sized,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
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

impl<Kind, Source, A, E> FiberBody<InContextBody<Kind>, A, E> for InContext<Source>
where
    Source: EffectSource<Kind, Output: FiberOutput<A, E>> + Send + 'static,
    E: FiberFailure + ?Sized,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        run::<Kind, _, A, E>(self.source, self.services, scope())
    }
}

/// Runs an effect in the scope of the fiber. So what it acquired is released with what else the fiber did.
fn run<Kind, Source, A, E>(
    source: Source,
    services: Arc<ServiceMap>,
    scope: FiberScope,
) -> impl Future<Output = FiberExit<A, E>> + Send + 'static
where
    Source: EffectSource<Kind, Output: FiberOutput<A, E>> + Send + 'static,
    E: FiberFailure + ?Sized,
{
    let scope = scope.into_scope();
    // An effect begins at the first poll, as the body of every fiber does: where it runs, and not where it was asked for.
    let ran = lazy(move |_| {
        let shutdown = Shutdown::current().map(|shutdown| shutdown.for_background()).unwrap_or_default();
        source.start(EffectInputs::new(services, Run::within(scope, MemoMap::new(), shutdown)))
    })
    .flatten();
    ran.map(|ran| match ran {
        Ok(out) => out.into_exit(),
        Err(error) => not_run(error),
    })
}

/// The exit of an effect whose layers could not be built or released. Where failures have a type, that is a defect.
fn not_run<A, E: FiberFailure + ?Sized>(error: RunError) -> FiberExit<A, E> {
    match E::of_run(error) {
        Ok(failure) => FiberExit::Failure(failure),
        Err(error) => FiberExit::Panicked(format!("the effect could not be run: {error}").into()),
    }
}
