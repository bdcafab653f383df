//! The way through a plan, up and down: which step is next, free of locks, tasks and user code.
//!
//! ```text
//!          begins           `All(steps)`       `Then(first, second)`     tells who asked for it
//!  up      when first asked  all at once        first, then second        when it is done
//!  down    when last asked   all at once        second, then first        at once, but for the last, who waits
//! ```
//! Down is up with the time reversed. Several steps may ask for one; that only the last of them waits for its release
//! is what keeps crossing orders (`a` before `b` here, `b` before `a` there) from waiting for each other.

use std::collections::VecDeque;

use di_core::layer::{Plan, StepId, Task};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Building: what feeds comes first.
    Up,
    /// Releasing: what feeds comes last.
    Down,
}

/// A walk through a plan.
pub(super) struct Walk<'a> {
    plan: &'a Plan,
    direction: Direction,
    places: Vec<Place>,
    /// Constructors whose turn has come.
    ready: VecDeque<StepId>,
    agenda: Vec<Event>,
}

/// Where one step stands.
#[derive(Clone, Default)]
struct Place {
    stage: Stage,
    /// How often it will be asked for.
    askers: usize,
    /// How many of its parts are not done.
    left: usize,
    /// Who waits for it.
    waiting: Vec<StepId>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    Begun,
    Done,
}

enum Event {
    Ask { step: StepId, by: Option<StepId> },
    PartDone(StepId),
    Done(StepId),
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub(super) fn new(plan: &'a Plan, direction: Direction) -> Self {
        let mut places = vec![Place::default(); plan.steps().len()];
        places[plan.root()].askers = 1;
        for step in plan.steps() {
            match step.task() {
                Task::Construct(_) => {}
                Task::All(parts) => parts.iter().for_each(|part| places[*part].askers += 1),
                Task::Then(first, second) => [first, second].into_iter().for_each(|part| places[*part].askers += 1),
            }
        }
        let agenda = vec![Event::Ask { step: plan.root(), by: None }];
        Self { plan, direction, places, ready: VecDeque::new(), agenda }
    }

    /// A constructor whose turn it is, each once.
    pub(super) fn next(&mut self) -> Option<StepId> {
        while let Some(event) = self.agenda.pop() {
            match event {
                Event::Ask { step, by } => self.ask(step, by),
                Event::PartDone(step) => self.part_done(step),
                Event::Done(step) => {
                    self.places[step].stage = Stage::Done;
                    let waiting = std::mem::take(&mut self.places[step].waiting);
                    self.agenda.extend(waiting.into_iter().map(Event::PartDone));
                }
            }
        }
        self.ready.pop_front()
    }

    /// A constructor is done.
    pub(super) fn done(&mut self, step: StepId) {
        self.agenda.push(Event::Done(step));
    }

    fn ask(&mut self, step: StepId, by: Option<StepId>) {
        let place = &mut self.places[step];
        place.askers -= 1;
        let begins = match self.direction {
            Direction::Up => place.stage == Stage::Idle,
            Direction::Down => place.askers == 0,
        };
        let answered = match self.direction {
            Direction::Up => place.stage == Stage::Done,
            Direction::Down => !begins,
        };
        if answered {
            self.agenda.extend(by.map(Event::PartDone));
        } else {
            place.waiting.extend(by);
        }
        if begins {
            place.stage = Stage::Begun;
            self.begin(step);
        }
    }

    fn begin(&mut self, step: StepId) {
        match self.plan.steps()[step].task() {
            Task::Construct(_) => self.ready.push_back(step),
            Task::All(parts) if parts.is_empty() => self.agenda.push(Event::Done(step)),
            Task::All(parts) => {
                self.places[step].left = parts.len();
                // The agenda is a stack: the first part is asked first.
                self.agenda.extend(parts.iter().rev().map(|part| Event::Ask { step: *part, by: Some(step) }));
            }
            Task::Then(..) => {
                self.places[step].left = 2;
                self.ask_half(step);
            }
        }
    }

    fn part_done(&mut self, step: StepId) {
        self.places[step].left -= 1;
        match (self.places[step].left, self.plan.steps()[step].task()) {
            (0, _) => self.agenda.push(Event::Done(step)),
            (_, Task::Then(..)) => self.ask_half(step),
            _ => {}
        }
    }

    /// Asks for the half of a `Then` whose turn it is.
    fn ask_half(&mut self, step: StepId) {
        let Task::Then(first, second) = *self.plan.steps()[step].task() else { return };
        let feeds_first = self.direction == Direction::Up;
        let half = if (self.places[step].left == 2) == feeds_first { first } else { second };
        self.agenda.push(Event::Ask { step: half, by: Some(step) });
    }
}
