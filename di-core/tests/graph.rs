//! Graphs as texts: a tree, Mermaid, DOT and JSON of the same small graphs.

use di::{Graph, Layer, Service, service, services};
use di_core::layer::{Construction, Outputs, Source, factory_layer};
use di_core::set::{Empty, Member, MemberSet};
use serde_json::Value;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Pool;
#[derive(Service)]
struct User;
#[derive(Service)]
struct Cache<Entry: Send + Sync + 'static>(Entry);
#[service]
trait Users {}

type Of<Out, In = Empty> = Layer<Out, In, Empty>;

/// A layer of which only the place in the graph matters.
fn layer<Out: MemberSet, In>(name: &'static str, line: u32, needs: &[Member]) -> Of<Out, In> {
    let source = Source::new(name, "app", "src/app.rs", line);
    factory_layer(source, needs, |_| Construction::ready(Ok(Outputs::none())))
}

fn config() -> Of<services![Config]> {
    layer("config", 1, &[])
}

fn pool() -> Of<services![Pool], services![Config]> {
    layer("pool", 2, &[Member::of::<Config>()])
}

fn cache() -> Of<services![Cache<User>], services![Config]> {
    layer("cache", 3, &[Member::of::<Config>()])
}

fn users() -> Of<services![dyn Users], services![Pool, Cache<User>]> {
    layer("users", 4, &[Member::of::<Pool>(), Member::of::<Cache<User>>()])
}

/// Two layers meet in one.
fn diamond() -> Graph {
    let config = config();
    users().provide(pool().provide(config.clone()).merge(cache().provide(config))).graph().unwrap()
}

/// A pool that nobody shares, a cache with a fallback, and a configuration that is still to come.
fn open() -> Graph {
    users().provide(pool().fresh().merge(cache().or_else(cache()))).graph().unwrap()
}

/// The text without the places of what the tests write themselves.
fn placed(text: &str, graph: &Graph) -> String {
    let here = graph.layers().iter().filter(|layer| layer.file != "src/app.rs");
    here.fold(text.to_owned(), |text, layer| {
        text.replace(&format!("{}:{}", layer.file, layer.line), "HERE")
            .replace(&format!("\"file\": \"{}\", \"line\": {}", layer.file, layer.line), "HERE")
    })
}

/// All renderings of a graph, as a page.
fn page(name: &str, graph: &Graph) -> String {
    let fenced = |language: &str, text: &str| format!("```{language}\n{}\n```\n", placed(text, graph));
    let blocks = [
        fenced("text", &graph.to_tree()),
        fenced("mermaid", &graph.to_mermaid()),
        fenced("dot", &graph.to_dot()),
        fenced("json", &graph.to_json()),
        fenced("text", &graph.metrics().to_string()),
    ];
    format!("# {name}\n\n{}", blocks.join("\n"))
}

/// Compares with the page in `graphs/`, which `GRAPHS=overwrite` writes anew.
#[track_caller]
fn assert_page(name: &str, graph: &Graph) {
    let path = format!("{}/tests/graphs/{}.md", env!("CARGO_MANIFEST_DIR"), name.replace(' ', "_"));
    let page = page(name, graph);
    if std::env::var("GRAPHS").is_ok_and(|value| value == "overwrite") {
        std::fs::write(&path, page).unwrap();
    } else {
        assert_eq!(page, std::fs::read_to_string(&path).unwrap(), "{path}");
    }
}

#[test]
fn a_tree_shows_dependencies_once() {
    let config = config();
    let server: Of<services![User], services![dyn Users, Pool]> =
        layer("server", 5, &[Member::of::<dyn Users>(), Member::of::<Pool>()]);
    let app = server.provide(users()).provide(pool().merge(cache())).provide(config);
    let tree = [
        "server → User",
        "├─ users → dyn Users",
        "│  ├─ pool → Pool",
        "│  │  └─ config → Config",
        "│  └─ cache → Cache<User>",
        "│     └─ config → Config",
        "└─ pool → Pool (*)",
    ];
    assert_eq!(app.graph().unwrap().to_tree(), tree.join("\n"));
}

#[test]
fn a_diamond_is_a_diamond_in_every_language() {
    assert_page("a diamond", &diamond());
}

#[test]
fn what_is_fresh_made_of_others_or_open_is_seen_in_every_language() {
    assert_page("fresh and open", &open());
}

#[test]
fn the_longer_form_of_the_tree_has_the_places() {
    let graph = diamond();
    assert!(format!("{graph:#}").contains("├─ pool → Pool  src/app.rs:2\n"), "{graph:#}");
    assert!(!graph.to_string().contains("src/app.rs"));
}

#[test]
fn json_is_json() {
    for graph in [diamond(), open(), Of::<Empty>::empty().graph().unwrap()] {
        let json: Value = serde_json::from_str(&graph.to_json()).unwrap();
        assert_eq!(json["layers"].as_array().unwrap().len(), graph.layers().len());
        assert_eq!(json["edges"].as_array().unwrap().len(), graph.edges().len());
    }
}

#[test]
fn what_is_nothing_says_so() {
    let graph = Of::<Empty>::empty().graph().unwrap();
    assert_eq!((graph.to_tree().as_str(), graph.metrics().depth), ("nothing is built", 0));
}

#[test]
fn what_is_passed_on_comes_from_outside() {
    let graph = Layer::context::<services![Config]>().graph().unwrap();
    assert_eq!(graph.to_tree(), "Config, from outside");
    let lines = ["flowchart TD", "    in0([\"Config\"])", "    out0([\"Config\"])", "    in0 --> out0"];
    assert_eq!(graph.to_mermaid(), lines.join("\n"));
}

#[test]
fn deep_graphs_need_no_deep_stack() {
    let run = || {
        let leaf = || -> Of<Empty> { layer("leaf", 1, &[]) };
        let long = (1..3_000).fold(leaf(), |below, _| leaf().provide(below));
        let graph = long.graph().unwrap();
        assert_eq!(graph.layers().len(), 3_000);
        assert!([graph.to_tree(), graph.to_dot(), graph.to_mermaid()].iter().all(|text| text.lines().count() >= 3_000));
        // Each layer above one that is fresh is a build inside of a build.
        let deep = (1..3_000).fold(leaf().fresh(), |below, _| leaf().provide(below));
        assert_eq!(deep.graph().unwrap().layers().len(), 3_001);
        let chain = (1..3_000).fold(config(), |below, _| below.map_error(di::AnyFailure::new).or_die());
        let graph = chain.graph().unwrap();
        assert_eq!((graph.layers().len(), graph.metrics().depth), (5_999, 5_999));
        // Each use of the fresh layer is one of its own, with its part; whatever is above them is shared.
        let mut twice = leaf().fresh();
        for _ in 0..100 {
            twice = twice.clone().merge(twice);
        }
        assert_eq!(twice.graph().unwrap().layers().len(), 4);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}
