//! The time of tokio, for schedules and time limits.

use std::sync::Arc;
use std::time::Duration;

use di_core::BoxFuture;
use di_core::schedule::Clock;
use tokio::time::{Instant, sleep};

/// The time since this clock was made, which stands still where tokio's is paused.
struct SinceThen(Instant);

/// A new clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SinceThen(Instant::now()))
}

impl Clock for SinceThen {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, delay: Duration) -> BoxFuture<()> {
        if delay.is_zero() {
            // What repeats without a delay must not keep its thread to itself.
            Box::pin(tokio::task::yield_now())
        } else {
            Box::pin(sleep(delay))
        }
    }
}

/// So long after a moment. What is too late to be told is in thirty years, as it is for tokio.
pub(crate) fn after(moment: Instant, delay: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);
    moment.checked_add(delay).unwrap_or_else(|| moment + FAR)
}
