//! Admission: how many fibers run at a time, how many start in a time, and in which order.

use std::future::pending;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::{Exit, Schedule};
use di_runtime::{FiberExit, FiberMap, FiberMapBuilder, FiberScope, Restart, Scope, SupervisionState};
use tokio::time::{Instant, sleep};

use crate::common::{Trace, settle};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn map(settings: impl FnOnce(FiberMapBuilder<u64>) -> FiberMapBuilder<u64>) -> (Scope, FiberMap<u64>) {
    let scope = Scope::new();
    let tasks = settings(FiberMap::builder()).build(&scope);
    (scope, tasks)
}

/// A body that says when it begins, in milliseconds, and takes so long.
fn begins(trace: &Trace, name: u64, takes: Duration) -> impl Future<Output = ()> + Send + use<> {
    let (trace, asked) = (trace.clone(), Instant::now());
    async move {
        trace.say(format!("{name} after {}", asked.elapsed().as_millis()));
        sleep(takes).await;
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_run_at_a_time_and_the_others_follow_in_the_order_of_their_start() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(2));
    let trace = Trace::new();
    for key in 0..6 {
        tasks.run(key, begins(&trace, key, secs(key + 1)));
    }
    assert_eq!(tasks.len(), 6);
    tasks.await_empty().await;
    let expected = ["0 after 0", "1 after 0", "2 after 1000", "3 after 2000", "4 after 4000", "5 after 6000"];
    assert_eq!(trace.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_given_back_when_what_a_fiber_acquired_is_released() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(1));
    let trace = Trace::new();
    let said = trace.clone();
    tasks.run(0, async move |fiber: FiberScope| {
        fiber.on_close_named("slow", async move |_exit| {
            sleep(secs(5)).await;
            said.say("released");
        });
    });
    tasks.run(1, begins(&trace, 1, secs(0)));
    tasks.await_empty().await;
    assert_eq!(trace.lines(), ["released", "1 after 5000"]);
}

