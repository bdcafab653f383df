//! Slow layers: a warning for each, as soon as it is one.
//!
//! One timer is enough for a build: what begins later is due later. It may ring for a layer that is done by then.

use std::collections::VecDeque;
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::sync::MutexGuard;

use di_core::layer::StepId;
use futures_util::future::{Either, select};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{Recorder, State, Timeline};
use crate::lock;

impl Recorder {
    /// Watches over the layers of this build.
    pub(in crate::build) fn watch(&self) -> Watch<'_> {
        Watch { recorder: self, due: VecDeque::new(), timer: None, has_timers: true }
    }

    /// Warns of a layer that is done now, if nobody has.
    pub(super) fn warn_if_slow(&self, step: StepId) {
        let Some((timeline, mut state)) = self.state() else { return };
        let Some(place) = state.places[self.base + step] else { return };
        let record = &mut state.records[place];
        let took = record.ended.unwrap_or_else(Instant::now) - record.begun;
        if took < timeline.slow || record.made_of_others {
            return;
        }
        let (source, done) = (record.source, record.ended.is_some());
        let warned = std::mem::replace(&mut record.warned, true);
        drop(state);
        // A subscriber is a user's code, which may ask for the report.
        let (layer, file, line) = (source.name(), source.file(), source.line());
        match (done, warned) {
            (true, false) => tracing::warn!(layer, file, line, ?took, "a layer was slow to build"),
            (true, true) => tracing::info!(layer, file, line, ?took, "a slow layer is built"),
            (false, false) => tracing::warn!(layer, file, line, ?took, "a layer is slow, and still being built"),
            // It is tried again, and was warned of before.
            (false, true) => {}
        }
    }

    pub(super) fn state(&self) -> Option<(&Timeline, MutexGuard<'_, State>)> {
        let timeline = self.recording.timeline.as_deref()?;
        Some((timeline, lock(&timeline.state)))
    }
}

/// Waits for layers, and warns of those that are slow.
pub(in crate::build) struct Watch<'a> {
    recorder: &'a Recorder,
    /// The layers that are being built, as they began, and when they are slow.
    due: VecDeque<(StepId, Instant)>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether there are timers, as far as that is known.
    has_timers: bool,
}

impl Watch<'_> {
    /// From now on this layer is being built.
    pub(in crate::build) fn add(&mut self, step: StepId) {
        // A limit beyond the end of time is none.
        let slow = self.recorder.recording.timeline.as_ref().map(|timeline| timeline.slow);
        if let Some(due) = slow.and_then(|slow| Instant::now().checked_add(slow)) {
            self.due.push_back((step, due));
        }
    }

    /// Waits for a future, with an eye on the layers.
    pub(in crate::build) async fn during<Out>(&mut self, future: impl Future<Output = Out>) -> Out {
        let mut future = pin!(future);
        loop {
            let first = self.due.front().map(|(_, due)| *due);
            if self.timer.is_none() {
                self.timer = first.filter(|_| self.has_timers).and_then(timer);
                self.has_timers &= first.is_none() || self.timer.is_some();
            }
            let Some(timer) = &mut self.timer else { return future.await };
            if let Either::Left((out, _)) = select(future.as_mut(), timer).await {
                return out;
            }
            self.timer = None;
            self.ring();
        }
    }

    fn ring(&mut self) {
        let now = Instant::now();
        while let Some((step, due)) = self.due.front().copied()
            && due <= now
        {
            self.due.pop_front();
            if self.recorder.is_under_way(step) {
                self.recorder.warn_if_slow(step);
            }
        }
    }
}

/// A timer, or none if the tokio runtime has no timers: tokio has no other way to ask for that than a panic. A build is
/// not to fail for the sake of a warning, which comes when the layer is done then.
fn timer(due: Instant) -> Option<Pin<Box<Sleep>>> {
    catch_unwind(|| Box::pin(sleep_until(due))).ok()
}

impl Recorder {
    fn is_under_way(&self, step: StepId) -> bool {
        self.state().is_some_and(|(_, state)| {
            state.places[self.base + step].is_some_and(|place| state.records[place].ended.is_none())
        })
    }
}
