//! What is released when a build fails or is cancelled, in which order and with which exit.

use std::time::Duration;

use di::BuildErrorKind;
use di::merge_all;
use di::prelude::*;

use crate::stock::{Audit, Broken, Cache, Config, Users, broken_users, slow_cache, watched_config, watched_pool};
use crate::trace::{Gate, Trace, give_up, settle};

/// An audit that fails once its gate is open, and takes a second to be released.
#[layer]
async fn broken_audit(trace: Trace, gate: Gate, scope: &Scope) -> Result<Audit, Broken> {
    trace.say("+audit");
    scope.on_close_named("audit", move |exit| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        trace.say(format!("-audit: {exit}"));
    });
    gate.pass().await;
    Err(Broken("audit"))
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_fails_is_released_before_what_feeds_it_and_both_see_the_failure() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = broken_users(trace.clone()).provide(watched_pool(trace.clone()));
    let error = app.build(&scope).await.unwrap_err();
    trace.say(error.failure::<Broken>().unwrap());
    assert_eq!(
        trace.take(),
        [
            "+pool",
            "+users",
            "-users: failure: unable to open users",
            "-pool: failure: unable to open users",
            "unable to open users",
        ]
    );
    scope.close(Exit::Success).await.unwrap();
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn in_provide_merge_what_feeds_is_released_before_the_error_too() {
    let trace = Trace::default();
    let app = broken_users(trace.clone()).provide_merge(watched_pool(trace.clone()));
    app.build(&Scope::new()).await.unwrap_err();
    let failed = "failure: unable to open users";
    assert_eq!(trace.take()[2..], [format!("-users: {failed}"), format!("-pool: {failed}")]);
}

