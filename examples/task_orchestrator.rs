//! Tasks that are repeated, retried, counted, stopped and started again by name: `cargo run --example task_orchestrator`.
//!
//! The problem: work that has to be done every few minutes or seconds, each piece at its own pace, and questions about it:
//! what ran when, how long it takes, what failed last. Here a task is an effect, repeated and retried by schedules, and run as
//! a fiber under its name. What one task does is nothing to the others, and none outlives the application.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use di::AnyError;
use di::prelude::*;
use tokio::time::{Instant, sleep, timeout};

/// Why a run of a task failed.
type TaskError = Box<AnyError>;

/// What there is to do, how often, and how often more if it fails.
struct Task {
    name: &'static str,
    interval: Duration,
    retries: u64,
    work: Effect<Result<(), TaskError>>,
}

/// What is known of a task. One that has not run yet has run zero times, and never.
#[derive(Clone, Debug, Default)]
struct Statistics {
    successes: u32,
    failures: u32,
    last_run: Option<Instant>,
    last_error: Option<String>,
    runtime: Duration,
}

impl Statistics {
    /// How long a run took that came to a good end, retries included.
    fn average_runtime(&self) -> Duration {
        self.runtime.checked_div(self.successes).unwrap_or_default()
    }
}

/// The statistics of all tasks, by name: who counts, and who looks.
#[derive(Clone, Default)]
struct Books(Arc<Mutex<BTreeMap<&'static str, Statistics>>>);

impl Books {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Statistics>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, task: &'static str, change: impl FnOnce(&mut Statistics)) {
        change(self.lock().entry(task).or_default());
    }
}

/// Runs tasks by name.
#[derive(Service)]
struct Orchestrator {
    tasks: FiberMap<&'static str>,
    books: Books,
}

#[layer]
fn orchestrator(scope: &Scope) -> Orchestrator {
    Orchestrator { tasks: FiberMap::builder().name("tasks").build(scope), books: Books::default() }
}

impl Orchestrator {
    /// Starts a task. A task of the same name is stopped before.
    fn register(&self, task: Task) -> Fiber {
        let Task { name, interval, retries, work } = task;
        self.books.note(name, |_| {});
        let counted = self.counted(name, work, retries);
        // A run that fails in spite of all retries is the end of the task.
        let repeated = counted.repeat(Schedule::fixed(interval).until_input(Result::is_err));
        let body = async move |fiber: FiberScope| {
            println!("{name} starts");
            fiber.on_interrupt(async move || println!("{name} is interrupted"));
            repeated.run().await?
        };
        // The others are not told: `join` would hear of it otherwise.
        self.tasks.run_with(name, FiberOptions::new().propagate_failure(false), body).into_fiber()
    }

    /// One run of a task with its retries: after 1 s, 2 s, 4 s.
    fn counted(
        &self,
        name: &'static str,
        work: Effect<Result<(), TaskError>>,
        retries: u64,
    ) -> Effect<Result<(), TaskError>> {
        let (failed, ran) = (self.books.clone(), self.books.clone());
        let noted = work.map(move |result| {
            result.inspect_err(|error| {
                println!("{name} fails: {error}");
                failed.note(name, |statistics| {
                    statistics.failures += 1;
                    statistics.last_error = Some(error.to_string());
                });
            })
        });
        let retried = noted.retry(Schedule::exponential(Duration::from_secs(1)).times(retries));
        Effect::new(move || {
            let (retried, ran) = (retried.clone(), ran.clone());
            async move {
                let begun = Instant::now();
                retried.run().await??;
                ran.note(name, |statistics| {
                    statistics.successes += 1;
                    statistics.last_run = Some(Instant::now());
                    statistics.runtime += begun.elapsed();
                });
                Ok(())
            }
        })
    }

    /// Stops a task, and waits until it has ended. Whether there was one.
    async fn stop(&self, name: &str) -> bool {
        self.tasks.remove(name).await.is_some()
    }

    /// Stops a task, and starts it after a short pause.
    async fn restart(&self, task: Task) -> Fiber {
        self.stop(task.name).await;
        sleep(Duration::from_millis(100)).await;
        self.register(task)
    }

    /// What is known now; it does not change any more.
    fn statistics(&self) -> BTreeMap<&'static str, Statistics> {
        self.books.lock().clone()
    }
}

