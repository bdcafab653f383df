//! Refreshing by a schedule: a task that lives as long as the reference.
//!
//! 1. The next tick is known before what belongs to this one begins, so times do not move with the time that builds take.
//! 2. What belongs to a tick has time until the next one. What has not come to its end by then is given up, whatever it hangs
//!    in, so that a build that never ends takes one tick and not all of them.
//! 3. A build that a tick meets was begun before it, and has perhaps read what is old by now. It is waited for, and then
//!    what it has built is refreshed. The schedule is nobody for whom a build is done: if all others leave, it is cancelled.

use std::pin::pin;

use di_core::schedule::Pace;
use di_core::set::ServiceSet;
use di_core::{BuildError, Schedule};
use futures_util::future::{Either, select};

use super::LayerRef;
use crate::KeyState;
use crate::clock::clock;

/// Refreshes until the schedule ends, or the reference is closed.
pub(super) fn refresh_on<Out: ServiceSet>(schedule: &Schedule<()>, keeps: bool, reference: &LayerRef<Out>) {
    let (pace, renewed) = (Pace::new(schedule, clock()), reference.clone());
    // The task belongs to the reference, whose close drops it; nobody waits for it otherwise.
    drop(reference.map.resources().scope().spawn(renewed.refresh_at(pace, keeps)));
}

impl<Out: ServiceSet> LayerRef<Out> {
    async fn refresh_at(self, mut ticks: Pace<()>, keeps: bool) {
        let mut under_way = None;
        while let Some((_, mut tick)) = ticks.pause(&()) {
            match under_way.take() {
                None => tick.await,
                Some(renewal) => match select(pin!(renewal), &mut tick).await {
                    Either::Left(((), _)) => tick.await,
                    Either::Right(((), _)) => {
                        let reference = self.map.resources().name();
                        tracing::warn!(
                            reference,
                            "a refresh is given up at the time of the next one; the old one stays"
                        );
                    }
                },
            }
            under_way = Some(self.renew_or_log(keeps));
        }
        if let Some(last) = under_way {
            last.await;
        }
    }

    async fn renew_or_log(&self, keeps: bool) {
        let resources = self.map.resources();
        match self.renew(keeps).await {
            Err(error) if !resources.is_closed() => {
                tracing::warn!(reference = resources.name(), %error, "a layer was not refreshed; the old one stays");
            }
            _ => {}
        }
    }

    /// Replaces what is used. What is idle is replaced only if it is kept; otherwise it is released.
    async fn renew(&self, keeps: bool) -> Result<(), BuildError> {
        let resources = self.map.resources();
        let state = loop {
            resources.answered(&()).await;
            match resources.inspect(&()) {
                // Another one has begun since.
                Some(KeyState::Building { .. }) => {}
                state => break state,
            }
        };
        match state {
            Some(KeyState::InUse { .. }) => drop(self.refresh().await?),
            Some(KeyState::Idle { .. }) if keeps => drop(self.refresh().await?),
            Some(KeyState::Idle { .. } | KeyState::Failed) => drop(self.invalidate().await),
            _ => {}
        }
        Ok(())
    }
}
