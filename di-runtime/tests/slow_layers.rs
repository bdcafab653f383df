//! Slow layers are warned of by name, while they are slow.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di::prelude::*;
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps what `di` says at `INFO` or above.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Subscriber for Said {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("di") && *metadata.level() <= Level::INFO
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => write!(self.0, " {value:?}").unwrap(),
            "layer" | "took" => write!(self.0, " {}={value:?}", field.name()).unwrap(),
            _ => {}
        }
    }
}

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Pool;

#[layer]
async fn config(took: Duration) -> Config {
    sleep(took).await;
    Config
}

#[layer]
async fn pool(_config: Inject<Config>, took: Duration) -> Pool {
    sleep(took).await;
    Pool
}

fn app(config_takes: u64, pool_takes: u64) -> Layer<services![Pool], services![], failures![]> {
    pool(Duration::from_millis(pool_takes)).provide(config(Duration::from_millis(config_takes)))
}

#[tokio::test(start_paused = true)]
async fn a_slow_layer_is_warned_of_while_it_is_built_and_told_of_when_it_is() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let runtime = ManagedRuntime::new(app(900, 1_500));
    let building = runtime.clone();
    let build = tokio::spawn(async move { building.context().await.map(drop) });
    sleep(Duration::from_millis(1_800)).await;
    assert_eq!(said.take(), Vec::<String>::new(), "no layer has taken a second yet");
    sleep(Duration::from_millis(200)).await;
    assert_eq!(said.take(), ["WARN a layer is slow, and still being built layer=\"pool\" took=1s"]);
    build.await.unwrap().unwrap();
    assert_eq!(said.take(), ["INFO a slow layer is built layer=\"pool\" took=1.5s"]);
}

#[tokio::test(start_paused = true)]
async fn each_slow_layer_is_warned_of_once_and_layers_made_of_it_are_not() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let layer = app(2_000, 3_000).fresh().memoize();
    let runtime = ManagedRuntime::builder(layer).slow_layer(Duration::from_millis(1_500)).build();
    runtime.context().await.unwrap();
    let warnings: Vec<_> = said.take().into_iter().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("\"config\"") && warnings[1].contains("\"pool\""), "{warnings:?}");
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_blocks_its_thread_is_warned_of_afterwards() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let layer: Layer<services![Config], _, _> = Layer::sync(|| Config);
    let runtime = ManagedRuntime::builder(layer).slow_layer(Duration::ZERO).build();
    runtime.context().await.unwrap();
    assert_eq!(said.take(), ["WARN a layer was slow to build layer=\"Config\" took=0ns"]);
}

#[test]
fn without_timers_layers_are_built_and_warned_of_afterwards() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let layer = Layer::from_fn(|| async {
        tokio::task::yield_now().await;
        Config
    });
    for (limit, warnings) in [(Duration::from_nanos(1), 1), (Duration::MAX, 0)] {
        let runtime = ManagedRuntime::builder(layer.clone()).slow_layer(limit).build();
        tokio.block_on(runtime.context()).unwrap();
        let slow = said.take().into_iter().filter(|line| line.contains("slow"));
        assert_eq!(slow.count(), warnings, "{limit:?}");
    }
}
