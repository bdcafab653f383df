//! `layers![..]`: what is built of a list, when, and in which order it is released.

use di::prelude::*;
use di::{ServiceSet, Set};

use crate::stock::{
    Audit, Broken, Cache, Config, Pool, Users, audit, broken_users, config, pool, slow_cache, users, watched_config,
    watched_pool,
};
use crate::trace::{Gate, Trace, settle};

/// A layer that is there for what it does.
#[layer]
fn migrations(trace: Trace, pool: Inject<Pool>, scope: &Scope) {
    trace.lives("migrations", scope);
    let _url = &pool.url;
}

/// What a layer does from its build to its release.
async fn life<Out: ServiceSet, Err: Set>(trace: &Trace, app: Layer<Out, services![], Err>) -> Vec<String> {
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    trace.take()
}

#[tokio::test(start_paused = true)]
async fn the_order_of_a_list_says_nothing() {
    let trace = Trace::default();
    let t = || trace.clone();
    let orders: [Layer<services![Users], services![], failures![]>; 6] = [
        layers![<Users> users(t()), pool(t()), config(t())],
        layers![<Users> users(t()), config(t()), pool(t())],
        layers![<Users> pool(t()), users(t()), config(t())],
        layers![<Users> pool(t()), config(t()), users(t())],
        layers![<Users> config(t()), users(t()), pool(t())],
        layers![<Users> config(t()), pool(t()), users(t())],
    ];
    for order in orders {
        assert_eq!(life(&trace, order).await, ["+config", "+pool", "+users", "-users", "-pool", "-config"]);
    }
}

/// A configuration that takes its time to go, and cannot.
#[layer]
fn slow_config(trace: Trace, scope: &Scope) -> Config {
    scope.on_close(move |exit| async move {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        trace.say(format!("-config: {exit}"));
        Err::<(), _>("not flushed")
    });
    Config { url: "memory".into() }
}

#[tokio::test(start_paused = true)]
async fn a_close_waits_for_a_layer_whose_users_are_in_another_order_elsewhere_in_the_list() {
    let trace = Trace::default();
    let (config, t) = (slow_config(trace.clone()), || trace.clone());
    let app: Layer<services![Users], services![], failures![]> = layers![<Users> ..config.clone(), ..users(t()).provide(pool(t())).provide(config).provide(audit(t())), pool(t())];
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    let closed = scope.close(Exit::Success).await;
    assert!(closed.unwrap_err().to_string().contains("not flushed"));
    assert_eq!(trace.take().last().unwrap(), "-config: success");
}

#[tokio::test(start_paused = true)]
async fn a_layer_begins_when_its_own_needs_are_there_whatever_else_is_slow() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let app = layers![<Users, Cache>
        users(trace.clone()), slow_cache(trace.clone(), gate.clone()), pool(trace.clone()), config(trace.clone()),
    ];
    let scope = Scope::new();
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        trace.say("opened");
        gate.open();
    });
    built.unwrap();
    assert_eq!(trace.count("+users"), 1);
    assert_eq!(trace.take()[4..], ["opened", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_does_not_begin_before_all_its_needs_are_there() {
    #[layer]
    fn reader(trace: Trace, _cache: Inject<Cache>, _config: Inject<Config>) -> Pool {
        trace.say("+reader");
        Pool { url: String::new() }
    }
    let (trace, gate) = (Trace::default(), Gate::new());
    let app = layers![<Pool> reader(trace.clone()), slow_cache(trace.clone(), gate.clone()), config(trace.clone())];
    let scope = Scope::new();
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        trace.say("opened");
        gate.open();
    });
    built.unwrap();
    assert_eq!(trace.take()[2..], ["opened", "cache ready", "+reader"]);
}

