//! What a start and a shutdown took, layer by layer: `cargo run --example report`.
//!
//! Sleeping stands for connecting, loading and saying goodbye.

use std::time::Duration;

use di::prelude::*;
use tokio::time::sleep;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Pool;
#[derive(Service)]
struct Cache;
#[derive(Service)]
struct Mailer;
#[derive(Service)]
pub(crate) struct Server;

#[derive(Debug, Failure)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection refused")
    }
}

impl std::error::Error for Refused {}

async fn takes(milliseconds: u64) {
    sleep(Duration::from_millis(milliseconds)).await;
}

#[layer]
async fn config() -> Config {
    takes(20).await;
    Config
}

#[layer]
async fn pool(_config: Inject<Config>, scope: &Scope) -> Pool {
    scope.on_close(|_exit| takes(30));
    takes(120).await;
    Pool
}

#[layer]
async fn cache(_pool: Inject<Pool>, scope: &Scope) -> Cache {
    scope.on_close(|_exit| takes(15));
    takes(60).await;
    Cache
}

#[layer(fails)]
async fn smtp(_config: Inject<Config>) -> Result<Mailer, Refused> {
    takes(50).await;
    Err(Refused)
}

#[layer]
async fn outbox(_config: Inject<Config>, scope: &Scope) -> Mailer {
    scope.on_close(|_exit| takes(80));
    takes(200).await;
    Mailer
}

#[layer]
async fn server(_cache: Inject<Cache>, _mailer: Inject<Mailer>, scope: &Scope) -> Server {
    scope.on_close(|_exit| takes(25));
    takes(40).await;
    Server
}

/// A server that needs a cache and a mailer, which do not need each other.
pub(crate) fn app() -> ManagedRuntime<services![Server]> {
    let mailer = smtp().or_else(outbox());
    let layer = server().provide(cache().provide(pool()).merge(mailer)).provide(config());
    ManagedRuntime::builder(layer).slow_layer(Duration::from_millis(150)).build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = app();
    runtime.context().await?;
    let started = runtime.report().expect("it was built");
    println!("{started}\n\n{}\n", started.to_json());

    let stopped = runtime.shutdown(Duration::from_secs(10)).await?;
    println!("{}\n\n{}", stopped.waterfall(), stopped.to_json());

    let path: Vec<_> = started.critical_path().map(|layer| layer.layer).collect();
    assert_eq!(path, ["config", "or_else", "server"], "the server waits for the mailer to the last");
    assert!(started.total() >= Duration::from_millis(310) && started.sum() > started.total());
    assert_eq!(started.slow_layers().map(|layer| layer.layer).collect::<Vec<_>>(), ["outbox"]);
    let smtp = started.layers().iter().find(|layer| layer.layer == "smtp").expect("it was tried");
    assert_eq!(smtp.failure.as_deref(), Some("failed: connection refused"));
    let json: serde_json::Value = serde_json::from_str(&started.to_json())?;
    assert_eq!(json["layers"].as_array().map(Vec::len), Some(started.layers().len()));

    let released: Vec<_> = stopped.layers().iter().map(|release| release.layer).collect();
    assert_eq!((released.first(), released.last()), (Some(&"server"), Some(&"config")));
    assert!(stopped.is_clean() && stopped.took() < Duration::from_secs(10));
    Ok(())
}
