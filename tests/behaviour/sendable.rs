//! What holds a service behind a trait may be held across an await, in a task that any thread may run.

use std::time::Duration;

use di::prelude::*;
use di::{LayerMap, LayerRef};
use tokio::spawn;
use tokio::task::yield_now;

#[service]
trait Cache {
    fn region(&self) -> u32;
}

struct Local(u32);

#[service]
impl Cache for Local {
    fn region(&self) -> u32 {
        self.0
    }
}

type Map = LayerMap<u32, services![dyn Cache]>;

fn cache(region: u32) -> Layer<services![dyn Cache], services![], failures![]> {
    Layer::succeed::<dyn Cache>(Local(region))
}

async fn region(cache: Inject<dyn Cache>) -> u32 {
    cache.region()
}

#[tokio::test]
async fn a_context_and_a_runtime_may_be_held_across_an_await() {
    let held = spawn(async {
        let runtime = ManagedRuntime::new(cache(1));
        let context: Context<services![dyn Cache]> = runtime.context().await.unwrap();
        yield_now().await;
        context.get::<dyn Cache>().region()
    });
    assert_eq!(held.await.unwrap(), 1);
}

#[tokio::test]
async fn a_map_and_its_guards_may_be_held_across_an_await() {
    let held = spawn(async {
        let scope = Scope::new();
        let map: Map = LayerMap::new(cache).keep().build(&scope).await.unwrap();
        let guard = map.acquire(&1).await.unwrap();
        map.context(&2, &scope).await.unwrap();
        map.preload([3]).await.unwrap();
        drop(map.get_if_present(&3).await.unwrap());
        drop(map.refresh(&3).await.unwrap());
        map.invalidate_and_wait(&3).await.unwrap();
        assert_eq!(guard.run(region).await.unwrap(), 1);
        guard.release().await.unwrap();
        map.close_graceful(Duration::ZERO).await.forced.len()
    });
    assert_eq!(held.await.unwrap(), 1);
}

#[tokio::test]
async fn a_reference_may_be_held_across_an_await() {
    let held = spawn(async {
        let scope = Scope::new();
        let reference = LayerRef::new(cache(1)).keep().build(&scope).await.unwrap();
        let guard = reference.refresh().await.unwrap();
        yield_now().await;
        guard.get::<dyn Cache>().region()
    });
    assert_eq!(held.await.unwrap(), 1);
}
