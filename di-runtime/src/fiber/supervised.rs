//! The loop of a supervised fiber: all runs of its body are one fiber, on one task.
//!
//! 1. Each run has a scope of its own beneath that of the fiber, which is released to the end before anything else is done. So
//!    runs never overlap, and an interruption, which closes the scope of the fiber, waits for what a run acquired.
//! 2. A run holds its place among those that are admitted; a delay does not. So what backs off keeps nobody waiting.
//! 3. The loop is the body of the fiber: an interruption drops it at whatever it waits for.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::body::FiberBody;
use super::exit::{FiberExit, FiberFailure};
use super::id::name_of_key;
use super::restart::{Restart, Series, Verdict};
use super::scope::FiberScope;
use super::watch::{Stage, Watch};
use crate::caught::message_of;
use crate::clock::after;

/// A body that is run again as a policy says: [`Restart::supervise`].
#[must_use = "a body does nothing until it is run"]
pub struct Supervised<F, A = (), E: ?Sized = super::AnyError> {
    policy: Restart<A, E>,
    factory: F,
    /// What logs call it, if the fiber has no name.
    label: Option<String>,
}

/// The kind of a body that is supervised, with bodies of this kind.
#[derive(Debug)]
pub struct SupervisedBody<Kind>(std::marker::PhantomData<Kind>);

impl<A, E: ?Sized> Restart<A, E> {
    /// A body that is supervised by this policy, for whatever runs bodies; `factory` makes the body of each run.
    ///
    /// It is what [`FiberMap::supervise`](crate::FiberMap::supervise) runs. Here is one that is run with options:
    ///
    /// ```
    /// use di::{FiberMap, FiberOptions, FiberScope, Restart, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = Scope::new();
    /// let tasks = FiberMap::new(&scope);
    /// let feed = Restart::on_failure().supervise(|| async |fiber: FiberScope| {
    ///     fiber.on_close_named("connection", async |_exit| println!("closed, before it is opened again"));
    /// });
    /// tasks.run_with("feed", FiberOptions::only_if_missing().propagate_failure(false), feed);
    /// # tasks.await_empty().await;
    /// # }
    /// ```
    pub fn supervise<F>(self, factory: F) -> Supervised<F, A, E> {
        Supervised { policy: self, factory, label: None }
    }
}

#[diagnostic::do_not_recommend]
impl<Kind, F, B, A, E> FiberBody<SupervisedBody<Kind>, A, E> for Supervised<F, A, E>
where
    Kind: 'static,
    F: FnMut() -> B + Send + 'static,
    B: FiberBody<Kind, A, E>,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn begin(self, scope: impl FnOnce() -> FiberScope) -> impl Future<Output = FiberExit<A, E>> + Send + 'static {
        let fiber = scope();
        let watch = Arc::<Watch>::default();
        fiber.be_watched(Arc::clone(&watch));
        let Self { policy, factory, label } = self;
        let name = fiber.given_name().or(label).unwrap_or_else(|| format!("fiber {}", fiber.id()));
        go_through(Runs { fiber, watch, name }, Series::new(policy), factory)
    }

    fn under(mut self, key: &dyn fmt::Debug) -> Self {
        self.label = Some(name_of_key(key));
        self
    }
}

/// Who is run, and how that is told.
struct Runs {
    fiber: FiberScope,
    watch: Arc<Watch>,
    name: String,
}

/// Runs the bodies that `factory` makes until the policy says that this was the last one.
async fn go_through<Kind, F, B, A, E>(runs: Runs, mut series: Series<A, E>, mut factory: F) -> FiberExit<A, E>
where
    F: FnMut() -> B,
    B: FiberBody<Kind, A, E>,
    E: FiberFailure + ?Sized,
{
    let Runs { fiber, watch, name } = runs;
    let mut attempt = 1_u64;
    loop {
        watch.note(Stage::Running);
        tracing::debug!(fiber = name, attempt, "a supervised fiber begins");
        let begun = Instant::now();
        let scope = OnceLock::new();
        let exit = contained(|| factory().begin(|| scope.get_or_init(|| fiber.of_a_run()).clone())).await;
        let ended = Instant::now();
        let exit = match scope.get() {
            // Invariant 1.
            Some(scope) => {
                let released = scope.close(exit.for_finalizers()).await;
                exit.and_released(fiber.id(), released)
            }
            None => exit,
        };
        match &exit {
            FiberExit::Success(_) => tracing::debug!(fiber = name, attempt, "a supervised fiber came to its end"),
            exit => tracing::warn!(fiber = name, attempt, exit = %exit.for_finalizers(), "a supervised fiber failed"),
        }
        let delay = match series.after(&exit, begun, ended) {
            Verdict::Done => return exit,
            Verdict::GiveUp(why) => {
                watch.note(Stage::GaveUp(why));
                tracing::error!(fiber = name, restarts = attempt - 1, %why, "a supervised fiber is given up");
                return exit;
            }
            // Children that are let go of before their parent keep it running for a while.
            Verdict::RestartIn(_) if fiber.is_interrupted() => return FiberExit::Interrupted,
            Verdict::RestartIn(delay) => delay,
        };
        drop(exit);
        // Invariant 2.
        fiber.leave_admission();
        attempt += 1;
        tracing::info!(fiber = name, attempt, ?delay, "a supervised fiber is restarted");
        pause(&watch, delay).await;
        watch.note(Stage::Waiting);
        fiber.be_admitted().await;
        if fiber.is_interrupted() {
            return FiberExit::Interrupted;
        }
        watch.note_restart();
    }
}

/// Waits before a restart. Without a delay others are let run, so that what fails at once does not keep the thread.
async fn pause(watch: &Watch, delay: Duration) {
    let until = after(Instant::now(), delay);
    watch.note(Stage::BackingOff(until));
    if delay.is_zero() { yield_now().await } else { sleep_until(until).await }
}

/// Makes a body, runs it to its end, and drops it; a panic on the way is its exit.
async fn contained<Body, A, E>(make: impl FnOnce() -> Body) -> FiberExit<A, E>
where
    Body: Future<Output = FiberExit<A, E>>,
    E: ?Sized,
{
    let body = match catch_unwind(AssertUnwindSafe(make)) {
        Ok(body) => body,
        Err(payload) => return FiberExit::Panicked(message_of(payload).into()),
    };
    let mut body = pin!(Some(body));
    let run = poll_fn(|context| body.as_mut().as_pin_mut().map_or(Poll::Pending, |body| body.poll(context)));
    let ran = AssertUnwindSafe(run).catch_unwind().await;
    let dropped = catch_unwind(AssertUnwindSafe(|| body.set(None)));
    match (ran, dropped) {
        (Ok(exit), Ok(())) => exit,
        (Err(payload), _) | (_, Err(payload)) => FiberExit::Panicked(message_of(payload).into()),
    }
}

impl<F, A, E: ?Sized> fmt::Debug for Supervised<F, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervised").field("policy", &self.policy).finish_non_exhaustive()
    }
}
