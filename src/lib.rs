//! Dependency injection for async Rust in which the compiler proves the wiring.

#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]

pub use di_core::layer::{Layer, Made, Recover};
pub use di_core::set::{Has, Satisfied, ServiceSet, Set};
pub use di_core::{
    AnyFailure, BuildError, BuildErrorKind, Context, Effect, EffectSource, Exit, Failure, FromContext, GivenAs, Gives,
    Inject, Keyed, Name, Provides, RunError, Service, SharedError, failures, merge_all, services,
};
pub use di_macros::{Context, Failure, Layer, Service, effect, layer, main, service};
pub use di_runtime::{
    AcquireError, CloseError, CloseReport, EffectExt, FinalizerOutcome, FinalizerReport, LayerExt, LayerRelease,
    ManagedRuntime, MemoMap, Outcome, ReleaseError, RunScopedError, RuntimeBuilder, Scope, ScopeClosed, ScopeTask,
    Shutdown, ShutdownError, ShutdownReport, TaskError,
};
pub use frunk::hlist;

/// Everything that programs usually name.
pub mod prelude {
    pub use crate::{
        AnyFailure, BuildError, Context, Effect, EffectExt, Exit, Failure, Inject, Layer, LayerExt, ManagedRuntime,
        MemoMap, Scope, Service, Shutdown, effect, failures, layer, merge_all, service, services,
    };
}

/// The type of a list of types: `HList![Inject<A>, Inject<B>]`.
#[macro_export]
macro_rules! HList {
    () => { $crate::__private::HNil };
    ($head:ty $(, $tail:ty)* $(,)?) => { $crate::__private::HCons<$head, $crate::HList![$($tail),*]> };
}

/// All that the macros name, and nothing that is promised to anybody else.
#[doc(hidden)]
pub mod __private {
    pub use std::sync::Arc;

    pub use async_trait::async_trait;
    pub use di_core::checked::{Checked, is_failure, is_service, is_type};
    pub use di_core::effect::effect;
    pub use di_core::key::{D0, D1, D2, D3, Digits, End, Mixed};
    pub use di_core::layer::{
        Construction, Inputs, Layer, Outputs, Raise, Source, constant_layer, factory_layer, keyed_layer,
    };
    pub use di_core::set::{Failures, Has, Member as Need, Raised, Services};
    pub use di_core::{
        AnyFailure, Context, Effect, EffectInputs, Failure, FromContext, Gives, Inject, Keyed, Name, NamedContext,
        Provides, Service,
    };
    pub use di_runtime::{MainOptions, Scope, Shutdown, run_main};
    pub use frunk::hlist::{HCons, HNil};

    /// Forgets the type of a future.
    pub fn boxed<Out>(future: impl Future<Output = Out> + Send + 'static) -> di_core::BoxFuture<Out> {
        Box::pin(future)
    }
}
