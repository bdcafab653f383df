//! What is known of fibers that have ended.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use di_core::Exit;
use di_runtime::{Fiber, FiberExit, FiberMap, FiberMapBuilder, FiberOptions, FiberStatus, Scope};
use tokio::time::sleep;

use crate::common::settle;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

type Numbers = FiberMap<u32, Arc<u32>>;

fn numbers(
    settings: impl FnOnce(FiberMapBuilder<u32, Arc<u32>>) -> FiberMapBuilder<u32, Arc<u32>>,
) -> (Scope, Numbers) {
    let scope = Scope::new();
    let tasks = settings(FiberMap::builder()).build(&scope);
    (scope, tasks)
}

/// Runs a fiber that ends with its key, and waits for that.
async fn done(tasks: &Numbers, key: u32) -> Fiber<Arc<u32>> {
    let fiber = tasks.run(key, async move { Ok::<_, &str>(Arc::new(key)) });
    fiber.wait().await.unwrap();
    fiber
}

fn finished(tasks: &Numbers, keys: impl IntoIterator<Item = u32>) -> Vec<u32> {
    keys.into_iter().filter(|key| tasks.status(key).is_finished()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fiber_is_found_while_it_runs_and_after_its_end() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results(1));
    assert!(tasks.status(&1).is_missing());
    let fiber = tasks.run(1, async {
        sleep(secs(1)).await;
        Ok::<_, &str>(Arc::new(7))
    });
    let FiberStatus::Running(running) = tasks.status(&1) else { panic!("it runs") };
    assert!(running.is_same(&fiber));
    fiber.join().await.unwrap();
    let FiberStatus::Finished(ended) = tasks.status(&1) else { panic!("it is retained") };
    assert!(ended.is_same(&fiber));
    assert_eq!(*ended.join().await.unwrap(), 7);
    assert_eq!((tasks.len(), tasks.contains(&1), tasks.keys()), (0, false, vec![]));
}

#[tokio::test(start_paused = true)]
async fn every_end_in_its_place_is_retained_and_nothing_that_was_taken_away() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results(10));
    tasks.run(1, async { Err::<Arc<u32>, _>("no comma") });
    tasks.run(2, async { panic!("no disk") });
    tasks.run(3, pending::<Result<_, &str>>()).interrupt().await;
    tasks.run(4, pending::<Result<_, &str>>());
    tasks.remove(&4).await;
    let replaced = tasks.run(5, pending::<Result<_, &str>>());
    tasks.run(5, pending::<Result<_, &str>>());
    replaced.wait().await.unwrap();
    let outside = Fiber::spawn(async { Ok::<_, &str>(Arc::new(6)) });
    tasks.set(6, FiberOptions::new(), &outside);
    settle().await;
    assert_eq!(finished(&tasks, 1..=6), [1, 2, 3, 6]);
    assert!(tasks.status(&5).is_running() && tasks.status(&4).is_missing());
    assert!(matches!(tasks.status(&3).into_fiber().unwrap().poll(), Some(FiberExit::Interrupted)));
    // The first failure is told of, too.
    assert_eq!(*tasks.join().await.unwrap_err().key(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_ones_are_retained() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results(3));
    for key in 1..=5 {
        done(&tasks, key).await;
    }
    assert_eq!(finished(&tasks, 1..=5), [3, 4, 5]);
    // Who ends again is the last one.
    done(&tasks, 3).await;
    done(&tasks, 6).await;
    assert_eq!(finished(&tasks, 1..=6), [3, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_asked_for_is_not_retained() {
    type Settings = fn(FiberMapBuilder<u32, Arc<u32>>) -> FiberMapBuilder<u32, Arc<u32>>;
    let table: [Settings; 3] =
        [|builder| builder, |builder| builder.retain_results(0), |builder| builder.retain_results_for(Duration::ZERO)];
    for settings in table {
        let (_scope, tasks) = numbers(settings);
        let fiber = done(&tasks, 1).await;
        settle().await;
        assert!(tasks.status(&1).is_missing());
        let value = fiber.join().await.unwrap();
        drop(fiber);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retained_fiber_expires_at_its_time_and_is_dropped_without_traffic() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results_for(secs(10)));
    let first = done(&tasks, 1).await.join().await.unwrap();
    sleep(secs(4)).await;
    let second = done(&tasks, 2).await.join().await.unwrap();
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (2, 2));
    sleep(secs(6) - ms(1)).await;
    assert_eq!(finished(&tasks, 1..=2), [1, 2]);
    sleep(ms(1)).await;
    assert_eq!(finished(&tasks, 1..=2), [2]);
    settle().await;
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 2));
    sleep(secs(4)).await;
    settle().await;
    assert_eq!((finished(&tasks, 1..=2), Arc::strong_count(&second)), (vec![], 1));
    // The next one is served as well.
    let third = done(&tasks, 3).await.join().await.unwrap();
    sleep(secs(11)).await;
    assert_eq!(Arc::strong_count(&third), 1);
}

