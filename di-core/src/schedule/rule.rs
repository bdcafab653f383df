//! The rules of a schedule, and how they are gone through: no clock, no sleeping.
//!
//! A rule is its own state. A schedule holds it as it is at the beginning, and each use goes through a copy.
//!
//! 1. What has ended stays ended: a rule that says "no more" becomes [`Rule::Stop`].
//! 2. Delays are computed with saturation: the longest one is `Duration::MAX`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::dice::Dice;

pub(super) enum Rule<Input> {
    Stop,
    Spaced(Duration),
    Fixed { period: Duration, slots: Option<Slots> },
    Exponential { next: Duration, factor: f64 },
    Fibonacci { next: Duration, after: Duration },
    Times { rule: Box<Self>, left: u64 },
    UpTo { rule: Box<Self>, limit: Duration },
    While { rule: Box<Self>, goes_on: Arc<dyn Fn(&Input) -> bool + Send + Sync> },
    Jittered { rule: Box<Self>, dice: Option<Dice> },
    Capped { rule: Box<Self>, longest: Duration },
    Union(Box<Self>, Box<Self>),
    Intersect(Box<Self>, Box<Self>),
}

/// Where a grid stands.
#[derive(Clone, Copy)]
pub(super) struct Slots {
    /// When the first run ended.
    anchor: Duration,
    /// When the latest run began.
    begun: Duration,
}

impl<Input> Rule<Input> {
    /// The rule for one use: dice that nobody has seeded are thrown anew.
    pub(super) fn begun(&self) -> Self {
        let mut rule = self.clone();
        rule.throw();
        rule
    }

    fn throw(&mut self) {
        match self {
            Self::Stop | Self::Spaced(_) | Self::Fixed { .. } | Self::Exponential { .. } | Self::Fibonacci { .. } => {}
            Self::Jittered { rule, dice } => {
                dice.get_or_insert_with(Dice::random);
                rule.throw();
            }
            Self::Times { rule, .. }
            | Self::UpTo { rule, .. }
            | Self::While { rule, .. }
            | Self::Capped { rule, .. } => rule.throw(),
            Self::Union(one, other) | Self::Intersect(one, other) => {
                one.throw();
                other.throw();
            }
        }
    }

    pub(super) fn step(&mut self, input: &Input, elapsed: Duration) -> Option<Duration> {
        let delay = self.delay(input, elapsed);
        if delay.is_none() {
            *self = Self::Stop; // invariant 1
        }
        delay
    }

    fn delay(&mut self, input: &Input, elapsed: Duration) -> Option<Duration> {
        match self {
            Self::Stop => None,
            Self::Spaced(delay) => Some(*delay),
            Self::Fixed { period, slots } => Some(until_slot(*period, slots, elapsed)),
            Self::Exponential { next, factor } => {
                let longer = scaled(*next, *factor);
                Some(std::mem::replace(next, longer))
            }
            Self::Fibonacci { next, after } => {
                let sum = next.saturating_add(*after);
                Some(std::mem::replace(next, std::mem::replace(after, sum)))
            }
            Self::Times { rule, left } => {
                *left = left.checked_sub(1)?;
                rule.step(input, elapsed)
            }
            Self::UpTo { rule, limit } => {
                let delay = rule.step(input, elapsed)?;
                (elapsed.saturating_add(delay) <= *limit).then_some(delay)
            }
            Self::While { rule, goes_on } if goes_on(input) => rule.step(input, elapsed),
            Self::While { .. } => None,
            Self::Jittered { rule, dice } => {
                let delay = rule.step(input, elapsed)?;
                Some(scaled(delay, dice.get_or_insert_with(Dice::random).factor()))
            }
            Self::Capped { rule, longest } => Some(rule.step(input, elapsed)?.min(*longest)),
            Self::Union(one, other) => match (one.step(input, elapsed), other.step(input, elapsed)) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            Self::Intersect(one, other) => Some(one.step(input, elapsed)?.max(other.step(input, elapsed)?)),
        }
    }
}

/// How long until the next slot of the grid, if a run ended now.
fn until_slot(period: Duration, slots: &mut Option<Slots>, now: Duration) -> Duration {
    let anchored = slots.get_or_insert(Slots { anchor: now, begun: now });
    let late = now > anchored.anchor && now >= anchored.begun.saturating_add(period);
    let delay = match now.saturating_sub(anchored.anchor).as_nanos().checked_rem(period.as_nanos()) {
        Some(into) if !late => period - nanoseconds(into),
        _ => Duration::ZERO,
    };
    anchored.begun = now.saturating_add(delay);
    delay
}

/// A duration of less than the longest one.
fn nanoseconds(count: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    Duration::new((count / SECOND) as u64, (count % SECOND) as u32)
}

fn scaled(delay: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(delay.as_secs_f64() * factor).unwrap_or(Duration::MAX) // invariant 2
}

impl<Input> Clone for Rule<Input> {
    fn clone(&self) -> Self {
        match self {
            Self::Stop => Self::Stop,
            Self::Spaced(delay) => Self::Spaced(*delay),
            Self::Fixed { period, slots } => Self::Fixed { period: *period, slots: *slots },
            Self::Exponential { next, factor } => Self::Exponential { next: *next, factor: *factor },
            Self::Fibonacci { next, after } => Self::Fibonacci { next: *next, after: *after },
            Self::Times { rule, left } => Self::Times { rule: rule.clone(), left: *left },
            Self::UpTo { rule, limit } => Self::UpTo { rule: rule.clone(), limit: *limit },
            Self::While { rule, goes_on } => Self::While { rule: rule.clone(), goes_on: Arc::clone(goes_on) },
            Self::Jittered { rule, dice } => Self::Jittered { rule: rule.clone(), dice: dice.clone() },
            Self::Capped { rule, longest } => Self::Capped { rule: rule.clone(), longest: *longest },
            Self::Union(one, other) => Self::Union(one.clone(), other.clone()),
            Self::Intersect(one, other) => Self::Intersect(one.clone(), other.clone()),
        }
    }
}

impl<Input> fmt::Debug for Rule<Input> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stop => f.write_str("stop"),
            Self::Spaced(delay) => write!(f, "spaced({delay:?})"),
            Self::Fixed { period, .. } => write!(f, "fixed({period:?})"),
            Self::Exponential { next, factor } => write!(f, "exponential({next:?}, by {factor})"),
            Self::Fibonacci { next, after } => write!(f, "fibonacci({next:?}, {after:?})"),
            Self::Times { rule, left } => write!(f, "{rule:?}.times({left})"),
            Self::UpTo { rule, limit } => write!(f, "{rule:?}.up_to({limit:?})"),
            Self::While { rule, .. } => write!(f, "{rule:?}.while_input(..)"),
            Self::Jittered { rule, .. } => write!(f, "{rule:?}.jittered()"),
            Self::Capped { rule, longest } => write!(f, "{rule:?}.capped({longest:?})"),
            Self::Union(one, other) => write!(f, "{one:?}.union({other:?})"),
            Self::Intersect(one, other) => write!(f, "{one:?}.intersect({other:?})"),
        }
    }
}
