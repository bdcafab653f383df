//! Constructors and finalizers that ask for what waits for them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, RunError};
use tokio::time::timeout;

use crate::stock::{Broken, Cache};
use crate::trace::Trace;

const MINUTE: Duration = Duration::from_secs(60);

type CacheLayer = Layer<services![Cache], services![]>;

/// A layer that its own constructor knows.
type Later = Arc<OnceLock<CacheLayer>>;

/// What came of a build, unless it hangs.
async fn told<Out>(build: impl Future<Output = Result<Out, BuildError>>) -> String {
    let Ok(built) = timeout(MINUTE, build).await else { return "hung".into() };
    match built.as_ref().map_err(BuildError::kind) {
        Ok(_) => "built".into(),
        Err(BuildErrorKind::Cycle(path)) => format!("circle of {}", path.len() - 1),
        Err(_) => "another error".into(),
    }
}

/// A layer whose constructor builds another one through the map, and says what came of it.
fn builds(other: &Later, map: &MemoMap, trace: &Trace) -> CacheLayer {
    let (other, map, trace) = (Arc::clone(other), map.clone(), trace.clone());
    Layer::from_fn(move || {
        let (other, map, trace) = (Arc::clone(&other), map.clone(), trace.clone());
        async move {
            let scope = Scope::new();
            trace.say(told(other.get().unwrap().build_with(&map, &scope)).await);
            Ok::<_, Broken>(Cache(1))
        }
    })
}

/// A layer that fails, and whose finalizer builds another one through the map, and says what came of it.
fn fails_and_builds(other: &Later, map: &MemoMap, trace: &Trace) -> CacheLayer {
    let (other, map, trace) = (Arc::clone(other), map.clone(), trace.clone());
    Layer::from_fn(move |scope: Scope| {
        let (other, map, trace) = (Arc::clone(&other), map.clone(), trace.clone());
        scope.on_close(move |_exit| async move {
            trace.say(told(other.get().unwrap().build_with(&map, &Scope::new())).await);
        });
        async { Err::<Cache, _>(Broken("cache")) }
    })
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_builds_its_own_layer_through_the_same_map_is_told_of_the_circle() {
    let (trace, map, own) = (Trace::default(), MemoMap::new(), Later::default());
    let layer = own.get_or_init(|| builds(&own, &map, &trace));
    let built = timeout(2 * MINUTE, layer.build_with(&map, &Scope::new())).await;
    built.expect("it does not hang").unwrap();
    assert_eq!(trace.take(), ["circle of 1"]);
}

#[tokio::test(start_paused = true)]
async fn constructors_that_build_each_other_through_the_same_map_are_told_of_the_circle() {
    let (trace, map, one, two) = (Trace::default(), MemoMap::new(), Later::default(), Later::default());
    one.set(builds(&two, &map, &trace)).unwrap();
    two.set(builds(&one, &map, &trace)).unwrap();
    let built = timeout(2 * MINUTE, one.get().unwrap().build_with(&map, &Scope::new())).await;
    built.expect("it does not hang").unwrap();
    assert_eq!(trace.take(), ["circle of 2", "built"]);
}

#[tokio::test(start_paused = true)]
async fn a_constructor_may_build_another_layer_through_the_same_map() {
    let (trace, map, other) = (Trace::default(), MemoMap::new(), Later::default());
    other.set(Layer::from_fn(|| async { Ok::<_, Broken>(Cache(2)) })).unwrap();
    builds(&other, &map, &trace).build_with(&map, &Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["built"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_failed_build_that_asks_for_its_own_layer_is_told_of_the_circle() {
    let (trace, map, own) = (Trace::default(), MemoMap::new(), Later::default());
    let layer = own.get_or_init(|| fails_and_builds(&own, &map, &trace));
    let built = timeout(2 * MINUTE, layer.build_with(&map, &Scope::new())).await;
    built.expect("it does not hang").unwrap_err();
    assert_eq!(trace.take(), ["circle of 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_a_finalizer_of_a_failed_build_asks_for_and_that_asks_for_the_failed_one_is_told_of_the_circle() {
    let (trace, map, one, two) = (Trace::default(), MemoMap::new(), Later::default(), Later::default());
    one.set(fails_and_builds(&two, &map, &trace)).unwrap();
    two.set(builds(&one, &map, &trace)).unwrap();
    let built = timeout(2 * MINUTE, one.get().unwrap().build_with(&map, &Scope::new())).await;
    built.expect("it does not hang").unwrap_err();
    assert_eq!(trace.take(), ["circle of 2", "built"]);
}

type LaterRuntime = Arc<OnceLock<ManagedRuntime<services![Cache]>>>;

/// What comes of an effect, unless it hangs.
async fn run_on(runtime: &LaterRuntime) -> String {
    let run = runtime.get().unwrap().run(|_cache: Inject<Cache>| async {});
    told(async {
        run.await.map_err(|error| if let RunError::Build(error) = error { error } else { panic!("{error}") })
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_failed_build_that_runs_an_effect_on_the_runtime_is_told_of_the_circle() {
    let (trace, runtime) = (Trace::default(), LaterRuntime::default());
    let (said, own) = (trace.clone(), Arc::clone(&runtime));
    let layer = Layer::from_fn(move |scope: Scope| {
        let (trace, own) = (said.clone(), Arc::clone(&own));
        scope.on_close(move |_exit| async move { trace.say(run_on(&own).await) });
        async { Err::<Cache, _>(Broken("cache")) }
    });
    runtime.get_or_init(|| ManagedRuntime::new(layer));
    assert_eq!(run_on(&runtime).await, "another error");
    assert_eq!(trace.take(), ["circle of 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_runs_an_effect_on_its_own_runtime_is_told_of_the_circle() {
    let (trace, runtime) = (Trace::default(), LaterRuntime::default());
    let (said, own) = (trace.clone(), Arc::clone(&runtime));
    let layer = Layer::from_fn(move || {
        let (trace, own) = (said.clone(), Arc::clone(&own));
        async move {
            trace.say(run_on(&own).await);
            Cache(1)
        }
    });
    runtime.get_or_init(|| ManagedRuntime::new(layer));
    assert_eq!(run_on(&runtime).await, "built");
    assert_eq!(trace.take(), ["circle of 2"]);
}
