//! How long the release of one layer may take in a shutdown.

use std::time::Duration;

use di::ShutdownReport;
use di::prelude::*;
use tokio::time::{Instant, sleep};

use crate::layer_maps::{Log, log};
use crate::stock::{Cache, Config, Pool, config, pool, users};
use crate::trace::Trace;

const MINUTE: Duration = Duration::from_secs(60);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A pool whose release takes so long, and says when it is over.
#[layer]
fn slow_pool(trace: Trace, config: Inject<Config>, takes: Duration, scope: &Scope) -> Pool {
    scope.on_close_named("drain", async move |_exit| {
        sleep(takes).await;
        trace.say("-slow pool");
    });
    Pool { url: config.url.clone() }
}

/// A cache whose release takes so long.
#[layer]
fn slow_cache(takes: Duration, scope: &Scope) -> Cache {
    scope.on_close_named("flush", move |_exit| sleep(takes));
    Cache(0)
}

/// The names of the layers, with how long their releases took and whether they were in their time.
fn releases(report: &ShutdownReport) -> Vec<(&'static str, u64, bool)> {
    report
        .layers()
        .iter()
        .map(|release| (release.layer, release.duration.as_secs(), release.forced.is_none()))
        .collect()
}

async fn built<Out: di::ServiceSet>(runtime: di::RuntimeBuilder<Out>) -> ManagedRuntime<Out> {
    let runtime = runtime.build();
    runtime.context().await.unwrap();
    runtime
}

#[tokio::test(start_paused = true)]
async fn a_layer_whose_time_is_over_is_left_behind_and_what_it_was_built_from_is_released() {
    let trace = Trace::default();
    let app = users(trace.clone()).provide(slow_pool(trace.clone(), 4 * MINUTE)).provide(config(trace.clone()));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(5))).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    let report = error.report();
    assert_eq!(report.took(), seconds(5));
    assert_eq!(releases(report), [("users", 0, true), ("slow_pool", 5, false), ("config", 0, true)]);
    assert_eq!(report.stuck_layers().collect::<Vec<_>>(), ["slow_pool"]);
    assert_eq!(trace.take(), ["+config", "+users", "-users", "-config"]);

    // It was left running.
    sleep(4 * MINUTE).await;
    assert_eq!(trace.take(), ["-slow pool"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_was_left_behind_is_named_in_every_form_of_the_report() {
    let trace = Trace::default();
    let app = slow_pool(trace.clone(), 4 * MINUTE).provide(config(trace));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(5))).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    let problem = "layer `slow_pool` was not released in the 5s that it had";
    assert_eq!(error.to_string(), format!("the shutdown was not clean: {problem}"));
    assert_eq!(error.report().to_string(), format!("shut down in 5s; released: config; {problem}"));
    let waterfall = error.report().waterfall();
    let line = waterfall.lines().find(|line| line.contains("slow_pool")).unwrap();
    assert!(line.ends_with("not released in its time"), "{waterfall}");
    assert!(waterfall.contains(&format!("not clean: {problem}")), "{waterfall}");
    let json: String = error.report().to_json().split_whitespace().collect();
    assert!(json.contains("\"duration_us\":5000000,\"finished\":false,\"forced\":true"), "{json}");
    assert!(json.contains("\"finished\":true,\"forced\":false"), "{json}");
}

#[tokio::test(start_paused = true)]
async fn a_release_that_is_slow_and_in_its_time_is_waited_for() {
    let trace = Trace::default();
    let app = slow_pool(trace.clone(), seconds(4)).provide(config(trace.clone()));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(5))).await;
    let report = runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(report.took(), seconds(4));
    assert_eq!(trace.take(), ["+config", "-slow pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn independent_layers_have_their_time_at_once() {
    let trace = Trace::default();
    let app = slow_pool(trace.clone(), 4 * MINUTE)
        .provide(config(trace.clone()))
        .merge(slow_cache(4 * MINUTE))
        .merge(users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone())));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(5))).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().took(), seconds(5));
    let users = error.report().layers().iter().find(|release| release.layer == "users").unwrap();
    assert_eq!((users.start, users.duration), (Duration::ZERO, Duration::ZERO));
    assert_eq!(error.report().stuck_layers().collect::<Vec<_>>(), ["slow_pool", "slow_cache"]);
    assert_eq!(trace.count("-config"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_layer_says_counts_and_of_two_the_inner_one() {
    let trace = Trace::default();
    let inner = slow_pool(trace.clone(), 4 * MINUTE).release_timeout(seconds(2)).provide(config(trace.clone()));
    let app = inner.merge(slow_cache(4 * MINUTE)).release_timeout(seconds(7));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(5))).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().took(), seconds(7));
    let times = releases(error.report());
    assert!(times.contains(&("slow_pool", 2, false)) && times.contains(&("slow_cache", 7, false)), "{times:?}");
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_said_a_layer_leaves_a_fifth_of_the_time_to_what_it_was_built_from() {
    for timeout in [None, Some(Duration::MAX), Some(MINUTE)] {
        let trace = Trace::default();
        let stuck = Layer::scoped(|_pool: Inject<Pool>, scope: Scope| async move {
            scope.on_close(|_exit| std::future::pending::<()>());
            Cache(0)
        });
        let app = stuck.named("top").provide(slow_pool(trace.clone(), 4 * MINUTE)).provide(config(trace.clone()));
        let mut builder = ManagedRuntime::builder(app);
        if let Some(timeout) = timeout {
            builder = builder.release_timeout(timeout);
        }
        let runtime = built(builder).await;
        let error = runtime.shutdown(seconds(25)).await.unwrap_err();
        assert_eq!(
            releases(error.report()),
            [("top", 20, false), ("slow_pool", 4, false), ("config", 0, true)],
            "{timeout:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_layer_inside_of_another_is_named_and_what_both_need_is_released_in_order() {
    let trace = Trace::default();
    // A layer that builds its parts itself: the parts are released inside of its own release.
    let inside = users(trace.clone()).provide(slow_pool(trace.clone(), 4 * MINUTE));
    let app = inside.tap(|| async {}).named("storage").provide(config(trace.clone()));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(10))).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    let report = error.report();
    // The part has four fifths of the time of the whole.
    assert_eq!(releases(report), [("storage", 8, true), ("config", 0, true)]);
    assert!(error.to_string().contains("layer `slow_pool` was not released in the 8s that it had"), "{error}");
    assert_eq!(trace.take(), ["+config", "+users", "-users", "-config"]);
}

