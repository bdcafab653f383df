//! The pages on graphs, reports and shutdowns quote what their examples print.
//!
//! A quotation is a block after a comment that names it: `<!-- quoted: the tree -->`. Times are quoted from a run on a clock
//! that is paused. `SEEING=overwrite` writes the quotations anew.

use std::fs;
use std::path::Path;
use std::time::Duration;

#[path = "../examples/graph.rs"]
#[allow(dead_code, reason = "its `main` is run as an example, not here")]
mod graph;
#[path = "../examples/report.rs"]
#[allow(dead_code, reason = "its `main` is run as an example, not here")]
mod report;
#[path = "../examples/shutdown.rs"]
#[allow(dead_code, reason = "its `main` is run as an example, not here")]
mod shutdown;

/// What the page on graphs and reports quotes, by name.
async fn seeing() -> Vec<(&'static str, String)> {
    let graph = graph::app().graph().expect("it can be built");
    let runtime = report::app();
    runtime.context().await.expect("it can be built");
    let started = runtime.report().expect("it was built");
    let stopped = runtime.shutdown(Duration::from_secs(10)).await.expect("it is clean");
    let line = |json: String, name: &str| {
        let start = format!("{{\"name\": \"{name}\"");
        let line = json.lines().map(str::trim).find(|line| line.starts_with(&start)).expect("it is there");
        line.trim_end_matches(',').to_owned()
    };
    vec![
        ("the tree", graph.to_tree()),
        ("the tree with places", format!("{graph:#}")),
        ("the flowchart", graph.to_mermaid()),
        ("a layer of the graph", line(graph.to_json(), "user_cache")),
        ("the metrics", graph.metrics().to_string()),
        ("the start", started.to_string()),
        ("a layer of the start", line(started.to_json(), "outbox")),
        ("the shutdown", stopped.waterfall()),
    ]
}

/// What the page on shutdowns quotes, by name.
async fn stopping() -> Vec<(&'static str, String)> {
    let runtime = shutdown::app();
    runtime.context().await.expect("it can be built");
    let error = runtime.shutdown(Duration::from_secs(2)).await.expect_err("layers are stuck");
    vec![("the error", error.to_string()), ("the waterfall", error.report().waterfall())]
}

#[tokio::test(start_paused = true)]
async fn the_pages_quote_what_the_examples_print() {
    compare("docs/seeing.md", seeing().await);
    compare("docs/shutdown.md", stopping().await);
}

fn compare(page: &str, outputs: Vec<(&str, String)>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let page = fs::read_to_string(&path).expect("the page is there");
    let quoted = outputs.into_iter().fold(page.clone(), |page, (name, output)| {
        let output = output.replace("tests/../examples/", "examples/").replace("seeing::", "");
        let start =
            page.find(&format!("<!-- quoted: {name} -->\n")).unwrap_or_else(|| panic!("`{name}` is not quoted"));
        let opening = start + page[start..].find("```").expect("a block follows");
        let text = opening + page[opening..].find('\n').expect("the block has lines") + 1;
        let closing = text + page[text..].find("```").expect("the block ends");
        format!("{}{output}\n{}", &page[..text], &page[closing..])
    });
    if std::env::var("SEEING").is_ok_and(|value| value == "overwrite") {
        fs::write(&path, quoted).expect("the page can be written");
    } else {
        let differing = page.lines().zip(quoted.lines()).find(|(old, new)| old != new);
        assert!(page == quoted, "the page differs from the examples: {differing:?}; `SEEING=overwrite` writes it anew");
    }
}
