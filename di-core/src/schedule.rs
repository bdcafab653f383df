//! Schedules: whether something is done again, and after which delay.

mod dice;
mod pace;
mod rule;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use pace::{Clock, Pace};
use rule::Rule;

/// Says, after each run of something, whether there will be another one, and after which delay.
///
/// For a retry the `Input` is the error of the run, for a repetition its value. A schedule is a value that keeps nothing
/// between its uses: every retry begins at its beginning, and a clone is the same schedule.
///
/// ```
/// use std::time::Duration;
/// use di::Schedule;
///
/// let second = Duration::from_secs(1);
/// let schedule = Schedule::<()>::exponential(second).capped(5 * second).times(4);
/// let delays: Vec<Duration> = schedule.delays().collect();
/// assert_eq!(delays, [second, 2 * second, 4 * second, 5 * second]);
/// ```
///
/// | schedule | the delays |
/// |---|---|
/// | [`recurs(3)`](Schedule::recurs) | 0, 0, 0 |
/// | [`spaced(d)`](Schedule::spaced) | d after the end of each run, for ever |
/// | [`fixed(d)`](Schedule::fixed) | until the next slot of a grid, for ever |
/// | [`exponential(d)`](Schedule::exponential) | d, 2d, 4d, 8d, .. for ever |
/// | [`fibonacci(d)`](Schedule::fibonacci) | d, d, 2d, 3d, 5d, .. for ever |
///
/// These are limited by [`times`](Schedule::times), [`up_to`](Schedule::up_to), [`while_input`](Schedule::while_input) and
/// [`until_input`](Schedule::until_input), changed by [`jittered`](Schedule::jittered) and [`capped`](Schedule::capped), and put
/// together by [`union`](Schedule::union) and [`intersect`](Schedule::intersect). A delay that is too long for a `Duration` is the
/// longest one.
pub struct Schedule<Input> {
    rule: Rule<Input>,
}

/// Where schedules come from.
impl<Input> Schedule<Input> {
    /// Never again.
    pub fn stop() -> Self {
        Self::of(Rule::Stop)
    }

    /// Once more, at once.
    pub fn once() -> Self {
        Self::recurs(1)
    }

    /// `count` times more, at once: `count + 1` runs in total.
    pub fn recurs(count: u64) -> Self {
        Self::forever().times(count)
    }

    /// Again and again, at once.
    pub fn forever() -> Self {
        Self::spaced(Duration::ZERO)
    }

    /// Again and again, `delay` after the end of each run.
    pub fn spaced(delay: Duration) -> Self {
        Self::of(Rule::Spaced(delay))
    }

    /// Again and again on a grid: every `period`, counted from the end of the first run.
    ///
    /// After a run that took longer than the period the next one begins at once. What was missed is not made up for.
    pub fn fixed(period: Duration) -> Self {
        Self::of(Rule::Fixed { period, slots: None })
    }

    /// Again and again, after twice the delay each time: `base`, 2 · `base`, 4 · `base`, ..
    pub fn exponential(base: Duration) -> Self {
        Self::exponential_by(base, 2.0)
    }

    /// Again and again, after `factor` times the delay each time: 100 ms by 3 are 100, 300, 900, 2700 ms.
    ///
    /// # Panics
    ///
    /// If the factor is negative, infinite, or not a number.
    #[track_caller]
    #[doc(alias = "factor")]
    pub fn exponential_by(base: Duration, factor: f64) -> Self {
        assert!(factor.is_finite() && factor >= 0.0, "a delay cannot be multiplied by {factor}");
        Self::of(Rule::Exponential { next: base, factor })
    }

    /// Again and again, after the sum of the last two delays: `one`, `one`, 2 · `one`, 3 · `one`, 5 · `one`, ..
    pub fn fibonacci(one: Duration) -> Self {
        Self::of(Rule::Fibonacci { next: one, after: one })
    }
}

/// Limits.
impl<Input> Schedule<Input> {
    /// This schedule, at most `count` times.
    #[must_use]
    #[doc(alias("take", "upToTimes"))]
    pub fn times(self, count: u64) -> Self {
        Self::of(Rule::Times { rule: self.boxed(), left: count })
    }

