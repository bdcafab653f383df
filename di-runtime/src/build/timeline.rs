//! The timeline of a start-up: what its builds tell while they run, and nobody has to ask for.
//!
//! One timeline has the records of a build and of all builds inside of it. It knows names, numbers and times only: whatever
//! it held of a build could live longer than it should.
//!
//! 1. A step has one record, from when its turn comes; records are in the order in which steps began.
//! 2. Whatever feeds a step, or was in its way, has a record before it.
//! 3. What begins when the timeline has ended is not part of the start-up, and has no record.

mod rows;
mod watch;

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::BuildError;
use di_core::layer::{Input, Plan, Source, StepId, Task};
use tokio::time::Instant;

use crate::lock;
pub(crate) use rows::StartupRows;
pub use rows::{LayerOrigin, LayerStart};

/// How many records a timeline has at most before builds inside of others are left out: what is tried again for hours
/// must not fill the memory.
const MOST: usize = 20_000;

/// The place of a record in its timeline.
type RecordId = usize;

/// What a build and the builds inside of it did, and when.
pub(crate) struct Timeline {
    begun: Instant,
    slow: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: Vec<Record>,
    /// Where the steps of each build, which begin at its base, have their records.
    places: Vec<Option<RecordId>>,
    /// What feeds the steps, in ranges.
    feeds: Vec<RecordId>,
    /// The layers of the outermost build, by their steps, while their turn has not come.
    waiting: Vec<Option<&'static str>>,
    ended: Option<Instant>,
    failure: Option<String>,
}

struct Record {
    source: Source,
    parent: Option<RecordId>,
    feeds: Range<usize>,
    held_up_by: Option<RecordId>,
    begun: Instant,
    ended: Option<Instant>,
    origin: LayerOrigin,
    failure: Option<String>,
    /// Whether a build began inside of it; then it is that one's layers which are slow.
    made_of_others: bool,
    warned: bool,
}

impl Timeline {
    /// One that begins now. A layer that takes as long as `slow` is warned of.
    pub(crate) fn begin(slow: Duration) -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), slow, state: Mutex::default() })
    }

    /// The start-up is over.
    pub(crate) fn end(&self, failure: Option<&BuildError>) {
        let failure = failure.map(|error| told(&error));
        let mut state = lock(&self.state);
        state.ended = Some(Instant::now());
        state.failure = failure;
    }
}

/// Where a build is recorded, if it is: for itself, or inside of a layer.
#[derive(Clone, Default)]
pub(crate) struct Recording {
    timeline: Option<Arc<Timeline>>,
    parent: Option<RecordId>,
}

impl Recording {
    /// As the outermost build of this timeline.
    pub(crate) fn outermost(timeline: &Arc<Timeline>) -> Self {
        Self { timeline: Some(Arc::clone(timeline)), parent: None }
    }
}

/// What one build tells its timeline, if it has one. Each call is for one step of its plan.
#[derive(Default)]
pub(super) struct Recorder {
    recording: Recording,
    base: usize,
}

impl Recorder {
    pub(super) fn new(recording: Recording, plan: &Plan) -> Self {
        let Some(timeline) = &recording.timeline else { return Self::default() };
        let mut state = lock(&timeline.state);
        let base = state.places.len();
        match recording.parent {
            None => {
                let constructs = |task: &Task| matches!(task, Task::Construct(_));
                let names = plan.steps().iter().map(|step| constructs(step.task()).then(|| step.source().name()));
                state.waiting = names.collect();
                let layers = state.waiting.iter().flatten().count();
                state.records.reserve_exact(layers);
            }
            Some(_) if state.ended.is_some() || base + plan.steps().len() > MOST => return Self::default(), // invariant 3
            Some(parent) => state.records[parent].made_of_others = true,
        }
        state.places.resize(base + plan.steps().len(), None);
        drop(state);
        Self { recording, base }
    }

    /// The turn of a step has come, when that of `after` was over.
    pub(super) fn begin(&self, plan: &Plan, step: StepId, after: Option<StepId>) {
        let Some((_, mut state)) = self.state() else { return };
        let state = &mut *state;
        let place = |step: StepId| state.places[self.base + step];
        let Task::Construct(inputs) = plan.steps()[step].task() else { return };
        let first = state.feeds.len();
        state.feeds.extend(inputs.iter().filter_map(Input::step).filter_map(place));
        let record = Record {
            source: plan.steps()[step].source(),
            parent: self.recording.parent,
            feeds: first..state.feeds.len(),
            held_up_by: after.and_then(place),
            begun: Instant::now(),
            ended: None,
            origin: LayerOrigin::Built,
            failure: None,
            made_of_others: false,
            warned: false,
        };
        if self.recording.parent.is_none() {
            state.waiting[step] = None;
        }
        state.places[self.base + step] = Some(state.records.len());
        state.records.push(record);
    }

    /// It is known how the step is come by.
    pub(super) fn found(&self, step: StepId, origin: LayerOrigin) {
        self.edit(step, |record| record.origin = origin);
    }

    /// What the step gives is there, or it came to nothing.
    pub(super) fn ended(&self, step: StepId, failure: Option<&BuildError>) {
        let failure = failure.filter(|_| self.recording.timeline.is_some()).map(|error| told(error.kind()));
        self.edit(step, |record| {
            record.ended = Some(Instant::now());
            record.failure = failure;
        });
        self.warn_if_slow(step);
    }

    /// Where the builds inside of a step are recorded.
    pub(super) fn inside(&self, step: StepId) -> Recording {
        let parent = self.state().and_then(|(_, state)| state.places[self.base + step]);
        Recording { timeline: self.recording.timeline.clone().filter(|_| parent.is_some()), parent }
    }

    fn edit(&self, step: StepId, edit: impl FnOnce(&mut Record)) {
        if let Some((_, mut state)) = self.state()
            && let Some(place) = state.places[self.base + step]
        {
            edit(&mut state.records[place]);
        }
    }
}

/// What an error says. It is a user's code that says it, so no lock is held, and it may panic.
fn told(error: &dyn fmt::Display) -> String {
    catch_unwind(AssertUnwindSafe(|| error.to_string())).unwrap_or_else(|_| "an error that cannot be told".to_owned())
}
