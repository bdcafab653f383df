//! What the reports of a runtime tell of its start and its end.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use di::prelude::*;
use di::{LayerOrigin, LayerStart, StartupReport};
use serde_json::Value;
use tokio::time::sleep;

use crate::stock::Broken;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Pool;
#[derive(Service)]
struct Cache;
#[derive(Service)]
struct Server;

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

#[layer]
fn config() -> Config {
    Config
}

#[layer]
async fn pool(_config: Inject<Config>, scope: &Scope) -> Pool {
    scope.on_close(|_exit| sleep(ms(30)));
    sleep(ms(800)).await;
    Pool
}

#[layer]
async fn cache(_config: Inject<Config>, scope: &Scope) -> Cache {
    scope.on_close(|_exit| sleep(ms(50)));
    sleep(ms(120)).await;
    Cache
}

#[layer]
async fn server(_pool: Inject<Pool>, _cache: Inject<Cache>, scope: &Scope) -> Server {
    scope.on_close(|_exit| sleep(ms(10)));
    sleep(ms(300)).await;
    Server
}

fn app() -> Layer<services![Server], services![], failures![]> {
    server().provide(pool().merge(cache())).provide(config())
}

fn row<'a>(report: &'a StartupReport, name: &str) -> &'a LayerStart {
    let mut rows = report.layers().iter().filter(|layer| layer.layer == name);
    let row = rows.next().unwrap_or_else(|| panic!("no `{name}` in\n{report}"));
    assert!(rows.next().is_none(), "`{name}` is twice in\n{report}");
    row
}

fn names<'a>(layers: impl Iterator<Item = &'a LayerStart>) -> Vec<&'static str> {
    layers.map(|layer| layer.layer).collect()
}

/// The names of the layers with these places.
fn at(report: &StartupReport, places: &[usize]) -> Vec<&'static str> {
    names(places.iter().map(|place| &report.layers()[*place]))
}

async fn started<Out: di::ServiceSet>(runtime: &ManagedRuntime<Out>) -> StartupReport {
    runtime.context().await.expect("it can be built");
    runtime.report().expect("it has been built")
}

