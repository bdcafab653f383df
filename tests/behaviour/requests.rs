//! Requests that provide keyed layers inside of a runtime.

use std::time::Duration;

use di::prelude::*;

use crate::trace::{Gate, Trace};

const MINUTE: Duration = Duration::from_secs(60);

/// The log of a worker.
#[derive(Service)]
struct Log(Trace);

/// Where a worker runs, another one for each request.
#[derive(Service)]
struct Request {
    id: u32,
}

#[derive(Service)]
struct Database {
    url: String,
}

#[derive(Service)]
struct Session {
    user: u32,
}

#[layer(memo)]
async fn database(url: String, log: Inject<Log>, scope: &Scope) -> Database {
    log.0.say(format!("Connecting to {url}"));
    let said = log.0.clone();
    scope.on_close_named("database", move |_exit| async move { said.say("closed") });
    Database { url }
}

#[layer(memo)]
async fn session(name: &'static str, request: Inject<Request>, log: Inject<Log>, scope: &Scope) -> Session {
    log.0.lives(&format!("session {name}"), scope);
    Session { user: request.id }
}

fn worker(trace: &Trace) -> ManagedRuntime<services![Log]> {
    ManagedRuntime::new(Layer::succeed::<Log>(Log(trace.clone())))
}

#[effect]
async fn handle(database: Inject<Database>) -> String {
    database.url.clone()
}

#[tokio::test(start_paused = true)]
async fn many_requests_connect_once_and_the_shutdown_closes_once() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    for _ in 0..10 {
        let url = runtime.run(handle().provide(database("postgres://a".into()))).await.unwrap();
        assert_eq!(url, "postgres://a");
    }
    assert_eq!(trace.take(), ["Connecting to postgres://a"]);
    runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["closed"]);
}

