//! When a supervised fiber is run again, after which delay, and when its supervision gives up: the policy, free of tasks.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use di_core::{Schedule, Steps};
use tokio::time::Instant;

use super::exit::{AnyError, FiberExit};

/// The first delay of a policy that was told no other.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// The longest delay of such a policy.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// How long a fiber has to run before its back-off begins anew, unless the policy says otherwise.
const QUIET: Duration = Duration::from_secs(60);

/// The policy of a supervised fiber: after which ends its body is run again, after which delay, and when that is given up.
///
/// | policy | success | failure, panic |
/// |---|---|---|
/// | [`Restart::never`] | the end | the end |
/// | [`Restart::on_failure`] | the end | again |
/// | [`Restart::always`] | again | again |
///
/// Unless the policy says otherwise, the first delay is 100 ms, each one is twice the one before, up to 30 s, and they begin
/// anew after a run of a minute. There is no limit to restarts, unless the policy has one ([`at_most`](Restart::at_most), or a
/// back-off that ends). When it is reached, the supervision gives up, and the fiber ends as its last run did. What that means
/// is said by how the fiber was run:
///
/// | options of the fiber | when it gives up |
/// |---|---|
/// | none | it is a failure of the map, which `join` tells of |
/// | [`propagate_failure(false)`](crate::FiberOptions::propagate_failure) | only those who have its handle are told |
/// | [`critical()`](crate::FiberOptions::critical) | the application is shut down |
///
/// ```
/// use std::time::Duration;
///
/// use di::{FiberMap, Restart, Schedule, Scope};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// # use std::sync::atomic::{AtomicU32, Ordering};
/// # static CALLS: AtomicU32 = AtomicU32::new(0);
/// # async fn poll_queue() -> Result<(), std::io::Error> {
/// #     if CALLS.fetch_add(1, Ordering::Relaxed) < 2 { Err(std::io::Error::other("gone")) } else { Ok(()) }
/// # }
/// let scope = Scope::new();
/// let tasks = FiberMap::new(&scope);
/// let policy = Restart::on_failure()
///     .backoff(Schedule::exponential(Duration::from_secs(1)).capped(Duration::from_secs(30)))
///     .at_most(5, Duration::from_secs(60));
/// let fiber = tasks.supervise("queue", policy, poll_queue);
/// fiber.join().await.unwrap();
/// assert_eq!(fiber.supervision().unwrap().restarts(), 2);
/// # }
/// ```
#[must_use = "a policy does nothing until something is supervised by it"]
pub struct Restart<A = (), E: ?Sized = AnyError> {
    when: When,
    backoff: Schedule<FiberExit<A, E>>,
    intensity: Option<Intensity>,
    quiet: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Never,
    OnFailure,
    Always,
}

#[derive(Clone, Copy, Debug)]
struct Intensity {
    restarts: usize,
    window: Duration,
}

impl<A, E: ?Sized> Restart<A, E> {
    /// Not again, whatever the end is. The run is still told of as those of other policies are.
    #[doc(alias = "temporary")]
    pub fn never() -> Self {
        Self::when(When::Never)
    }

    /// Again after a failure or a panic.
    #[doc(alias = "transient")]
    pub fn on_failure() -> Self {
        Self::when(When::OnFailure)
    }

    /// Again after every end, a success included. The delays are the same ones after a success.
    #[doc(alias = "permanent")]
    pub fn always() -> Self {
        Self::when(When::Always)
    }

    fn when(when: When) -> Self {
        let backoff = Schedule::exponential(FIRST_DELAY).capped(LONGEST_DELAY);
        Self { when, backoff, intensity: None, quiet: QUIET }
    }

