//! The last handle to a collection of fibers.

use std::sync::Arc;

use super::FiberKey;
use super::engine::Engine;
use crate::fiber::FiberFailure;

/// What the clones of a collection share, and its fibers do not: its drop is the drop of the last one.
pub(super) struct Handle<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> {
    pub(super) engine: Arc<Engine<K, A, E>>,
}

impl<K: FiberKey, A: Send + Sync + 'static, E: FiberFailure + ?Sized> Drop for Handle<K, A, E> {
    fn drop(&mut self) {
        self.engine.give_up();
    }
}
