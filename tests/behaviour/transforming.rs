//! `tap`, `tap_error`, `map`, `update`, `flat_map`, `passthrough`, `discard`, `timeout` and `launch`.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, TimedOut};

use crate::stock::{
    Broken, Cache, Config, Pool, Users, audit, broken_users, config, pool, slow_cache, users, watched_config,
    watched_pool,
};
use crate::trace::{Gate, Trace, give_up, settle};

#[derive(Service)]
struct Url(String);

#[derive(Service)]
struct Report(String);

#[tokio::test(start_paused = true)]
async fn tap_sees_what_a_layer_gave_before_anybody_else_does() {
    let trace = Trace::default();
    let said = trace.clone();
    let tapped: Layer<services![Pool], services![Config], failures![]> =
        pool(trace.clone()).tap(move |pool: Inject<Pool>| {
            let said = said.clone();
            async move { said.say(format!("tapped {}", pool.url)) }
        });
    let app = users(trace.clone()).provide(tapped).provide(config(trace.clone()));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "tapped memory", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn what_tap_acquires_is_released_before_the_layer() {
    let trace = Trace::default();
    let said = trace.clone();
    let app = config(trace.clone()).tap(move |scope: Scope| {
        said.lives("tap", &scope);
        async {}
    });
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+tap", "-tap", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_tap_is_the_outcome_and_releases_the_layer() {
    let trace = Trace::default();
    let app: Layer<services![Config]> =
        watched_config(trace.clone()).tap(|_config: Inject<Config>| async { Err::<(), _>(Broken("tap")) });
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot build `Config`: `tap` failed: unable to open tap");
    assert_eq!(trace.take(), ["+config", "-config: failure: unable to open tap"]);
}

#[tokio::test(start_paused = true)]
async fn tap_is_not_called_if_the_layer_fails() {
    let trace = Trace::default();
    let said = trace.clone();
    let app = Layer::fail::<services![Config], Broken>(Broken("config")).tap(move || {
        said.say("tapped");
        async {}
    });
    assert_eq!(app.build(&Scope::new()).await.unwrap_err().failure::<Broken>().unwrap().0, "config");
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tap_runs_once_and_shares_the_layer_with_those_who_use_it_as_it_is() {
    let trace = Trace::default();
    let said = trace.clone();
    let plain = config(trace.clone());
    let tapped = plain.clone().tap(move || {
        said.say("tapped");
        async {}
    });
    tapped.clone().merge(plain).merge(tapped).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "tapped"]);
}

#[tokio::test(start_paused = true)]
async fn tap_error_is_told_of_a_failure_after_everything_was_released() {
    let trace = Trace::default();
    let said = trace.clone();
    let app = broken_users(trace.clone()).provide(watched_pool(trace.clone())).tap_error(move |error| {
        said.say(error);
        async {}
    });
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<Broken>().unwrap().0, "users");
    let lines = trace.take();
    assert_eq!(lines[2..4], ["-users: failure: unable to open users", "-pool: failure: unable to open users"]);
    assert_eq!(
        lines[4..],
        ["cannot build `Users`: `broken_users` failed: unable to open users (released: watched_pool)"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_tap_error_replaces_the_error() {
    let app = Layer::fail::<services![Config], Broken>(Broken("config")).tap_error(|_error| async { Err("no log") });
    assert!(app.build(&Scope::new()).await.unwrap_err().to_string().contains("no log"));
}

#[tokio::test(start_paused = true)]
async fn tap_error_is_not_told_of_success_panics_and_cancellation() {
    let trace = Trace::default();
    let look = || {
        let said = trace.clone();
        move |_error| {
            said.say("told");
            async {}
        }
    };
    config(trace.clone()).tap_error(look()).build(&Scope::new()).await.unwrap();
    let panics = Layer::sync(|| -> Cache { panic!("a bug") }).tap_error(look());
    panics.build(&Scope::new()).await.unwrap_err();
    let slow = slow_cache(trace.clone(), Gate::new()).tap_error(look());
    assert!(give_up(slow.build(&Scope::new())).await.is_none());
    settle().await;
    assert_eq!(trace.count("told"), 0);
}

#[tokio::test(start_paused = true)]
async fn map_makes_one_service_of_what_a_layer_gives_and_hides_the_rest() {
    let trace = Trace::default();
    let app: Layer<services![Report], services![], failures![]> = pool(trace.clone())
        .provide_merge(config(trace.clone()))
        .map::<Report>(|config: Inject<Config>, pool: Inject<Pool>| Report(format!("{} {}", config.url, pool.url)));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Report>().0, "memory memory");
}

#[tokio::test(start_paused = true)]
async fn a_mapped_service_keeps_what_it_is_made_of() {
    let trace = Trace::default();
    let scope = Scope::new();
    let app = config(trace.clone()).map::<Url>(|config: Inject<Config>| Url(config.url.clone()));
    let context = app.build(&scope).await.unwrap();
    assert_eq!((context.get::<Url>().0.as_str(), trace.take()), ("memory", vec!["+config".to_owned()]));
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-config"]);
}

#[tokio::test(start_paused = true)]
async fn map_is_called_once_and_shares_the_layer_with_those_who_use_it_as_it_is() {
    let trace = Trace::default();
    let said = trace.clone();
    let plain = config(trace.clone());
    let mapped = plain.clone().map::<Url>(move |config: Inject<Config>| {
        said.say("mapped");
        Url(config.url.clone())
    });
    mapped.clone().merge(plain).merge(mapped).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "mapped"]);
}

