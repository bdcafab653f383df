//! The timeline of a start-up: what its builds tell while they run, and nobody has to ask for.
//!
//! One timeline has the records of a build and of all builds inside of it. It knows names, numbers and times only: whatever
//! it held of a build could live longer than it should.
//!
//! 1. A step has one record, from when its turn comes for the first time; records are in the order in which steps began.
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
    retries: u32,
    /// Whether a build began inside of it; then it is that one's layers which are slow.
    made_of_others: bool,
    /// What ended last inside of it: a build that begins there after that has waited for it.
    last_inside: Option<RecordId>,
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

    /// The turn of a step has come, when that of `after` was over. If its turn has come before, it is tried again.
    pub(super) fn begin(&self, plan: &Plan, step: StepId, after: Option<StepId>) {
        let Some((_, mut state)) = self.state() else { return };
        let state = &mut *state;
        if let Some(again) = state.places[self.base + step] {
            state.records[again].retries += 1;
            return;
        }
        let place = |step: StepId| state.places[self.base + step];
        let Task::Construct(inputs) = plan.steps()[step].task() else { return };
        let before = self.recording.parent.and_then(|parent| state.records[parent].last_inside);
        let first = state.feeds.len();
        state.feeds.extend(inputs.iter().filter_map(Input::step).filter_map(place));
        let record = Record {
            source: plan.steps()[step].source(),
            parent: self.recording.parent,
            feeds: first..state.feeds.len(),
            held_up_by: after.map_or(before, place),
            begun: Instant::now(),
            ended: None,
            origin: LayerOrigin::Built,
            failure: None,
            retries: 0,
            made_of_others: false,
            last_inside: None,
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
        if let Some((_, mut state)) = self.state()
            && let Some(place) = state.places[self.base + step]
        {
            state.records[place].origin = origin;
        }
    }

    /// What the step gives is there, or it came to nothing.
    pub(super) fn ended(&self, step: StepId, failure: Option<&BuildError>) {
        let failure = failure.filter(|_| self.recording.timeline.is_some()).map(|error| told(error.kind()));
        if let Some((_, mut state)) = self.state()
            && let Some(place) = state.places[self.base + step]
        {
            state.records[place].ended = Some(Instant::now());
            state.records[place].failure = failure;
            if let Some(parent) = self.recording.parent {
                state.records[parent].last_inside = Some(place);
            }
        }
        self.warn_if_slow(step);
    }

    /// Where the builds inside of a step are recorded.
    pub(super) fn inside(&self, step: StepId) -> Recording {
        let parent = self.state().and_then(|(_, state)| state.places[self.base + step]);
        Recording { timeline: self.recording.timeline.clone().filter(|_| parent.is_some()), parent }
    }
}

/// What an error says. It is a user's code that says it, so no lock is held, and it may panic.
fn told(error: &dyn fmt::Display) -> String {
    catch_unwind(AssertUnwindSafe(|| error.to_string())).unwrap_or_else(|_| "an error that cannot be told".to_owned())
}

#[cfg(test)]
mod tests {
    use di_core::layer::{Construction, Layer, Outputs, Source, factory_layer};
    use di_core::set::Empty;
    use di_core::{BuildErrorKind, ServiceMap};

    use super::*;

    fn plan() -> Plan {
        let source = Source::new("leaf", "", "src/app.rs", 1);
        let layer: Layer<Empty, Empty, Empty> =
            factory_layer(source, &[], |_| Construction::ready(Ok(Outputs::none())));
        Plan::new(layer.node(), &ServiceMap::default()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_begins_again_is_a_retry() {
        let (timeline, plan) = (Timeline::begin(Duration::MAX), plan());
        let recorder = Recorder::new(Recording::outermost(&timeline), &plan);
        recorder.begin(&plan, 0, None);
        tokio::time::advance(Duration::from_secs(1)).await;
        recorder.begin(&plan, 0, None);
        recorder.begin(&plan, 0, None);
        recorder.ended(0, None);
        let layers = timeline.rows().layers;
        assert_eq!(layers.len(), 1);
        assert_eq!((layers[0].retries, layers[0].duration), (2, Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_begins_after_the_start_up_has_no_record() {
        let (timeline, plan) = (Timeline::begin(Duration::MAX), plan());
        let recorder = Recorder::new(Recording::outermost(&timeline), &plan);
        recorder.begin(&plan, 0, None);
        let (early, late) = (recorder.inside(0), recorder.inside(0));
        Recorder::new(early, &plan).begin(&plan, 0, None);
        timeline.end(Some(&BuildError::new(BuildErrorKind::Cancelled)));
        Recorder::new(late, &plan).begin(&plan, 0, None);
        let rows = timeline.rows();
        assert_eq!(rows.layers.iter().map(|layer| layer.parent).collect::<Vec<_>>(), [None, Some(0)]);
        assert!(rows.finished && rows.failure.is_some() && rows.waiting.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_tried_for_hours_does_not_fill_the_memory() {
        let (timeline, plan) = (Timeline::begin(Duration::MAX), plan());
        let recorder = Recorder::new(Recording::outermost(&timeline), &plan);
        recorder.begin(&plan, 0, None);
        for _ in 0..2 * MOST {
            Recorder::new(recorder.inside(0), &plan).begin(&plan, 0, None);
        }
        assert_eq!(timeline.rows().layers.len(), MOST);
    }
}
