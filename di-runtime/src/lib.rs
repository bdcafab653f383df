//! The running half of `di`: scopes, building and memoization, managed runtimes.

mod reaper;
mod scope;

pub use scope::{
    AcquireError, CloseError, CloseReport, FinalizerOutcome, FinalizerReport, Outcome,
    RunScopedError, Scope, ScopeClosed, ScopeTask, TaskError,
};