#[tokio::test(start_paused = true)]
async fn each_layer_has_its_times_and_what_it_waited_for() {
    let report = started(&ManagedRuntime::new(app())).await;
    let pool = row(&report, "pool");
    assert_eq!((pool.ready, pool.start, pool.duration), (ms(0), ms(0), ms(800)));
    assert_eq!(at(&report, &pool.waited_for), ["config"]);
    let server = row(&report, "server");
    assert_eq!((server.ready, server.start, server.duration, server.end()), (ms(800), ms(800), ms(300), ms(1_100)));
    assert_eq!(at(&report, &server.waited_for), ["pool", "cache"]);
    assert_eq!(at(&report, server.held_up_by.as_slice()), ["pool"]);
    assert!(server.finished && server.file.ends_with("reports.rs") && server.line > 0);
    assert_eq!((report.total(), report.sum()), (ms(1_100), ms(1_220)));
    assert_eq!(names(report.critical_path()), ["config", "pool", "server"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_waits_for_one_that_does_not_feed_it_was_ready_before_it_began() {
    // `provide` promises an order, though the server does not need the cache.
    let layer = pool().provide(cache()).provide(config());
    let report = started(&ManagedRuntime::new(layer)).await;
    let pool = row(&report, "pool");
    assert_eq!((pool.ready, pool.start), (ms(0), ms(120)));
    assert_eq!(at(&report, &pool.waited_for), ["config", "cache"]);
    assert_eq!(at(&report, pool.held_up_by.as_slice()), ["cache"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_reported_before_the_first_use() {
    let runtime = ManagedRuntime::new(app());
    assert!(runtime.report().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_build_that_is_under_way_is_reported_as_far_as_it_has_come() {
    let runtime = ManagedRuntime::new(app());
    let building = runtime.clone();
    let build = tokio::spawn(async move { building.context().await.map(drop) });
    sleep(ms(200)).await;
    let report = runtime.report().expect("the build has begun");
    assert!(!report.is_finished());
    assert_eq!(report.waiting(), ["server"]);
    assert_eq!(report.total(), ms(200));
    let pool = row(&report, "pool");
    assert!(!pool.finished && row(&report, "cache").finished);
    assert_eq!(pool.duration, ms(200));
    build.await.unwrap().unwrap();
    assert!(runtime.report().unwrap().is_finished());
}

#[tokio::test(start_paused = true)]
async fn what_is_shared_or_joined_says_so() {
    let map = MemoMap::new();
    let one = ManagedRuntime::with_memo_map(app(), &map);
    let building = one.clone();
    let build = tokio::spawn(async move { building.context().await.map(drop) });
    sleep(ms(200)).await;
    let two = started(&ManagedRuntime::with_memo_map(app(), &map)).await;
    build.await.unwrap().unwrap();
    let origins = ["config", "cache", "pool", "server"].map(|name| row(&two, name).origin);
    assert_eq!(origins[..3], [LayerOrigin::Shared, LayerOrigin::Shared, LayerOrigin::Joined]);
    assert_eq!(row(&two, "pool").duration, ms(600));
    assert!(one.report().unwrap().layers().iter().all(|layer| layer.origin == LayerOrigin::Built));
}

#[tokio::test(start_paused = true)]
async fn layers_inside_of_a_layer_follow_it() {
    #[layer(fails)]
    async fn primary() -> Result<Pool, Broken> {
        sleep(ms(40)).await;
        Err(Broken("the primary"))
    }
    #[layer]
    async fn replica(_config: Inject<Config>) -> Pool {
        sleep(ms(60)).await;
        Pool
    }
    let runtime = ManagedRuntime::new(primary().or_else(replica().provide(config())).merge(cache().provide(config())));
    let report = started(&runtime).await;
    assert_eq!(names(report.layers().iter()), ["or_else", "primary", "config", "replica", "config", "cache"][..]);
    let inside = |name: &str| at(&report, row(&report, name).parent.as_slice());
    assert_eq!([inside("primary"), inside("replica"), inside("cache")], [vec!["or_else"], vec!["or_else"], vec![]]);
    assert_eq!(row(&report, "primary").failure.as_deref(), Some("failed: unable to open the primary"));
    assert_eq!((row(&report, "replica").start, row(&report, "or_else").duration), (ms(40), ms(100)));
    // The fallback waited for the first layer, though that does not feed it.
    let first = report.layers().iter().find(|layer| layer.layer == "config" && layer.parent.is_some()).unwrap();
    assert_eq!(at(&report, first.held_up_by.as_slice()), ["primary"]);
    assert!(report.to_string().contains("\n    replica "), "{report}");
}

#[tokio::test(start_paused = true)]
async fn what_is_only_shared_as_one_is_told_of_by_what_is_inside() {
    // `pool` and `cache` wait for the unit of `config`, which is shared as one because it has a fresh layer in it.
    #[layer]
    async fn clock() -> Server {
        sleep(ms(5)).await;
        Server
    }
    let unit = || Layer::sync(|_clock: Inject<Server>| Config).named("config").provide(clock().fresh());
    let runtime = ManagedRuntime::new(pool().merge(cache()).provide(unit()));
    let report = started(&runtime).await;
    assert_eq!(names(report.layers().iter()), ["fresh", "clock", "config", "pool", "cache"], "{report}");
    assert_eq!(at(&report, &row(&report, "pool").waited_for), ["config"]);
    assert_eq!(names(report.critical_path()), ["fresh", "config", "pool"]);
    assert_eq!(row(&report, "pool").start, ms(5));
    let released: Vec<_> = runtime.shutdown(ms(1000)).await.unwrap().layers().iter().map(|layer| layer.layer).collect();
    assert_eq!(released, ["pool", "cache", "Config"], "a unit is called what it gives");
}

#[tokio::test(start_paused = true)]
async fn a_build_that_failed_says_which_layer_and_what_had_not_begun() {
    #[layer]
    async fn broken(_config: Inject<Config>) -> Result<Cache, Broken> {
        sleep(ms(20)).await;
        Err(Broken("the cache"))
    }
    let runtime = ManagedRuntime::new(server().provide(pool().merge(broken())).provide(config()));
    runtime.context().await.unwrap_err();
    let report = runtime.report().unwrap();
    assert_eq!(row(&report, "broken").failure.as_deref(), Some("failed: unable to open the cache"));
    assert_eq!(row(&report, "pool").failure.as_deref(), Some("was cancelled"));
    assert_eq!(report.waiting(), ["server"]);
    let failure = report.failure().expect("it failed");
    assert!(report.is_finished() && failure.starts_with("cannot build `Server`: `broken` failed"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_is_one_layer_with_its_retries() {
    let failures = std::sync::atomic::AtomicU32::new(2);
    let flaky = Layer::from_fn(move |_config: Inject<Config>| {
        let left = failures.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        async move {
            sleep(ms(10)).await;
            if left.is_ok() { Err(Broken("the pool")) } else { Ok(Pool) }
        }
    });
    let layer = flaky.retry(Schedule::spaced(ms(100)).times(5)).provide(config());
    let report = started(&ManagedRuntime::new(layer)).await;
    let pool = row(&report, "Pool");
    assert_eq!((pool.retries, pool.start, pool.duration, &pool.failure), (2, ms(0), ms(230), &None));
    assert_eq!(at(&report, pool.held_up_by.as_slice()), ["config"]);
    assert!(report.to_string().contains("  2 retries\n"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn slow_layers_are_named_by_the_limit_of_the_runtime() {
    let slow = |report: &StartupReport| names(report.slow_layers());
    assert!(slow(&started(&ManagedRuntime::new(app())).await).is_empty());
    let report = started(&ManagedRuntime::builder(app()).slow_layer(ms(300)).build()).await;
    assert_eq!(slow(&report), ["pool", "server"]);
    assert!(report.to_string().contains("\nslow: `pool` at tests/behaviour/reports.rs:"), "{report}");
    // A layer that is made of others is not slow: the others are.
    let report = started(&ManagedRuntime::builder(app().fresh()).slow_layer(ms(800)).build()).await;
    assert_eq!(slow(&report), ["pool"]);
}

#[tokio::test(start_paused = true)]
async fn the_json_of_a_start_says_what_its_report_says() {
    let report = started(&ManagedRuntime::new(app())).await;
    let json: Value = serde_json::from_str(&report.to_json()).expect("it is JSON");
    assert_eq!(json["total_us"], 1_100_000);
    let layers = json["layers"].as_array().unwrap();
    let named: Vec<_> = layers.iter().map(|layer| layer["name"].as_str().unwrap()).collect();
    assert_eq!(named, names(report.layers().iter()));
    let path: Vec<_> = json["critical_path"].as_array().unwrap().iter().map(|place| place.as_u64().unwrap()).collect();
    let path: Vec<_> = path.into_iter().map(|place| named[place as usize]).collect();
    assert_eq!(path, ["config", "pool", "server"]);
}

#[tokio::test(start_paused = true)]
async fn the_waterfall_of_a_shutdown_says_when_each_release_began() {
    let runtime = ManagedRuntime::new(app());
    started(&runtime).await;
    let report = runtime.shutdown(Duration::from_secs(10)).await.unwrap();
    let releases: Vec<_> =
        report.layers().iter().map(|release| (release.layer, release.start, release.duration)).collect();
    assert_eq!(releases[0], ("server", ms(0), ms(10)));
    assert_eq!(releases[3], ("config", ms(60), ms(0)));
    assert!(releases.contains(&("pool", ms(10), ms(30))) && releases.contains(&("cache", ms(10), ms(50))));
    let text = report.waterfall();
    assert!(text.starts_with("  layer     begins     takes\n  server      0 ms     10 ms  ▒▒▒▒▒▒▒\n"), "{text}");
    assert!(text.ends_with("total 60 ms; one after the other 90 ms"), "{text}");
    let json: Value = serde_json::from_str(&report.to_json()).expect("it is JSON");
    assert_eq!((&json["clean"], &json["layers"][3]["start_us"]), (&Value::Bool(true), &Value::from(60_000)));
}

#[tokio::test(start_paused = true)]
async fn the_waterfall_of_a_shutdown_says_what_the_layers_had_to_wait_for() {
    let runtime = ManagedRuntime::new(config());
    started(&runtime).await;
    let effect = Effect::new(|_cache: Inject<Cache>| std::future::pending::<()>()).provide(cache().provide(config()));
    let running = runtime.clone();
    let run = tokio::spawn(async move { running.run(effect).await });
    sleep(ms(200)).await;
    let report = runtime.shutdown(Duration::from_secs(10)).await.unwrap();
    run.await.unwrap().unwrap_err();
    assert_eq!((report.took(), report.layers()[0].start), (ms(50), ms(50)));
    assert!(report.waterfall().contains("\n  (background)      0 ms     50 ms  ▒▒"), "{}", report.waterfall());
}

#[tokio::test(start_paused = true)]
async fn a_release_that_hangs_is_seen_in_the_waterfall() {
    #[layer]
    fn hanging(scope: &Scope) -> Config {
        scope.on_close(|_exit| std::future::pending::<()>());
        Config
    }
    let runtime = ManagedRuntime::new(hanging());
    started(&runtime).await;
    let error = runtime.shutdown(ms(100)).await.unwrap_err();
    let text = error.report().waterfall();
    assert!(text.contains("\n  hanging      0 ms     80 ms  ▒▒"), "{text}");
    let words = "  not released in its time\nnot clean: layer `hanging` was not released in the 80ms that it had\n";
    assert!(text.contains(words), "{text}");
}