#[tokio::test(start_paused = true)]
async fn layers_that_do_not_need_each_other_are_built_at_once() {
    #[derive(Service)]
    struct Meeting<T: Service>(std::marker::PhantomData<fn() -> T>);
    #[layer]
    async fn meeting<T: Service>(opens: Gate, waits: Gate) -> Meeting<T> {
        opens.open();
        waits.pass().await;
        Meeting(std::marker::PhantomData)
    }
    let [one, two, three] = [Gate::new(), Gate::new(), Gate::new()];
    // Each can only be ready when another has begun.
    let app = layers![
        meeting::<Config>(one.clone(), two.clone()),
        meeting::<Pool>(two.clone(), three.clone()),
        meeting::<Cache>(three.clone(), one.clone()),
    ];
    app.build(&Scope::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn only_what_the_header_names_leaves() {
    let trace = Trace::default();
    let app: Layer<services![Users, Config], services![], failures![]> =
        layers![<Users, Config> users(trace.clone()), pool(trace.clone()), config(trace.clone())];
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Users>().pool.url, context.get::<Config>().url);
}

#[tokio::test(start_paused = true)]
async fn what_the_header_does_not_ask_for_is_not_built() {
    let trace = Trace::default();
    // With `..` the constant cannot say that `audit` is too much.
    let app = layers![<Users>
        audit(trace.clone()), users(trace.clone()), ..pool(trace.clone()), config(trace.clone()),
    ];
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_gives_nothing_is_always_built_and_so_is_what_it_needs() {
    let trace = Trace::default();
    let app = layers![<> migrations(trace.clone()), pool(trace.clone()), config(trace.clone())];
    let expected = ["+config", "+pool", "+migrations", "-migrations", "-pool", "-config"];
    assert_eq!(life(&trace, app).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_outside_is_declared_and_feeds_the_list() {
    let trace = Trace::default();
    let app: Layer<services![Users], services![Config], failures![]> =
        layers![<Users needs Config> users(trace.clone()), pool(trace.clone())];
    assert_eq!(life(&trace, app.provide(config(trace.clone()))).await.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn without_a_header_everything_leaves_and_what_is_missing_is_needed() {
    let trace = Trace::default();
    let app: Layer<services![Users, Audit, Pool], services![Config], failures![]> =
        layers![users(trace.clone()), audit(trace.clone()), pool(trace.clone())];
    let context = app.provide(config(trace.clone())).build(&Scope::new()).await.unwrap();
    assert!(context.get::<Users>().pool.is_same(context.get::<Pool>()));
    assert!(context.get::<Audit>().pool.is_same(context.get::<Pool>()));
    assert_eq!(trace.count("+pool"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_feeds_is_released_after_all_that_it_feeds() {
    let trace = Trace::default();
    let app = layers![<Users, Audit>
        pool(trace.clone()), users(trace.clone()), config(trace.clone()), audit(trace.clone()),
    ];
    let lines = life(&trace, app).await;
    assert_eq!(lines[6..], ["-pool", "-config"], "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn layers_that_do_not_need_each_other_are_released_at_once() {
    #[derive(Service)]
    struct Farewell<T: Service>(std::marker::PhantomData<fn() -> T>);
    #[layer]
    fn farewell<T: Service>(opens: Gate, waits: Gate, scope: &Scope) -> Farewell<T> {
        scope.on_close(move |_exit| async move {
            opens.open();
            waits.pass().await;
        });
        Farewell(std::marker::PhantomData)
    }
    let (one, two) = (Gate::new(), Gate::new());
    let app = layers![farewell::<Config>(one.clone(), two.clone()), farewell::<Pool>(two, one)];
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    // Each can only end when the other has begun.
    scope.close(Exit::Success).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_fails_cancels_the_others_and_everything_is_released() {
    let (trace, never) = (Trace::default(), Gate::new());
    let app = layers![<Users, Cache>
        broken_users(trace.clone()), slow_cache(trace.clone(), never), watched_pool(trace.clone()),
    ];
    let scope = Scope::new();
    let error = app.build(&scope).await.unwrap_err();
    assert!(error.failure::<Broken>().is_some(), "{error}");
    let mut lines = trace.take();
    assert_eq!(trace.take(), [""; 0], "all was released before the error was returned");
    let last = lines.pop().unwrap();
    lines.sort();
    assert!(last.starts_with("-pool"), "{last}");
    assert_eq!(lines[..3], ["+cache", "+pool", "+users"]);
    assert!(lines[3].starts_with("-cache: cancelled") && lines[4].starts_with("-users: failure"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_of_nothing_is_nothing() {
    let nothing: Layer<services![], services![], failures![]> = layers![];
    let closed: Layer<services![], services![], failures![]> = layers![<>];
    nothing.merge(closed).build(&Scope::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_exit_of_a_list_is_told_to_every_layer() {
    let trace = Trace::default();
    let app = layers![<Config, Pool> watched_config(trace.clone()), watched_pool(trace.clone())];
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Cancelled).await.unwrap();
    let mut lines = trace.take();
    lines.sort();
    assert_eq!(lines[2..], ["-config: cancelled", "-pool: cancelled"]);
}
