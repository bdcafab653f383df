//! Spans and events of builds: names, groups and retries.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::layer::Layer;
use di_core::{AnyFailure, Schedule};
use di_runtime::{LayerExt, LayerMap, Scope};
use tracing::field::{Field, Visit};
use tracing::span;

#[derive(di::Service)]
struct Cache;

/// What was told of, each with the spans around it.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The path of each span, by its number less one.
    spans: Vec<String>,
    entered: Vec<u64>,
    lines: Vec<String>,
}

impl State {
    fn path(&self) -> &str {
        self.entered.last().map_or("", |id| &self.spans[*id as usize - 1])
    }
}

impl tracing::Subscriber for Journal {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        let targets = ["di_runtime::build", "di_runtime::memo", "di_runtime::layer_map"];
        targets.iter().any(|target| metadata.target().starts_with(target))
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut state = self.0.lock().unwrap();
        let path = format!("{}/{}{}", state.path(), span.metadata().name(), fields.0);
        state.spans.push(path);
        span::Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut state = self.0.lock().unwrap();
        let line = fields.0.trim().to_owned();
        state.lines.push(line);
    }

    fn enter(&self, span: &span::Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, _: &span::Id) {
        self.0.lock().unwrap().entered.pop();
    }
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

type Plain<Err = di::failures![]> = Layer<di::services![Cache], di::services![], Err>;

fn cache() -> Plain {
    Layer::sync(|| Cache)
}

async fn built<Err>(layer: Plain<Err>) -> State {
    let journal = Journal::default();
    let _until_dropped = tracing::subscriber::set_default(journal.clone());
    let scope = Scope::new();
    let _ = layer.build(&scope).await;
    std::mem::take(&mut *journal.0.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_name_is_the_name_of_the_span() {
    assert_eq!(built(cache().named("hot cache")).await.spans, [r#"/build layer="hot cache""#]);
}

#[tokio::test(start_paused = true)]
async fn composed_layers_have_one_span_around_theirs() {
    let one = cache().merge(Layer::empty()).named("one").discard();
    let app = cache().provide(one).provide(cache().named("plain").discard()).named("app");
    assert_eq!(
        built(app).await.spans,
        [
            r#"/layers name="app""#,
            r#"/layers name="app"/build layer="plain""#,
            r#"/layers name="app"/layers name="one""#,
            r#"/layers name="app"/layers name="one"/build layer="Cache""#,
            r#"/layers name="app"/build layer="Cache""#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn retries_are_counted_in_events() {
    let runs = AtomicU32::new(0);
    let app: Plain<di::failures![AnyFailure]> =
        Layer::sync(move || if runs.fetch_add(1, Ordering::Relaxed) < 2 { Err("no") } else { Ok(Cache) });
    let lines = built(app.retry(Schedule::spaced(Duration::from_millis(5)))).await.lines;
    let told: Vec<_> = lines.iter().filter(|line| line.contains("attempt")).collect();
    assert_eq!(
        told,
        [
            "message=not built, and tried again layer=\"Cache\" attempt=1 delay=5ms error=cannot build `Cache`: it failed: no",
            "message=not built, and tried again layer=\"Cache\" attempt=2 delay=5ms error=cannot build `Cache`: it failed: no",
            "message=built after retries layer=\"Cache\" attempts=3",
        ]
    );
}

#[tokio::test]
async fn the_keys_of_a_map_are_told_of_when_they_are_built_and_when_and_why_they_are_released() {
    let (journal, scope) = (Journal::default(), Scope::new());
    let _guard = tracing::subscriber::set_default(journal.clone());
    let map = LayerMap::new(|_: &'static str| cache()).named("Caches").keep().build(&scope).await.unwrap();
    map.preload(["eu", "us"]).await.unwrap();
    map.invalidate(&"eu").await;
    map.close().await.unwrap();
    let state = std::mem::take(&mut *journal.0.lock().unwrap());
    let told: Vec<_> = state.lines.iter().filter(|line| line.contains("key=")).collect();
    assert_eq!(
        told,
        [
            r#"message=the layer of a key was built map="Caches" key="eu""#,
            r#"message=the layer of a key was built map="Caches" key="us""#,
            r#"message=the layer of a key was released map="Caches" key="eu" reason=invalidated"#,
            r#"message=the layer of a key was released map="Caches" key="us" reason=closed"#,
        ]
    );
}
