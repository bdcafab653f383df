//! Building into scopes.

use di::BuildErrorKind;
use di::prelude::*;

use crate::stock::{Config, config, pool, slow_cache};
use crate::trace::{Gate, Trace, settle};

#[tokio::test(start_paused = true)]
async fn the_services_live_until_the_scope_closes() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let context = pool(trace.clone()).provide(config(trace.clone())).build(&scope).await.unwrap();
    drop(context);
    settle().await;
    assert_eq!(trace.take(), ["+config", "+pool"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn finalizers_of_layers_see_the_exit_of_the_scope() {
    let (trace, scope) = (Trace::default(), Scope::new());
    crate::stock::watched_config(trace.clone()).build(&scope).await.unwrap();
    scope.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.take(), ["+config", "-config: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_scope_is_refused_and_nothing_is_built() {
    let (trace, scope) = (Trace::default(), Scope::new());
    scope.close(Exit::Cancelled).await.unwrap();
    let error = config(trace.clone()).build(&scope).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::ScopeClosed(Exit::Cancelled)), "{error}");
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_closes_during_the_build_releases_it_and_hands_nothing_out() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = slow_cache(trace.clone(), Gate::new()).provide(crate::stock::watched_config(trace.clone()));
    let (built, closed) = tokio::join!(app.build(&scope), async {
        settle().await;
        let closed = scope.close(Exit::Success).await;
        trace.say("closed");
        closed
    });
    assert!(matches!(built.unwrap_err().kind(), BuildErrorKind::ScopeClosed(Exit::Success)));
    closed.unwrap();
    let lines = trace.take();
    assert_eq!(lines[2], "-cache: cancelled");
    assert!(lines[3].starts_with("-config: "));
    assert_eq!(lines[4], "closed");
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_closes_as_the_build_ends_hands_no_released_service_out() {
    for patience in 0..60 {
        let (trace, scope) = (Trace::default(), Scope::new());
        let app = pool(trace.clone()).provide(config(trace.clone()));
        let (built, closed) = tokio::join!(app.build(&scope), async {
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
            scope.close(Exit::Success).await
        });
        closed.unwrap();
        if let Err(error) = built {
            assert!(matches!(error.kind(), BuildErrorKind::ScopeClosed(_)), "{error}");
        }
        assert_eq!(trace.count("+pool"), trace.count("-pool"));
        assert_eq!(trace.count("+config"), trace.count("-config"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_that_failed_leaves_nothing_in_the_scope() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = crate::stock::broken_users(trace.clone()).provide(crate::stock::watched_pool(trace.clone()));
    app.build(&scope).await.unwrap_err();
    trace.take();
    let report = scope.close_with_timeout(Exit::Success, std::time::Duration::from_secs(1)).await;
    assert!(report.finalizers().is_empty(), "{report:?}");
}

#[test]
fn a_build_without_a_runtime_is_an_error() {
    let trace = Trace::default();
    let error = at_once(config(trace.clone()).build(&Scope::new())).unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::NoRuntime), "{error}");
    assert!(trace.take().is_empty());
}

/// Polls a future that does not wait for anything.
fn at_once<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the future waits for something"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_layer_that_closes_the_scope_it_belongs_to_does_not_wait_for_itself() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let (outer, said) = (scope.clone(), trace.clone());
    let layer = Layer::scoped(move |own: Scope| {
        let (outer, said) = (outer.clone(), said.clone());
        own.on_close(move |_exit| async move {
            let _ = outer.close(Exit::Success).await;
            said.say("closed from inside");
        });
        async { crate::stock::Cache(0) }
    });
    layer.build(&scope).await.unwrap();
    let closed = tokio::time::timeout(std::time::Duration::from_secs(1), scope.close(Exit::Success)).await;
    closed.expect("the close does not wait for itself").unwrap();
    assert_eq!(trace.take(), ["closed from inside"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_build_that_failed_may_close_the_scope_of_the_build() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let (outer, said) = (scope.clone(), trace.clone());
    let layer = Layer::scoped(move |own: Scope| {
        let (outer, said) = (outer.clone(), said.clone());
        own.on_close(move |_exit| async move {
            let _ = outer.close(Exit::Success).await;
            said.say("closed from inside");
        });
        async { Err::<crate::stock::Cache, _>("no luck") }
    });
    let built = tokio::time::timeout(std::time::Duration::from_secs(1), layer.build(&scope)).await;
    built.expect("the build does not wait for itself").unwrap_err();
    assert_eq!(trace.take(), ["closed from inside"]);
}

#[test]
fn a_build_whose_tokio_runtime_ends_before_it_begins_does_not_keep_its_scope_from_closing() {
    let lost = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let scope = lost.block_on(async {
        let scope = Scope::new();
        // Its task is there after the first poll, and has not run.
        let build = Layer::succeed::<Config>(Config { url: String::new() }).build(&scope);
        tokio::select! { biased; _ = build => panic!("it has not run"), () = async {} => scope }
    });
    drop(lost);
    let other = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    other.block_on(async {
        let closed = tokio::time::timeout(std::time::Duration::from_secs(60), scope.close(Exit::Success)).await;
        closed.expect("it does not hang").unwrap();
    });
}
