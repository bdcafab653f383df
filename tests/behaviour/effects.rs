//! Effects: work that is provided with layers, contexts and services.

use di::prelude::*;
use di::{RunError, hlist};

use crate::stock::{
    Broken, Cache, Config, Pool, Users, broken_users, config, pool, users, watched_config, watched_pool,
};
use crate::trace::{Gate, Trace, give_up, settle};

#[effect]
async fn url(config: Inject<Config>) -> String {
    config.url.clone()
}

#[tokio::test(start_paused = true)]
async fn an_effect_does_nothing_until_it_is_run_and_can_be_run_many_times() {
    let trace = Trace::default();
    let said = trace.clone();
    let effect = Effect::new(move || {
        said.say("run");
        async { 7 }
    });
    settle().await;
    assert!(trace.take().is_empty());
    assert_eq!(effect.clone().run().await.unwrap(), 7);
    assert_eq!(effect.run().await.unwrap(), 7);
    assert_eq!(trace.take(), ["run", "run"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_effect_is_provided_with_is_built_for_each_run_and_released_after_it() {
    let trace = Trace::default();
    let said = trace.clone();
    let effect = Effect::new(move |config: Inject<Config>| {
        said.say(format!("uses {}", config.url));
        async {}
    })
    .provide(config(trace.clone()));
    for _ in 0..2 {
        effect.clone().run().await.unwrap();
        assert_eq!(trace.take(), ["+config", "uses memory", "-config"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provided_layer_may_need_what_is_provided_further_out() {
    let trace = Trace::default();
    let effect = Effect::new(|users: Inject<Users>| async move { users.pool.url.clone() })
        .provide(users(trace.clone()))
        .provide(pool(trace.clone()))
        .provide(config(trace.clone()));
    assert_eq!(effect.run().await.unwrap(), "memory");
    assert_eq!(trace.take(), ["+config", "+pool", "+users", "-users", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_nested_provide_finds_what_an_outer_one_has_built() {
    let trace = Trace::default();
    let shared = config(trace.clone());
    let effect = Effect::new(|pool: Inject<Pool>, config: Inject<Config>| async move { pool.url == config.url })
        .provide(pool(trace.clone()).provide(shared.clone()))
        .provide(shared);
    assert!(effect.run().await.unwrap());
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn sibling_provides_do_not_share() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(Layer::empty());
    let effect = url().provide(config(trace.clone()));
    let (one, two) = tokio::join!(runtime.run(effect.clone()), runtime.run(effect));
    assert_eq!((one.unwrap(), two.unwrap()), ("memory".into(), "memory".into()));
    assert_eq!(trace.count("+config"), 2);
}

#[tokio::test(start_paused = true)]
async fn of_two_provides_of_one_service_the_inner_one_counts() {
    let trace = Trace::default();
    let outer = Layer::succeed::<Config>(Config { url: "outer".into() });
    assert_eq!(url().provide(config(trace)).provide(outer).run().await.unwrap(), "memory");
}

#[tokio::test(start_paused = true)]
async fn a_context_and_single_services_are_provided_without_a_build() {
    let context = Context::from_services(hlist![Inject::<Config>::new(Config { url: "context".into() })]);
    assert_eq!(url().provide_context(&context).run().await.unwrap(), "context");
    assert_eq!(url().provide_service::<Config>(Config { url: "service".into() }).run().await.unwrap(), "service");
    assert_eq!(url().provide_inject(context.get::<Config>().clone()).run().await.unwrap(), "context");
}

#[tokio::test(start_paused = true)]
async fn what_was_provided_sees_success_when_the_effect_comes_to_its_end() {
    let trace = Trace::default();
    url().provide(watched_config(trace.clone())).run().await.unwrap();
    assert_eq!(trace.take(), ["+config", "-config: success"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_provided_further_out_sees_the_failure_of_what_is_further_in() {
    let trace = Trace::default();
    let effect = Effect::new(|_users: Inject<Users>| async {})
        .provide(broken_users(trace.clone()))
        .provide(watched_pool(trace.clone()));
    let RunError::Build(error) = effect.run().await.unwrap_err() else { panic!("the layer cannot be built") };
    assert_eq!(error.failure::<Broken>().unwrap().0, "users");
    let lines = trace.take();
    assert_eq!(lines[..3], ["+pool", "+users", "-users: failure: unable to open users"]);
    assert!(lines[3].starts_with("-pool: failure: "), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_provided_sees_the_panic_of_an_effect_and_is_released_before_the_panic_goes_on() {
    let trace = Trace::default();
    let effect = Effect::new(|config: Inject<Config>| async move {
        assert_eq!(config.url, "disk", "wrong place");
    })
    .provide(watched_config(trace.clone()));
    let said = trace.clone();
    let run = tokio::spawn(async move {
        let run = std::panic::AssertUnwindSafe(effect.run());
        let panic = caught(run).await;
        said.say(if panic.is_err() { "panicked" } else { "went on" });
    });
    run.await.unwrap();
    let lines = trace.take();
    assert!(lines[1].starts_with("-config: panic: ") && lines[1].contains("wrong place"), "{lines:?}");
    assert_eq!(lines[2], "panicked");
}

/// Catches the panic of a future.
async fn caught<F: Future>(future: std::panic::AssertUnwindSafe<F>) -> std::thread::Result<F::Output> {
    let mut future = std::pin::pin!(future.0);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_after_an_effect_is_an_error() {
    #[layer]
    fn unruly(scope: &Scope) -> Config {
        scope.on_close_named("file", |_exit| async { Err("the disk is full") });
        Config { url: String::new() }
    }
    let error = url().provide(unruly()).run().await.unwrap_err();
    assert!(matches!(error, RunError::Release(_)));
    assert!(error.to_string().contains("the disk is full"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_releases_what_it_was_provided_with() {
    let trace = Trace::default();
    let effect =
        Effect::new(|_config: Inject<Config>| std::future::pending::<()>()).provide(watched_config(trace.clone()));
    assert!(give_up(effect.run()).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+config", "-config: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_while_its_layers_are_built_cancels_the_build() {
    let trace = Trace::default();
    let effect =
        Effect::new(|_cache: Inject<Cache>| async {}).provide(crate::stock::slow_cache(trace.clone(), Gate::new()));
    assert!(give_up(effect.run()).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+cache", "-cache: cancelled"]);
}

#[effect]
async fn with_a_scope(trace: Trace, scope: &Scope) -> u32 {
    trace.ends("lock", scope);
    7
}

#[tokio::test(start_paused = true)]
async fn the_scope_of_an_effect_closes_at_the_end_of_the_run() {
    let trace = Trace::default();
    assert_eq!(with_a_scope(trace.clone()).run().await.unwrap(), 7);
    assert_eq!(trace.take(), ["+lock", "-lock: success"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_effect_acquires_is_released_before_what_it_was_provided_with() {
    #[effect]
    async fn locking(trace: Trace, config: Inject<Config>, scope: &Scope) -> usize {
        trace.lives("lock", scope);
        config.url.len()
    }
    let trace = Trace::default();
    locking(trace.clone()).provide(config(trace.clone())).run().await.unwrap();
    assert_eq!(trace.take(), ["+config", "+lock", "-lock", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_closure_may_capture_and_give_away_its_values() {
    let runtime = ManagedRuntime::new(Layer::succeed::<Cache>(Cache(3)));
    let (name, factor) = (String::from("shards"), 2);
    let said = runtime.run(move |cache: Inject<Cache>| async move { (name, cache.0 * factor) }).await.unwrap();
    assert_eq!(said, ("shards".to_owned(), 6));
}

#[tokio::test(start_paused = true)]
async fn what_an_effect_returns_is_the_value_of_its_run_an_error_too() {
    #[effect]
    async fn find(cache: Inject<Cache>) -> Result<u32, Broken> {
        if cache.0 == 0 { Err(Broken("cache")) } else { Ok(cache.0) }
    }
    let found = find().provide_service::<Cache>(Cache(0)).run().await.unwrap();
    assert_eq!(found.unwrap_err().0, "cache");
    let doubled = find().map(|found| found.map(|number| number * 2)).provide_service::<Cache>(Cache(4)).run().await;
    assert_eq!(doubled.unwrap().unwrap(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_releases_what_is_inside_before_what_it_was_built_from() {
    #[layer]
    fn slow_to_go(trace: Trace, config: Inject<Config>, scope: &Scope) -> Pool {
        scope.on_close(move |_exit| async move {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            trace.say("-pool");
        });
        Pool { url: config.url.clone() }
    }
    #[effect]
    async fn endless(trace: Trace, _pool: Inject<Pool>, scope: &Scope) {
        trace.lives("lock", scope);
        std::future::pending().await
    }
    let trace = Trace::default();
    let effect = endless(trace.clone()).provide(slow_to_go(trace.clone())).provide(config(trace.clone()));
    assert!(give_up(effect.run()).await.is_none());
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(trace.take(), ["+config", "+lock", "-lock", "-pool", "-config"]);
}
