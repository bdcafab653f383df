//! Constructors and finalizers that ask for what waits for them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use di::BuildErrorKind;
use di::prelude::*;
use tokio::time::timeout;

use crate::stock::Cache;
use crate::trace::Trace;

const MINUTE: Duration = Duration::from_secs(60);

type CacheLayer = Layer<services![Cache], services![], failures![]>;

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
            Cache(1)
        }
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
    other.set(Layer::succeed::<Cache>(Cache(2))).unwrap();
    builds(&other, &map, &trace).build_with(&map, &Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["built"]);
}
