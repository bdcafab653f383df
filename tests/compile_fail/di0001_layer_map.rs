//! A program that asks for a key needs the map, and what the layers of the map need.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct TenantDb;

#[layer_map(TenantDatabases, idle_time_to_live = "2 minutes")]
fn tenant_database(tenant: String, config: Inject<Config>) -> TenantDb {
    TenantDb
}

#[effect]
async fn report(db: Inject<TenantDb>) {}

#[tokio::main]
async fn main() {
    let acme = || report().provide(TenantDatabases::get("acme".into()));
    let no_map = acme().run().await;
    let no_config = acme().provide(TenantDatabases::layer()).run().await;
}

//~ 24 E0277 {run} service `TenantDatabases` is required, but no layer provides it [DI0001]
//~ 25 E0277 {run} service `Config` is required, but no layer provides it [DI0001]
