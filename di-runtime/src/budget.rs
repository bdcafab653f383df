//! How long the release of a layer may take, once a shutdown has begun.
//!
//! ```text
//! shutdown ├──────────────────────── 25 s ────────────────────────┤
//! server   ├───────────── at most 4/5 of that ─────────┤           stuck: left behind
//!   inside ├────── at most 4/5 of those ─────┤
//! pool                                                 ├── 4/5 ─┤
//! ```
//!
//! 1. A release has no limit while no shutdown has begun. Its time begins with the shutdown, or with itself if that is later.
//! 2. It is over before the time of what is around it: the shutdown, or the release of a layer that built it. So whatever
//!    waits for it has time left, and who is stuck is told by the innermost name.
//! 3. The time of a release, once it has begun, does not change.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// When a shutdown is to be over, if it has begun. Clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Deadline(Arc<watch::Sender<Option<Instant>>>);

impl Deadline {
    pub(crate) fn set(&self, deadline: Instant) {
        self.0.send_replace(Some(deadline));
    }

    /// Waits for the beginning of the shutdown.
    async fn begun(&self) {
        // The sender is part of `self`, so this cannot fail.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

/// The time of one release.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Duration,
    /// The release that this one is a part of.
    around: Option<Arc<Budget>>,
    shutdown: Deadline,
    /// When it is over, and how long it is; set when its time begins.
    time: OnceLock<(Instant, Duration)>,
}

impl Budget {
    /// One that begins now. It takes no longer than `limit` in any case.
    pub(crate) fn new(limit: Duration, around: Option<Arc<Self>>, shutdown: Deadline) -> Self {
        Self { limit, around, shutdown, time: OnceLock::new() }
    }

    /// Waits until the time is over, which it never is without a shutdown; returns how long it was.
    pub(crate) async fn over(&self) -> Duration {
        self.shutdown.begun().await;
        let (end, time) = self.time().expect("the shutdown has begun, and that is not taken back");
        sleep_until(end).await;
        time
    }

    /// When it is over, and how long it is, if it has begun.
    fn time(&self) -> Option<(Instant, Duration)> {
        if let Some(time) = self.time.get() {
            return Some(*time);
        }
        let end = match &self.around {
            Some(around) => around.time()?.0,
            None => (*self.shutdown.0.borrow())?,
        };
        let now = Instant::now();
        let shared = end.saturating_duration_since(now) / 5 * 4; // invariant 2
        let time = self.limit.min(shared);
        Some(*self.time.get_or_init(|| (now + time, time))) // invariant 3
    }
}
