//! How a collection is made.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::engine::{Engine, Settings};
use super::retained::Retention;
use super::{FiberKey, FiberMap, Handle};
use crate::fiber::{AnyError, FiberFailure, Limits};
use crate::{Scope, Shutdown};

/// Makes a [`FiberMap`], a [`FiberSet`](crate::FiberSet) or a [`FiberHandle`](crate::FiberHandle): in which order fibers follow
/// each other, what a failure does, and how long an end may take.
#[must_use = "a builder makes a collection with `build`"]
pub struct FiberMapBuilder<K, A = (), E = AnyError, Out = FiberMap<K, A, E>>
where
    E: ?Sized,
{
    settings: Settings,
    types: PhantomData<fn(K) -> (A, Box<E>, Out)>,
}

impl<K, A, E, Out> FiberMapBuilder<K, A, E, Out>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    pub(crate) fn new(name: &'static str) -> Self {
        let (limits, retention) = (Limits::default(), Retention::default());
        let (overlap, fail_fast, grace, shutdown) = (false, false, None, None);
        let settings = Settings { name, overlap, fail_fast, grace, limits, retention, shutdown };
        Self { settings, types: PhantomData }
    }

    /// A name for reports, in the place of that of the type.
    pub fn name(mut self, name: &'static str) -> Self {
        self.settings.name = name;
        self
    }

    /// Has a new fiber begin before the one that it replaces has ended: for connections that are handed over, say.
    pub fn overlap(mut self) -> Self {
        self.settings.overlap = true;
        self
    }

    /// Has a failure interrupt all the others. The collection stays open; what is run in it afterwards is interrupted by the
    /// next failure.
    pub fn fail_fast(mut self) -> Self {
        self.settings.fail_fast = true;
        self
    }

    /// How long what fibers acquired may take to be released, once the collection has interrupted them: by a replacement, by
    /// `remove`, `clear`, a close, or as one of them failed. What takes longer is not waited for any more, though its release
    /// goes on. It is logged by name, and is an error of a close that finds it still at work.
    ///
    /// A fiber that was interrupted by others ([`Fiber::interrupt`](crate::Fiber::interrupt), [`cancel`](crate::Fiber::cancel))
    /// has no such limit before that.
    ///
    /// Without it there is no limit but those of who waits.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = Some(grace);
        self
    }

    /// How many fibers may run at a time: the others wait for their turn, in the order in which they were started.
    ///
    /// [`run`](FiberMap::run) returns at once all the same; a fiber that waits is interrupted as one that runs is. A fiber gives
    /// its place back when it has ended, what it acquired released. One that [replaces](FiberMap::run) another queues up when
    /// that has ended, in front of all that were started after it. A supervised fiber has no place while it
    /// [backs off](crate::Restart::backoff), and is the last in the queue after that.
    ///
    /// ```
    /// use di::{FiberMap, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # async fn import(file: u32) {}
    /// let scope = Scope::new();
    /// let imports: FiberMap<u32> = FiberMap::builder().max_concurrent(2).build(&scope);
    /// for file in 0..10 {
    ///     imports.run(file, import(file)); // two at a time
    /// }
    /// imports.await_empty().await;
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If it is zero: nothing would ever run.
    #[track_caller]
    pub fn max_concurrent(mut self, fibers: usize) -> Self {
        assert!(fibers > 0, "no fiber of this collection could ever run");
        self.settings.limits.running = Some(fibers);
        self
    }

    /// How many fibers may start in any time of this length, wherever it begins: the others wait for their turn, as those do
    /// that wait for a [place](FiberMapBuilder::max_concurrent). Each run of a supervised fiber is a start.
    ///
    /// The times of the last starts are kept, `starts` of them.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use di::{FiberMap, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = Scope::new();
    /// let calls: FiberMap<u32> = FiberMap::builder().rate_limit(2, Duration::from_secs(1)).build(&scope);
    /// let begun = tokio::time::Instant::now();
    /// for call in 0..5 {
    ///     calls.run(call, async {});
    /// }
    /// calls.await_empty().await;
    /// assert_eq!(begun.elapsed().as_secs(), 2);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If `starts` is zero: nothing would ever run.
    #[track_caller]
    pub fn rate_limit(mut self, starts: usize, per: Duration) -> Self {
        assert!(starts > 0, "no fiber of this collection could ever start");
        self.settings.limits.starts = Some((starts, per));
        self
    }

    /// Retains so many of the fibers that ended in their place, the last ones: [`status`](FiberMap::status) still finds them.
    ///
    /// A new fiber of the key takes the place of what was retained. What is replaced or removed is not retained, and a close
    /// drops all.
    ///
    /// ```
    /// use di::{FiberMap, FiberStatus, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = Scope::new();
    /// let imports: FiberMap<&str> = FiberMap::builder().retain_results(100).build(&scope);
    /// imports.run("customers", async { Err::<(), _>("line 7: no comma") });
    /// imports.await_empty().await;
    /// let FiberStatus::Finished(import) = imports.status("customers") else { panic!() };
    /// assert_eq!(import.join().await.unwrap_err().to_string(), "line 7: no comma");
    /// # }
    /// ```
    pub fn retain_results(mut self, fibers: usize) -> Self {
        self.settings.retention.count = Some(fibers);
        self
    }

    /// Retains fibers that ended for so long, as [`retain_results`](FiberMapBuilder::retain_results) does for so many. With
    /// both, what comes first ends it; without a number there is no other bound than this time.
    pub fn retain_results_for(mut self, time: Duration) -> Self {
        self.settings.retention.time = Some(time);
        self
    }

    /// The application that a [critical](crate::FiberOptions::critical) fiber shuts down. Without it that is the managed runtime in
    /// which the collection is made.
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        self.settings.shutdown = Some(shutdown.clone());
        self
    }

    /// Makes the collection, which `scope` closes.
    #[track_caller]
    pub fn build(self, scope: &Scope) -> Out
    where
        Out: From<FiberMap<K, A, E>>,
    {
        Out::from(FiberMap { handle: Arc::new(Handle { engine: Engine::new(self.settings, scope) }) })
    }
}

impl<K, A, E: ?Sized, Out> fmt::Debug for FiberMapBuilder<K, A, E, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}
