//! What the graph of a layer says is what is built.

use di::prelude::*;
use di::{Graph, LayerOrigin};

use crate::stock::{Audit, Broken, Cache, Config, Pool, Users, audit, config, pool, users};
use crate::trace::Trace;

/// The names of the layers, sorted.
fn names(graph: &Graph) -> Vec<&'static str> {
    let mut names: Vec<_> = graph.layers().iter().map(|layer| layer.name).collect();
    names.sort_unstable();
    names
}

/// The layers that are built for the first use of a runtime, by their names, sorted. Composites that say only what is
/// shared as one are no layers of their own.
async fn built<Out: di::ServiceSet, Err>(layer: Layer<Out, services![], Err>) -> Vec<&'static str> {
    let runtime = ManagedRuntime::new(layer);
    runtime.context().await.expect("it can be built");
    let report = runtime.report().expect("it has been built");
    let built = report.layers().iter().filter(|layer| layer.origin == LayerOrigin::Built);
    let mut names: Vec<_> = built.map(|layer| layer.layer).filter(|name| !name.contains("merge")).collect();
    names.retain(|name| *name != "provide");
    names.sort_unstable();
    names
}

/// The names of the layers that feed this one.
fn feeding(graph: &Graph, name: &str) -> Vec<&'static str> {
    let fed = graph.layers().iter().position(|layer| layer.name == name).expect("it is in the graph");
    let edges = graph.edges().iter().filter(|edge| edge.to == fed && !edge.part);
    edges.filter_map(|edge| edge.from).map(|from| graph.layers()[from].name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_written_twice_is_one_in_the_graph() {
    let trace = Trace::default();
    let base = pool(trace.clone()).provide(config(trace.clone()));
    let app = users(trace.clone()).provide(base.clone()).merge(audit(trace.clone()).provide(base));
    let graph = app.graph().unwrap();
    assert!(trace.take().is_empty(), "nothing was built");
    assert_eq!(names(&graph), ["audit", "config", "pool", "users"]);
    assert_eq!([feeding(&graph, "users"), feeding(&graph, "audit")], [["pool"], ["pool"]]);
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn each_use_of_a_fresh_layer_is_one_of_its_own() {
    let trace = Trace::default();
    let fresh = pool(trace.clone()).fresh();
    let app = users(trace.clone()).provide(fresh.clone()).merge(audit(trace.clone()).provide(fresh));
    let app = app.provide(config(trace));
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["audit", "config", "fresh", "fresh", "pool", "pool", "users"]);
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn what_is_shared_with_the_inside_of_a_layer_is_one_in_the_graph() {
    let trace = Trace::default();
    let config = config(trace.clone());
    // A layer above a fresh one is built inside of a layer, through the memo map around it.
    let left =
        pool(trace.clone()).provide(config.clone()).or_die().coerce::<services![Pool], services![], failures![]>();
    let right = audit(trace.clone()).provide(pool(trace.clone()).provide(config).fresh());
    let app = users(trace).provide(left).merge(right);
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["audit", "config", "config", "fresh", "or_die", "pool", "pool", "users"]);
    assert_eq!(built(app).await, names(&graph));
    let config: Layer<services![Config], _, _> = Layer::sync(|| Config { url: String::new() });
    let app = config.clone().or_die().merge(Layer::sync(|_config: Inject<Config>| Cache(1)).provide(config));
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["Cache", "Config", "or_die"]);
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn what_a_layer_keeps_for_itself_is_one_for_all_its_uses() {
    let trace = Trace::default();
    let own = pool(trace.clone()).provide(config(trace.clone())).memoize();
    let app = users(trace.clone()).provide(own.clone()).merge(audit(trace).provide(own));
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["audit", "config", "memoize", "memoize", "pool", "users"]);
    assert!(graph.layers().iter().all(|layer| layer.shared));
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_replaced_is_not_in_the_graph() {
    let trace = Trace::default();
    let app = users(trace.clone()).provide(pool(trace.clone())).provide(config(trace));
    let app = app.substitute(Layer::succeed::<Pool>(Pool { url: "fake".into() }));
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["Pool", "users"]);
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn needs_that_are_open_are_inputs() {
    let graph = users(Trace::default()).provide(pool(Trace::default())).graph().unwrap();
    assert_eq!(graph.needs().iter().map(ToString::to_string).collect::<Vec<_>>(), ["Config"]);
    let open: Vec<_> = graph.edges().iter().filter(|edge| edge.from.is_none()).collect();
    assert_eq!((open.len(), graph.layers()[open[0].to].name), (1, "pool"));
    assert_eq!(graph.gives()[0].service.to_string(), "Users");
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_chosen_later_has_no_parts_yet() {
    let chosen = Layer::unwrap(|config: Inject<Config>| async move {
        let url = config.url.clone();
        Layer::sync(move || Pool { url: url.clone() })
    });
    let graph = chosen.provide(config(Trace::default())).graph().unwrap();
    assert_eq!(graph.to_tree(), "unwrap → Pool\n└─ config → Config");
    assert_eq!(graph.layers()[1].combinator, Some("unwrap"));
}

#[tokio::test(start_paused = true)]
async fn a_layer_with_a_key_says_so() {
    let keyed = pool(Trace::default()).memo_by("main");
    let tree = keyed.provide(config(Trace::default())).graph().unwrap().to_tree();
    assert_eq!(tree, "pool → Pool [memo_by]\n└─ of pool → Pool\n   └─ config → Config");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_built_has_no_graph() {
    let twice = Layer::succeed::<Cache>(Cache(1)).merge(Layer::sync(|| Cache(2)).merge(Layer::sync(|| Cache(3))));
    let error = twice.graph().unwrap_err();
    assert!(error.to_string().contains("two instances of `Cache`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_known_before_and_a_handler_is_not() {
    let broken = || -> Layer<services![Pool], services![], failures![Broken]> { Layer::fail(Broken("it")) };
    let other = || Layer::sync(|| Pool { url: String::new() });
    let parts = |graph: Graph| graph.layers().iter().filter(|layer| layer.parent == Some(0)).count();
    assert_eq!(parts(broken().or_else(other()).graph().unwrap()), 2);
    assert_eq!(parts(broken().catch_all(move |_| other()).graph().unwrap()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_in_any_order_has_the_graph_of_who_feeds_whom() {
    let trace = Trace::default();
    let app = layers![<Audit, Users> users(trace.clone()), config(trace.clone()), audit(trace.clone()), pool(trace)];
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["audit", "config", "pool", "users"]);
    assert_eq!(
        [feeding(&graph, "users"), feeding(&graph, "audit"), feeding(&graph, "pool")],
        [["pool"], ["pool"], ["config"]]
    );
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn what_is_replaced_inside_of_a_layer_is_not_in_the_graph() {
    let trace = Trace::default();
    let inside = users(trace.clone()).provide(pool(trace.clone())).or_die();
    let app = inside.provide(config(trace)).substitute(Layer::succeed::<Pool>(Pool { url: "fake".into() }));
    let graph = app.graph().unwrap();
    assert_eq!(names(&graph), ["Pool", "config", "or_die", "users"]);
    assert_eq!(feeding(&graph, "users"), ["Pool"]);
    assert_eq!(built(app).await, names(&graph));
}

#[tokio::test(start_paused = true)]
async fn the_parts_of_every_combinator_that_are_known_are_shown() {
    let pool = || pool(Trace::default());
    let schedule = || Schedule::recurs(1);
    let part = |layer: Layer<services![Pool], services![Config], failures![]>| {
        let graph = layer.graph().unwrap();
        let combinator = graph.layers()[0].combinator.expect("it is a combinator");
        assert_eq!((graph.layers()[1].name, graph.layers()[1].parent), ("pool", Some(0)), "{combinator}");
        combinator
    };
    let combinators = [
        part(pool().tap(|_pool: Inject<Pool>| async {})),
        part(pool().tap_error(|_error| async {})),
        part(pool().or_die()),
        part(pool().retry_fresh(schedule())),
        part(pool().flat_map(|_pool: Inject<Pool>| Layer::sync(|| Pool { url: String::new() }))),
        part(pool().fresh()),
        part(pool().memoize()),
        part(pool().memo_by(1)),
    ];
    let names = ["tap", "tap_error", "or_die", "retry_fresh", "flat_map", "fresh", "memoize", "memo_by"];
    assert_eq!(combinators, names);
    let limited = pool().timeout(std::time::Duration::from_secs(1)).graph().unwrap();
    assert_eq!(limited.to_tree(), "pool → Pool [timeout]\n└─ of pool → Pool\n   └─ Config, from outside");
}

#[tokio::test(start_paused = true)]
async fn names_and_retries_are_seen() {
    let trace = Trace::default();
    let storage = pool(trace.clone()).named("storage pool").provide(config(trace.clone())).named("storage");
    let graph = users(trace).provide(storage.retry(Schedule::recurs(1))).graph().unwrap();
    let tree = [
        "users → Users",
        "└─ storage pool → Pool [retried] [in storage]",
        "   └─ config → Config [retried] [in storage]",
    ];
    assert_eq!(graph.to_tree(), tree.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn what_is_retried_with_a_fresh_layer_in_it_is_retried_layer_by_layer() {
    let trace = Trace::default();
    let base = pool(trace.clone()).fresh().provide(config(trace)).retry(Schedule::recurs(1));
    let graph = base.graph().unwrap();
    let retried: Vec<_> = graph.layers().iter().filter(|layer| layer.retried).map(|layer| layer.name).collect();
    assert_eq!(retried, ["config", "fresh"]);
}
