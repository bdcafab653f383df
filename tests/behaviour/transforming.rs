//! `map`, `update`, `flat_map`, `passthrough` and `discard`.

use std::time::Duration;

use di::prelude::*;

use crate::stock::{Broken, Cache, Config, Pool, Users, audit, config, pool, users, watched_pool};
use crate::trace::Trace;

#[derive(Service)]
struct Url(String);

#[derive(Service)]
struct Report(String);

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
