//! Dependency injection for async Rust in which the compiler proves the wiring.
//!
//! A program is described by **layers**, recipes for services. Composing layers is set arithmetic on types; building them
//! is concurrent, shared, and undone in reverse order. The model is that of Effect's `Layer`, rebuilt for tokio.
//!
//! | idea | what it is | how it is written |
//! |---|---|---|
//! | service | a name for a dependency, and the type behind it | [`derive@Service`] on a type, [`macro@service`] on a trait or a tag |
//! | layer | a recipe: what it gives, how it can fail, what it needs | [`macro@layer`] on a function, [`derive@Layer`] on a struct, a closure |
//! | context | services that have been built | [`struct@Context`], [`derive@Context`] for one with named fields |
//! | effect | work that needs services | [`macro@effect`] on a function, a closure |
//!
//! One marker says "this is injected", in every place: [`Inject<S>`](Inject).
//!
//! ```
//! use di::prelude::*;
//!
//! #[derive(Service)]
//! struct Config { greeting: String }
//!
//! #[service]
//! trait Users {
//!     async fn find(&self, id: i64) -> Option<String>;
//! }
//!
//! struct InMemory { config: Inject<Config> }
//!
//! #[service]
//! impl Users for InMemory {
//!     async fn find(&self, id: i64) -> Option<String> { Some(format!("{} {id}", self.config.greeting)) }
//! }
//!
//! #[layer]
//! fn config() -> Config { Config { greeting: "user".into() } }
//!
//! #[layer(as dyn Users)]
//! fn users(config: Inject<Config>) -> InMemory { InMemory { config } }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let app = users().provide(config());            // without `provide`, the next line would not compile
//! let runtime = ManagedRuntime::new(app);
//! let found = runtime.run(|users: Inject<dyn Users>| async move { users.find(7).await }).await?;
//! assert_eq!(found.as_deref(), Some("user 7"));
//! runtime.shutdown(std::time::Duration::from_secs(25)).await?;
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! Where to go on: [`struct@Layer`] for the algebra, [`Scope`] for what is released and when, [`MemoMap`] for what is shared,
//! [`layers!`] for lists of layers in any order, [`ManagedRuntime`] for applications, [`main`](macro@main) for programs. Each
//! compile error has a section in `docs/errors.md`, found by its ID; `docs/walk.md` goes through a first application
//! and the mistakes that everybody makes once. What graphs and reports tell is in `docs/seeing.md`,
//! how resources are made by key in `docs/keyed-resources.md`, how tasks are run by key in `docs/background-work.md`, and what
//! happens on the way down in `docs/shutdown.md`.

#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]

pub use di_core::layer::{Catch, Layer, Looked, Made, Transform};
pub use di_core::set::{Has, Satisfied, ServiceSet, Set};
pub use di_core::{
    AnyFailure, BuildError, BuildErrorKind, Context, Effect, EffectSource, Exit, Failure, FromContext, GivenAs, Gives,
    Graph, GraphEdge, GraphLayer, GraphMetrics, GraphOutput, Inject, Keyed, Mock, Mocks, Name, Provides, RunError,
    Schedule, Service, SharedError, Steps, TimedOut, failures, merge_all, services,
};
#[cfg(feature = "test")]
pub use di_macros::test;
pub use di_macros::{Context, Failure, Layer, Service, effect, layer, layer_map, layers, main, service};
pub use di_runtime::{
    AcquireError, AnyError, BorrowedKey, CloseError, CloseReport, CriticalFailure, EffectExt, Fiber, FiberBody,
    FiberError, FiberExit, FiberFailure, FiberHandle, FiberHandleBuilder, FiberId, FiberKey, FiberMap, FiberMapBuilder,
    FiberMapError, FiberOptions, FiberOutput, FiberRefused, FiberRunner, FiberScope, FiberSet, FiberSetBuilder,
    FiberStatus, FibersStuck, FinalizerOutcome, FinalizerReport, GaveUp, KeyGuard, KeyHandle, KeyState, LayerExt,
    LayerGuard, LayerKey, LayerMap, LayerMapBuilder, LayerOrigin, LayerRef, LayerRefBuilder, LayerRelease, LayerStart,
    ManagedRuntime, MemoMap, Outcome, Preload, PreloadProgress, Preloaded, RcGuard, RcMap, RcMapBuilder,
    RcMapCloseReport, RcMapError, RcMapEvent, RcMapEventKind, RcMapStats, RcRef, RcRefBuilder, ReleaseError,
    ReleaseReason, Restart, RunOutcome, RunScopedError, RuntimeBuilder, Scope, ScopeClosed, ScopeTask, Shutdown,
    ShutdownError, ShutdownReport, StartupReport, Supervised, Supervision, SupervisionState, TaskError, WhenFull,
};
pub use frunk::hlist;

/// Everything that programs usually name.
pub mod prelude {
    pub use crate::{
        AnyFailure, BuildError, Catch, Context, Effect, EffectExt, Exit, Failure, Fiber, FiberError, FiberHandle,
        FiberMap, FiberOptions, FiberScope, FiberSet, Inject, Layer, LayerExt, ManagedRuntime, MemoMap, Schedule,
        Scope, Service, Shutdown, Transform, effect, failures, layer, layer_map, layers, merge_all, service, services,
    };
}

