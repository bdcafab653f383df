//! The way down: releasing what a plan built, dependents before what feeds them.

use std::time::Duration;

use di_core::layer::StepId;
use di_core::{Exit, SharedError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::Build;
use super::walk::{Direction, Walk};
use crate::lock;

/// The release of one layer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerRelease {
    /// The name of the layer.
    pub layer: &'static str,
    /// When its release began, since the beginning of the shutdown.
    pub start: Duration,
    /// How long its release took, or has taken so far.
    pub duration: Duration,
    /// What failed.
    pub errors: Vec<SharedError>,
    /// Whether it is over.
    pub finished: bool,
}

/// A release that has begun.
pub(super) struct Releasing {
    begun: Instant,
    step: StepId,
    over: Option<(Duration, Vec<SharedError>)>,
}

impl Build {
    /// Releases everything that is held, and returns what failed. A second call finds nothing left.
    pub(super) async fn down(&self, exit: Exit) -> Vec<SharedError> {
        let mut walk = Walk::new(&self.plan, Direction::Down);
        let mut waiting = FuturesUnordered::new();
        loop {
            while let Some(step) = walk.next() {
                let hold = lock(&self.holds)[step].take();
                match hold {
                    None => walk.done(step),
                    Some(hold) => {
                        let place = self.log_begin(step);
                        let exit = exit.clone();
                        waiting.push(async move { (step, place, hold.release(exit).await) });
                    }
                }
            }
            let Some((step, place, errors)) = waiting.next().await else { break };
            self.log_end(place, errors);
            walk.done(step);
        }
        debug_assert!(lock(&self.holds).iter().all(Option::is_none), "the way down comes to every constructor");
        lock(&self.log)
            .iter()
            .flat_map(|releasing| releasing.over.iter())
            .flat_map(|(_, errors)| errors)
            .cloned()
            .collect()
    }

    fn log_begin(&self, step: StepId) -> usize {
        let mut log = lock(&self.log);
        log.push(Releasing { begun: Instant::now(), step, over: None });
        log.len() - 1
    }

    fn log_end(&self, place: usize, errors: Vec<SharedError>) {
        let releasing = &mut lock(&self.log)[place];
        releasing.over = Some((releasing.begun.elapsed(), errors));
    }

    /// The releases that have begun, in that order; their times are counted from `beginning`.
    pub(crate) fn releases(&self, beginning: Instant) -> Vec<LayerRelease> {
        let release = |releasing: &Releasing| {
            let (duration, errors) = releasing.over.clone().unwrap_or_else(|| (releasing.begun.elapsed(), Vec::new()));
            let layer = self.plan.steps()[releasing.step].source().name();
            let start = releasing.begun.saturating_duration_since(beginning);
            LayerRelease { layer, start, duration, errors, finished: releasing.over.is_some() }
        };
        // What lives longer than the build is not released by it.
        let own = |releasing: &&Releasing| !self.plan.steps()[releasing.step].is_extended();
        lock(&self.log).iter().filter(own).map(release).collect()
    }
}