    /// The delays before restarts. The schedule is asked with the end of each run, and the supervision gives up where the
    /// schedule ends.
    ///
    /// The time of the schedule ([`Schedule::up_to`], [`Schedule::fixed`]) is counted from the first end after which there was
    /// a restart, and anew when the back-off [begins anew](Restart::reset_after).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use di::{FiberExit, Restart, Schedule};
    ///
    /// // What panicked is not run again.
    /// let delays = Schedule::spaced(Duration::from_secs(5));
    /// let policy: Restart = Restart::on_failure()
    ///     .backoff(delays.until_input(|end: &FiberExit| matches!(end, FiberExit::Panicked(_))));
    /// # drop(policy);
    /// ```
    pub fn backoff(mut self, schedule: Schedule<FiberExit<A, E>>) -> Self {
        self.backoff = schedule;
        self
    }

    /// Gives up instead of a restart if there were so many of them in this time before it.
    ///
    /// A restart counts from the end that it follows, and no longer when that is as long ago as `window`. Zero restarts are
    /// none at all.
    #[doc(alias("intensity", "max_restarts"))]
    pub fn at_most(mut self, restarts: usize, window: Duration) -> Self {
        self.intensity = Some(Intensity { restarts, window });
        self
    }

    /// Has the back-off begin anew after a run that took as long as this, or longer. Without it that is a minute;
    /// [`Duration::MAX`] is never.
    pub fn reset_after(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }
}

impl<A, E: ?Sized> Clone for Restart<A, E> {
    fn clone(&self) -> Self {
        let Self { when, backoff, intensity, quiet } = self;
        Self { when: *when, backoff: backoff.clone(), intensity: *intensity, quiet: *quiet }
    }
}

impl<A, E: ?Sized> fmt::Debug for Restart<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restart")
            .field("when", &self.when)
            .field("backoff", &self.backoff)
            .field("intensity", &self.intensity)
            .field("reset_after", &self.quiet)
            .finish()
    }
}

/// Why a supervision gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GaveUp {
    /// There were too many restarts in too short a time: [`Restart::at_most`].
    #[error("too many restarts")]
    TooManyRestarts,
    /// The schedule of the back-off has ended.
    #[error("the back-off has ended")]
    BackoffEnded,
}

/// What is to be done after a run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This is the end.
    Done,
    /// This is the end, though the policy would have had another run.
    GiveUp(GaveUp),
    /// There is another run after this delay.
    RestartIn(Duration),
}

/// A policy that is being gone through.
pub(super) struct Series<A, E: ?Sized> {
    policy: Restart<A, E>,
    /// The back-off, and the end after which it began.
    pace: Option<(Steps<FiberExit<A, E>>, Instant)>,
    /// When the restarts were decided that count for the intensity; never more than it allows.
    recent: VecDeque<Instant>,
}

impl<A, E: ?Sized> Series<A, E> {
    pub(super) fn new(policy: Restart<A, E>) -> Self {
        Self { policy, pace: None, recent: VecDeque::new() }
    }

    /// A run has ended now, which began then.
    pub(super) fn after(&mut self, exit: &FiberExit<A, E>, begun: Instant, now: Instant) -> Verdict {
        match self.policy.when {
            When::Never => return Verdict::Done,
            When::OnFailure if exit.is_success() => return Verdict::Done,
            When::OnFailure | When::Always => {}
        }
        if let Some(intensity) = self.policy.intensity {
            while self.recent.front().is_some_and(|then| now.duration_since(*then) >= intensity.window) {
                self.recent.pop_front();
            }
            if self.recent.len() >= intensity.restarts {
                return Verdict::GiveUp(GaveUp::TooManyRestarts);
            }
        }
        if now.duration_since(begun) >= self.policy.quiet {
            self.pace = None;
        }
        let (steps, since) = self.pace.get_or_insert_with(|| (self.policy.backoff.steps(), now));
        let Some(delay) = steps.after(exit, now.duration_since(*since)) else {
            return Verdict::GiveUp(GaveUp::BackoffEnded);
        };
        if self.policy.intensity.is_some() {
            self.recent.push_back(now);
        }
        Verdict::RestartIn(delay)
    }
}
