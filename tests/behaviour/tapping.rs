//! `tap` and `tap_error`.

use di::prelude::*;

use crate::stock::{
    Broken, Cache, Config, Pool, broken_users, config, pool, slow_cache, users, watched_config, watched_pool,
};
use crate::trace::{Gate, Trace, give_up, settle};

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