#[tokio::test(start_paused = true)]
async fn of_a_number_and_a_time_the_first_one_counts() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results(2).retain_results_for(secs(10)));
    done(&tasks, 1).await;
    sleep(secs(5)).await;
    done(&tasks, 2).await;
    done(&tasks, 3).await;
    assert_eq!(finished(&tasks, 1..=3), [2, 3]);
    sleep(secs(10)).await;
    assert_eq!(finished(&tasks, 1..=3), []);
}

#[tokio::test(start_paused = true)]
async fn a_new_fiber_takes_the_place_of_the_retained_one() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results_for(secs(10)));
    let old = done(&tasks, 1).await.join().await.unwrap();
    sleep(secs(5)).await;
    // What has ended does not run, so this runs.
    let outcome = tasks.run_if_missing(1, async {
        sleep(secs(1)).await;
        Ok::<_, &str>(Arc::new(8))
    });
    assert!(outcome.is_started() && tasks.status(&1).is_running());
    assert_eq!(Arc::strong_count(&old), 1);
    outcome.into_fiber().wait().await.unwrap();
    // The time of the old one is not that of the new one.
    sleep(secs(10) - ms(1)).await;
    assert_eq!(finished(&tasks, 1..=1), [1]);
    sleep(ms(1)).await;
    assert!(tasks.status(&1).is_missing());
}

#[tokio::test(start_paused = true)]
async fn many_ends_of_one_key_are_one_retained_fiber() {
    let (_scope, tasks) = numbers(|builder| builder.retain_results_for(secs(3600)));
    let mut values = Vec::new();
    for _ in 0..1000 {
        values.push(done(&tasks, 1).await.join().await.unwrap());
    }
    let retained = values.iter().filter(|value| Arc::strong_count(value) > 1).count();
    assert_eq!(retained, 1);
}

#[tokio::test(start_paused = true)]
async fn remove_clear_and_close_drop_what_is_retained() {
    let (scope, tasks) = numbers(|builder| builder.retain_results_for(secs(3600)));
    let mut values = Vec::new();
    for key in 1..=3 {
        values.push(done(&tasks, key).await.join().await.unwrap());
    }
    assert!(tasks.remove(&1).await.is_none());
    assert_eq!(finished(&tasks, 1..=3), [2, 3]);
    tasks.clear().await;
    assert_eq!(finished(&tasks, 1..=3), []);
    values.push(done(&tasks, 4).await.join().await.unwrap());
    scope.close(Exit::Success).await.unwrap();
    assert!(tasks.status(&4).is_missing());
    assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_retained_is_dropped_outside_of_the_lock() {
    /// A value that asks the map when it is dropped.
    struct Asks(FiberMap<u32, Asked>);
    type Asked = Arc<std::sync::Mutex<Option<Asks>>>;
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.status(&1);
        }
    }
    let scope = Scope::new();
    let tasks: FiberMap<u32, Asked> = FiberMap::builder().retain_results(1).retain_results_for(secs(10)).build(&scope);
    let run = |key| {
        let value = Arc::new(std::sync::Mutex::new(Some(Asks(tasks.clone()))));
        tasks.run(key, async move { Ok::<_, &str>(value) })
    };
    // Pushed out, replaced, expired, removed, cleared, closed.
    for key in [1, 2, 2] {
        run(key).wait().await.unwrap();
    }
    sleep(secs(11)).await;
    run(1).wait().await.unwrap();
    tasks.remove(&1).await;
    run(1).wait().await.unwrap();
    tasks.clear().await;
    run(1).wait().await.unwrap();
    scope.close(Exit::Success).await.unwrap();
}
