//! How a build error reads: the whole chain in one line.

use std::fmt;
use std::sync::Arc;

use super::chain::Chain;
use super::{BuildError, BuildErrorKind};

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &*self.0;
        let groups: String = report.groups.iter().map(|group| format!(" in `{group}`")).collect();
        // The service is that of the outermost map, and the layer that of the innermost.
        let for_key = |key: &Arc<str>| format!(" for key {key}");
        let (inner, outer) = match report.keys.as_slice() {
            [inner @ .., outer] => (inner.first().map(for_key).unwrap_or_default(), for_key(outer)),
            [] => Default::default(),
        };
        match (report.service, report.layer) {
            (Some(service), Some(layer)) => write!(f, "cannot build `{service}`{outer}: `{layer}`{inner}{groups} ")?,
            (Some(service), None) => write!(f, "cannot build `{service}`{outer}: it ")?,
            (None, Some(layer)) => write!(f, "cannot build `{layer}`{outer}{groups}: it ")?,
            (None, None) => write!(f, "cannot build{outer}: a layer ")?,
        }
        write!(f, "{}", report.kind)?;
        let mut notes = Vec::new();
        let took = report.layer.is_some() && !report.after.is_zero();
        let took = took.then(|| format!("{} ms", report.after.as_millis()));
        match (self.attempts(), took) {
            (1, took) => notes.extend(took.map(|took| format!("after {took}"))),
            (attempts, None) => notes.push(format!("after {attempts} attempts")),
            (attempts, Some(took)) => notes.push(format!("after {attempts} attempts, the last one of {took}")),
        }
        if !report.released.is_empty() {
            notes.push(format!("released: {}", report.released.join(", ")));
        }
        notes.extend(report.suppressed.iter().map(|error| format!("then: {error}")));
        if notes.is_empty() { Ok(()) } else { write!(f, " ({})", notes.join("; ")) }
    }
}

impl fmt::Display for BuildErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failed) => write!(f, "failed: {}", Chain(&**failed.error())),
            Self::Died(error) => write!(f, "failed, though declared not to: {}", Chain(&**error)),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Cancelled => f.write_str("was cancelled"),
            Self::ScopeClosed(exit) => write!(f, "has no scope to live in, it is closed ({exit})"),
            Self::Cycle(path) => {
                let names: Vec<_> = path.iter().map(|layer| format!("`{layer}`")).collect();
                write!(f, "waits for itself: {}", names.join(" → "))
            }
            Self::Conflict { service, layers: [first, second] } => write!(
                f,
                "would have two instances of `{service}`: `{first}` ({}:{}) and `{second}` ({}:{}) both give one; \
                 provide only one of them",
                first.file(),
                first.line(),
                second.file(),
                second.line(),
            ),
            Self::Unprovided { service } => write!(
                f,
                "needs `{service}`, which another type with the same key stands in for [DI0007]; give one of the two \
                 another key with `#[service(key = \"..\")]`"
            ),
            Self::Unreplaced { service } => {
                write!(f, "is given `{service}` in the place of another, but no layer inside gives one")
            }
            Self::UnknownKey => f.write_str("has no layer for this key"),
            Self::MapClosed => f.write_str("is closed"),
            Self::CapacityExceeded { capacity } => {
                write!(f, "is full: it has room for {capacity}, all of which are in use")
            }
            Self::NoRuntime => f.write_str("has no tokio runtime to be built on"),
            Self::ShutDown => f.write_str("belongs to a runtime that was shut down"),
        }
    }
}

impl fmt::Debug for BuildErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BuildError({self})")
    }
}
