//! Calls that run so many at a time, and start so many a second: `cargo run --example rate_limited`.
//!
//! The problem: a thousand things to fetch from somebody who allows ten requests at a time and a hundred in a second. Whoever
//! starts them must not have to wait, and must be able to stop one that is still waiting for its turn. A map of fibers with
//! limits takes all of them at once, and lets them begin in their order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use di::prelude::*;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// The server that allows ten at a time, and what it has seen.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    now: usize,
    most_at_once: usize,
    begun: Vec<(u32, Instant)>,
}

impl Server {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch_user(self, user: u32, latency: Duration) {
        {
            let mut seen = self.seen();
            seen.now += 1;
            seen.most_at_once = seen.most_at_once.max(seen.now);
            seen.begun.push((user, Instant::now()));
        }
        sleep(latency).await;
        self.seen().now -= 1;
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Outcome {
    ten_at_a_time().await?;
    a_hundred_a_second().await?;
    one_that_waits_is_stopped().await
}

/// Ten at a time, each for 200 ms: fifty a second, so the number of starts is no limit.
async fn ten_at_a_time() -> Outcome {
    let (scope, server, begun) = (Scope::new(), Server::default(), Instant::now());
    let calls: FiberMap<u32> = FiberMap::builder().max_concurrent(10).rate_limit(100, SECOND).build(&scope);
    for user in 0..100 {
        calls.run(user, server.clone().fetch_user(user, 200 * MILLISECOND));
    }
    // All have been taken, and nobody has waited.
    assert_eq!((calls.len(), begun.elapsed()), (100, Duration::ZERO));
    calls.join_all().await?;
    scope.close(Exit::Success).await?;
    let seen = server.seen();
    println!("100 calls, at most {} at once, in {:?}", seen.most_at_once, begun.elapsed());
    assert_eq!((seen.most_at_once, begun.elapsed()), (10, 2 * SECOND));
    assert!(seen.begun.iter().map(|(user, _)| *user).eq(0..100), "they begin in their order");
    Ok(())
}

/// Calls that take a millisecond: in no second, wherever it begins, are there more than a hundred starts.
async fn a_hundred_a_second() -> Outcome {
    let (scope, server, begun) = (Scope::new(), Server::default(), Instant::now());
    let calls: FiberMap<u32> = FiberMap::builder().max_concurrent(10).rate_limit(100, SECOND).build(&scope);
    for user in 0..250 {
        calls.run(user, server.clone().fetch_user(user, MILLISECOND));
    }
    calls.join_all().await?;
    scope.close(Exit::Success).await?;
    let seen = server.seen();
    println!("250 calls of a millisecond, in {:?}", begun.elapsed());
    let in_any_second = seen.begun.windows(101).all(|calls| calls[100].1 - calls[0].1 >= SECOND);
    assert!(in_any_second && begun.elapsed() >= 2 * SECOND && begun.elapsed() < 3 * SECOND);
    Ok(())
}

/// What waits for its turn is a fiber like any other: it is found, replaced and stopped by its key, and then it never runs.
async fn one_that_waits_is_stopped() -> Outcome {
    let (scope, server) = (Scope::new(), Server::default());
    let calls: FiberMap<u32> = FiberMap::builder().max_concurrent(1).build(&scope);
    for user in 0..3 {
        calls.run(user, server.clone().fetch_user(user, SECOND));
    }
    assert!(calls.remove(&1).await.is_some_and(|fiber| fiber.is_finished()));
    calls.join_all().await?;
    assert!(server.seen().begun.iter().map(|(user, _)| *user).eq([0, 2]));
    println!("user 1 was never fetched");
    Ok(scope.close(Exit::Success).await?)
}
