//! What can be run as a fiber: a future, a closure that takes the fiber's scope, or an effect that has all it needs.

use di_core::set::{Satisfied, Set};
use di_core::{Effect, RunError};
use futures_util::FutureExt;

use super::exit::{FiberExit, FiberFailure, FiberOutput};
use super::scope::FiberScope;
use crate::EffectExt;

/// What can be run as a fiber, a `Kind` of it:
///
/// | it is | for example |
/// |---|---|
/// | a future | `tasks.run("sync", async { .. })` |
/// | a closure that takes a [`FiberScope`] | `tasks.run("sync", async \|fiber: FiberScope\| { .. })` |
/// | an effect that has all it needs | `tasks.run("sync", sync().provide_context(&context))` |
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
    fn begin(self, _: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        self.run().map(|ran| match ran {
            Ok(out) => out.into_exit(),
            Err(error) => not_run(error),
        })
    }
}

/// The exit of an effect whose layers could not be built or released. Where failures have a type, that is a defect.
fn not_run<A, E: FiberFailure + ?Sized>(error: RunError) -> FiberExit<A, E> {
    match E::of_run(error) {
        Ok(failure) => FiberExit::Failure(failure),
        Err(error) => FiberExit::Panicked(format!("the effect could not be run: {error}").into()),
    }
}
