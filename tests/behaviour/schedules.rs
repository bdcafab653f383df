//! Effects that are run again: `retry` and `repeat`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use di::prelude::*;
use di::{RunError, SharedError};
use tokio::time::Instant;

use crate::stock::{Broken, Config, Users, broken_users, watched_config, watched_pool};
use crate::trace::{Trace, give_up, settle};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Fails `failures` times, and says when each run begins.
fn failing(trace: Trace, failures: u32) -> Effect<Result<u32, Broken>> {
    let (runs, begun) = (Arc::new(AtomicU32::new(0)), Instant::now());
    Effect::new(move || {
        trace.say(begun.elapsed().as_millis());
        let run = runs.fetch_add(1, Ordering::Relaxed);
        async move { if run < failures { Err(Broken("disk")) } else { Ok(run) } }
    })
}

#[tokio::test(start_paused = true)]
async fn retry_waits_as_the_schedule_says_until_it_succeeds() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 3).retry(Schedule::exponential(ms(100)));
    assert_eq!(effect.run().await.unwrap().unwrap(), 3);
    assert_eq!(trace.take(), ["0", "100", "300", "700"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_the_result_when_the_schedule_ends() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 9).retry(Schedule::recurs(2));
    assert_eq!(effect.run().await.unwrap().unwrap_err().0, "disk");
    assert_eq!(trace.take(), ["0", "0", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_never_retried() {
    let trace = Trace::default();
    assert_eq!(failing(trace.clone(), 0).retry(Schedule::forever()).run().await.unwrap().unwrap(), 0);
    assert_eq!(trace.take(), ["0"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_not_retried() {
    let trace = Trace::default();
    let said = trace.clone();
    let effect = Effect::new(move |scope: Scope| {
        said.ends("run", &scope);
        async { if true { panic!("a bug") } else { Err::<(), _>(Broken("disk")) } }
    });
    let run = tokio::spawn(effect.retry(Schedule::forever()).run());
    assert!(run.await.unwrap_err().is_panic());
    assert_eq!(trace.take(), ["+run", "-run: panic: a bug"]);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_can_look_at_the_error() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 9).retry(Schedule::forever().while_input(|error: &Broken| error.0 != "disk"));
    effect.run().await.unwrap().unwrap_err();
    assert_eq!(trace.take(), ["0"]);
}

#[tokio::test(start_paused = true)]
async fn each_run_begins_the_schedule_anew() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 9).retry(Schedule::exponential(ms(100)).times(1));
    effect.clone().run().await.unwrap().unwrap_err();
    effect.run().await.unwrap().unwrap_err();
    assert_eq!(trace.take(), ["0", "100", "100", "200"]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_scope_that_is_closed_before_the_delay() {
    let trace = Trace::default();
    let said = trace.clone();
    let begun = Instant::now();
    let effect = Effect::new(move |scope: Scope| {
        said.say(begun.elapsed().as_millis());
        said.ends("attempt", &scope);
        let at = begun.elapsed();
        async move { if at < ms(200) { Err(Broken("disk")) } else { Ok(()) } }
    });
    effect.retry(Schedule::spaced(ms(100))).run().await.unwrap().unwrap();
    assert_eq!(
        trace.take(),
        [
            "0",
            "+attempt",
            "-attempt: failure: the run failed",
            "100",
            "+attempt",
            "-attempt: failure: the run failed",
            "200",
            "+attempt",
            "-attempt: success",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_provided_inside_of_retry_is_built_for_each_attempt_and_what_is_outside_once() {
    let trace = Trace::default();
    let effect =
        Effect::new(|_users: Inject<Config>, _pool: Inject<crate::stock::Pool>| async { Err::<(), _>(Broken("disk")) })
            .provide(watched_pool(trace.clone()))
            .retry(Schedule::once())
            .provide(watched_config(trace.clone()));
    effect.run().await.unwrap().unwrap_err();
    assert_eq!(trace.take(), ["+config", "+pool", "-pool: success", "+pool", "-pool: success", "-config: success"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_cannot_be_built_is_not_retried_by_the_effect_that_needs_it() {
    let trace = Trace::default();
    let effect = Effect::new(|_users: Inject<Users>| async { Ok::<_, Broken>(()) })
        .provide(broken_users(trace.clone()).provide(watched_pool(trace.clone())))
        .retry(Schedule::forever());
    assert!(matches!(effect.run().await.unwrap_err(), RunError::Build(_)));
    assert_eq!(trace.count("+users"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_cannot_be_released_ends_the_retry() {
    let effect = Effect::new(|scope: Scope| async move {
        scope.on_close(|_exit| async { Err::<(), SharedError>(Arc::new(Broken("release"))) });
        Err::<(), _>(Broken("disk"))
    });
    let error = effect.retry(Schedule::recurs(5)).run().await.unwrap_err();
    assert!(matches!(error, RunError::Release(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_delay_ends_when_the_run_is_dropped() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 9).retry(Schedule::spaced(ms(100)));
    assert!(give_up(effect.run()).await.is_none());
    tokio::time::sleep(ms(1000)).await;
    settle().await;
    assert_eq!(trace.take(), ["0"]);
}

#[tokio::test(start_paused = true)]
async fn repeat_runs_again_after_each_value_and_returns_the_last_one() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 0).repeat(Schedule::spaced(ms(10)).times(2));
    assert_eq!(effect.run().await.unwrap().unwrap(), 2);
    assert_eq!(trace.take(), ["0", "10", "20"]);
}

#[tokio::test(start_paused = true)]
async fn repeat_on_a_grid_counts_the_time_of_the_runs() {
    let trace = Trace::default();
    let (said, begun) = (trace.clone(), Instant::now());
    let effect = Effect::new(move || {
        said.say(begun.elapsed().as_millis());
        tokio::time::sleep(ms(15))
    });
    effect.repeat(Schedule::fixed(ms(40)).times(3)).run().await.unwrap();
    assert_eq!(trace.take(), ["0", "55", "95", "135"]);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_can_end_with_a_value() {
    let trace = Trace::default();
    let effect = failing(trace.clone(), 2).repeat(Schedule::forever().until_input(Result::is_ok));
    assert_eq!(effect.run().await.unwrap().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_repeats_without_a_delay_lets_others_run() {
    let trace = Trace::default();
    let (said, other) = (trace.clone(), trace.clone());
    let effect = Effect::new(move || {
        said.say("run");
        async {}
    });
    tokio::spawn(async move { other.say("other") });
    effect.repeat(Schedule::recurs(2)).run().await.unwrap();
    assert_eq!(trace.take(), ["run", "other", "run", "run"]);
}