#[tokio::test(start_paused = true)]
async fn another_url_is_another_connection() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    for url in ["a", "b", "a", "b"] {
        assert_eq!(runtime.run(handle().provide(database(url.into()))).await.unwrap(), url);
    }
    assert_eq!(trace.take(), ["Connecting to a", "Connecting to b"]);
    runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["closed", "closed"]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_connect_once() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    let request = || runtime.run(handle().provide(database("a".into())));
    let (one, two, three) = tokio::join!(request(), request(), request());
    one.and(two).and(three).unwrap();
    assert_eq!(trace.take(), ["Connecting to a"]);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_over_the_empty_layer_carries_the_memo_map_of_its_requests() {
    let trace = Trace::default();
    let map = MemoMap::new();
    let runtime = ManagedRuntime::with_memo_map(Layer::empty(), &map);
    let said = trace.clone();
    let config = |url: &'static str| {
        let said = said.clone();
        Layer::from_fn(move || {
            said.say(format!("reading {url}"));
            async move { Request { id: 0 } }
        })
        .memo_by(url)
    };
    for _ in 0..3 {
        runtime.run(Effect::new(|_request: Inject<Request>| async {}).provide(config("env"))).await.unwrap();
    }
    assert_eq!(trace.take(), ["reading env"]);
    runtime.shutdown(MINUTE).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_layer_without_a_key_is_built_for_each_request() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    let said = trace.clone();
    let layer = Layer::scoped(move |scope: Scope| {
        said.lives("database", &scope);
        async { Database { url: "a".into() } }
    });
    for _ in 0..2 {
        runtime.run(handle().provide(layer.clone())).await.unwrap();
    }
    assert_eq!(trace.take(), ["+database", "-database", "+database", "-database"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_that_needs_something_of_the_request_is_not_kept() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    let user = Effect::new(|session: Inject<Session>| async move { session.user });
    for id in [1, 2] {
        let request = Layer::from_fn(move || async move { Request { id } });
        let run = runtime.run(user.clone().provide(session("a")).provide(request));
        assert_eq!(run.await.unwrap(), id);
    }
    assert_eq!(trace.take(), ["+session a", "-session a", "+session a", "-session a"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_over_a_plain_value_of_the_request_is_not_kept_either() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    for id in [1, 2] {
        let user = Effect::new(|session: Inject<Session>| async move { session.user });
        let run = runtime.run(user.provide(session("a")).provide_service::<Request>(Request { id }));
        assert_eq!(run.await.unwrap(), id);
    }
    assert_eq!(trace.take(), ["+session a", "-session a", "+session a", "-session a"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_over_the_services_of_the_runtime_is_released_before_them() {
    let trace = Trace::default();
    let said = trace.clone();
    let log = Layer::scoped(move |scope: Scope| {
        said.lives("log", &scope);
        let log = Log(said.clone());
        async { log }
    });
    let runtime = ManagedRuntime::new(log);
    runtime.run(handle().provide(database("a".into()))).await.unwrap();
    runtime.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["+log", "Connecting to a", "closed", "-log"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_whose_build_failed_is_built_again_by_the_next_request() {
    #[layer(memo)]
    async fn failing_once(name: &'static str, log: Inject<Log>) -> Result<Database, String> {
        log.0.say("attempt");
        if log.0.count("attempt") == 1 { Err(name.to_owned()) } else { Ok(Database { url: name.into() }) }
    }
    let trace = Trace::default();
    let runtime = worker(&trace);
    runtime.run(handle().provide(failing_once("a"))).await.unwrap_err();
    runtime.run(handle().provide(failing_once("a"))).await.unwrap();
    runtime.run(handle().provide(failing_once("a"))).await.unwrap();
    assert_eq!(trace.take(), ["attempt", "attempt"]);
}

#[tokio::test(start_paused = true)]
async fn the_layers_of_a_request_may_be_assembled_anew_around_a_keyed_one() {
    let trace = Trace::default();
    let runtime = worker(&trace);
    for id in [1, 2, 3] {
        let request = Layer::succeed::<Request>(Request { id });
        let app = session("a").merge(database("a".into())).provide(request);
        let user = Effect::new(|session: Inject<Session>, _database: Inject<Database>| async move { session.user });
        assert_eq!(runtime.run(user.provide(app)).await.unwrap(), id);
    }
    assert_eq!(trace.count("Connecting to a"), 1);
    assert_eq!(trace.count("+session a"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_that_is_kept_keeps_what_it_was_built_from() {
    let trace = Trace::default();
    let map = MemoMap::new();
    let said = trace.clone();
    let log = Layer::scoped(move |scope: Scope| {
        said.lives("log", &scope);
        let log = Log(said.clone());
        async { log }
    });
    let first = ManagedRuntime::with_memo_map(log.clone(), &map);
    let second = ManagedRuntime::with_memo_map(Layer::empty(), &map);
    first.context().await.unwrap();
    // The log is found in the map, and the database that was built from it is kept by the second runtime.
    second.run(handle().provide(database("a".into())).provide(log)).await.unwrap();
    first.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["+log", "Connecting to a"]);
    second.shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["closed", "-log"]);
}

#[tokio::test(start_paused = true)]
async fn two_runtimes_that_share_a_map_share_what_they_keep() {
    let (trace, map) = (Trace::default(), MemoMap::new());
    let log = Layer::succeed::<Log>(Log(trace.clone()));
    let runtimes = [1, 2].map(|_| ManagedRuntime::with_memo_map(log.clone(), &map));
    for runtime in &runtimes {
        runtime.run(handle().provide(database("a".into()))).await.unwrap();
    }
    assert_eq!(trace.take(), ["Connecting to a"]);
    runtimes[0].shutdown(MINUTE).await.unwrap();
    assert!(trace.take().is_empty());
    runtimes[1].shutdown(MINUTE).await.unwrap();
    assert_eq!(trace.take(), ["closed"]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_another_layer_forwarded_for_a_while_still_counts_as_lasting() {
    let (trace, map) = (Trace::default(), MemoMap::new());
    let log = Layer::succeed::<Log>(Log(trace.clone()));
    let runtime = ManagedRuntime::with_memo_map(log.clone(), &map);
    runtime.context().await.unwrap();
    let scope = Scope::new();
    Layer::suspend(move || log.clone()).build_with(&map, &scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    for _ in 0..2 {
        runtime.run(handle().provide(database("a".into()))).await.unwrap();
    }
    assert_eq!(trace.take(), ["Connecting to a"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_layer_whose_release_is_stuck_is_named_and_the_others_are_released() {
    #[layer(memo)]
    async fn stuck(gate: String, scope: &Scope) -> Database {
        scope.on_close_named("socket", |_exit| std::future::pending::<()>());
        Database { url: gate }
    }
    let (trace, _gate) = (Trace::default(), Gate::new());
    let said = trace.clone();
    let app = Layer::scoped(move |scope: Scope| {
        said.lives("cache", &scope);
        async { crate::stock::Cache(0) }
    });
    let runtime = ManagedRuntime::new(app);
    runtime.run(handle().provide(stuck("a".into()))).await.unwrap();
    let error = runtime.shutdown(MINUTE).await.unwrap_err();
    assert!(error.to_string().contains("`stuck`"), "{error}");
    assert_eq!(trace.take(), ["+cache", "-cache"]);
}
