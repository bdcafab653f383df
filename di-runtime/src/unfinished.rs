//! What is being closed and has not ended: it is asked for names when a report wants them, and not before.

use std::fmt;
use std::sync::{Mutex, Weak};

use crate::lock;

/// Something that is being closed.
pub(crate) trait Unfinished: Send + Sync {
    /// The names of what in it has not ended.
    fn names(&self) -> Vec<String>;
}

/// All that is being closed, for as long as it is there.
#[derive(Default)]
pub(crate) struct Closing(Mutex<Vec<Weak<dyn Unfinished>>>);

impl Closing {
    pub(crate) fn add(&self, closing: Weak<dyn Unfinished>) {
        let mut all = lock(&self.0);
        all.retain(|closing| closing.strong_count() > 0);
        all.push(closing);
    }

    /// The names of what has not ended.
    pub(crate) fn names(&self) -> Vec<String> {
        // Names are made outside of the lock: they are code of the user.
        let closing: Vec<_> = lock(&self.0).iter().filter_map(Weak::upgrade).collect();
        closing.iter().flat_map(|closing| closing.names()).collect()
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
