//! Layer maps: what fails, panics, hangs or waits for itself, and how that reads.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, LayerMap};

use crate::layer_maps::{NoTenant, TenantDatabases, TenantDb, app, file};
use crate::trace::{Trace, give_up, settle};

#[tokio::test(start_paused = true)]
async fn all_who_wait_get_a_failure_and_the_next_one_tries_again() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let map = app.get::<TenantDatabases>();
    let (one, two) = tokio::join!(map.acquire("nobody"), map.acquire("nobody"));
    for error in [one.unwrap_err(), two.unwrap_err()] {
        assert_eq!(error.failure::<NoTenant>().unwrap().0, "nobody");
    }
    assert_eq!(trace.take(), ["+settings", "+nobody", "-nobody"]);
    assert!(map.acquire("nobody").await.is_err());
    assert_eq!(trace.take(), ["+nobody", "-nobody"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_reads_with_its_key_and_is_found_by_its_type_however_it_comes() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(app(&trace));
    let error = runtime.run(file().provide(TenantDatabases::get("nobody".into()))).await.unwrap_err();
    let di::RunError::Build(error) = error else { panic!("{error}") };
    assert_eq!(
        error.to_string(),
        "cannot build `TenantDb` for key \"nobody\": `tenant_database` failed: no tenant nobody (after 10 ms)"
    );
    assert_eq!(error.failure::<NoTenant>().unwrap().0, "nobody");
    assert!(error.failure::<AnyFailure>().unwrap().get_ref().is::<NoTenant>());
    assert_eq!(error.keys().iter().map(|key| &**key).collect::<Vec<_>>(), ["\"nobody\""]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_borrows_can_be_caught_as_one_that_fails_with_anything() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let nobody = TenantDatabases::get("nobody".into());
    let caught: Layer<services![TenantDb], services![TenantDatabases]> =
        nobody.catch::<AnyFailure>(|_| TenantDatabases::get("acme".into()));
    let db = caught.provide(app(&trace)).build(&scope).await.unwrap();
    assert_eq!(db.get::<TenantDb>().file, "data/acme.db");
}

#[derive(Service, Debug)]
struct Cache;

#[layer]
async fn failing(trace: Trace) -> Result<Cache, std::io::Error> {
    trace.say("tried");
    Err(std::io::ErrorKind::NotFound.into())
}

#[tokio::test(start_paused = true)]
async fn failures_are_kept_when_that_is_asked_for() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let layer = failing(trace.clone());
    let map = LayerMap::from_record([(1, layer)]).keep().cache_failures(Duration::from_secs(30));
    let map = map.build(&scope).await.unwrap();
    for _ in 0..3 {
        assert!(map.acquire(&1).await.unwrap_err().is_failure());
    }
    assert_eq!(trace.take(), ["tried"]);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(map.acquire(&1).await.is_err());
    assert_eq!(trace.take(), ["tried"]);
}

#[tokio::test]
async fn a_key_that_is_not_in_the_record_is_an_error() {
    let scope = Scope::new();
    let map = LayerMap::from_record([("known", Layer::succeed::<Cache>(Cache))]).named("Caches").keep();
    let map = map.build(&scope).await.unwrap();
    assert!(map.acquire(&"known").await.is_ok());
    let error = map.acquire(&"unknown").await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::UnknownKey) && error.is_failure());
    assert_eq!(error.to_string(), "cannot build `Cache` for key \"unknown\": `Caches` has no layer for this key");
}

#[tokio::test]
async fn a_lookup_that_panics_is_an_error_for_its_key_alone() {
    let scope = Scope::new();
    let map = LayerMap::new(|key: u32| match key {
        0 => panic!("no zero"),
        _ => Layer::succeed::<Cache>(Cache),
    });
    let map = map.keep().build(&scope).await.unwrap();
    let error = map.acquire(&0).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(message) if &**message == "no zero"));
    assert!(map.acquire(&1).await.is_ok());
    assert!(!map.contains(&0));
}

type Caches = LayerMap<u32, services![Cache]>;

#[service(for = Arc<OnceLock<Caches>>)]
struct Around;

/// A layer that asks for a key of the map that it is given.
#[layer]
async fn asking(key: u32, around: Inject<Around>) -> Result<Cache, BuildError> {
    let map = around.get().expect("it is there").clone();
    map.acquire(&key).await.map(|_| Cache)
}

fn circular(
    place: &Arc<OnceLock<Caches>>,
    next: fn(u32) -> u32,
) -> di::LayerMapBuilder<u32, services![Cache], services![]> {
    let place = place.clone();
    LayerMap::new(move |key| asking(next(key)).provide(Layer::succeed::<Around>(place.clone()))).named("Circular")
}

#[tokio::test(start_paused = true)]
async fn a_key_that_waits_for_itself_is_an_error_with_the_path() {
    let (scope, place) = (Scope::new(), Arc::default());
    let map = circular(&place, |key| key).keep().build(&scope).await.unwrap();
    place.set(map.clone()).unwrap();
    let error = map.acquire(&1).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("waits for itself: `Circular` → `asking` → `Circular`"), "{text}");
    assert!(map.keys().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_circle_over_several_keys_is_an_error_for_all_of_them() {
    let (scope, place) = (Scope::new(), Arc::default());
    let map = circular(&place, |key| (key + 1) % 3).keep().build(&scope).await.unwrap();
    place.set(map.clone()).unwrap();
    let [one, two, three] = [map.acquire(&0), map.acquire(&1), map.acquire(&2)].map(Box::pin);
    let (one, two, three) = tokio::join!(one, two, three);
    for error in [one, two, three] {
        let text = error.unwrap_err().to_string();
        assert!(text.contains("waits for itself"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_borrows_its_own_key_is_an_error_and_no_wait() {
    let (scope, place) = (Scope::new(), Arc::<OnceLock<Caches>>::default());
    let map = {
        let place = place.clone();
        LayerMap::new(move |key: u32| place.get().unwrap().get(key)).keep().build(&scope).await.unwrap()
    };
    place.set(map.clone()).unwrap();
    let error = map.acquire(&1).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Cycle(path) if path.len() == 3), "{error}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_who_gives_up_wherever_that_is() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let map = app.get::<TenantDatabases>();
    let run = file().provide(TenantDatabases::get("acme".into())).provide_context(&app);
    assert!(give_up(run.run()).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+settings", "+acme", "-acme"]);
    let request = Scope::new();
    assert!(give_up(map.context("acme", &request)).await.is_none());
    assert!(give_up(map.preload(["acme".into(), "globex".into()])).await.is_none());
    settle().await;
    assert_eq!((map.keys().len(), map.stats().in_use), (0, 0));
    assert_eq!(map.acquire("acme").await.unwrap().get::<TenantDb>().file, "data/acme.db");
}

#[layer]
fn sour(scope: &Scope) -> Cache {
    scope.on_close(|_exit| async { Err::<(), _>(std::io::Error::other("stuck")) });
    Cache
}

#[tokio::test]
async fn a_release_that_fails_is_told_to_who_waits_for_it() {
    let scope = Scope::new();
    let map = LayerMap::from_record([(1, sour())]).release_immediately().build(&scope).await.unwrap();
    let error = map.acquire(&1).await.unwrap().release().await.unwrap_err();
    assert!(error.to_string().contains("stuck"), "{error}");
    assert!(map.acquire(&1).await.is_ok());
}
