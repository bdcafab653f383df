//! What the layers of a map are built from: how long it lives, and who keeps it.

use std::time::Duration;

use di::LayerMap;
use di::prelude::*;

use crate::trace::{Trace, settle};

#[derive(Service)]
struct Log(Trace);

#[derive(Service)]
struct Disk;

#[derive(Service)]
struct Store {
    _disk: Inject<Disk>,
}

#[layer]
fn log(trace: Trace, scope: &Scope) -> Log {
    trace.lives("log", scope);
    Log(trace)
}

#[layer(memo)]
fn disk(number: u32, log: Inject<Log>, scope: &Scope) -> Disk {
    log.0.lives(&format!("disk {number}"), scope);
    Disk
}

#[layer]
fn store(disk: Inject<Disk>) -> Store {
    Store { _disk: disk }
}

#[service(for = LayerMap<u32, services![Store]>)]
struct Stores;

fn stores() -> Layer<services![Stores], services![Log], failures![]> {
    LayerMap::new(|number| store().provide(disk(number))).release_immediately().layer::<Stores>()
}

#[effect]
async fn open(stores: Inject<Stores>, number: u32) {
    stores.acquire(&number).await.unwrap().release().await.unwrap();
}

#[effect]
async fn look(_disk: Inject<Disk>) {}

#[tokio::test(start_paused = true)]
async fn what_the_keys_of_a_map_are_built_from_goes_with_them_although_a_runtime_would_keep_it() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(log(trace.clone()));
    for _ in 0..2 {
        runtime.run(open(1).provide(stores())).await.unwrap();
    }
    settle().await;
    assert_eq!(trace.take(), ["+log", "+disk 1", "-disk 1", "+disk 1", "-disk 1"]);
    // A map that is a part of the runtime.
    let runtime = ManagedRuntime::new(stores().provide_merge(log(trace.clone())));
    for _ in 0..2 {
        runtime.run(open(1)).await.unwrap();
    }
    settle().await;
    assert_eq!(trace.take(), ["+log", "+disk 1", "-disk 1", "+disk 1", "-disk 1"]);
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_map_share_what_is_kept_by_the_runtime_already() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(log(trace.clone()));
    runtime.run(look().provide(disk(1))).await.unwrap();
    runtime.run(open(1).provide(stores())).await.unwrap();
    assert_eq!(trace.take(), ["+log", "+disk 1"]);
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
    assert_eq!(trace.take(), ["-disk 1", "-log"]);
}

#[tokio::test(start_paused = true)]
async fn a_map_that_is_taken_out_of_a_run_keeps_no_runtime_from_being_released() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(log(trace.clone()));
    let take = Effect::new(|stores: Inject<Stores>| async move { (*stores).clone() });
    let taken: LayerMap<u32, services![Store]> = runtime.run(take.provide(stores())).await.unwrap();
    drop(runtime);
    settle().await;
    assert_eq!(trace.take(), ["+log", "-log"]);
    assert!(taken.acquire(&1).await.is_err());
}