/// What the tasks of this program work with: a server that is down at times, by the number of the call.
#[derive(Service, Default)]
struct Remote(Mutex<u32>);

impl Remote {
    async fn call(&self, fails: impl Fn(u32) -> bool) -> Result<(), TaskError> {
        sleep(Duration::from_millis(500)).await;
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *calls += 1;
        if fails(*calls) { Err(format!("call {calls} was not answered").into()) } else { Ok(()) }
    }
}

/// Fails the first two times.
#[effect]
async fn sync_data(remote: Inject<Remote>) -> Result<(), TaskError> {
    remote.call(|call| call <= 2).await
}

/// Always succeeds, and takes a second.
#[effect]
async fn clean_up() -> Result<(), TaskError> {
    sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// Fails at its third call.
#[effect]
async fn check_health(remote: Inject<Remote>) -> Result<(), TaskError> {
    remote.call(|call| call == 3).await
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn data_sync() -> Task {
    let work = sync_data().provide_service::<Remote>(Remote::default());
    Task { name: "data-sync", interval: 5 * MINUTE, retries: 3, work }
}

fn cleanup() -> Task {
    Task { name: "cleanup", interval: 60 * MINUTE, retries: 1, work: clean_up() }
}

fn health_check() -> Task {
    let work = check_health().provide_service::<Remote>(Remote::default());
    Task { name: "health-check", interval: 30 * SECOND, retries: 0, work }
}

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = ManagedRuntime::new(orchestrator());
    let orchestrator = runtime.context().await?.get::<Orchestrator>().clone();
    let begun = Instant::now();
    orchestrator.register(data_sync());
    orchestrator.register(cleanup());
    let health = orchestrator.register(health_check());
    assert_eq!(orchestrator.statistics()["cleanup"].last_run, None);
    sleep(10 * MINUTE).await;

    let after = |statistics: &Statistics| statistics.last_run.map(|ran| (ran - begun).as_millis());
    let statistics = orchestrator.statistics();
    for (name, task) in &statistics {
        let (average, error) = (task.average_runtime(), task.last_error.as_deref().unwrap_or("none"));
        println!(
            "{name}: {} runs, {average:?} on average, {} failures, the last one: {error}",
            task.successes, task.failures
        );
    }
    // 0.5 s and 1 s, 0.5 s and 2 s, and 0.5 s; and once more, five minutes after that.
    let sync = &statistics["data-sync"];
    assert_eq!((sync.successes, sync.failures), (2, 2));
    assert_eq!(sync.last_error.as_deref(), Some("call 2 was not answered"));
    assert_eq!(after(sync), Some(300_000 + 4500 + 500));
    assert_eq!(sync.average_runtime(), Duration::from_millis((4500 + 500) / 2));
    // Every hour.
    let cleanup = &statistics["cleanup"];
    assert_eq!((cleanup.successes, cleanup.failures, cleanup.average_runtime()), (1, 0, SECOND));
    // Without retries, the first failure is the last. Who has the handle knows of it; the map has not failed, and the others go on.
    let checks = &statistics["health-check"];
    assert_eq!((checks.successes, checks.failures), (2, 1));
    assert_eq!(health.join().await.map_err(|error| error.to_string()), Err("call 3 was not answered".into()));
    assert!(timeout(SECOND, orchestrator.tasks.join()).await.is_err());
    let mut running = orchestrator.tasks.keys();
    running.sort_unstable();
    assert_eq!(running, ["cleanup", "data-sync"]);

    // What is stopped has ended; what is restarted begins anew.
    assert!(orchestrator.stop("data-sync").await);
    assert!(!orchestrator.stop("data-sync").await);
    let restarted = Instant::now();
    let health = orchestrator.restart(health_check()).await;
    assert_eq!(restarted.elapsed(), Duration::from_millis(100));
    sleep(10 * SECOND).await;
    assert_eq!(orchestrator.statistics()["health-check"].successes, 3);
    assert_eq!(checks.successes, 2, "what was asked before has not changed");

    // The application ends, and with it all tasks.
    runtime.shutdown(SECOND).await?;
    assert!(health.poll().is_some_and(di::FiberExit::is_interrupted));
    assert!(orchestrator.tasks.is_empty());
    Ok(())
}