#[layer_map(Pools, keep)]
fn keyed_pool(key: u32, config: Inject<Config>, log: Inject<Log>, scope: &Scope) -> Pool {
    let trace = log.0.clone();
    scope.on_close_named("drain", async move |_exit| {
        if key == 1 {
            std::future::pending::<()>().await;
        }
        trace.say(format!("-pool {key}"));
    });
    Pool { url: config.url.clone() }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_key_of_a_layer_map_is_named_and_other_keys_and_what_they_need_are_released() {
    let trace = Trace::default();
    let app = Pools::layer().provide(config(trace.clone()).merge(log(trace.clone())));
    let runtime = built(ManagedRuntime::builder(app).release_timeout(seconds(10))).await;
    for key in [1, 2] {
        runtime.run(Effect::new(|_pool: Inject<Pool>| async {}).provide(Pools::get(key))).await.unwrap();
    }
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().took(), seconds(8));
    assert!(error.to_string().contains("layer `keyed_pool` was not released in the 8s that it had"), "{error}");
    assert_eq!(trace.take(), ["+config", "-pool 2", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn outside_of_a_shutdown_a_release_takes_the_time_it_takes() {
    let trace = Trace::default();
    let runtime = built(ManagedRuntime::builder(config(trace.clone())).release_timeout(seconds(5))).await;
    let request = Effect::new(|_pool: Inject<Pool>| async {});
    let provided = slow_pool(trace.clone(), 4 * MINUTE).release_timeout(seconds(1));
    let begun = Instant::now();
    runtime.run(request.provide(provided)).await.unwrap();
    assert_eq!(begun.elapsed(), 4 * MINUTE);
    assert_eq!(trace.take(), ["+config", "-slow pool"]);
    runtime.shutdown(MINUTE).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_release_that_is_under_way_has_its_time_from_the_beginning_of_the_shutdown() {
    let trace = Trace::default();
    let runtime = built(ManagedRuntime::builder(config(trace.clone())).release_timeout(seconds(5))).await;
    let request = Effect::new(|_pool: Inject<Pool>| std::future::pending::<()>());
    let run = runtime.run(request.provide(slow_pool(trace.clone(), 4 * MINUTE)));
    assert!(tokio::time::timeout(seconds(1), run).await.is_err());
    // What was dropped is released in the background.
    sleep(MINUTE).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().took(), seconds(5));
    assert_eq!(error.to_string(), "the shutdown was not clean: work in the background did not finish: `slow_pool`");
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_that_the_runtime_keeps_has_its_time_too() {
    #[layer(memo)]
    fn kept_cache(scope: &Scope) -> Cache {
        scope.on_close_named("flush", |_exit| std::future::pending::<()>());
        Cache(0)
    }
    let trace = Trace::default();
    let runtime = built(ManagedRuntime::builder(config(trace.clone())).release_timeout(seconds(5))).await;
    runtime.run(Effect::new(|_cache: Inject<Cache>| async {}).provide(kept_cache())).await.unwrap();
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().took(), seconds(5));
    assert!(error.to_string().contains("layer `kept_cache` was not released in the 5s that it had"), "{error}");
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_fails_in_its_time_is_no_stuck_one() {
    let trace = Trace::default();
    let failing = Layer::scoped(|_config: Inject<Config>, scope: Scope| async move {
        scope.on_close_named("socket", |_exit| async { Err("the socket is gone") });
        Cache(0)
    });
    let runtime = built(ManagedRuntime::builder(failing.named("failing").provide(config(trace.clone())))).await;
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(releases(error.report()), [("failing", 0, true), ("config", 0, true)]);
    assert!(error.to_string().contains("`socket` failed: the socket is gone"), "{error}");
}
