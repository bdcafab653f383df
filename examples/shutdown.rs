//! What happens on the way down when a layer is stuck: `cargo run --example shutdown`.

use std::future::pending;
use std::time::Duration;

use di::prelude::*;
use tokio::time::sleep;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Pool;
#[derive(Service)]
pub(crate) struct Telemetry;
#[derive(Service)]
pub(crate) struct Server;

#[layer]
fn config() -> Config {
    Config
}

#[layer]
fn pool(_config: Inject<Config>, scope: &Scope) -> Pool {
    scope.on_close_named("close connections", |_exit| sleep(Duration::from_millis(100)));
    Pool
}

#[layer]
fn telemetry(_config: Inject<Config>, scope: &Scope) -> Telemetry {
    scope.on_close_named("flush", |_exit| pending::<()>()); // the collector does not answer
    Telemetry
}

#[layer]
fn server(_pool: Inject<Pool>, scope: &Scope) -> Server {
    scope.on_close_named("drain", |_exit| pending::<()>()); // a client never hangs up
    Server
}

pub(crate) fn app() -> ManagedRuntime<services![Server, Telemetry]> {
    let patient = server().provide(pool());
    let telemetry = telemetry().release_timeout(Duration::from_millis(200)); // nobody waits for statistics
    let layer = patient.merge(telemetry).provide(config());
    ManagedRuntime::builder(layer).release_timeout(Duration::from_millis(500)).build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = app();
    runtime.context().await?;
    let error = runtime.shutdown(Duration::from_secs(2)).await.expect_err("two layers are stuck");
    println!("{error}\n\n{}", error.report().waterfall());

    let stuck: Vec<_> = error.report().stuck_layers().collect();
    assert_eq!(stuck.len(), 2);
    assert!(stuck.contains(&"server") && stuck.contains(&"telemetry"));
    // What they were built from is released all the same, and in order.
    let released: Vec<_> = error.report().layers().iter().filter(|release| release.finished).collect();
    assert_eq!(released.iter().map(|release| release.layer).collect::<Vec<_>>(), ["pool", "config"]);
    assert!(error.report().took() < Duration::from_secs(2));
    Ok(())
}
