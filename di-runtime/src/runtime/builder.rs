//! The settings of a managed runtime.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use di_core::layer::Node;
use di_core::set::ServiceSet;

use super::ManagedRuntime;
use crate::{MemoMap, Shutdown};

/// How long a layer may take before it is warned of, by default.
const SLOW_LAYER: Duration = Duration::from_secs(1);

/// The settings of a [`ManagedRuntime`].
#[derive(Debug)]
#[must_use = "settings do nothing until `build` is called"]
pub struct RuntimeBuilder<Out> {
    node: Arc<Node>,
    map: MemoMap,
    fail_fast: bool,
    slow_layer: Duration,
    shutdown: Shutdown,
    out: PhantomData<fn() -> Out>,
}

impl<Out: ServiceSet> RuntimeBuilder<Out> {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self {
            node,
            map: MemoMap::new(),
            fail_fast: false,
            slow_layer: SLOW_LAYER,
            shutdown: Shutdown::new(),
            out: PhantomData,
        }
    }

    /// Builds through this memo map, and shares layers with whoever else does.
    pub fn memo_map(mut self, map: &MemoMap) -> Self {
        self.map = map.clone();
        self
    }

    /// Remembers a failed build: every later run fails with it. By default the next run tries again.
    pub fn fail_fast(mut self) -> Self {
        self.fail_fast = true;
        self
    }

    /// Warns of each layer that takes so long to build or longer, while it is still being built: in a `tracing` event with
    /// its name, file and line, and in the [report](ManagedRuntime::report). One second by default.
    ///
    /// On a tokio runtime without timers (`enable_time`), a layer is warned of when it is built. `Duration::MAX` asks for no
    /// timer, and warns of nothing.
    pub fn slow_layer(mut self, slow: Duration) -> Self {
        self.slow_layer = slow;
        self
    }

    /// The handle that effects with a [`Shutdown`] parameter get.
    pub fn shutdown_handle(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = shutdown.clone();
        self
    }

    /// The runtime. Nothing is built before its first use.
    pub fn build(self) -> ManagedRuntime<Out> {
        ManagedRuntime::from_parts(self.node, self.map, self.fail_fast, self.slow_layer, self.shutdown)
    }
}
