//! The rate limit of one client: so many requests in a window, which begins with the first of them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts requests. It belongs to one client, which is why all who use an API have to share its client.
pub struct RateLimit {
    limit: u32,
    window: Duration,
    state: Mutex<Window>,
}

struct Window {
    begun: Instant,
    requests: u32,
}

/// What is left of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    pub remaining: u32,
    pub resets_in: Duration,
}

impl RateLimit {
    pub fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, state: Mutex::new(Window { begun: Instant::now(), requests: 0 }) }
    }

    /// Counts a request and says what is left after it; if there is no room for it, says when there is.
    pub fn take(&self) -> Result<Remaining, Duration> {
        let before = self.with(|window| {
            let before = self.limit.saturating_sub(window.requests);
            window.requests += u32::from(before > 0);
            before
        });
        let left = self.remaining();
        if before == 0 { Err(left.resets_in) } else { Ok(left) }
    }

    /// What is left of the window.
    pub fn remaining(&self) -> Remaining {
        self.with(|window| Remaining {
            remaining: self.limit.saturating_sub(window.requests),
            resets_in: self.window.saturating_sub(window.begun.elapsed()),
        })
    }

    fn with<Out>(&self, what: impl FnOnce(&mut Window) -> Out) -> Out {
        let mut window = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if window.begun.elapsed() >= self.window {
            *window = Window { begun: Instant::now(), requests: 0 };
        }
        what(&mut window)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_window_resets_after_its_time_and_not_before() {
        let limit = RateLimit::new(2, Duration::from_secs(60));
        assert_eq!(limit.take().map(|left| left.remaining), Ok(1));
        assert_eq!(limit.take().map(|left| left.remaining), Ok(0));
        advance(Duration::from_secs(59)).await;
        assert_eq!(limit.take(), Err(Duration::from_secs(1)));
        advance(Duration::from_secs(1)).await;
        assert_eq!(limit.take(), Ok(Remaining { remaining: 1, resets_in: Duration::from_secs(60) }));
    }
}
