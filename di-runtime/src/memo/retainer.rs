//! Retainers: what was built stays until a scope closes, though nobody uses it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::Hold;
use crate::{Scope, lock};

/// Which layers a retainer keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retained {
    /// Those that are built through it.
    Everything,
    /// Those that equal keys make again, if nothing goes into them that lives shorter.
    Keyed,
}

/// Keeps layers until a scope closes.
pub(crate) struct Retainer {
    scope: Scope,
    what: Retained,
    kept: Mutex<HashSet<usize>>,
}

impl Retainer {
    pub(super) fn new(scope: Scope, what: Retained) -> Arc<Self> {
        Arc::new(Self { scope, what, kept: Mutex::default() })
    }

    /// Keeps whatever it is handed.
    pub(crate) fn everything(scope: Scope) -> Arc<Self> {
        Self::new(scope, Retained::Everything)
    }

    pub(super) fn what(&self) -> Retained {
        self.what
    }

    /// Keeps one more layer, unless it is kept already or the scope is closed.
    pub(crate) fn keep(&self, hold: &Hold) {
        let entry = Arc::as_ptr(hold.entry()) as usize;
        if lock(&self.kept).insert(entry) {
            let kept = hold.another();
            // A refused finalizer drops the hold, which gives it back.
            let _ = self.scope.try_on_close_named(hold.entry().source().name(), move |exit| async move {
                crate::build::report(kept.release(exit).await.into_errors())
            });
        }
    }
}
