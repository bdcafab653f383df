//! `retry` and `retry_fresh`: layers that are built again when they fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, TimedOut};
use tokio::time::Instant;

use crate::stock::{Audit, Broken, Cache, Config, Pool, Users, pool, slow_cache, users, watched_config, watched_pool};
use crate::trace::{Gate, Trace, give_up, settle};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Users that cannot be built the first few times.
#[layer(fails)]
async fn late_users(trace: Trace, runs: Arc<AtomicU32>, pool: Inject<Pool>, scope: &Scope) -> Result<Users, Broken> {
    trace.ends("users", scope);
    if runs.fetch_sub(1, Ordering::Relaxed) > 0 { Err(Broken("users")) } else { Ok(Users { pool }) }
}

fn after(failures: u32) -> Arc<AtomicU32> {
    Arc::new(AtomicU32::new(failures))
}

const FAILED: &str = "-users: failure: unable to open users";

#[tokio::test(start_paused = true)]
async fn only_the_constructor_that_failed_is_run_again() {
    let trace = Trace::default();
    let app: Layer<services![Users], services![], failures![Broken]> =
        late_users(trace.clone(), after(2)).provide(watched_pool(trace.clone())).retry(Schedule::recurs(2));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "+users", FAILED, "+users"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-users: success", "-pool: success"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_released_before_the_delay_and_the_delays_are_the_schedule() {
    let trace = Trace::default();
    let begun = Instant::now();
    let said = trace.clone();
    let app = Layer::from_fn(move |scope: Scope| {
        let said = said.clone();
        said.say(begun.elapsed().as_millis());
        let at = said.clone();
        scope.on_close(move |_exit| async move { at.say(format!("released at {}", begun.elapsed().as_millis())) });
        async move { if begun.elapsed() < ms(300) { Err(Broken("cache")) } else { Ok(Cache(1)) } }
    });
    let scope = Scope::new();
    app.retry(Schedule::exponential(ms(100))).build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["0", "released at 0", "100", "released at 100", "300"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_the_result_and_tells_the_attempts() {
    let trace = Trace::default();
    let app = late_users(trace.clone(), after(9)).provide(watched_pool(trace.clone())).retry(Schedule::recurs(2));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!((error.failure::<Broken>().unwrap().0, error.attempts()), ("users", 3));
    assert_eq!(
        error.to_string(),
        "cannot build `Users`: `late_users` failed: unable to open users (after 3 attempts; released: watched_pool)"
    );
    assert_eq!(trace.count(FAILED), 3);
}

#[tokio::test(start_paused = true)]
async fn the_error_tells_how_long_the_last_attempt_took() {
    let app = Layer::from_fn(|| async {
        tokio::time::sleep(ms(15)).await;
        Err::<Cache, _>(Broken("cache"))
    });
    let error = app.retry(Schedule::spaced(ms(100)).times(1)).build(&Scope::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot build `Cache`: `Cache` failed: unable to open cache (after 2 attempts, the last one of 15 ms)"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_retried_says_nothing_of_attempts() {
    let trace = Trace::default();
    let app = late_users(trace.clone(), after(9)).provide(watched_pool(trace.clone()));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert!(!error.to_string().contains("attempt"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn panics_and_declared_defects_are_not_retried() {
    let trace = Trace::default();
    let said = trace.clone();
    let panics = Layer::sync(move || -> Cache {
        said.say("run");
        panic!("a bug")
    });
    let error = panics.retry(Schedule::forever()).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(_)));
    let dies = late_users(trace.clone(), after(9)).or_die().provide(watched_pool(trace.clone()));
    let error = dies.retry(Schedule::forever()).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Died(_)));
    assert_eq!((trace.count("run"), trace.count("+users")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_on_a_later_attempt_ends_the_retry() {
    let runs = AtomicU32::new(0);
    let app = Layer::sync(move || match runs.fetch_add(1, Ordering::Relaxed) {
        0 => Err::<Cache, _>(Broken("cache")),
        _ => panic!("a bug"),
    });
    let error = app.retry(Schedule::forever()).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(_)));
}

#[tokio::test(start_paused = true)]
async fn a_schedule_can_look_at_the_failure() {
    let trace = Trace::default();
    let schedule = Schedule::forever().while_input(|error: &BuildError| error.failure::<Broken>().is_none());
    let app = late_users(trace.clone(), after(9)).provide(watched_pool(trace.clone())).retry(schedule);
    assert_eq!(app.build(&Scope::new()).await.unwrap_err().attempts(), 1);
    assert_eq!(trace.count("+users"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_panics_fails_the_build_which_is_released() {
    let trace = Trace::default();
    let schedule = Schedule::forever().while_input(|_error: &BuildError| panic!("a bug in the schedule"));
    let app = late_users(trace.clone(), after(9)).provide(watched_pool(trace.clone())).retry(schedule);
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(error.to_string().contains("panicked: a bug in the schedule"), "{error}");
    assert_eq!(trace.take().last().unwrap(), "-pool: panic: a bug in the schedule");
}

#[tokio::test(start_paused = true)]
async fn the_innermost_schedule_counts() {
    let trace = Trace::default();
    let inner = late_users(trace.clone(), after(9)).retry(Schedule::recurs(1));
    let app = inner.provide(watched_pool(trace.clone())).retry(Schedule::recurs(5));
    assert_eq!(app.build(&Scope::new()).await.unwrap_err().attempts(), 2);
    assert_eq!(trace.count("+users"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_a_schedule_gave_up_on_is_final() {
    let trace = Trace::default();
    let inner = late_users(trace.clone(), after(9)).retry(Schedule::recurs(1));
    let app = inner.tap(|| async {}).provide(watched_pool(trace.clone())).retry(Schedule::recurs(5));
    app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(trace.count("+users"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_delay_ends_when_the_build_is_cancelled() {
    let trace = Trace::default();
    let schedule = Schedule::spaced(Duration::from_secs(3600));
    let app = late_users(trace.clone(), after(9)).provide(watched_pool(trace.clone())).retry(schedule);
    let begun = Instant::now();
    assert!(give_up(app.build(&Scope::new())).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "-pool: cancelled"]);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_delay_ends_when_another_layer_fails_and_both_errors_are_told() {
    let trace = Trace::default();
    let gate = Gate::new();
    let waits = gate.clone();
    let fails = Layer::from_fn(move || {
        let waits = waits.clone();
        async move {
            waits.pass().await;
            Err::<Cache, _>(Broken("cache"))
        }
    });
    let schedule = Schedule::spaced(Duration::from_secs(3600));
    let app = late_users(trace.clone(), after(9)).retry(schedule).merge(fails).provide(watched_pool(trace.clone()));
    let (begun, scope) = (Instant::now(), Scope::new());
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        gate.open();
    });
    let error = built.unwrap_err();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert!(error.to_string().starts_with("cannot build `Cache`"), "{error}");
    assert!(error.suppressed()[0].to_string().contains("unable to open users"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn others_go_on_while_one_is_waiting_for_its_next_attempt() {
    let trace = Trace::default();
    let retried = late_users(trace.clone(), after(1)).retry(Schedule::spaced(ms(100)));
    let said = trace.clone();
    let beside = Layer::from_fn(move |pool: Inject<Pool>| {
        let said = said.clone();
        async move {
            tokio::time::sleep(ms(50)).await;
            said.say("audit");
            Audit { pool }
        }
    });
    retried.merge(beside).provide(watched_pool(trace.clone())).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "audit", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_retried_is_still_shared() {
    let trace = Trace::default();
    let shared = late_users(trace.clone(), after(1));
    let app = shared.clone().retry(Schedule::once()).merge(shared).provide(watched_pool(trace.clone()));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_composed_layer_that_is_used_with_and_without_retry_is_retried() {
    let trace = Trace::default();
    let shared = late_users(trace.clone(), after(1)).provide(watched_pool(trace.clone()));
    let app = shared.clone().merge(shared.retry(Schedule::once()));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_never_shared_does_not_make_retry_build_its_neighbours_again() {
    let trace = Trace::default();
    let app = late_users(trace.clone(), after(1)).provide(watched_pool(trace.clone()).fresh()).retry(Schedule::once());
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_never_shared_gives_up_when_the_schedule_does() {
    let trace = Trace::default();
    let app =
        late_users(trace.clone(), after(9)).provide(watched_pool(trace.clone()).fresh()).retry(Schedule::recurs(2));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!((error.attempts(), trace.count("+users")), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_builds_other_layers_is_repeated_as_a_whole() {
    let trace = Trace::default();
    let checks = after(0);
    let checked = users(trace.clone()).provide(watched_pool(trace.clone())).tap(move || {
        let check = checks.fetch_add(1, Ordering::Relaxed);
        async move { if check == 0 { Err(Broken("check")) } else { Ok(()) } }
    });
    checked.retry(Schedule::once()).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", "-users", "-pool: failure: unable to open check", "+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_built_when_the_schedule_has_ended() {
    let trace = Trace::default();
    let app = late_users(trace.clone(), after(9)).retry(Schedule::once()).or_else(users(trace.clone()));
    app.provide(watched_pool(trace.clone())).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", FAILED, "+users", FAILED, "+users"]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_can_have_a_time_limit() {
    let trace = Trace::default();
    let schedule = Schedule::<BuildError>::recurs(1).while_input(|error| error.failure::<TimedOut>().is_some());
    let app = slow_cache(trace.clone(), Gate::new()).timeout(ms(10)).retry(schedule);
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert_eq!(trace.take(), ["+cache", "-cache: cancelled", "+cache", "-cache: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_is_retried_when_an_effect_is_provided_with_it() {
    let trace = Trace::default();
    let app = late_users(trace.clone(), after(1)).provide(watched_pool(trace.clone())).retry(Schedule::once());
    let effect = Effect::new(|users: Inject<Users>| async move { users.pool.url.clone() }).provide(app);
    assert_eq!(effect.run().await.unwrap(), "memory");
    assert_eq!(trace.count("+pool"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_waits_for_another_is_begun_when_the_retry_has_succeeded() {
    let trace = Trace::default();
    let runs = AtomicU32::new(0);
    let late_config = Layer::from_fn(move || {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        async move { if run < 2 { Err(Broken("config")) } else { Ok(Config { url: format!("attempt {run}") }) } }
    });
    let app = pool(trace.clone()).provide(late_config.retry(Schedule::spaced(ms(10))));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!((context.get::<Pool>().url.as_str(), trace.count("+pool")), ("attempt 2", 1));
}

#[tokio::test(start_paused = true)]
async fn retry_fresh_builds_everything_anew() {
    let trace = Trace::default();
    let shared = watched_pool(trace.clone());
    let app: Layer<services![Users], services![], failures![Broken]> =
        late_users(trace.clone(), after(1)).provide(shared.clone()).retry_fresh(Schedule::spaced(ms(100)));
    let (begun, scope) = (Instant::now(), Scope::new());
    let said = trace.clone();
    let fed = app.merge(shared.discard()).tap(move || {
        said.say("built");
        async {}
    });
    fed.build(&scope).await.unwrap();
    assert_eq!(begun.elapsed(), ms(100));
    let lines = trace.take();
    assert_eq!(lines.iter().filter(|line| *line == "+pool").count(), 3, "{lines:?}");
    let failed = lines.iter().position(|line| line == FAILED).unwrap();
    assert_eq!(lines[failed + 1..], ["-pool: failure: unable to open users", "+pool", "+users", "built"]);
}

#[tokio::test(start_paused = true)]
async fn retry_fresh_keeps_what_it_is_fed_with_and_tells_the_attempts() {
    let trace = Trace::default();
    let app = late_users(trace.clone(), after(9)).retry_fresh(Schedule::recurs(2)).provide(watched_pool(trace.clone()));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!((error.attempts(), trace.count("+pool"), trace.count("+users")), (3, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn retry_fresh_does_not_retry_panics() {
    let trace = Trace::default();
    let said = trace.clone();
    let panics = Layer::sync(move || -> Cache {
        said.say("run");
        panic!("a bug")
    });
    let error = panics.retry_fresh(Schedule::recurs(3)).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(_)));
    assert_eq!(trace.count("run"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_delay_of_retry_fresh_ends_when_the_build_is_cancelled() {
    let trace = Trace::default();
    let schedule = Schedule::spaced(Duration::from_secs(3600));
    let app = late_users(trace.clone(), after(9))
        .retry_fresh(schedule)
        .provide(watched_config(trace.clone()).map::<Pool>(|config: Inject<Config>| Pool { url: config.url.clone() }));
    assert!(give_up(app.build(&Scope::new())).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+config", "+users", FAILED, "-config: cancelled"]);
}
