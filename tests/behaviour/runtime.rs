//! Managed runtimes: building and running.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, RunError};

use crate::stock::{Broken, Cache, Config, Users, config, pool, slow_cache, users};
use crate::trace::{Gate, Trace, give_up, settle};

const MINUTE: Duration = Duration::from_secs(60);

#[layer(fails)]
async fn failing_once(trace: Trace) -> Result<Cache, Broken> {
    trace.say("attempt");
    tokio::task::yield_now().await;
    if trace.count("attempt") == 1 { Err(Broken("cache")) } else { Ok(Cache(1)) }
}

#[effect]
async fn number(cache: Inject<Cache>) -> u32 {
    cache.0
}

#[tokio::test(start_paused = true)]
async fn a_runtime_builds_nothing_before_its_first_use() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    settle().await;
    assert!(trace.take().is_empty());
    runtime.run(|_config: Inject<Config>| async {}).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn all_runs_use_the_same_services() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone())));
    let one = runtime.run(|users: Inject<Users>| async move { users }).await.unwrap();
    let two = runtime.run(|users: Inject<Users>| async move { users }).await.unwrap();
    assert!(one.is_same(&two));
    assert!(one.is_same(runtime.context().await.unwrap().get::<Users>()));
    assert_eq!(trace.take(), ["+config", "+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn first_runs_that_come_together_wait_for_one_build() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let runtime = ManagedRuntime::new(slow_cache(trace.clone(), gate.clone()));
    let (one, two, ()) = tokio::join!(runtime.run(number()), runtime.run(number()), async {
        settle().await;
        gate.open();
    });
    one.and(two).unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn the_build_goes_on_when_the_run_that_began_it_is_dropped() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let runtime = ManagedRuntime::new(slow_cache(trace.clone(), gate.clone()));
    assert!(give_up(runtime.run(number())).await.is_none());
    gate.open();
    runtime.run(number()).await.unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_build_is_tried_again_by_the_next_run() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(failing_once(trace.clone()));
    let (one, two) = tokio::join!(runtime.run(number()), runtime.run(number()));
    for run in [one, two] {
        let RunError::Build(error) = run.unwrap_err() else { panic!("the build fails") };
        assert_eq!(error.failure::<Broken>().unwrap().0, "cache");
    }
    assert_eq!(runtime.run(number()).await.unwrap(), 1);
    assert_eq!(trace.take(), ["attempt", "attempt"]);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_fails_fast_replays_the_failure() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::builder(failing_once(trace.clone())).fail_fast().build();
    runtime.run(number()).await.unwrap_err();
    let RunError::Build(error) = runtime.run(number()).await.unwrap_err() else { panic!("the build failed") };
    assert_eq!(error.failure::<Broken>().unwrap().0, "cache");
    assert_eq!(trace.take(), ["attempt"]);
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_the_same_runtime() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    runtime.clone().context().await.unwrap();
    runtime.context().await.unwrap();
    runtime.clone().shutdown(MINUTE).await.unwrap();
    assert!(matches!(runtime.context().await.unwrap_err().kind(), BuildErrorKind::ShutDown));
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_provides_a_layer_of_the_runtime_again_finds_it_there() {
    let trace = Trace::default();
    let config = config(trace.clone());
    let runtime = ManagedRuntime::new(config.clone());
    let url = Effect::new(|config: Inject<Config>| async move { config.url.clone() });
    runtime.run(url.provide(config)).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn two_runtimes_that_share_a_map_share_their_layers_until_both_are_shut_down() {
    let (trace, map) = (Trace::default(), MemoMap::new());
    let config = config(trace.clone());
    let one = ManagedRuntime::with_memo_map(config.clone(), &map);
    let two = ManagedRuntime::builder(config).memo_map(&map).build();
    one.context().await.unwrap();
    two.context().await.unwrap();
    one.shutdown(MINUTE).await.unwrap();
    two.run(|_config: Inject<Config>| async {}).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
    two.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_leaves_the_runtime_as_it_was() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    let panicking = runtime.clone();
    let run = tokio::spawn(async move {
        panicking.run(|config: Inject<Config>| async move { assert!(config.url.is_empty()) }).await
    });
    assert!(run.await.unwrap_err().is_panic());
    runtime.run(|_config: Inject<Config>| async {}).await.unwrap();
    let report = runtime.shutdown(MINUTE).await.unwrap();
    assert!(report.stuck_effects().is_empty());
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_is_dropped_releases_its_layers_in_the_background() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(pool(trace.clone()).provide(config(trace.clone())));
    runtime.context().await.unwrap();
    drop(runtime);
    settle().await;
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}