/// What helpers that are generic over layers and closures are bound by: the functions on sets, and the traits of closures.
///
/// A helper that only passes a layer on needs few of them:
///
/// ```
/// use di::prelude::*;
/// use di::types::{Infallible, Satisfied, ServiceSet};
///
/// /// Builds a layer that needs nothing and cannot fail, and says how long it took.
/// async fn timed<Out, In, Err>(layer: Layer<Out, In, Err>, scope: &Scope) -> Context<Out>
/// where
///     Out: ServiceSet,
///     In: Satisfied,
///     Err: Infallible,
/// {
///     let start = std::time::Instant::now();
///     let context = layer.build_infallible(scope).await;
///     println!("built in {:?}", start.elapsed());
///     context
/// }
/// # #[derive(Service)]
/// # struct Config;
/// # let scope = Scope::new();
/// # drop(timed(Layer::succeed::<Config>(Config), &scope));
/// ```
///
/// One that composes has the bounds of the method that it calls, and leaves the results to be inferred:
///
/// ```
/// use di::prelude::*;
/// use di::types::{AllSame, Apart, Here, Minus, Set, Union};
///
/// #[derive(Service)]
/// struct Log;
/// #[derive(Service)]
/// struct Pool;
///
/// #[layer]
/// fn log() -> Log { Log }
/// #[layer]
/// fn pool(log: Inject<Log>) -> Pool { Pool }
///
/// fn logged<Out: Set, In: Set, Err: Set, InOf, ErrOf, Left, Met>(layer: Layer<Out, In, Err>) -> Layer<Out, InOf, ErrOf>
/// where
///     In: Minus<Minus<services![Log], Here> = Apart<Left, Met>>,
///     Met: AllSame,
///     Left: Union<Union<services![], Here> = InOf>,
///     Err: Union<Union<failures![], Here> = ErrOf>,
/// {
///     layer.provide(log())
/// }
///
/// let pool: Layer<services![Pool], services![], failures![]> = logged(pool());
/// ```
pub mod types {
    pub use di_core::layer::{
        AnyLayer, Argument, ArgumentList, AsyncConstructor, Call, Constructor, Looked, Made, TakenFrom, Work,
    };
    pub use di_core::set::{
        AllSame, Apart, Difference, Has, Here, Infallible, MemberSet, Met, Minus, Parted, Satisfied, ServiceSet, Set,
        Stored, SubsetOf, Union, UnionOf,
    };
    pub use di_core::{ConstructorError, Failure, Keyed, Service};
    pub use di_runtime::{EffectBody, FutureBody, HasIdleTime, IdleTimeChosen, NoIdleTime, ScopedBody};
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
    pub use std::time::Duration;

    pub use async_trait::async_trait;
    pub use di_core::checked::{
        Check, Checked, Layer0, Layer1, Layer2, Layer3, Layer4, Layer5, Layer6, Layer7, Layer8, are_types1, are_types2,
        are_types3, are_types4, are_types5, are_types6, are_types7, are_types8, is_failure, is_layer, is_made_of0,
        is_made_of1, is_made_of2, is_made_of3, is_made_of4, is_made_of5, is_made_of6, is_made_of7, is_made_of8,
    };
    pub use di_core::diagnosis::{
        Diagnosis, Entry, Header, diagnose, entry, entry0, entry1, entry2, entry3, entry4, entry5, entry6, entry7,
        entry8, report_at, slots,
    };
    pub use di_core::effect::effect;
    pub use di_core::kept::copied;
    pub use di_core::key::fours as key;
    pub use di_core::key::{End, Mixed};
    pub use di_core::layer::AnyLayer;
    pub use di_core::layer::{
        Async, AsyncFallible, Construction, Fallible, Inputs, Layer, Outputs, Parts, Plain, Raise, Sides, Source,
        assembled, both, constant_layer, factory_layer, function_layer, keyed_layer, open_assembled, open_assembled_as,
        open_both, open_part, part,
    };
    pub use di_core::set::{
        AllSame, Apart, Empty, Failures, Has, Here, Member as Need, Minus, One, Raised, Services, Set, Union, UnionOf,
    };
    pub use di_core::{
        AnyFailure, Context, Effect, EffectInputs, Failure, FromContext, Gives, Inject, Keyed, Mock, Name,
        NamedContext, Provides, Service, not_given,
    };
    pub use di_runtime::{LayerMap, MainOptions, Scope, Shutdown, WhenFull, is_layer_key, run_main};
    #[cfg(feature = "test")]
    pub use di_runtime::{TestOptions, run_test};
    pub use frunk::hlist::{HCons, HNil};

    /// Forgets the type of a future.
    pub fn boxed<Out>(future: impl Future<Output = Out> + Send + 'static) -> di_core::BoxFuture<Out> {
        Box::pin(future)
    }
}

/// Builds the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
