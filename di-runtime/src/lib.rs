//! The running half of `di`: scopes, building and memoization, managed runtimes.

#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]

mod budget;
mod build;
mod caught;
mod clock;
mod entry_point;
mod fiber;
mod fiber_handle;
mod fiber_map;
mod fiber_set;
mod host;
mod layer_map;
mod layer_ref;
mod memo;
mod names;
mod rc_map;
mod rc_ref;
mod reaper;
mod runtime;
mod scope;
mod shutdown;
#[cfg(feature = "test")]
mod test_run;
mod unfinished;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use build::{LayerExt, LayerOrigin, LayerRelease, LayerStart, ReleaseError};
pub use entry_point::{MainOptions, run_main};
pub use fiber::{
    AnyError, EffectBody, Fiber, FiberBody, FiberError, FiberExit, FiberFailure, FiberId, FiberOutput, FiberRefused,
    FiberScope, FutureBody, GaveUp, Restart, ScopedBody, Supervised, SupervisedBody, Supervision, SupervisionState,
};
pub use fiber_handle::{FiberHandle, FiberHandleBuilder};
pub use fiber_map::{
    FiberKey, FiberMap, FiberMapBuilder, FiberMapError, FiberOptions, FiberRunner, FiberStatus, FibersStuck, RunOutcome,
};
pub use fiber_set::{FiberSet, FiberSetBuilder};
pub use host::EffectExt;
pub use layer_map::{LayerGuard, LayerKey, LayerMap, LayerMapBuilder, is_layer_key};
pub use layer_ref::{LayerRef, LayerRefBuilder};
pub use memo::MemoMap;
pub use rc_map::{
    BorrowedKey, HasIdleTime, IdleTimeChosen, KeyGuard, KeyHandle, KeyState, NoIdleTime, Preload, PreloadProgress,
    Preloaded, RcGuard, RcMap, RcMapBuilder, RcMapCloseReport, RcMapError, RcMapEvent, RcMapEventKind, RcMapStats,
    ReleaseReason, WhenFull,
};
pub use rc_ref::{RcRef, RcRefBuilder};
pub use runtime::{ManagedRuntime, RuntimeBuilder, ShutdownError, ShutdownReport, StartupReport};
pub use scope::{
    AcquireError, CloseError, CloseReport, FinalizerOutcome, FinalizerReport, Outcome, RunScopedError, Scope,
    ScopeClosed, ScopeTask, TaskError,
};
pub use shutdown::{CriticalFailure, Shutdown};
#[cfg(feature = "test")]
pub use test_run::{TestOptions, run_test};

/// Takes a lock. The only code of a user that runs under one is `Hash`, `Eq` and `Clone` of keys, before anything is changed, so no
/// panic can leave a lock in an unfit state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
