//! The shutdown of a managed runtime.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, RunError};

use crate::stock::{Cache, Config, Pool, config, pool, slow_cache, users, watched_config};
use crate::trace::{Gate, Trace, settle};

const MINUTE: Duration = Duration::from_secs(60);

/// A pool whose release never ends.
#[layer]
fn stuck_pool(trace: Trace, config: Inject<Config>, scope: &Scope) -> Pool {
    trace.lives("below the stuck one", scope);
    scope.on_close_named("drain", |_exit| std::future::pending::<()>());
    Pool { url: config.url.clone() }
}

#[tokio::test(start_paused = true)]
async fn the_layers_are_released_in_reverse_and_the_report_names_them() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone())));
    runtime.context().await.unwrap();
    let report = runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take()[3..], ["-users", "-pool", "-config"]);
    assert_eq!(report.layers().iter().map(|layer| layer.layer).collect::<Vec<_>>(), ["users", "pool", "config"]);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_run_after_the_shutdown_is_an_error_even_if_it_needs_nothing() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    runtime.context().await.unwrap();
    runtime.shutdown(MINUTE).await.unwrap();
    let error = runtime.run(|| async {}).await.unwrap_err();
    assert!(matches!(error, RunError::ShutDown), "{error}");
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_is_shut_down_before_its_first_use_never_builds() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    assert!(runtime.shutdown(MINUTE).await.unwrap().layers().is_empty());
    let error = runtime.run(|_config: Inject<Config>| async {}).await.unwrap_err();
    assert!(matches!(error, RunError::ShutDown), "{error}");
    assert!(matches!(runtime.context().await.unwrap_err().kind(), BuildErrorKind::ShutDown));
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_during_the_build_cancels_it_and_waits_for_its_release() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(slow_cache(trace.clone(), Gate::new()));
    let (run, context, shut_down) =
        tokio::join!(runtime.run(|_cache: Inject<Cache>| async {}), runtime.context(), async {
            settle().await;
            let shut_down = runtime.shutdown(MINUTE).await;
            trace.say("shut down");
            shut_down
        });
    shut_down.unwrap();
    assert!(matches!(run.unwrap_err(), RunError::ShutDown));
    assert!(matches!(context.unwrap_err().kind(), BuildErrorKind::ShutDown));
    assert_eq!(trace.take(), ["+cache", "-cache: cancelled", "shut down"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_during_the_build_reports_what_had_been_built_by_then() {
    let trace = Trace::default();
    let slow = Layer::from_fn(|_pool: Inject<Pool>| std::future::pending::<Cache>());
    let runtime = ManagedRuntime::new(slow.provide(pool(trace.clone())).provide(config(trace.clone())));
    let (built, report) = tokio::join!(runtime.context(), async {
        settle().await;
        runtime.shutdown(MINUTE).await.unwrap()
    });
    built.unwrap_err();
    let released: Vec<_> = report.layers().iter().map(|release| release.layer).collect();
    assert_eq!(released, ["pool", "config"]);
}

#[tokio::test(start_paused = true)]
async fn an_extended_layer_is_in_the_report_before_what_it_was_made_of() {
    let trace = Trace::default();
    let app = users(trace.clone()).provide(pool(trace.clone()).extend_scope()).provide(config(trace.clone()));
    let runtime = ManagedRuntime::new(app);
    runtime.context().await.unwrap();
    let report = runtime.shutdown(MINUTE).await.unwrap();
    let released: Vec<_> = report.layers().iter().map(|release| release.layer).collect();
    assert_eq!(released, ["users", "pool", "config"]);
}

#[tokio::test(start_paused = true)]
async fn services_are_never_released_under_an_effect_that_runs() {
    struct SaysWhenDropped(Trace);
    impl Drop for SaysWhenDropped {
        fn drop(&mut self) {
            self.0.say("the effect is gone");
        }
    }
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    let effect = SaysWhenDropped(trace.clone());
    let (run, shut_down) = tokio::join!(
        runtime.run(|_config: Inject<Config>| async move {
            let _effect = effect;
            std::future::pending::<()>().await;
        }),
        async {
            settle().await;
            runtime.shutdown(MINUTE).await
        }
    );
    assert!(matches!(run.unwrap_err(), RunError::ShutDown));
    shut_down.unwrap();
    assert_eq!(trace.take(), ["+config", "the effect is gone", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_running_effect_holds_is_released_before_the_layers_of_the_runtime() {
    #[layer]
    fn slow_to_go(trace: Trace, scope: &Scope) -> Cache {
        scope.on_close(move |exit| async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            trace.say(format!("-cache: {exit}"));
        });
        Cache(0)
    }
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    let endless = Effect::new(|_config: Inject<Config>, _cache: Inject<Cache>| std::future::pending::<()>());
    let run = runtime.run(endless.provide(slow_to_go(trace.clone())));
    let (run, shut_down) = tokio::join!(run, async {
        settle().await;
        runtime.shutdown(MINUTE).await
    });
    run.unwrap_err();
    shut_down.unwrap();
    assert_eq!(trace.take(), ["+config", "-cache: cancelled", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_shutdown_waits_for_the_first_and_gets_the_same_report() {
    #[layer]
    fn slow_to_go(trace: Trace, scope: &Scope) -> Cache {
        scope.on_close(move |_exit| async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            trace.say("released");
        });
        Cache(0)
    }
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(slow_to_go(trace.clone()));
    runtime.context().await.unwrap();
    let shutdown = async || {
        let report = runtime.shutdown(MINUTE).await.unwrap();
        trace.say(format!("{:?} {:?}", report.took(), report.layers().len()));
    };
    tokio::join!(shutdown(), shutdown());
    shutdown().await;
    assert_eq!(trace.take(), ["released", "5s 1", "5s 1", "5s 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_goes_on_when_who_asked_for_it_goes_away() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    runtime.context().await.unwrap();
    drop(tokio::time::timeout(Duration::ZERO, runtime.shutdown(MINUTE)).await);
    settle().await;
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_by_an_effect_of_the_runtime_stops_the_effect_and_does_not_hang() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    let own = runtime.clone();
    let run = runtime.run(move |_config: Inject<Config>| async move { own.shutdown(MINUTE).await.is_ok() });
    assert!(matches!(run.await.unwrap_err(), RunError::ShutDown));
    let report = runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(report.took(), Duration::ZERO);
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_by_a_finalizer_of_the_runtime_does_not_hang() {
    let trace = Trace::default();
    let cell: std::sync::Arc<std::sync::OnceLock<ManagedRuntime<services![Cache]>>> = Default::default();
    let (own, said) = (cell.clone(), trace.clone());
    let layer = Layer::scoped(move |scope: Scope| {
        let (own, said) = (own.clone(), said.clone());
        scope.on_close(move |_exit| async move {
            let runtime = own.get().expect("it was set before the first use").clone();
            let _ = runtime.shutdown(MINUTE).await;
            said.say("asked again");
        });
        async { Cache(0) }
    });
    let runtime = cell.get_or_init(|| ManagedRuntime::new(layer));
    runtime.context().await.unwrap();
    let report = runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(report.took(), Duration::ZERO);
    assert_eq!(trace.take(), ["asked again"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_is_stuck_is_named_when_its_time_is_over_and_everything_else_is_released() {
    let trace = Trace::default();
    let stuck = stuck_pool(trace.clone()).provide(config(trace.clone()));
    let said = trace.clone();
    let other = Layer::scoped(move |scope: Scope| {
        said.lives("cache", &scope);
        async { Cache(0) }
    });
    let runtime = ManagedRuntime::new(stuck.merge(other));
    runtime.context().await.unwrap();
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().stuck_layers().collect::<Vec<_>>(), ["stuck_pool"]);
    assert_eq!(
        error.to_string(),
        "the shutdown was not clean: layer `stuck_pool` was not released in the 48s that it had"
    );
    // What the stuck one needs is released without it, as there is no time left to wait.
    assert_eq!((trace.count("-cache"), trace.count("-config")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_does_not_stop_is_named_and_the_layers_are_released_after_its_time() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(watched_config(trace.clone()));
    runtime.context().await.unwrap();
    // It is never polled again, and never dropped before the shutdown is over.
    let mut run = Box::pin(runtime.run(|_config: Inject<Config>| std::future::pending::<()>()));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(run.as_mut().poll(cx).is_pending())).await);
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(error.report().stuck_effects().len(), 1);
    assert_eq!(error.report().took(), MINUTE / 3);
    assert_eq!(trace.take(), ["+config", "-config: success"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_fails_is_named_in_the_report() {
    #[layer]
    fn unruly(scope: &Scope) -> Cache {
        scope.on_close_named("socket", |_exit| async { Err("the socket is gone") });
        Cache(0)
    }
    let runtime = ManagedRuntime::new(unruly());
    runtime.context().await.unwrap();
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the shutdown was not clean: layer `unruly`: a finalizer did not succeed: `socket` failed: the socket is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_watches_the_shutdown_is_told_of_it() {
    #[effect]
    async fn serve(trace: Trace, shutdown: Shutdown) -> &'static str {
        trace.say("serving");
        shutdown.requested().await;
        "served"
    }
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(Layer::empty());
    let (served, ()) = tokio::join!(runtime.run(serve(trace.clone(), runtime.shutdown_handle().clone())), async {
        settle().await;
        runtime.shutdown_handle().request();
    });
    assert_eq!(served.unwrap(), "served");
    runtime.shutdown(MINUTE).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_layer_whose_build_was_stopped_and_whose_release_is_stuck_is_named() {
    #[layer]
    async fn half_built(scope: &Scope) -> Cache {
        scope.on_close_named("socket", |_exit| std::future::pending::<()>());
        std::future::pending().await
    }
    let runtime = ManagedRuntime::new(half_built());
    let (run, shut_down) = tokio::join!(runtime.run(|_cache: Inject<Cache>| async {}), async {
        settle().await;
        runtime.shutdown(MINUTE).await
    });
    assert!(matches!(run.unwrap_err(), RunError::ShutDown));
    assert_eq!(
        shut_down.unwrap_err().to_string(),
        "the shutdown was not clean: work in the background did not finish: `half_built`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_a_run_whose_release_is_stuck_is_named() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(config(trace.clone()));
    let endless = Effect::new(|_pool: Inject<Pool>| std::future::pending::<()>()).provide(stuck_pool(trace.clone()));
    let (run, shut_down) = tokio::join!(runtime.run(endless), async {
        settle().await;
        runtime.shutdown(MINUTE).await
    });
    assert!(matches!(run.unwrap_err(), RunError::ShutDown));
    assert_eq!(
        shut_down.unwrap_err().to_string(),
        "the shutdown was not clean: work in the background did not finish: `stuck_pool`"
    );
}
