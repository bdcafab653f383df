//! Services that are started again when they fail: `cargo run --example supervised_pool`.
//!
//! The problem: a connection that is lost, a processor of messages that meets one it does not know. It has to be started
//! again, but not at once and not for ever; somebody has to be told when it is given up; and a service that is stopped has to
//! stay so. A supervised fiber is one entry and one handle for all of its runs.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use di::prelude::*;
use di::{FiberExit, GaveUp, Restart, SupervisionState};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Why a service ended.
#[derive(Debug, thiserror::Error)]
enum ServiceError {
    #[error("the connection is lost")]
    ConnectionLost,
    #[error("message {0} cannot be read")]
    UnreadableMessage(u32),
}

/// Decides, for a service that has failed, whether it is started again.
type Supervisor = fn(&str, &ServiceError) -> bool;

fn always(service: &str, error: &ServiceError) -> bool {
    println!("     {service} has failed: {error}");
    true
}

fn if_the_connection_is_lost(_service: &str, error: &ServiceError) -> bool {
    matches!(error, ServiceError::ConnectionLost)
}

/// What happened when, in seconds, so that it can be compared with what had to happen.
#[derive(Clone)]
struct Log {
    begun: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    fn new() -> Self {
        Self { begun: Instant::now(), lines: Arc::default() }
    }

    fn say(&self, line: &str) {
        let line = format!("{:>4.1} {line}", self.begun.elapsed().as_secs_f64());
        println!("{line}");
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// At most three restarts in a minute, a second apart, as long as the supervisor wants them.
fn restarted(service: &'static str, supervisor: Supervisor) -> Restart<(), ServiceError> {
    let goes_on = move |end: &FiberExit<(), ServiceError>| match end {
        FiberExit::Failure(error) => supervisor(service, error),
        _ => true,
    };
    Restart::on_failure().backoff(Schedule::spaced(SECOND).while_input(goes_on)).at_most(3, 60 * SECOND)
}

/// Serves for half a second, and loses the connection; a run after the last failure goes on for ever.
async fn keep_connected(fiber: FiberScope, log: Log, run: u32, failures: u32) -> Result<(), ServiceError> {
    log.say(&format!("run {run} connects"));
    // It is closed before the next run begins.
    fiber.on_close(async move |_exit| log.say(&format!("run {run} has closed its connection")));
    sleep(SECOND / 2).await;
    if run <= failures { Err(ServiceError::ConnectionLost) } else { pending().await }
}

/// Comes to a message that nobody can read.
async fn process_messages() -> Result<(), ServiceError> {
    sleep(SECOND / 5).await;
    Err(ServiceError::UnreadableMessage(7))
}

type Pool = FiberMap<&'static str, (), ServiceError>;
type Outcome = Result<(), Box<dyn std::error::Error>>;

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Outcome {
    three_services().await?;
    a_supervisor_that_says_no().await?;
    a_success_that_is_not_wanted().await
}

/// One that recovers, one that does not, and one that never fails: each has its own count of restarts.
async fn three_services() -> Outcome {
    let (scope, log) = (Scope::new(), Log::new());
    let pool = Pool::typed(&scope);

    let supervised = |service| restarted(service, always);
    let (said, mut run) = (log.clone(), 0);
    let connection = pool.supervise("database-connection", supervised("database-connection"), move || {
        run += 1;
        let log = said.clone();
        move |fiber| keep_connected(fiber, log, run, 2)
    });
    let processor = pool.supervise("message-processor", supervised("message-processor"), process_messages);
    let monitor = pool.supervise("health-monitor", supervised("health-monitor"), pending::<()>);

    // The runs of one service never overlap: what one has acquired is released before the delay.
    sleep(10 * SECOND).await;
    let lines = [
        " 0.0 run 1 connects",
        " 0.5 run 1 has closed its connection",
        " 1.5 run 2 connects",
        " 2.0 run 2 has closed its connection",
        " 3.0 run 3 connects",
    ];
    assert_eq!(log.take(), lines);

    // After three restarts the error is final: who has the handle is told, and so is who waits for the pool.
    let restarts = |fiber: &Fiber<(), ServiceError>| fiber.supervision().map(|it| (it.restarts(), it.state()));
    assert_eq!(restarts(&connection), Some((2, SupervisionState::Running)));
    assert_eq!(restarts(&processor), Some((3, SupervisionState::GaveUp(GaveUp::TooManyRestarts))));
    assert_eq!(restarts(&monitor), Some((0, SupervisionState::Running)));
    assert!(matches!(processor.poll(), Some(FiberExit::Failure(_))));
    let failed = pool.join().await.expect_err("a service is given up");
    println!("{failed}, after {:?}", log.begun.elapsed());
    assert_eq!(failed.to_string(), r#"fiber "message-processor": message 7 cannot be read"#);

    // An interruption is an end, whether a service runs or waits for its next run.
    pool.remove("database-connection").await;
    assert_eq!(log.take(), ["10.0 run 3 has closed its connection"]);
    assert_eq!(pool.keys(), ["health-monitor"]);
    Ok(scope.close(Exit::Success).await?)
}

/// Who supervises sees each error, and decides.
async fn a_supervisor_that_says_no() -> Outcome {
    let scope = Scope::new();
    let pool = Pool::typed(&scope);
    // Of this one's failures only the handle tells.
    let options = FiberOptions::new().propagate_failure(false);
    let body = restarted("message-processor", if_the_connection_is_lost).supervise(process_messages);
    let processor = pool.run_with("message-processor", options, body).into_fiber();
    assert!(processor.wait().await.is_ok_and(|exit| matches!(exit, FiberExit::Failure(_))));
    let supervision = processor.supervision().ok_or("it is supervised")?;
    assert_eq!((supervision.restarts(), supervision.state()), (0, SupervisionState::GaveUp(GaveUp::BackoffEnded)));
    pool.join_all().await?;
    println!("an unreadable message is not tried again");
    Ok(scope.close(Exit::Success).await?)
}

/// A service that is always to run is started again after a success too, and its delays grow until it has run quietly.
async fn a_success_that_is_not_wanted() -> Outcome {
    let (scope, log) = (Scope::new(), Log::new());
    let pool = Pool::typed(&scope);
    let policy = Restart::always().backoff(Schedule::exponential(SECOND)).reset_after(10 * SECOND);
    let (said, mut run) = (log.clone(), 0);
    pool.supervise("feed", policy, move || {
        run += 1;
        said.say(&format!("run {run}"));
        // The third one goes well for a while.
        sleep(if run == 3 { 20 * SECOND } else { Duration::ZERO })
    });
    sleep(31 * SECOND).await;
    assert_eq!(log.take(), [" 0.0 run 1", " 1.0 run 2", " 3.0 run 3", "24.0 run 4", "26.0 run 5", "30.0 run 6"]);
    Ok(scope.close(Exit::Success).await?)
}
