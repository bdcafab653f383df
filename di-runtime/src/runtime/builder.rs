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
    pub(super) node: Arc<Node>,
    pub(super) map: MemoMap,
    pub(super) fail_fast: bool,
    pub(super) slow_layer: Duration,
    pub(super) release_timeout: Duration,
    pub(super) shutdown: Shutdown,
    out: PhantomData<fn() -> Out>,
}

impl<Out: ServiceSet> RuntimeBuilder<Out> {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self {
            node,
            map: MemoMap::new(),
            fail_fast: false,
            slow_layer: SLOW_LAYER,
            release_timeout: Duration::MAX,
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

    /// How long the release of one layer may take in a shutdown; [`Layer::release_timeout`](di_core::layer::Layer::release_timeout)
    /// says it for some of them.
    ///
    /// However long that is, it is at most four fifths of the time that is left when the release begins, which is the
    /// default: what the layer was built from is to have some, too. A layer that takes longer is reported by name; its
    /// finalizers go on in the background, and what it was built from is released.
    ///
    /// ```
    /// use std::time::Duration;
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Pool;
    /// #[derive(Service)]
    /// struct Server;
    ///
    /// #[layer]
    /// fn pool(scope: &Scope) -> Pool {
    ///     scope.on_close(|_exit| async { println!("the pool is closed") });
    ///     Pool
    /// }
    /// #[layer]
    /// fn server(_pool: Inject<Pool>, scope: &Scope) -> Server {
    ///     scope.on_close_named("drain", |_exit| std::future::pending::<()>()); // a client that never goes
    ///     Server
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
    /// let app = server().provide(pool());
    /// let runtime = ManagedRuntime::builder(app).release_timeout(Duration::from_secs(5)).build();
    /// runtime.context().await?;
    /// let error = runtime.shutdown(Duration::from_secs(25)).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the shutdown was not clean: layer `server` was not released in the 5s that it had");
    /// assert!(error.report().layers().iter().any(|release| release.layer == "pool" && release.finished));
    /// # Ok::<_, BuildError>(()) }).unwrap();
    /// ```
    pub fn release_timeout(mut self, timeout: Duration) -> Self {
        self.release_timeout = timeout;
        self
    }

    /// The handle that effects with a [`Shutdown`] parameter get.
    pub fn shutdown_handle(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = shutdown.clone();
        self
    }

    /// The runtime. Nothing is built before its first use.
    pub fn build(self) -> ManagedRuntime<Out> {
        ManagedRuntime::from_builder(self)
    }
}
