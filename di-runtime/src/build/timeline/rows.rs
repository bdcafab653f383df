//! What a timeline shows: the layers in the order of a tree, with times since the beginning.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::{Record, RecordId, State, Timeline};
use crate::lock;
use crate::memo::Request;

/// The start of one layer. Other layers are told by their places in [`StartupReport::layers`](crate::StartupReport::layers).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerStart {
    /// The name of the layer.
    pub layer: &'static str,
    /// The source file in which it was written.
    pub file: &'static str,
    /// The line in that file, counted from one.
    pub line: u32,
    /// The layer inside of which it was built: one that falls back, is fresh, or makes a layer while it is built.
    pub parent: Option<usize>,
    /// How it was come by.
    pub origin: LayerOrigin,
    /// When everything that it needs was there, since the beginning of the start-up.
    pub ready: Duration,
    /// When it began, since the beginning of the start-up. It is later than `ready` if it was to wait for a layer that does
    /// not feed it.
    pub start: Duration,
    /// How long it took, or has taken so far.
    pub duration: Duration,
    /// Whether it is over.
    pub finished: bool,
    /// The layers that it waited for, in the order in which they began.
    pub waited_for: Vec<usize>,
    /// The one of them that was the last to be there: what held it up.
    pub held_up_by: Option<usize>,
    /// How often it was tried again.
    pub retries: u32,
    /// Why it came to nothing.
    pub failure: Option<String>,
}

impl LayerStart {
    /// When it was over, or how far it has come, since the beginning of the start-up.
    pub fn end(&self) -> Duration {
        self.start + self.duration
    }
}

/// How a build came by a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerOrigin {
    /// Its constructor ran for this build.
    Built,
    /// It was there already, in the memo map.
    Shared,
    /// Another build had begun it, and this one waited for it.
    Joined,
}

impl LayerOrigin {
    /// That of what was asked for; `began` says whether its constructor was called for that.
    pub(in crate::build) fn of(request: &Request, began: bool) -> Self {
        match request {
            _ if began => Self::Built,
            Request::Built(_) => Self::Shared,
            Request::Building(_) => Self::Joined,
        }
    }
}

impl fmt::Display for LayerOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Built => "built",
            Self::Shared => "shared",
            Self::Joined => "joined",
        })
    }
}

/// All that a timeline shows.
#[derive(Clone, Debug)]
pub(crate) struct StartupRows {
    pub(crate) layers: Vec<LayerStart>,
    pub(crate) waiting: Vec<&'static str>,
    pub(crate) total: Duration,
    pub(crate) finished: bool,
    pub(crate) failure: Option<String>,
    pub(crate) slow: Duration,
}

impl Timeline {
    /// What has happened so far.
    pub(crate) fn rows(&self) -> StartupRows {
        let state = lock(&self.state);
        let now = state.ended.unwrap_or_else(Instant::now);
        let order = state.in_tree_order();
        let mut places = vec![0; state.records.len()];
        order.iter().enumerate().for_each(|(place, record)| places[*record] = place);
        StartupRows {
            layers: order.iter().map(|record| self.row(&state, &state.records[*record], &places, now)).collect(),
            waiting: state.waiting.iter().copied().flatten().collect(),
            total: now - self.begun,
            finished: state.ended.is_some(),
            failure: state.failure.clone(),
            slow: self.slow,
        }
    }

    fn row(&self, state: &State, record: &Record, places: &[usize], now: Instant) -> LayerStart {
        let feeds = &state.feeds[record.feeds.clone()];
        let around = record.parent.map_or(self.begun, |parent| state.records[parent].begun);
        let ready = feeds.iter().filter_map(|feed| state.records[*feed].ended).max().unwrap_or(around);
        let mut waited_for: Vec<_> =
            feeds.iter().copied().chain(record.held_up_by).map(|record| places[record]).collect();
        waited_for.sort_unstable();
        waited_for.dedup();
        LayerStart {
            layer: record.source.name(),
            file: record.source.file(),
            line: record.source.line(),
            parent: record.parent.map(|parent| places[parent]),
            origin: record.origin,
            ready: ready - self.begun,
            start: record.begun - self.begun,
            duration: record.ended.unwrap_or(now).saturating_duration_since(record.begun),
            finished: record.ended.is_some(),
            waited_for,
            held_up_by: record.held_up_by.map(|record| places[record]),
            retries: record.retries,
            failure: record.failure.clone(),
        }
    }
}

impl State {
    /// The records as they began, each followed by those inside of it.
    fn in_tree_order(&self) -> Vec<RecordId> {
        let mut inside = vec![Vec::new(); self.records.len()];
        let mut left = Vec::new();
        // The list of what is left is a stack: the first one is on top.
        for (record, parent) in self.records.iter().map(|record| record.parent).enumerate().rev() {
            parent.map_or(&mut left, |parent| &mut inside[parent]).push(record);
        }
        let mut order = Vec::with_capacity(self.records.len());
        while let Some(record) = left.pop() {
            order.push(record);
            left.append(&mut inside[record]);
        }
        order
    }
}
