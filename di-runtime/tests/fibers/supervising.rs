//! Supervision: which ends are followed by another run, after which delay, and when that is given up.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use di_core::{Exit, Schedule};
use di_runtime::{
    Fiber, FiberError, FiberExit, FiberMap, FiberOptions, FiberScope, GaveUp, Restart, Scope, SupervisionState,
};
use tokio::time::{Instant, sleep};

use crate::common::{Journal, Trace, settle};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How a run of a body ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Success,
    Failure,
    Panic,
}

impl End {
    fn take(self) -> Result<(), &'static str> {
        match self {
            Self::Success => Ok(()),
            Self::Failure => Err("no connection"),
            Self::Panic => panic!("no disk"),
        }
    }
}

/// A policy without delays, that gives up after so many restarts.
fn at_once(policy: Restart, restarts: u64) -> Restart {
    policy.backoff(Schedule::recurs(restarts))
}

/// Bodies that say when they run, in milliseconds since this was called, and end one after the other as told.
fn runs(trace: &Trace, ends: &[(Duration, End)]) -> impl FnMut() -> BoxedBody + Send + 'static + use<> {
    let (trace, mut ends, begun) = (trace.clone(), VecDeque::from(ends.to_vec()), Instant::now());
    move || {
        let (trace, end) = (trace.clone(), ends.pop_front());
        Box::pin(async move {
            trace.say(begun.elapsed().as_millis().to_string());
            match end {
                Some((delay, end)) => {
                    sleep(delay).await;
                    end.take()
                }
                None => pending().await,
            }
        })
    }
}

type BoxedBody = std::pin::Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>>;

fn state(fiber: &Fiber) -> SupervisionState {
    fiber.supervision().unwrap().state()
}

