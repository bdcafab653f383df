//! Layer maps: one layer for each key, built on first use, shared while it is used, and released when it is idle.

use std::time::Duration;

use di::prelude::*;
use di::{LayerMap, WhenFull};

use crate::trace::{Gate, Trace, give_up, settle};

#[derive(Service)]
pub struct Settings {
    directory: &'static str,
}

#[derive(Service)]
pub struct TenantDb {
    file: String,
}

#[derive(Debug, Clone, thiserror::Error, Failure)]
#[error("no tenant {0}")]
pub struct NoTenant(String);

#[layer]
fn settings(trace: Trace, scope: &Scope) -> Settings {
    trace.lives("settings", scope);
    Settings { directory: "data" }
}

#[derive(Service)]
struct Log(Trace);

#[layer]
fn log(trace: Trace) -> Log {
    Log(trace)
}

#[layer_map(TenantDatabases, idle_time_to_live = "2 minutes", fails)]
async fn tenant_database(
    tenant: String,
    settings: Inject<Settings>,
    log: Inject<Log>,
    scope: &Scope,
) -> Result<TenantDb, NoTenant> {
    if tenant == "nobody" {
        log.0.say("nobody");
        return Err(NoTenant(tenant));
    }
    log.0.lives(&tenant, scope);
    Ok(TenantDb { file: format!("{}/{tenant}.db", settings.directory) })
}

fn app(trace: &Trace) -> Layer<services![TenantDatabases, Settings], services![], failures![]> {
    TenantDatabases::layer().provide_merge(settings(trace.clone())).provide(log(trace.clone()))
}

#[effect]
async fn file(db: Inject<TenantDb>) -> String {
    db.file.clone()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_built_when_it_is_asked_for_and_released_after_its_idle_time() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(app(&trace));
    let got = runtime.run(file().provide(TenantDatabases::get("acme".into()))).await.unwrap();
    assert_eq!(got, "data/acme.db");
    assert_eq!(trace.take(), ["+settings", "+acme"]);
    tokio::time::sleep(Duration::from_secs(119)).await;
    runtime.run(file().provide(TenantDatabases::get("acme".into()))).await.unwrap();
    tokio::time::sleep(Duration::from_secs(119)).await;
    settle().await;
    assert_eq!(trace.take(), [""; 0]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    settle().await;
    assert_eq!(trace.take(), ["-acme"]);
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
    assert_eq!(trace.take(), ["-settings"]);
}
