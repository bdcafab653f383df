//! How one fiber is run in a collection.

use std::borrow::Cow;

/// How a fiber is run: [`FiberMap::run_with`](crate::FiberMap::run_with).
///
/// ```
/// use di::FiberOptions;
///
/// let options = FiberOptions::new().name("importer").propagate_failure(false);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a fiber is run with them"]
pub struct FiberOptions {
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) only_if_missing: bool,
    pub(super) propagation: Propagation,
}

/// Which ends of a fiber are failures of its collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Propagation {
    pub(super) failure: bool,
    pub(super) interruption: bool,
    /// Whether a failure ends the application.
    pub(super) critical: bool,
}

impl FiberOptions {
    /// A fiber that replaces the one of its key, and whose failure is told by `join`.
    pub fn new() -> Self {
        let propagation = Propagation { failure: true, interruption: false, critical: false };
        Self { name: None, only_if_missing: false, propagation }
    }

    /// A fiber that is not run if there is one of its key.
    pub fn only_if_missing() -> Self {
        Self { only_if_missing: true, ..Self::new() }
    }

    /// A name for reports, in the place of the key.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether a failure or a panic is a failure of the collection, which `join` tells of. It is, unless this says no. The
    /// handle tells of it in any case.
    pub fn propagate_failure(mut self, propagates: bool) -> Self {
        self.propagation.failure = propagates;
        self
    }

    /// Whether an interruption is a failure of the collection, if it is not that of a collection: not by a replacement, by
    /// `remove`, `clear` or a close. It is not, unless this says yes.
    ///
    /// If the fiber is in several collections ([`FiberMap::set`](crate::FiberMap::set)), what one of them interrupts is a
    /// failure of none.
    pub fn propagate_interruption(mut self, propagates: bool) -> Self {
        self.propagation.interruption = propagates;
        self
    }

    /// Says that the application cannot go on without this fiber: if it fails or panics, the application is told to
    /// [shut down](crate::Shutdown::fail), with the name of the fiber and its failure as the reason. A supervised fiber fails when
    /// it is given up. A fiber that a collection ended, on purpose, is no reason to shut down, whatever comes of that: it was
    /// replaced, removed or cleared before its body had ended.
    ///
    /// The application is the managed runtime in which the collection was made, or what the collection
    /// [was told](crate::FiberMapBuilder::shutdown). Without one the failure is logged as an error and is a failure of the
    /// collection in any case.
    ///
    /// ```
    /// use di::{FiberMap, FiberOptions, Restart, Scope, Shutdown};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// # async fn consume() -> Result<(), std::io::Error> { Err(std::io::Error::other("the queue is gone")) }
    /// let (scope, shutdown) = (Scope::new(), Shutdown::new());
    /// let tasks: FiberMap<&str> = FiberMap::builder().shutdown(&shutdown).build(&scope);
    /// let options = FiberOptions::new().name("ingest").critical();
    /// tasks.run_with("ingest", options, Restart::on_failure().at_most(3, std::time::Duration::from_secs(60)).supervise(consume));
    /// shutdown.requested().await;
    /// assert_eq!(shutdown.failure().unwrap().to_string(), "`ingest` failed: the queue is gone");
    /// # }
    /// ```
    pub fn critical(mut self) -> Self {
        self.propagation.critical = true;
        self
    }

    /// What they say of a fiber that is in no collection: its name, and whether it is critical.
    pub(crate) fn for_runtime(self) -> (Option<Cow<'static, str>>, bool) {
        (self.name, self.propagation.critical)
    }
}

impl Default for FiberOptions {
    fn default() -> Self {
        Self::new()
    }
}
