//! Memo maps: what is shared through them, and for how long.

use di::BuildErrorKind;
use di::prelude::*;

use crate::stock::{Broken, Cache, config, pool, slow_cache, users, watched_config};
use crate::trace::{Gate, Trace, give_up, settle};

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_before_the_build_runs() {
    let (trace, map, scope) = (Trace::default(), MemoMap::new(), Scope::new());
    let config = config(trace.clone());
    drop(config.build_with(&map, &scope));
    assert_eq!(format!("{map:?}"), "MemoMap { entries: 0, .. }");
    config.build_with(&map, &scope).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_lives_until_its_last_observer_leaves_and_is_then_built_again() {
    let (trace, map) = (Trace::default(), MemoMap::new());
    let config = config(trace.clone());
    let scopes = [Scope::new(), Scope::new(), Scope::new()];
    for scope in &scopes {
        config.build_with(&map, scope).await.unwrap();
    }
    scopes[0].close(Exit::Success).await.unwrap();
    scopes[2].close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
    scopes[1].close(Exit::Success).await.unwrap();
    config.build_with(&map, &Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["-config", "+config"]);
}

#[tokio::test(start_paused = true)]
async fn the_layer_outlives_the_scope_that_built_it_for_those_who_came_later() {
    let (trace, map, builder, later) = (Trace::default(), MemoMap::new(), Scope::new(), Scope::new());
    let config = config(trace.clone());
    let first = config.build_with(&map, &builder).await.unwrap();
    config.build_with(&map, &later).await.unwrap();
    builder.close(Exit::Success).await.unwrap();
    let third = config.build_with(&map, &Scope::new()).await.unwrap();
    assert!(first.get::<crate::stock::Config>().is_same(third.get::<crate::stock::Config>()));
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn finalizers_see_the_exit_of_the_last_observer() {
    let (trace, map, one, two) = (Trace::default(), MemoMap::new(), Scope::new(), Scope::new());
    let config = watched_config(trace.clone());
    config.build_with(&map, &one).await.unwrap();
    config.build_with(&map, &two).await.unwrap();
    one.close(Exit::Success).await.unwrap();
    two.close(Exit::Cancelled).await.unwrap();
    assert_eq!(trace.take(), ["+config", "-config: cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_fails_is_reported_to_the_last_observer_only() {
    #[layer]
    fn unruly(scope: &Scope) -> Cache {
        scope.on_close_named("socket", |_exit| async { Err("the socket is gone") });
        Cache(0)
    }
    let (map, one, two) = (MemoMap::new(), Scope::new(), Scope::new());
    unruly().build_with(&map, &one).await.unwrap();
    unruly().build_with(&map, &two).await.unwrap();
    one.close(Exit::Success).await.unwrap();
    let error = two.close(Exit::Success).await.unwrap_err();
    assert!(error.to_string().contains("the socket is gone"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_share_one_build() {
    let (trace, gate, map, scope) = (Trace::default(), Gate::new(), MemoMap::new(), Scope::new());
    let cache = slow_cache(trace.clone(), gate.clone());
    let (one, two, ()) = tokio::join!(cache.build_with(&map, &scope), cache.build_with(&map, &scope), async {
        settle().await;
        gate.open();
    });
    assert!(one.unwrap().get::<Cache>().is_same(two.unwrap().get::<Cache>()));
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_with_all_who_wait_and_then_forgotten() {
    #[layer(fails)]
    async fn failing_once(trace: Trace, gate: Gate) -> Result<Cache, Broken> {
        trace.say("attempt");
        gate.pass().await;
        if trace.count("attempt") == 1 { Err(Broken("cache")) } else { Ok(Cache(0)) }
    }
    let (trace, gate, map, scope) = (Trace::default(), Gate::new(), MemoMap::new(), Scope::new());
    let cache = failing_once(trace.clone(), gate.clone());
    let (one, two, ()) = tokio::join!(cache.build_with(&map, &scope), cache.build_with(&map, &scope), async {
        settle().await;
        gate.open();
    });
    let failures = [one, two].map(|built| built.unwrap_err().failure::<Broken>().unwrap());
    assert!(std::sync::Arc::ptr_eq(&failures[0], &failures[1]));
    assert_eq!(trace.count("attempt"), 1);
    cache.build_with(&map, &scope).await.unwrap();
    assert_eq!(trace.count("attempt"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_panics_is_an_error_for_all_who_wait() {
    #[layer]
    async fn panicking(gate: Gate) -> Cache {
        gate.pass().await;
        panic!("a bug")
    }
    let (gate, map, scope) = (Gate::new(), MemoMap::new(), Scope::new());
    let cache = panicking(gate.clone());
    let (one, two, ()) = tokio::join!(cache.build_with(&map, &scope), cache.build_with(&map, &scope), async {
        settle().await;
        gate.open();
    });
    for error in [one.unwrap_err(), two.unwrap_err()] {
        assert!(matches!(error.kind(), BuildErrorKind::Panicked(message) if &**message == "a bug"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_gives_up_does_not_affect_the_others() {
    let (trace, gate, map, scope) = (Trace::default(), Gate::new(), MemoMap::new(), Scope::new());
    let cache = slow_cache(trace.clone(), gate.clone());
    let (first, waiter) = tokio::join!(cache.build_with(&map, &scope), async {
        settle().await;
        let waiter = give_up(cache.build_with(&map, &scope)).await;
        gate.open();
        waiter
    });
    first.unwrap();
    assert!(waiter.is_none());
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_first_requester_that_gives_up_does_not_affect_the_others() {
    let (trace, gate, map, scope) = (Trace::default(), Gate::new(), MemoMap::new(), Scope::new());
    let cache = slow_cache(trace.clone(), gate.clone());
    let (first, later, ()) = tokio::join!(
        give_up(cache.build_with(&map, &scope)),
        async {
            tokio::task::yield_now().await;
            cache.build_with(&map, &scope).await
        },
        async {
            settle().await;
            gate.open();
        }
    );
    assert!(first.is_none());
    later.unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_build_that_everybody_gave_up_is_cancelled_and_leaves_no_trace() {
    let (trace, gate, map, scope) = (Trace::default(), Gate::new(), MemoMap::new(), Scope::new());
    let cache = slow_cache(trace.clone(), gate.clone()).provide(watched_config(trace.clone()));
    let given_up = tokio::join!(give_up(cache.build_with(&map, &scope)), give_up(cache.build_with(&map, &scope)));
    assert!(given_up.0.is_none() && given_up.1.is_none());
    settle().await;
    assert_eq!(trace.take(), ["+config", "+cache", "-cache: cancelled", "-config: cancelled"]);
    assert_eq!(format!("{map:?}"), "MemoMap { entries: 0, .. }");
    gate.open();
    cache.build_with(&map, &scope).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn the_scope_of_the_first_requester_may_close_while_others_wait() {
    let (trace, gate, map) = (Trace::default(), Gate::new(), MemoMap::new());
    let (early, late) = (Scope::new(), Scope::new());
    let cache = slow_cache(trace.clone(), gate.clone());
    let (first, later, ()) = tokio::join!(cache.build_with(&map, &early), cache.build_with(&map, &late), async {
        settle().await;
        early.close(Exit::Success).await.unwrap();
        gate.open();
    });
    assert!(matches!(first.unwrap_err().kind(), BuildErrorKind::ScopeClosed(_)));
    later.unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_while_a_build_is_cancelled_begins_a_new_one() {
    #[layer]
    async fn slow_to_go(trace: Trace, gate: Gate, gone: Gate, scope: &Scope) -> Cache {
        trace.say("attempt");
        scope.on_close(move |_exit| async move { gone.pass().await });
        gate.pass().await;
        Cache(0)
    }
    let (trace, gate, gone, map) = (Trace::default(), Gate::new(), Gate::new(), MemoMap::new());
    let cache = slow_to_go(trace.clone(), gate.clone(), gone.clone());
    assert!(give_up(cache.build_with(&map, &Scope::new())).await.is_none());
    settle().await;
    gate.open();
    cache.build_with(&map, &Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["attempt", "attempt"]);
    gone.open();
}

#[tokio::test(start_paused = true)]
async fn a_fork_sees_what_its_parent_has_and_observes_it() {
    let (trace, parent, one, two) = (Trace::default(), MemoMap::new(), Scope::new(), Scope::new());
    let config = config(trace.clone());
    config.build_with(&parent, &one).await.unwrap();
    config.build_with(&parent.fork(), &two).await.unwrap();
    one.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
    two.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_fork_keeps_what_it_builds_to_itself() {
    let (trace, parent, scope) = (Trace::default(), MemoMap::new(), Scope::new());
    let config = config(trace.clone());
    let (child, sibling) = (parent.fork(), parent.fork());
    config.build_with(&child, &scope).await.unwrap();
    config.build_with(&sibling, &scope).await.unwrap();
    config.build_with(&parent, &scope).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+config", "+config"]);
    config.build_with(&child, &scope).await.unwrap();
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fork_of_a_fork_sees_both() {
    let (trace, parent, scope) = (Trace::default(), MemoMap::new(), Scope::new());
    let (config, pool) = (config(trace.clone()), pool(trace.clone()));
    config.build_with(&parent, &scope).await.unwrap();
    let child = parent.fork();
    pool.clone().provide(config.clone()).build_with(&child, &scope).await.unwrap();
    users(trace.clone()).provide(pool).provide(config).build_with(&child.fork(), &scope).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_lives_as_long_as_a_shared_layer_that_was_built_from_it() {
    let (trace, map, one, two) = (Trace::default(), MemoMap::new(), Scope::new(), Scope::new());
    let app = pool(trace.clone()).provide(config(trace.clone()));
    app.build_with(&map, &one).await.unwrap();
    app.build_with(&map, &two).await.unwrap();
    one.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool"]);
    two.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn dependencies_that_are_merged_in_opposite_orders_are_released_without_waiting_for_each_other() {
    let (trace, map, one, two) = (Trace::default(), MemoMap::new(), Scope::new(), Scope::new());
    let (config, cache) = (config(trace.clone()), Layer::succeed::<Cache>(Cache(0)));
    config.clone().provide(cache.clone()).build_with(&map, &one).await.unwrap();
    cache.provide(config).build_with(&map, &two).await.unwrap();
    let (first, second) = tokio::join!(one.close(Exit::Success), two.close(Exit::Success));
    first.and(second).unwrap();
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_from_many_threads_share_one_build() {
    for _ in 0..50 {
        let (trace, map) = (Trace::default(), MemoMap::new());
        let app = users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
        let requests = (0..8).map(|_| {
            let (app, map) = (app.clone(), map.clone());
            tokio::spawn(async move {
                let scope = Scope::new();
                app.build_with(&map, &scope).await.unwrap();
                scope
            })
        });
        let mut scopes = Vec::new();
        for request in requests.collect::<Vec<_>>() {
            scopes.push(request.await.unwrap());
        }
        assert_eq!(trace.take(), ["+config", "+pool", "+users"]);
        for scope in scopes {
            scope.close(Exit::Success).await.unwrap();
        }
        assert_eq!(trace.take(), ["-users", "-pool", "-config"]);
    }
}
