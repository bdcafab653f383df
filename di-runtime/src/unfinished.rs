//! What is being closed and has not ended: it is asked for names when a report wants them, and not before.

use std::fmt;
use std::sync::{Mutex, Weak};

use crate::{Scope, lock};

/// Something that is being closed.
pub(crate) trait Unfinished: Send + Sync {
    /// The names of what in it has not ended.
    fn names(&self) -> Vec<String>;
}

/// Fibers that are not waited for any more, by name, for as long as what they acquired is being released.
#[derive(Default)]
pub(crate) struct Overdue(Mutex<Vec<(String, Scope)>>);

impl Overdue {
    pub(crate) fn add(&self, name: String, scope: Scope) {
        let mut all = lock(&self.0);
        let (released, left) = std::mem::take(&mut *all).into_iter().partition(|(_, scope)| scope.is_released());
        *all = left;
        all.push((name, scope));
        drop(all);
        drop::<Vec<_>>(released);
    }

    /// The names of what has not been released.
    pub(crate) fn names(&self) -> Vec<String> {
        let left = |(name, scope): &(String, Scope)| (!scope.is_released()).then(|| name.clone());
        lock(&self.0).iter().filter_map(left).collect()
    }
}

/// All that is being closed, for as long as it is there.
#[derive(Default)]
pub(crate) struct Closing {
    collections: Mutex<Vec<Weak<dyn Unfinished>>>,
    overdue: Overdue,
}

impl Closing {
    pub(crate) fn add(&self, closing: Weak<dyn Unfinished>) {
        let mut all = lock(&self.collections);
        all.retain(|closing| closing.strong_count() > 0);
        all.push(closing);
    }

    pub(crate) fn overdue(&self) -> &Overdue {
        &self.overdue
    }

    /// The names of what has not ended, or not been released.
    pub(crate) fn names(&self) -> Vec<String> {
        // Names are made outside of the lock: they are code of the user.
        let closing: Vec<_> = lock(&self.collections).iter().filter_map(Weak::upgrade).collect();
        closing.iter().flat_map(|closing| closing.names()).chain(self.overdue.names()).collect()
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
