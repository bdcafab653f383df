//! Drops that panic, and runtimes that end too early.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use di::prelude::*;
use di_core::BuildErrorKind;
use tokio::time::timeout;

use crate::common::Trace;
use crate::stage::expect_panics;

#[derive(Service)]
struct Base(#[allow(dead_code, reason = "it is held, not read")] u8);

/// Panics when it is dropped.
#[derive(Service)]
struct Grenade(Arc<AtomicUsize>);

impl Drop for Grenade {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("planned panic of a drop");
    }
}

fn base(trace: &Trace) -> Layer<services![Base], services![], failures![]> {
    let trace = trace.clone();
    Layer::sync(move |scope: Scope| {
        scope.on_close(trace.saying("base released"));
        Base(0)
    })
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_drop_panics_is_released_like_any_other_and_told() {
    expect_panics();
    let (trace, drops, scope) = (Trace::new(), Arc::new(AtomicUsize::new(0)), Scope::new());
    let grenade = {
        let drops = drops.clone();
        Layer::sync(move |_base: Inject<Base>| Grenade(drops.clone()))
    };
    drop(grenade.provide(base(&trace)).build(&scope).await.unwrap());
    let closed = timeout(Duration::from_secs(60), scope.close(Exit::Success)).await.expect("it does not hang");
    let error = closed.unwrap_err().to_string();
    assert!(error.contains("planned panic of a drop"), "{error}");
    assert_eq!((trace.lines(), drops.load(Ordering::SeqCst)), (vec!["base released".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn a_constructor_whose_drop_panics_is_cancelled_like_any_other() {
    expect_panics();
    let (trace, scope, map) = (Trace::new(), Scope::new(), MemoMap::new());
    let drops = Arc::new(AtomicUsize::new(0));
    let hangs = {
        let drops = drops.clone();
        Layer::from_fn(move |_base: Inject<Base>| {
            let drops = drops.clone();
            async move {
                let grenade = Grenade(drops);
                std::future::pending::<()>().await;
                grenade
            }
        })
    };
    let layer = hangs.provide(base(&trace));
    assert!(timeout(Duration::from_secs(1), layer.build_with(&map, &scope)).await.is_err());
    // Whether the panic is told to this close or logged by the cancelled build is a matter of who is first.
    let _ = timeout(Duration::from_secs(60), scope.close(Exit::Success)).await.expect("it does not hang");
    assert_eq!((trace.lines(), drops.load(Ordering::SeqCst)), (vec!["base released".to_owned()], 1));
    assert!(format!("{map:?}").contains("entries: 0"));
}

#[test]
fn who_waits_for_a_build_whose_runtime_ends_is_told() {
    let map = MemoMap::new();
    let layer: Layer<services![Base], services![], failures![]> = Layer::from_fn(std::future::pending::<Base>);
    let threads = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, second) = (threads(), threads());
    let begun = {
        let (layer, map) = (layer.clone(), map.clone());
        first.spawn(async move { layer.build_with(&map, &Scope::new()).await.map(drop) })
    };
    while format!("{map:?}").contains("entries: 0") {
        std::thread::yield_now();
    }
    let waits = {
        let (layer, map) = (layer.clone(), map.clone());
        second.spawn(async move { layer.build_with(&map, &Scope::new()).await.map(drop) })
    };
    second.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
    first.shutdown_timeout(Duration::from_secs(5));
    let told = second.block_on(async { timeout(Duration::from_secs(20), waits).await });
    let error = told.expect("it does not hang").unwrap().unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Cancelled), "{error}");
    drop(begun);
    assert!(format!("{map:?}").contains("entries: 0"));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_tells_of_a_service_whose_drop_panics_and_waits_for_what_it_was_built_from() {
    expect_panics();
    let (trace, drops) = (Trace::new(), Arc::new(AtomicUsize::new(0)));
    let grenade = {
        let drops = drops.clone();
        Layer::sync(move |_base: Inject<Base>| Grenade(drops.clone()))
    };
    let runtime = ManagedRuntime::new(grenade.provide(base(&trace)));
    runtime.run(|_grenade: Inject<Grenade>| async {}).await.unwrap();
    let shutdown = timeout(Duration::from_secs(60), runtime.shutdown(Duration::from_secs(9))).await;
    let error = shutdown.expect("it does not hang").unwrap_err().to_string();
    assert!(error.contains("planned panic of a drop"), "{error}");
    assert_eq!((trace.lines(), drops.load(Ordering::SeqCst)), (vec!["base released".to_owned()], 1));
}