#[tokio::test(start_paused = true)]
async fn of_siblings_those_in_flight_are_cancelled_and_those_that_are_done_see_the_failure() {
    let (trace, gate, scope) = (Trace::default(), Gate::new(), Scope::new());
    let failing = broken_audit(trace.clone(), gate.clone());
    let in_flight = slow_cache(trace.clone(), Gate::new());
    let app = merge_all!(watched_config(trace.clone()), in_flight, failing);
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        gate.open();
        assert_eq!(trace.take().len(), 3);
    });
    let error = built.unwrap_err();
    assert!(error.suppressed().is_empty(), "{error}");
    trace.say("told");
    assert_eq!(
        trace.take(),
        [
            "-audit: failure: unable to open audit",
            "-cache: cancelled",
            "-config: failure: unable to open audit",
            "told",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn both_errors_of_siblings_that_fail_at_once_are_kept() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let broken = |name| {
        let gate = gate.clone();
        Layer::from_fn(move || {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Err::<Cache, _>(Broken(name))
            }
        })
    };
    let other = Layer::from_fn(|_cache: Inject<Cache>| async { Config { url: String::new() } }).provide(broken("two"));
    let app = broken("one").merge(other);
    let scope = Scope::new();
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        gate.open();
    });
    let error = built.unwrap_err();
    trace.say(error.suppressed().len());
    assert_eq!(trace.take(), ["1"], "{error}");
    let told = error.to_string();
    assert!(told.contains("unable to open one") && told.contains("unable to open two"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_sibling_whose_failure_is_still_being_released_is_waited_for_and_kept() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let quick = Layer::from_fn({
        let gate = gate.clone();
        move || {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Err::<Cache, _>(Broken("cache"))
            }
        }
    });
    let slow = broken_audit(trace.clone(), gate.clone());
    let app = slow.merge(quick);
    let scope = Scope::new();
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        gate.open();
    });
    trace.say("told");
    assert_eq!(trace.take(), ["+audit", "-audit: failure: unable to open audit", "told"]);
    let error = built.unwrap_err();
    assert_eq!(error.suppressed().len(), 1, "{error}");
    assert!(error.suppressed()[0].to_string().contains("unable to open audit"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_fails_in_a_cancelled_sibling_is_kept() {
    #[layer]
    async fn stubborn(scope: &Scope) -> Cache {
        scope.on_close_named("lock", |_exit| async { Err("the lock is stale") });
        std::future::pending().await
    }
    let (trace, gate) = (Trace::default(), Gate::new());
    gate.open();
    let app = stubborn().merge(broken_audit(trace, gate));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(error.failure::<AnyFailure>().is_some(), "{error}");
    assert!(error.to_string().contains("the lock is stale"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_fails_on_the_way_down_is_kept_beside_the_error() {
    #[layer]
    fn unruly(scope: &Scope) -> crate::stock::Pool {
        scope.on_close_named("socket", |_exit| async { Err("the socket is gone") });
        crate::stock::Pool { url: String::new() }
    }
    let trace = Trace::default();
    let error = broken_users(trace).provide(unruly()).build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<Broken>().unwrap().0, "users");
    let suppressed: Vec<_> = error.suppressed().iter().map(ToString::to_string).collect();
    assert_eq!(suppressed, ["a finalizer did not succeed: `socket` failed: the socket is gone"]);
}

#[tokio::test(start_paused = true)]
async fn a_build_that_is_given_up_releases_everything_with_a_cancelled_exit() {
    let trace = Trace::default();
    let app = slow_cache(trace.clone(), Gate::new()).provide(watched_config(trace.clone()));
    let scope = Scope::new();
    assert!(give_up(app.build(&scope)).await.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+config", "+cache", "-cache: cancelled", "-config: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn who_closes_the_scope_of_a_build_that_was_given_up_waits_for_its_release() {
    #[layer]
    async fn slow_to_go(trace: Trace, scope: &Scope) -> Cache {
        scope.on_close(move |_exit| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            trace.say("released");
        });
        std::future::pending().await
    }
    let (trace, scope) = (Trace::default(), Scope::new());
    assert!(give_up(slow_to_go(trace.clone()).build(&scope)).await.is_none());
    scope.close(Exit::Success).await.unwrap();
    trace.say("closed");
    assert_eq!(trace.take(), ["released", "closed"]);
}

#[tokio::test(start_paused = true)]
async fn an_acquire_that_is_under_way_is_finished_and_released_before_the_cancellation_is_over() {
    #[layer]
    async fn acquiring(trace: Trace, gate: Gate, scope: &Scope) -> Cache {
        let acquired = trace.clone();
        let acquire = async move {
            gate.pass().await;
            acquired.say("acquired");
            Ok::<_, Broken>(())
        };
        let release = move |(), exit: Exit| async move { trace.say(format!("released: {exit}")) };
        scope.acquire_release(acquire, release).await.expect("nothing closes this scope but its release");
        Cache(0)
    }
    let (trace, gate, scope) = (Trace::default(), Gate::new(), Scope::new());
    assert!(give_up(acquiring(trace.clone(), gate.clone()).build(&scope)).await.is_none());
    settle().await;
    assert!(trace.take().is_empty());
    gate.open();
    scope.close(Exit::Success).await.unwrap();
    trace.say("closed");
    assert_eq!(trace.take(), ["acquired", "released: cancelled", "closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_panics_releases_with_the_panic_and_is_an_error() {
    #[layer]
    async fn panicking(trace: Trace, _config: Inject<Config>, scope: &Scope) -> Users {
        trace.ends("users", scope);
        panic!("out of luck")
    }
    let trace = Trace::default();
    let app = panicking(trace.clone()).provide(watched_config(trace.clone()));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(_)));
    assert_eq!(trace.take(), ["+config", "+users", "-users: panic: out of luck", "-config: panic: out of luck"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_panics_does_not_keep_the_others_from_running() {
    #[layer]
    fn unruly(trace: Trace, config: Inject<Config>, scope: &Scope) -> Cache {
        trace.lives("below", scope);
        scope.on_close_named("unruly", |exit: Exit| async move { assert!(!exit.is_success(), "not now") });
        let _url = &config.url;
        Cache(0)
    }
    let (trace, scope) = (Trace::default(), Scope::new());
    unruly(trace.clone()).provide(watched_config(trace.clone())).build(&scope).await.unwrap();
    let error = scope.close(Exit::Success).await.unwrap_err();
    assert_eq!(trace.take(), ["+config", "+below", "-below", "-config: success"]);
    assert!(error.to_string().contains("`unruly` panicked: not now"), "{error}");
}