    /// This schedule, unless a run would begin later than `limit` after the first one began.
    #[must_use]
    #[doc(alias("upTo", "elapsed", "during"))]
    pub fn up_to(self, limit: Duration) -> Self {
        Self::of(Rule::UpTo { rule: self.boxed(), limit })
    }

    /// This schedule, as long as the error (of a retry) or the value (of a repetition) is such as this.
    ///
    /// ```
    /// # use std::io::{Error, ErrorKind};
    /// # use di::Schedule;
    /// let schedule = Schedule::recurs(5).while_input(|error: &Error| error.kind() == ErrorKind::TimedOut);
    /// # drop(schedule);
    /// ```
    #[must_use]
    #[doc(alias("whileInput", "recurWhile"))]
    pub fn while_input(self, goes_on: impl Fn(&Input) -> bool + Send + Sync + 'static) -> Self {
        Self::of(Rule::While { rule: self.boxed(), goes_on: Arc::new(goes_on) })
    }

    /// This schedule, until the error (of a retry) or the value (of a repetition) is such as this.
    #[must_use]
    #[doc(alias("untilInput", "recurUntil"))]
    pub fn until_input(self, ends: impl Fn(&Input) -> bool + Send + Sync + 'static) -> Self {
        self.while_input(move |input| !ends(input))
    }
}

/// Delays.
impl<Input> Schedule<Input> {
    /// Every delay times a random factor from 0.8 to 1.2, other ones for each use.
    #[must_use]
    pub fn jittered(self) -> Self {
        Self::of(Rule::Jittered { rule: self.boxed(), dice: None })
    }

    /// The same, with the factors that follow from `seed`: the same ones for each use.
    #[must_use]
    pub fn jittered_from(self, seed: u64) -> Self {
        Self::of(Rule::Jittered { rule: self.boxed(), dice: Some(dice::Dice::new(seed)) })
    }

    /// No delay is longer than this.
    #[must_use]
    #[doc(alias("modifyDelay", "maxDelay"))]
    pub fn capped(self, longest: Duration) -> Self {
        Self::of(Rule::Capped { rule: self.boxed(), longest })
    }
}

/// Two schedules in one.
impl<Input> Schedule<Input> {
    /// Goes on as long as one of the two does, after the shorter delay.
    #[must_use]
    #[doc(alias("either", "min"))]
    pub fn union(self, other: Self) -> Self {
        Self::of(Rule::Union(self.boxed(), other.boxed()))
    }

    /// Goes on as long as both do, after the longer delay.
    #[must_use]
    #[doc(alias("compose", "both", "max"))]
    pub fn intersect(self, other: Self) -> Self {
        Self::of(Rule::Intersect(self.boxed(), other.boxed()))
    }
}

impl<Input> Schedule<Input> {
    /// The schedule at its beginning.
    pub fn steps(&self) -> Steps<Input> {
        Steps { rule: self.rule.begun() }
    }

    fn of(rule: Rule<Input>) -> Self {
        Self { rule }
    }

    fn boxed(self) -> Box<Rule<Input>> {
        Box::new(self.rule)
    }
}

impl Schedule<()> {
    /// The delays, if the runs themselves take no time.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        let (mut steps, mut elapsed) = (self.steps(), Duration::ZERO);
        std::iter::from_fn(move || {
            let delay = steps.after(&(), elapsed)?;
            elapsed = elapsed.saturating_add(delay);
            Some(delay)
        })
    }
}

impl<Input> Clone for Schedule<Input> {
    fn clone(&self) -> Self {
        Self::of(self.rule.clone())
    }
}

impl<Input> fmt::Debug for Schedule<Input> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({:?})", self.rule)
    }
}

/// A schedule that is being gone through: what it has said so far decides what it says next.
///
/// It knows no clock: whoever goes through it says what time has passed.
pub struct Steps<Input> {
    rule: Rule<Input>,
}

impl<Input> Steps<Input> {
    /// After a run that came to this error or value, `elapsed` after the first run began: the delay before the next run, or
    /// nothing if there is none. Then there will be none later either.
    pub fn after(&mut self, input: &Input, elapsed: Duration) -> Option<Duration> {
        self.rule.step(input, elapsed)
    }
}

impl<Input> fmt::Debug for Steps<Input> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Steps({:?})", self.rule)
    }
}
