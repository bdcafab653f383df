//! The running half of `di`: scopes, building and memoization, managed runtimes.

#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]

mod reaper;
mod scope;

pub use scope::{
    AcquireError, CloseError, CloseReport, FinalizerOutcome, FinalizerReport, Outcome, RunScopedError, Scope,
    ScopeClosed, ScopeTask, TaskError,
};