#[tokio::test(start_paused = true)]
async fn map_can_give_another_instance_of_the_service_it_takes() {
    let trace = Trace::default();
    let app =
        config(trace.clone()).map::<Config>(|config: Inject<Config>| Config { url: format!("{}?mode=ro", config.url) });
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Config>().url, "memory?mode=ro");
}

#[tokio::test(start_paused = true)]
async fn update_feeds_a_layer_with_another_instance_and_leaves_others_alone() {
    let trace = Trace::default();
    let updated: Layer<services![Users], services![Pool], failures![]> =
        users(trace.clone()).update::<Pool>(|pool: Inject<Pool>| Pool { url: format!("{}?mode=ro", pool.url) });
    let app = updated.merge(audit(trace.clone())).provide(watched_pool(trace.clone()));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Users>().pool.url, "memory?mode=ro");
    assert_eq!(context.get::<crate::stock::Audit>().pool.url, "memory");
    assert_eq!(trace.count("+pool"), 1);
}

#[tokio::test(start_paused = true)]
async fn update_may_need_more_than_what_it_decorates() {
    let trace = Trace::default();
    let updated: Layer<services![Users], services![Pool, Config], failures![]> =
        users(trace.clone()).update::<Pool>(|pool: Inject<Pool>, config: Inject<Config>| Pool {
            url: format!("{}, {}", pool.url, config.url),
        });
    let app = updated.provide(pool(trace.clone())).provide(config(trace.clone()));
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Users>().pool.url, "memory, memory");
}

