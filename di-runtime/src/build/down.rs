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
use crate::memo::Released;

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
    /// The time that it had, if that was over before it was: then what the layer was built from was released without it.
    pub forced: Option<Duration>,
}

/// A release that has begun.
pub(super) struct Releasing {
    begun: Instant,
    step: StepId,
    over: Option<(Duration, Released)>,
}

impl Build {
    /// Releases everything that is held, and returns what failed. A second call finds nothing left. What is not released
    /// in its time is out of the way of the rest, and failed.
    ///
    /// What others hold too is only given back, which is no release of it.
    pub(super) async fn down(&self, exit: Exit) -> Vec<SharedError> {
        let mut walk = Walk::new(&self.plan, Direction::Down);
        let mut waiting = FuturesUnordered::new();
        loop {
            while let Some(step) = walk.next() {
                let hold = lock(&self.holds)[step].take();
                match hold.and_then(|hold| hold.give_back(exit.clone())) {
                    None => walk.done(step),
                    Some(released) => {
                        let place = self.log_begin(step);
                        waiting.push(async move { (step, place, released.await) });
                    }
                }
            }
            let Some((step, place, released)) = waiting.next().await else { break };
            self.log_end(place, released);
            walk.done(step);
        }
        debug_assert!(lock(&self.holds).iter().all(Option::is_none), "the way down comes to every constructor");
        lock(&self.log)
            .iter()
            .flat_map(|releasing| releasing.over.iter())
            .flat_map(|(_, released)| released.clone().into_errors())
            .collect()
    }

    fn log_begin(&self, step: StepId) -> usize {
        let mut log = lock(&self.log);
        log.push(Releasing { begun: Instant::now(), step, over: None });
        log.len() - 1
    }

    fn log_end(&self, place: usize, released: Released) {
        let releasing = &mut lock(&self.log)[place];
        releasing.over = Some((releasing.begun.elapsed(), released));
    }

    /// The releases that have begun, in that order; their times are counted from `beginning`.
    pub(crate) fn releases(&self, beginning: Instant) -> Vec<LayerRelease> {
        let release = |releasing: &Releasing| {
            let (duration, Released { overdue, errors }) =
                releasing.over.clone().unwrap_or_else(|| (releasing.begun.elapsed(), Released::default()));
            let layer = self.plan.steps()[releasing.step].source().name();
            let start = releasing.begun.saturating_duration_since(beginning);
            let (finished, forced) =
                (releasing.over.is_some() && overdue.is_none(), overdue.map(|overdue| overdue.had));
            LayerRelease { layer, start, duration, errors, finished, forced }
        };
        lock(&self.log).iter().map(release).collect()
    }
}
