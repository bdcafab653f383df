//! Metrics for each namespace, and their sums over all of them: `cargo run --example metrics`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use di::prelude::*;

#[derive(Service)]
struct Metrics {
    namespace: &'static str,
    values: Mutex<BTreeMap<String, u64>>,
}

impl Metrics {
    fn increment(&self, metric: &str) {
        *self.values().entry(format!("{}.{metric}", self.namespace)).or_default() += 1;
    }

    fn gauge(&self, metric: &str, value: u64) {
        self.values().insert(format!("{}.{metric}", self.namespace), value);
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// What counts must not be released because nobody is counting right now.
#[layer_map(NamespaceMetrics, keep, preload = NAMESPACES)]
fn metrics(namespace: &'static str) -> Metrics {
    Metrics { namespace, values: Mutex::default() }
}

const NAMESPACES: [&str; 3] = ["api", "database", "cache"];

#[effect]
async fn handle(metrics: Inject<Metrics>, milliseconds: u64) {
    metrics.increment("calls");
    metrics.gauge("milliseconds", milliseconds);
}

#[effect]
async fn sums(namespaces: Inject<NamespaceMetrics>) -> Result<BTreeMap<String, u64>, BuildError> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let mut all = Vec::new();
    for namespace in NAMESPACES {
        all.push(namespaces.acquire(&namespace).await?);
    }
    // All of them are held here, so that the values are of one time.
    for namespace in &all {
        for (name, value) in &*namespace.get::<Metrics>().values() {
            let metric = name.split_once('.').map_or(name.as_str(), |(_, metric)| metric);
            *sums.entry(metric.into()).or_default() += value;
            sums.insert(name.clone(), *value);
        }
    }
    Ok(sums)
}

#[di::main(NamespaceMetrics::layer())]
async fn main(namespaces: Inject<NamespaceMetrics>) -> Result<(), di::RunError> {
    for (namespace, milliseconds) in [("api", 20), ("database", 7), ("api", 30)] {
        namespaces.provide_to(namespace, handle(milliseconds)).run().await?;
    }
    let sums = sums().provide_inject::<NamespaceMetrics>(namespaces.clone()).run().await??;
    println!("{sums:#?}");
    let expected = [("api.calls", 2), ("api.milliseconds", 30), ("calls", 3), ("database.calls", 1)];
    assert!(expected.iter().all(|(name, value)| sums[*name] == *value));
    assert_eq!(sums["milliseconds"], 37);
    assert_eq!(namespaces.stats().built, 3);
    Ok(())
}