#[tokio::test(start_paused = true)]
async fn every_end_gives_the_place_back() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(1));
    let trace = Trace::new();
    tasks.run(0, async { Err::<(), _>("lost") });
    tasks.run(1, async { panic!("no disk") });
    let endless = tasks.run(2, pending::<()>());
    tasks.run(3, pending::<()>());
    tasks.run(4, begins(&trace, 4, secs(1)));
    settle().await;
    assert_eq!(trace.lines().len(), 0);
    endless.interrupt().await;
    settle().await;
    tasks.remove(&3).await;
    tasks.await_empty().await;
    assert_eq!(trace.lines(), ["4 after 0"]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_or_replaced_fiber_leaves_the_queue() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(1));
    let trace = Trace::new();
    tasks.run(0, begins(&trace, 0, secs(10)));
    let interrupted = tasks.run(1, begins(&trace, 1, secs(10)));
    let replaced = tasks.run(2, begins(&trace, 2, secs(10)));
    tasks.run(3, begins(&trace, 3, secs(10)));
    settle().await;
    // It ends at once, and was never run.
    interrupted.interrupt().await;
    tasks.run(2, begins(&trace, 22, secs(10)));
    assert!(matches!(replaced.wait().await, Ok(FiberExit::Interrupted)));
    tasks.await_empty().await;
    // The replacement does not inherit the place.
    assert_eq!(trace.lines(), ["0 after 0", "3 after 10000", "22 after 20000"]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_end_of_another_one_keeps_nobody_waiting() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(2));
    let trace = Trace::new();
    tasks.run(0, async move |fiber: FiberScope| {
        fiber.on_interrupt(async || sleep(secs(20)).await);
        pending::<()>().await;
    });
    settle().await;
    tasks.run(0, begins(&trace, 100, secs(1)));
    for key in 1..=4 {
        tasks.run(key, begins(&trace, key, secs(15)));
    }
    tasks.await_empty().await;
    // One of the two places is held by what is being released. It goes to one that is in the queue by then, and the next place
    // to the replacement, which was started before the fourth one.
    let expected = ["1 after 0", "2 after 15000", "3 after 20000", "100 after 30000", "4 after 31000"];
    assert_eq!(trace.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn so_many_start_in_any_window() {
    let (_scope, tasks) = map(|builder| builder.rate_limit(2, secs(10)));
    let trace = Trace::new();
    tasks.run(0, begins(&trace, 0, secs(100)));
    sleep(secs(9)).await;
    for key in 1..=5 {
        tasks.run(key, begins(&trace, key, secs(100)));
    }
    sleep(secs(60)).await;
    // The starts are at 0, 9, 10, 19, 20, 29: the third one exactly a window after the first, and no earlier.
    let expected = ["0 after 0", "1 after 0", "2 after 1000", "3 after 10000", "4 after 11000", "5 after 20000"];
    assert_eq!(trace.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_leaves_while_it_waits_for_time_lets_the_next_one_have_it() {
    let (_scope, tasks) = map(|builder| builder.rate_limit(1, secs(10)));
    let trace = Trace::new();
    tasks.run(0, begins(&trace, 0, secs(0)));
    let first = tasks.run(1, begins(&trace, 1, secs(0)));
    tasks.run(2, begins(&trace, 2, secs(0)));
    sleep(secs(5)).await;
    first.interrupt().await;
    tasks.await_empty().await;
    assert_eq!(trace.lines(), ["0 after 0", "2 after 10000"]);
}

#[tokio::test(start_paused = true)]
async fn a_close_does_not_wait_for_turns() {
    let (scope, tasks) = map(|builder| builder.max_concurrent(1).rate_limit(1, secs(1000)));
    for key in 0..100 {
        tasks.run(key, pending::<()>());
    }
    settle().await;
    let begun = Instant::now();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!((begun.elapsed(), tasks.len()), (ms(0), 0));
}

#[tokio::test(start_paused = true)]
async fn each_run_of_a_supervised_fiber_is_a_start() {
    let (_scope, tasks) = map(|builder| builder.rate_limit(1, secs(10)));
    let trace = Trace::new();
    let (said, begun) = (trace.clone(), Instant::now());
    tasks.supervise(0, Restart::on_failure().backoff(Schedule::spaced(secs(1)).times(3)), move || {
        said.say(format!("run after {}", begun.elapsed().as_secs()));
        async { Err::<(), _>("lost") }
    });
    tasks.run(1, begins(&trace, 1, secs(0)));
    tasks.await_empty().await;
    assert_eq!(trace.lines(), ["run after 0", "1 after 10000", "run after 20", "run after 30", "run after 40"]);
}

#[tokio::test(start_paused = true)]
async fn what_backs_off_has_no_place() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(1));
    let trace = Trace::new();
    let mut runs = 0;
    let fiber = tasks.supervise(0, Restart::on_failure().backoff(Schedule::spaced(secs(5))), move || {
        runs += 1;
        async move { if runs < 3 { Err("lost") } else { Ok(()) } }
    });
    tasks.run(1, begins(&trace, 1, secs(20)));
    sleep(secs(1)).await;
    assert_eq!(fiber.supervision().unwrap().state(), SupervisionState::BackingOff { left: secs(4) });
    assert_eq!(trace.lines(), ["1 after 0"]);
    sleep(secs(10)).await;
    assert_eq!(fiber.supervision().unwrap().state(), SupervisionState::Waiting);
    let begun = Instant::now();
    fiber.join().await.unwrap();
    assert_eq!(begun.elapsed(), secs(20 - 11 + 5));
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no fiber of this collection could ever run")]
async fn a_limit_of_zero_fibers_is_refused() {
    map(|builder| builder.max_concurrent(0));
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no fiber of this collection could ever start")]
async fn a_rate_of_zero_starts_is_refused() {
    map(|builder| builder.rate_limit(0, secs(1)));
}

/// Numbers that look random.
fn random() -> impl FnMut(u64) -> u64 {
    let (state, mut count) = (RandomState::new(), 0_u64);
    move |below| {
        count += 1;
        state.hash_one(count) % below
    }
}

/// Runs many fibers that take random times, some of which are interrupted; when each of them began, by its number.
async fn many(tasks: &FiberMap<u64>, most: usize) -> Vec<(u64, Instant)> {
    let mut random = random();
    let (running, starts) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    for number in 0..500 {
        let (running, starts, takes) = (running.clone(), starts.clone(), ms(random(100)));
        let fiber = tasks.run(number, async move |fiber: FiberScope| {
            starts.lock().unwrap().push((number, Instant::now()));
            assert!(running.fetch_add(1, Ordering::Relaxed) < most, "too many at a time");
            let release = ms(takes.as_millis() as u64 / 2);
            fiber.on_close_named("place", async move |_exit| {
                sleep(release).await;
                running.fetch_sub(1, Ordering::Relaxed);
            });
            sleep(takes).await;
        });
        match random(10) {
            0 => fiber.cancel(),
            1..=3 => sleep(ms(random(20))).await,
            _ => {}
        }
    }
    tasks.join_all().await.unwrap();
    assert_eq!(running.load(Ordering::Relaxed), 0);
    let starts = starts.lock().unwrap().clone();
    assert!(starts.len() > 300);
    starts
}

fn assert_rate(starts: &[(u64, Instant)], count: usize, window: Duration) {
    let too_many = starts.windows(count + 1).find(|some| some[count].1 - some[0].1 < window);
    assert!(too_many.is_none(), "{too_many:?}");
}

#[tokio::test(start_paused = true)]
async fn limits_hold_and_nobody_overtakes_whatever_fibers_take() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(7).rate_limit(5, ms(80)));
    let starts = many(&tasks, 7).await;
    assert!(starts.is_sorted_by_key(|(number, _)| *number));
    assert_rate(&starts, 5, ms(80));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_hold_on_many_threads() {
    let (_scope, tasks) = map(|builder| builder.max_concurrent(50));
    many(&tasks, 50).await;
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_fiber_leaves_the_queue_before_its_children_have_ended() {
    let (_scope, tasks) = map(|builder| builder.rate_limit(1, secs(10)));
    let trace = Trace::new();
    tasks.run(0, begins(&trace, 0, secs(0)));
    let parent = tasks.run(1, begins(&trace, 1, secs(0)));
    let children: FiberMap<u32> = tasks.children(&1).unwrap();
    children.run(1, async |fiber: FiberScope| {
        fiber.on_interrupt(async || sleep(secs(1000)).await);
        pending::<()>().await;
    });
    let next = tasks.run(2, begins(&trace, 2, secs(0)));
    sleep(secs(1)).await;
    parent.cancel();
    next.wait().await.unwrap();
    assert_eq!(trace.lines(), ["0 after 0", "2 after 10000"]);
    assert!(parent.poll().is_none(), "its child has not ended");
    assert!(matches!(parent.wait().await, Ok(FiberExit::Interrupted)));
    assert_eq!(trace.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_with_children_that_is_interrupted_in_the_queue_never_begins() {
    let scope = Scope::new();
    let tasks: FiberMap<&str> = FiberMap::builder().max_concurrent(1).build(&scope);
    tasks.run("first", pending::<()>());
    tasks.run("queued", async { unreachable!("there is no place for it") });
    let children: FiberMap<u32> = tasks.children("queued").unwrap();
    children.run(1, pending::<()>());
    sleep(ms(10)).await;
    tasks.remove("queued").await;
    assert_eq!(tasks.len(), 1);
}