#[tokio::test(start_paused = true)]
async fn each_policy_says_which_ends_are_followed_by_another_run() {
    use End::{Failure, Panic, Success};
    let table = [
        (Restart::never as fn() -> Restart, Success, 1),
        (Restart::never, Failure, 1),
        (Restart::never, Panic, 1),
        (Restart::on_failure, Success, 1),
        (Restart::on_failure, Failure, 3),
        (Restart::on_failure, Panic, 3),
        (Restart::always, Success, 3),
        (Restart::always, Failure, 3),
        (Restart::always, Panic, 3),
    ];
    for (policy, end, expected) in table {
        let (scope, trace) = (Scope::new(), Trace::new());
        let tasks = FiberMap::new(&scope);
        let fiber = tasks.supervise("task", at_once(policy(), 2), runs(&trace, &[(ms(1), end); 5]));
        let exit = fiber.wait().await.unwrap();
        let ends_alike = match end {
            Success => exit.is_success(),
            Failure => matches!(exit, FiberExit::Failure(error) if error.to_string() == "no connection"),
            Panic => matches!(exit, FiberExit::Panicked(message) if &**message == "no disk"),
        };
        assert!(ends_alike, "{policy:?} {end:?} {exit:?}", policy = policy());
        assert_eq!(trace.lines().len(), expected, "{policy:?} {end:?}", policy = policy());
        let supervision = fiber.supervision().unwrap();
        assert_eq!(supervision.restarts(), expected as u64 - 1);
        let expected =
            if expected == 3 { SupervisionState::GaveUp(GaveUp::BackoffEnded) } else { SupervisionState::Ended };
        assert_eq!(supervision.state(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn runs_are_one_fiber_and_never_overlap() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let said = trace.clone();
    let mut count = 0;
    let fiber = tasks.supervise("task", Restart::always().backoff(Schedule::spaced(secs(1)).times(2)), move || {
        count += 1;
        let (trace, run) = (said.clone(), count);
        async move |fiber: FiberScope| {
            let begun = Instant::now();
            trace.say(format!("{run} begins"));
            for resource in ["pool", "lock"] {
                let trace = trace.clone();
                fiber.on_close_named(resource, async move |exit| {
                    sleep(secs(5)).await;
                    trace.say(format!("{run} releases {resource} after {exit} at {:?}", begun.elapsed()));
                });
            }
            sleep(secs(1)).await;
            if run == 2 { Err("lost") } else { Ok(()) }
        }
    });
    let id = fiber.id();
    sleep(secs(13)).await;
    assert!(tasks.get("task").is_some_and(|now| now.is_same(&fiber) && now.id() == id));
    assert_eq!(tasks.len(), 1);
    fiber.join().await.unwrap();
    assert_eq!(tasks.len(), 0);
    assert_eq!(
        trace.lines(),
        [
            "1 begins",
            "1 releases lock after success at 6s",
            "1 releases pool after success at 11s",
            "2 begins",
            "2 releases lock after failure: lost at 6s",
            "2 releases pool after failure: lost at 11s",
            "3 begins",
            "3 releases lock after success at 6s",
            "3 releases pool after success at 11s",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_begins_when_the_delay_after_the_release_is_over() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let policy = Restart::on_failure().backoff(Schedule::exponential(ms(100)).times(3));
    let fiber = tasks.supervise("task", policy, runs(&trace, &[(ms(10), End::Failure); 9]));
    assert!(fiber.join().await.is_err());
    assert_eq!(trace.lines(), ["0", "110", "320", "730"]);
}

#[tokio::test(start_paused = true)]
async fn the_schedule_sees_the_end_of_each_run() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let backoff = Schedule::forever().until_input(|end: &FiberExit| matches!(end, FiberExit::Panicked(_)));
    let ends = [End::Failure, End::Failure, End::Panic, End::Failure].map(|end| (ms(1), end));
    let fiber = tasks.supervise("task", Restart::on_failure().backoff(backoff), runs(&trace, &ends));
    assert!(matches!(fiber.join().await, Err(FiberError::Panicked(_))));
    assert_eq!(trace.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_choice_the_delays_double_up_to_half_a_minute() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    tasks.supervise("task", Restart::on_failure(), runs(&trace, &[(ms(0), End::Failure); 20]));
    sleep(secs(120)).await;
    let starts: Vec<u64> = trace.lines().iter().map(|line| line.parse().unwrap()).collect();
    let delays: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
}

#[tokio::test(start_paused = true)]
async fn an_intensity_is_so_many_restarts_in_any_window() {
    // Each run takes a second, so the ends are at 1, 2, 3, .. seconds.
    let table = [
        // Zero restarts are none.
        (0, secs(10), Some(1)),
        (1, secs(10), Some(2)),
        (3, secs(10), Some(4)),
        // The restart at 1 s is out of the window at 4 s, and no earlier.
        (3, secs(3), None),
        (3, secs(3) + ms(1), Some(4)),
        (2, secs(2), None),
        (2, secs(2) + ms(1), Some(3)),
    ];
    for (restarts, window, expected) in table {
        let (scope, trace) = (Scope::new(), Trace::new());
        let tasks = FiberMap::new(&scope);
        let policy = Restart::on_failure().backoff(Schedule::forever()).at_most(restarts, window);
        let fiber = tasks.supervise("task", policy, runs(&trace, &[(secs(1), End::Failure); 10]));
        sleep(secs(60)).await;
        match expected {
            Some(runs) => {
                assert_eq!(trace.lines().len(), runs, "{restarts} in {window:?}");
                assert_eq!(state(&fiber), SupervisionState::GaveUp(GaveUp::TooManyRestarts));
            }
            None => assert_eq!((trace.lines().len(), state(&fiber)), (11, SupervisionState::Running)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_back_off_begins_anew_after_a_quiet_time() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let policy = Restart::on_failure().backoff(Schedule::exponential(secs(1)).times(3)).reset_after(secs(10));
    let failing = |after: Duration| (after, End::Failure);
    let ends = [secs(0), secs(0), secs(10) - ms(1), secs(10), secs(0), secs(0), secs(0)].map(failing);
    let fiber = tasks.supervise("task", policy, runs(&trace, &ends));
    assert!(fiber.join().await.is_err());
    let starts: Vec<u64> = trace.lines().iter().map(|line| line.parse().unwrap()).collect();
    let runs_and_delays: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // A run of a millisecond less than ten seconds is not quiet: its delay is the third one.
    assert_eq!(runs_and_delays, [1000, 2000, 9999 + 4000, 10_000 + 1000, 2000, 4000]);
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_of_the_back_off_counts_from_the_first_failure_since_it_began_anew() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let policy = Restart::on_failure().backoff(Schedule::spaced(secs(1)).up_to(secs(3))).reset_after(secs(100));
    let ends = [secs(50), secs(0), secs(200), secs(0), secs(0), secs(0)].map(|after| (after, End::Failure));
    let fiber = tasks.supervise("task", policy, runs(&trace, &ends));
    assert!(fiber.join().await.is_err());
    assert_eq!(trace.lines(), ["0", "51000", "52000", "253000", "254000", "255000"]);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_the_fiber_while_it_backs_off() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let policy = Restart::always().backoff(Schedule::spaced(secs(100)));
    let fiber = tasks.supervise("task", policy, runs(&trace, &[(secs(1), End::Success); 9]));
    sleep(secs(11)).await;
    assert_eq!(state(&fiber), SupervisionState::BackingOff { left: secs(90) });
    let begun = Instant::now();
    fiber.interrupt().await;
    assert_eq!(begun.elapsed(), ms(0));
    assert!(matches!(fiber.poll(), Some(FiberExit::Interrupted)));
    assert_eq!((state(&fiber), tasks.len()), (SupervisionState::Ended, 0));
    sleep(secs(200)).await;
    assert_eq!(trace.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_while_a_run_releases_what_it_held_waits_for_that_and_is_the_end() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let said = trace.clone();
    let fiber = tasks.supervise("task", Restart::always(), move || {
        let trace = said.clone();
        async move |fiber: FiberScope| {
            trace.say("begins");
            fiber.on_close_named("slow", async move |exit| {
                sleep(secs(10)).await;
                trace.say(format!("released after {exit}"));
            });
            sleep(secs(1)).await;
        }
    });
    sleep(secs(2)).await;
    let begun = Instant::now();
    fiber.interrupt().await;
    assert_eq!(begun.elapsed(), secs(9));
    assert!(matches!(fiber.poll(), Some(FiberExit::Interrupted)));
    assert_eq!(trace.lines(), ["begins", "released after success"]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_releases_what_it_held_and_is_not_followed_by_another() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let said = trace.clone();
    let fiber = tasks.supervise("task", Restart::always(), move || {
        let trace = said.clone();
        async move |fiber: FiberScope| {
            fiber.on_interrupt(async move || trace.say("interrupted"));
            pending::<()>().await;
        }
    });
    settle().await;
    scope.close(Exit::Success).await.unwrap();
    assert!(matches!(fiber.poll(), Some(FiberExit::Interrupted)));
    assert_eq!((trace.lines(), fiber.supervision().unwrap().restarts()), (vec!["interrupted".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_release_fails_has_panicked() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let mut runs = 0;
    let fiber = tasks.supervise("task", Restart::on_failure(), move || {
        runs += 1;
        let run = runs;
        async move |fiber: FiberScope| {
            if run == 1 {
                fiber.on_close_named("file", async |_exit| Err::<(), _>(std::io::Error::other("not written")));
            }
        }
    });
    fiber.join().await.unwrap();
    assert_eq!(fiber.supervision().unwrap().restarts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_is_asked_again() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let mut asked = 0;
    let fiber = tasks.supervise("task", Restart::on_failure(), move || {
        asked += 1;
        assert!(asked > 2, "no body yet");
        async {}
    });
    fiber.join().await.unwrap();
    assert_eq!(fiber.supervision().unwrap().restarts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_back_off_that_panics_is_the_end_of_the_fiber_after_its_release() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let backoff = Schedule::forever().while_input(|_: &FiberExit| panic!("no such schedule"));
    let said = trace.clone();
    let fiber = tasks.supervise("task", Restart::always().backoff(backoff), move || {
        let trace = said.clone();
        async move |fiber: FiberScope| fiber.on_close_named("lock", async move |exit| trace.say(exit.to_string()))
    });
    assert!(matches!(fiber.join().await, Err(FiberError::Panicked(message)) if &*message == "no such schedule"));
    assert_eq!((trace.lines(), state(&fiber)), (vec!["success".to_owned()], SupervisionState::Ended));
}

#[tokio::test(start_paused = true)]
async fn a_supervision_that_gives_up_is_a_failure_of_the_map_unless_it_is_isolated() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let body = || at_once(Restart::on_failure(), 1).supervise(runs(&trace, &[(ms(1), End::Failure); 9]));
    let isolated = tasks.run_with("isolated", FiberOptions::new().propagate_failure(false), body()).into_fiber();
    assert!(matches!(isolated.join().await, Err(FiberError::Failed(_))));
    tasks.join_all().await.unwrap();
    tasks.run("shared", body());
    let error = tasks.join().await.unwrap_err();
    assert_eq!((*error.key(), error.to_string()), ("shared", r#"fiber "shared": no connection"#.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_supervised_is_a_body_as_any_other() {
    let trace = Trace::new();
    let fiber: Fiber =
        Fiber::spawn(at_once(Restart::on_failure(), 1).supervise(runs(&trace, &[(ms(1), End::Failure); 9])));
    assert!(fiber.join().await.is_err());
    let plain: Fiber = Fiber::spawn(async {});
    assert_eq!((trace.lines().len(), fiber.supervision().unwrap().restarts(), plain.supervision()), (2, 1, None));
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_replaces_itself_from_within_a_run_ends_there() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks: FiberMap<&str> = FiberMap::new(&scope);
    let (map, said) = (tasks.clone(), trace.clone());
    let first = tasks.supervise("task", Restart::always(), move || {
        let (map, trace) = (map.clone(), said.clone());
        async move {
            let after = trace.clone();
            map.run("task", async move { after.say("the second one") });
            trace.say("the first one");
            tokio::task::yield_now().await;
            trace.say("never");
        }
    });
    tasks.await_empty().await;
    assert!(matches!(first.poll(), Some(FiberExit::Interrupted)));
    assert_eq!(trace.lines(), ["the first one", "the second one"]);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_fiber_that_backs_off_makes_room_at_once() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let policy = Restart::on_failure().backoff(Schedule::spaced(secs(100)));
    let first = tasks.supervise("task", policy, runs(&trace, &[(ms(0), End::Failure); 9]));
    sleep(secs(1)).await;
    let second = tasks.supervise("task", Restart::never(), || async {});
    assert_eq!(state(&second), SupervisionState::Waiting);
    second.join().await.unwrap();
    assert!(matches!(first.poll(), Some(FiberExit::Interrupted)));
}

#[tokio::test(start_paused = true)]
async fn what_fails_without_a_delay_lets_others_run() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let policy = Restart::always().backoff(Schedule::forever());
    let fiber = tasks.supervise("task", policy, || async { End::Failure.take() });
    settle().await;
    fiber.interrupt().await;
    assert!(fiber.supervision().unwrap().restarts() > 1);
}

#[tokio::test(start_paused = true)]
async fn each_step_is_logged() {
    let journal = Journal::start();
    let (scope, trace) = (Scope::new(), Trace::new());
    let tasks = FiberMap::new(&scope);
    let policy = Restart::on_failure().backoff(Schedule::spaced(secs(2))).at_most(1, secs(60));
    let ends = [(ms(1), End::Failure), (ms(1), End::Panic)];
    let fiber = tasks.supervise("feed", policy, runs(&trace, &ends));
    assert!(fiber.join().await.is_err());
    assert_eq!(
        journal.lines(),
        [
            r#"DEBUG a supervised fiber begins fiber="feed" attempt=1"#,
            r#"WARN a supervised fiber failed fiber="feed" attempt=1 exit=failure: no connection"#,
            r#"INFO a supervised fiber is restarted fiber="feed" attempt=2 delay=2s"#,
            r#"DEBUG a supervised fiber begins fiber="feed" attempt=2"#,
            r#"WARN a supervised fiber failed fiber="feed" attempt=2 exit=panic: no disk"#,
            r#"ERROR a supervised fiber is given up fiber="feed" restarts=1 why=too many restarts"#,
        ]
    );
}

mod critical {
    //! Fibers that an application cannot be without.

    use di_core::{Exit, Layer};
    use di_runtime::{FiberMap, FiberOptions, ManagedRuntime, Restart, Scope, Shutdown};
    use tokio::time::sleep;

    use super::{at_once, ms, secs};
    use crate::common::Journal;

    async fn fails() -> Result<(), &'static str> {
        Err("the queue is gone")
    }

    fn critical() -> FiberOptions {
        FiberOptions::new().critical()
    }

    #[tokio::test(start_paused = true)]
    async fn a_critical_fiber_that_fails_or_panics_shuts_the_application_down() {
        for panics in [false, true] {
            let (scope, shutdown) = (Scope::new(), Shutdown::new());
            let tasks: FiberMap<&str> = FiberMap::builder().shutdown(&shutdown).build(&scope);
            tasks.run("plain", fails());
            tasks.run_with("success", critical(), async {});
            tasks.run_with("interrupted", critical(), sleep(secs(100))).into_fiber().interrupt().await;
            tasks.run_with("removed", critical(), sleep(secs(100)));
            tasks.remove("removed").await;
            sleep(ms(1)).await;
            assert!(!shutdown.is_requested());
            let fiber = tasks.run_with("ingest", critical(), async move {
                assert!(!panics, "no disk");
                fails().await
            });
            let fiber = fiber.into_fiber();
            fiber.wait().await.unwrap();
            // It is told before those who wait for the fiber are.
            let expected = if panics { "the fiber panicked: no disk" } else { "the queue is gone" };
            assert_eq!(shutdown.failure().unwrap().to_string(), format!("`ingest` failed: {expected}"));
            assert!(shutdown.is_requested());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_critical_fiber_that_is_supervised_shuts_the_application_down_when_it_is_given_up() {
        let (scope, shutdown) = (Scope::new(), Shutdown::new());
        let tasks: FiberMap<&str> = FiberMap::builder().shutdown(&shutdown).build(&scope);
        let policy: Restart = Restart::on_failure().at_most(2, secs(60));
        let fiber = tasks.run_with("ingest", critical().name("ingest"), policy.supervise(fails)).into_fiber();
        sleep(ms(100)).await;
        assert!(!shutdown.is_requested());
        shutdown.requested().await;
        assert_eq!(fiber.supervision().unwrap().restarts(), 2);
        assert_eq!(shutdown.failure().unwrap().to_string(), "`ingest` failed: the queue is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_application_a_critical_failure_is_logged_and_fails_the_map() {
        let journal = Journal::start();
        let scope = Scope::new();
        let tasks = FiberMap::new(&scope);
        tasks.run_with("ingest", critical().propagate_failure(false), fails());
        assert_eq!(*tasks.join().await.unwrap_err().key(), "ingest");
        let expected = concat!(
            "ERROR a critical fiber failed, and there is no application to shut down ",
            r#"collection="FiberMap" fiber="ingest" error=the queue is gone"#
        );
        assert_eq!(journal.lines(), [expected]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_isolated_and_critical_fails_the_application_and_not_the_map() {
        let (scope, shutdown) = (Scope::new(), Shutdown::new());
        let tasks: FiberMap<&str> = FiberMap::builder().shutdown(&shutdown).build(&scope);
        let policy = at_once(Restart::always(), 1);
        tasks.run_with("ingest", critical().propagate_failure(false), policy.supervise(fails));
        tasks.join_all().await.unwrap();
        assert!(shutdown.failure().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_while_the_collection_closes_is_no_reason_to_shut_down() {
        let (scope, shutdown) = (Scope::new(), Shutdown::new());
        let tasks: FiberMap<&str> = FiberMap::builder().shutdown(&shutdown).build(&scope);
        tasks.run_with("ingest", critical(), async |fiber: di_runtime::FiberScope| {
            fiber.on_interrupt(async || Err::<(), _>(std::io::Error::other("not written")));
            sleep(secs(100)).await;
        });
        sleep(ms(1)).await;
        scope.close(Exit::Success).await.unwrap();
        assert!(!shutdown.is_requested());
    }

    #[tokio::test(start_paused = true)]
    async fn a_critical_fiber_ends_the_runtime_that_its_collection_was_made_in() {
        let runtime = ManagedRuntime::new(Layer::empty());
        let ended = runtime.run(|| async {
            let scope = Scope::new();
            let tasks = FiberMap::new(&scope);
            tasks.run_with("ingest", critical().name("ingest"), fails()).into_fiber().wait().await.map(|_| ()).unwrap();
        });
        ended.await.unwrap();
        assert!(runtime.shutdown_handle().is_requested());
        let error = runtime.shutdown(secs(60)).await.unwrap_err();
        assert_eq!(error.to_string(), "shut down because `ingest` failed: the queue is gone");
    }
}
