//! Panics in code of a user, where something has to happen after it: they are caught here, and logged.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::scope::panic_message;

/// Runs code of a user; the message of its panic, if it panics.
pub(crate) fn caught<Out>(run: impl FnOnce() -> Out) -> Result<Out, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(message_of)
}

/// Runs code after which something else has to happen. Its panic is logged, with what panicked.
pub(crate) fn attempt(what: &'static str, run: impl FnOnce()) {
    if let Err(panic) = caught(run) {
        // Whoever listens to the log is code of a user as well.
        let _ = caught(|| tracing::error!(panic, "{what} panicked"));
    }
}

/// The message of a panic. What it was thrown with is dropped, and may panic in turn.
pub(crate) fn message_of(payload: Box<dyn Any + Send>) -> String {
    let message = panic_message(&*payload);
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // There might be no end to it.
        std::mem::forget(another);
    }
    message
}
