//! What is processed: a fiber for each request, found by its number while it runs and for a while after that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use di::FiberStatus;
use di::prelude::*;
use serde::Deserialize;
use tokio::time::sleep;

/// What is to be added, and how long that takes.
#[derive(Deserialize)]
pub struct Input {
    numbers: Vec<i64>,
    milliseconds: u64,
}

/// Why there is no sum.
#[derive(Debug, thiserror::Error)]
pub enum NoSum {
    #[error("the sum is too large")]
    TooLarge,
    #[error("there is nothing to add")]
    Nothing,
}

/// How a request stands.
pub type Status = FiberStatus<i64, NoSum>;

#[derive(Service)]
pub struct Processing {
    requests: FiberMap<u64, i64, NoSum>,
    last: AtomicU64,
    interrupted: Arc<AtomicU64>,
}

/// Results are kept for ten minutes, and never more than a thousand of them.
#[layer]
pub fn processing(scope: &Scope) -> Processing {
    let results = FiberMap::builder().retain_results(1000).retain_results_for(Duration::from_secs(600));
    let requests = results.name("requests").max_concurrent(100).build(scope);
    Processing { requests, last: AtomicU64::new(0), interrupted: Arc::default() }
}

impl Processing {
    /// Begins with it; the number of the request.
    pub fn begin(&self, input: Input) -> u64 {
        let request = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let interrupted = Arc::clone(&self.interrupted);
        self.requests.run(request, async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || {
                interrupted.fetch_add(1, Ordering::Relaxed);
            });
            sum(input).await
        });
        request
    }

    pub fn status(&self, request: u64) -> Status {
        self.requests.status(&request)
    }

    /// Stops a request that runs, and waits until it has ended; whether there was one.
    pub async fn cancel(&self, request: u64) -> bool {
        self.requests.remove(&request).await.is_some()
    }

    pub fn running(&self) -> usize {
        self.requests.len()
    }

    pub fn interrupted(&self) -> u64 {
        self.interrupted.load(Ordering::Relaxed)
    }
}

async fn sum(input: Input) -> Result<i64, NoSum> {
    sleep(Duration::from_millis(input.milliseconds)).await;
    if input.numbers.is_empty() {
        return Err(NoSum::Nothing);
    }
    input.numbers.into_iter().try_fold(0, i64::checked_add).ok_or(NoSum::TooLarge)
}
