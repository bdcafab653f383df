//! `catch`, `catch_all`, `or_else`, `or_die` and `map_error`.

use di::prelude::*;
use di::{BuildErrorKind, SharedError};

use crate::stock::{Broken, Cache, Config, Users, broken_users, config, pool, slow_cache, users, watched_pool};
use crate::trace::{Gate, Trace, give_up, settle};

#[derive(Debug, Clone, thiserror::Error, Failure)]
#[error("not ready: {0}")]
struct NotReady(String);

#[tokio::test(start_paused = true)]
async fn everything_of_the_primary_is_released_before_the_fallback_is_built() {
    let trace = Trace::default();
    let said = trace.clone();
    let primary = broken_users(trace.clone()).provide(watched_pool(trace.clone()));
    let fallback = users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
    let app: Layer<services![Users], services![], failures![]> = primary.catch::<Broken>(move |broken| {
        said.say(format!("caught: {broken}"));
        fallback.clone()
    });
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(
        trace.take(),
        [
            "+pool",
            "+users",
            "-users: failure: unable to open users",
            "-pool: failure: unable to open users",
            "caught: unable to open users",
            "+config",
            "+pool",
            "+users",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn catch_leaves_other_failures_alone() {
    let primary: Layer<services![Cache], services![], failures![NotReady, Broken]> =
        Layer::fail::<services![Cache], NotReady>(NotReady("disk".into())).coerce();
    let app: Layer<services![Cache], services![], failures![NotReady]> =
        primary.catch::<Broken>(|_broken| Layer::succeed::<Cache>(Cache(0)));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<NotReady>().unwrap().0, "disk");
}

#[tokio::test(start_paused = true)]
async fn catch_all_sees_the_whole_error_of_any_failure() {
    let trace = Trace::default();
    let said = trace.clone();
    let app: Layer<services![Cache], services![], failures![]> =
        Layer::from_fn(|| async { Err::<Cache, _>("no such file") }).catch_all(move |error| {
            said.say(error);
            Layer::succeed::<Cache>(Cache(2))
        });
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Cache>().0, 2);
    assert_eq!(trace.take(), ["cannot build `Cache`: `Cache` failed: no such file"]);
}

#[tokio::test(start_paused = true)]
async fn or_else_builds_the_other_layer() {
    let app = Layer::fail::<services![Cache], Broken>(Broken("disk")).or_else(Layer::succeed::<Cache>(Cache(3)));
    assert_eq!(app.build_infallible(&Scope::new()).await.get::<Cache>().0, 3);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_not_built_if_nothing_fails() {
    let trace = Trace::default();
    let primary = Layer::from_fn(|| async { Ok::<_, Broken>(Config { url: "primary".into() }) });
    let context = primary.or_else(config(trace.clone())).build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Config>().url, "primary");
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_fallback_is_the_error() {
    let app = Layer::fail::<services![Cache], Broken>(Broken("one"))
        .or_else(Layer::fail::<services![Cache], NotReady>(NotReady("two".into())));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<NotReady>().unwrap().0, "two");
}

#[tokio::test(start_paused = true)]
async fn panics_are_not_caught() {
    let app = Layer::sync(|| -> Cache { panic!("a bug") }).or_else(Layer::succeed::<Cache>(Cache(0)));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(_)));
}

#[tokio::test(start_paused = true)]
async fn cancellation_is_not_caught() {
    let trace = Trace::default();
    let fallback = trace.clone();
    let app = slow_cache(trace.clone(), Gate::new()).catch_all(move |_error| {
        fallback.say("caught");
        Layer::succeed::<Cache>(Cache(0))
    });
    assert!(give_up(app.build(&Scope::new())).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+cache", "-cache: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_of_both_that_nobody_else_uses_is_built_again_for_the_fallback() {
    let trace = Trace::default();
    let shared = watched_pool(trace.clone());
    let app = broken_users(trace.clone()).provide(shared.clone()).or_else(users(trace.clone()).provide(shared));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.count("+pool"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_others_use_is_kept_for_the_fallback() {
    let trace = Trace::default();
    let app = broken_users(trace.clone()).or_else(users(trace.clone())).provide(watched_pool(trace.clone()));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+pool", "+users", "-users: failure: unable to open users", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_with_a_fallback_is_shared_and_its_handler_called_once() {
    let trace = Trace::default();
    let said = trace.clone();
    let app = Layer::fail::<services![Cache], Broken>(Broken("disk")).catch_all(move |_error| {
        said.say("caught");
        Layer::succeed::<Cache>(Cache(0))
    });
    app.clone().merge(app).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["caught"]);
}

#[tokio::test(start_paused = true)]
async fn or_die_makes_a_failure_a_defect_that_nothing_catches() {
    let app: Layer<services![Cache], services![], failures![]> =
        Layer::fail::<services![Cache], Broken>(Broken("disk")).or_die();
    let error = app.or_else(Layer::succeed::<Cache>(Cache(0))).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Died(_)));
    assert!(error.to_string().contains("unable to open disk"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn or_die_does_not_hide_a_layer_from_those_who_share_it() {
    let trace = Trace::default();
    let shared = config(trace.clone());
    shared.clone().or_die().merge(shared).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn map_error_turns_the_failure_into_another_one() {
    let app: Layer<services![Cache], services![], failures![NotReady]> =
        Layer::fail::<services![Cache], Broken>(Broken("disk"))
            .map_error(|error| NotReady(error.failure::<Broken>().expect("it names no other").to_string()));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<NotReady>().unwrap().0, "unable to open disk");
    let source: SharedError = error.failure::<NotReady>().unwrap();
    assert_eq!(source.to_string(), "not ready: unable to open disk");
}

#[tokio::test(start_paused = true)]
async fn map_error_leaves_panics_alone() {
    let app = Layer::sync(|| -> Cache { panic!("a bug") }).map_error(|_error| Broken("mapped"));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(_)));
}