#[tokio::test(start_paused = true)]
async fn flat_map_builds_the_layer_that_is_computed_and_releases_it_first() {
    let trace = Trace::default();
    let said = trace.clone();
    let app: Layer<services![Pool], services![], failures![]> =
        config(trace.clone()).flat_map(move |config: Inject<Config>| {
            said.say(format!("computed for {}", config.url));
            watched_pool(said.clone())
        });
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "computed for memory", "+pool", "-pool: success", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn what_flat_map_computes_gets_its_needs_from_outside() {
    let trace = Trace::default();
    let said = trace.clone();
    let app: Layer<services![Users], services![Pool], failures![]> =
        config(trace.clone()).flat_map(move |_config: Inject<Config>| users(said.clone()));
    app.provide(watched_pool(trace.clone())).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+config", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn flat_map_is_called_once_and_unites_the_failures() {
    let trace = Trace::default();
    let said = trace.clone();
    let app: Layer<services![Cache], services![], failures![Broken]> = config(trace.clone()).flat_map(move || {
        said.say("computed");
        Layer::fail::<services![Cache], Broken>(Broken("cache"))
    });
    let error = app.clone().merge(app).build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<Broken>().unwrap().0, "cache");
    assert_eq!(trace.take(), ["+config", "computed", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn passthrough_lets_what_a_layer_needs_leave_it() {
    let trace = Trace::default();
    let app: Layer<services![Pool, Config], services![], failures![]> =
        pool(trace.clone()).passthrough().provide(config(trace.clone()));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Pool>().url, context.get::<Config>().url);
    assert_eq!(trace.take(), ["+config", "+pool"]);
}

#[tokio::test(start_paused = true)]
async fn passthrough_prefers_what_the_layer_gives_itself() {
    let trace = Trace::default();
    let louder = Layer::sync(|config: Inject<Config>| Config { url: format!("{}!", config.url) });
    let app = louder.passthrough().provide(config(trace.clone()));
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Config>().url, "memory!");
}

#[tokio::test(start_paused = true)]
async fn a_discarded_layer_is_built_and_gives_nothing() {
    let trace = Trace::default();
    let plain = config(trace.clone());
    let app: Layer<services![], services![], failures![]> = plain.clone().discard();
    let scope = Scope::new();
    app.clone().merge(app).merge(plain.discard()).build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_takes_too_long_is_released_and_its_failure_says_so() {
    let trace = Trace::default();
    let limit = Duration::from_secs(2);
    let app: Layer<services![Cache], services![], failures![TimedOut]> =
        slow_cache(trace.clone(), Gate::new()).timeout(limit);
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(trace.take(), ["+cache", "-cache: cancelled"]);
    let timed_out = error.failure::<TimedOut>().unwrap();
    assert_eq!((timed_out.layer(), timed_out.limit()), ("slow_cache", limit));
    assert_eq!(
        error.to_string(),
        "cannot build `Cache`: `slow_cache` failed: `slow_cache` was not built within 2s (after 2000 ms)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_built_in_time_does_not_know_of_its_limit() {
    let trace = Trace::default();
    let shared = config(trace.clone());
    let app = shared.clone().timeout(Duration::from_secs(1)).merge(shared);
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Config>().url, "memory");
    assert_eq!(trace.take(), ["+config"]);
    let failing = Layer::fail::<services![Cache], Broken>(Broken("cache")).timeout(Duration::from_secs(1));
    assert_eq!(failing.build(&Scope::new()).await.unwrap_err().failure::<Broken>().unwrap().0, "cache");
}

#[tokio::test(start_paused = true)]
async fn what_others_wait_for_as_well_is_not_cancelled_by_a_time_limit() {
    let trace = Trace::default();
    let gate = Gate::new();
    let slow = slow_cache(trace.clone(), gate.clone());
    let limited = slow.clone().timeout(Duration::from_secs(1));
    let (map, scope) = (MemoMap::new(), Scope::new());
    let (patient, hurried) = (slow.build_with(&map, &scope), limited.build_with(&map, &scope));
    let (patient, ()) = tokio::join!(patient, async {
        assert!(hurried.await.unwrap_err().failure::<TimedOut>().is_some());
        gate.open();
    });
    patient.unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn launch_stays_until_it_is_cancelled_and_releases_then() {
    let trace = Trace::default();
    let app = pool(trace.clone()).provide(config(trace.clone()));
    assert!(give_up(app.launch()).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_build_is_the_end_of_launch() {
    let trace = Trace::default();
    let app = broken_users(trace.clone()).provide(watched_pool(trace.clone()));
    let Err(error) = app.launch().await;
    assert!(matches!(error.kind(), BuildErrorKind::Failed(_)));
    assert_eq!(trace.take().last().unwrap(), "-pool: failure: unable to open users");
}

#[tokio::test(start_paused = true)]
async fn substitution_reaches_into_layers_that_something_was_done_about() {
    let trace = Trace::default();
    let app = users(trace.clone())
        .provide(pool(trace.clone()).named("pool").retry(Schedule::once()).extend_scope())
        .tap(|_users: Inject<Users>| async {})
        .timeout(Duration::from_secs(1))
        .map::<Url>(|users: Inject<Users>| Url(users.pool.url.clone()))
        .provide(config(trace.clone()))
        .named("app");
    let fake = Layer::succeed::<Pool>(Pool { url: "fake".into() });
    let context = app.substitute(fake).build(&Scope::new()).await.unwrap();
    assert_eq!((context.get::<Url>().0.as_str(), trace.count("+pool")), ("fake", 0));
}

#[tokio::test(start_paused = true)]
async fn layers_that_something_was_done_about_are_put_together_in_any_order() {
    let trace = Trace::default();
    let limit = Duration::from_secs(1);
    let app = layers![<Users>
        ..users(trace.clone()).named("users"),
        ..config(trace.clone()).retry(Schedule::once()),
        ..pool(trace.clone()).tap(|_pool: Inject<Pool>| async {}).timeout(limit),
    ];
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "+users"]);
}
