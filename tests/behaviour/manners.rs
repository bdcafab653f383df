//! `named` and `extend_scope`: what is said of all layers inside of one.

use di::prelude::*;

use crate::stock::{
    Broken, Cache, Config, Pool, Users, audit, broken_users, config, pool, users, watched_config, watched_pool,
};
use crate::trace::{Trace, give_up, settle};

fn failing() -> Layer<services![Cache], services![], failures![Broken]> {
    Layer::fail::<services![Cache], Broken>(Broken("cache"))
}

async fn message<Out: di::ServiceSet, Err>(layer: Layer<Out, services![], Err>) -> String {
    layer.build(&Scope::new()).await.unwrap_err().to_string()
}

#[tokio::test(start_paused = true)]
async fn a_layer_has_the_name_that_it_was_given_last() {
    assert_eq!(
        message(failing().named("hot cache")).await,
        "cannot build `Cache`: `hot cache` failed: unable to open cache"
    );
    assert_eq!(
        message(failing().named("a").retry(Schedule::recurs(0)).named("b")).await,
        "cannot build `Cache`: `b` failed: unable to open cache"
    );
}

#[tokio::test(start_paused = true)]
async fn composed_layers_keep_their_names_and_errors_tell_where_they_are() {
    let trace = Trace::default();
    let app = broken_users(trace.clone()).provide(watched_pool(trace.clone()).named("memory")).named("storage");
    let app = app.merge(config(trace.clone())).named("app");
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.groups(), ["storage", "app"]);
    assert_eq!(
        error.to_string(),
        "cannot build `Users`: `broken_users` in `storage` in `app` failed: unable to open users \
         (released: config, memory)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_tells_of_the_names_around_a_layer_that_builds_others() {
    let app = failing().named("inside").merge(Layer::empty()).named("storage").tap(|| async {}).merge(Layer::empty());
    assert_eq!(
        message(app.named("app")).await,
        "cannot build `Cache`: `inside` in `storage` in `app` failed: unable to open cache"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_of_what_gives_nothing_tells_of_the_names_too() {
    let app = failing().discard().merge(Layer::empty()).named("storage");
    assert_eq!(message(app).await, "cannot build `Cache` in `storage`: it failed: unable to open cache");
}

#[tokio::test(start_paused = true)]
async fn a_name_does_not_hide_a_layer_from_those_who_share_it() {
    let trace = Trace::default();
    let shared = config(trace.clone());
    let group = pool(trace.clone()).provide_merge(shared.clone());
    let app = group.clone().named("group").merge(shared.named("settings")).merge(group);
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool"]);
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_tells_the_name() {
    let slow = Layer::from_fn(|| async { std::future::pending::<Cache>().await });
    let app = slow.named("hot cache").timeout(std::time::Duration::from_secs(1));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<di::TimedOut>().unwrap().layer(), "hot cache");
}

#[tokio::test(start_paused = true)]
async fn extended_resources_outlive_the_provide_of_an_effect() {
    let trace = Trace::default();
    let said = trace.clone();
    let inside = Effect::new(move |pool: Inject<Pool>| {
        said.say(format!("uses {}", pool.url));
        async {}
    });
    let said = trace.clone();
    let app = pool(trace.clone())
        .provide(config(trace.clone()).extend_scope())
        .merge(watched_config(trace.clone()).discard());
    inside.provide(app).map(move |()| said.say("over")).run().await.unwrap();
    assert_eq!(
        trace.take(),
        ["+config", "+config", "+pool", "uses memory", "-pool", "-config: success", "over", "-config"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_extended_resources_are_made_of_lives_as_long_as_they_do() {
    let trace = Trace::default();
    let said = trace.clone();
    let app = users(trace.clone()).provide(pool(trace.clone()).extend_scope().provide(config(trace.clone())));
    let run = Effect::new(|_users: Inject<Users>| async {}).provide(app).map(move |()| said.say("over"));
    run.run().await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "+users", "-users", "over", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_an_effect_releases_its_extended_resources() {
    let trace = Trace::default();
    let attempt = Effect::new(|_config: Inject<Config>| async {}).provide(config(trace.clone()).extend_scope());
    let said = trace.clone();
    attempt.map(move |()| said.say("over")).repeat(Schedule::once()).run().await.unwrap();
    assert_eq!(trace.take(), ["+config", "over", "-config", "+config", "over", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn extended_resources_outlive_a_build_that_fails() {
    let trace = Trace::default();
    let app = broken_users(trace.clone()).provide(watched_pool(trace.clone()).extend_scope());
    let scope = Scope::new();
    let error = app.build(&scope).await.unwrap_err();
    assert_eq!(error.released(), [] as [&str; 0]);
    assert_eq!(trace.take(), ["+pool", "+users", "-users: failure: unable to open users"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-pool: success"]);
}

#[tokio::test(start_paused = true)]
async fn extended_resources_of_a_primary_are_there_for_its_fallback() {
    let trace = Trace::default();
    let shared = watched_pool(trace.clone()).extend_scope();
    let app = broken_users(trace.clone()).provide(shared.clone()).or_else(users(trace.clone()).provide(shared));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", "-users: failure: unable to open users", "+users"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-users", "-pool: success"]);
}

#[tokio::test(start_paused = true)]
async fn extended_resources_are_shared_and_live_as_long_as_each_of_their_scopes() {
    let trace = Trace::default();
    let shared = watched_pool(trace.clone());
    let (map, one, other) = (MemoMap::new(), Scope::new(), Scope::new());
    users(trace.clone()).provide(shared.clone().extend_scope()).build_with(&map, &one).await.unwrap();
    audit(trace.clone()).provide(shared).build_with(&map, &other).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", "+audit"]);
    one.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-users"]);
    other.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-audit", "-pool: success"]);
}

#[tokio::test(start_paused = true)]
async fn extended_resources_of_a_run_that_is_dropped_are_released() {
    let trace = Trace::default();
    let run = Effect::new(|_users: Inject<Users>| std::future::pending::<()>())
        .provide(users(trace.clone()).provide(watched_pool(trace.clone()).extend_scope()));
    assert!(give_up(run.run()).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+pool", "+users", "-users", "-pool: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn an_extended_layer_gives_and_needs_what_it_did() {
    let trace = Trace::default();
    let app: Layer<services![Pool], services![Config], failures![]> = pool(trace.clone()).extend_scope().named("pool");
    let app: Layer<services![Pool], services![], failures![]> = app.provide(config(trace));
    assert_eq!(app.build_infallible(&Scope::new()).await.get::<Pool>().url, "memory");
}
