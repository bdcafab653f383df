//! The services that most tests are about, and layers that say when they are built and released.
//!
//! ```text
//! Users ──► Pool ──► Config        Audit ──► Pool
//! ```

use di::prelude::*;

use crate::trace::{Gate, Trace};

#[derive(Service)]
pub struct Config {
    pub url: String,
}

#[derive(Service)]
pub struct Pool {
    pub url: String,
}

#[derive(Service)]
pub struct Users {
    pub pool: Inject<Pool>,
}

#[derive(Service)]
pub struct Audit {
    pub pool: Inject<Pool>,
}

#[derive(Service, Debug)]
pub struct Cache(pub u32);

#[derive(Debug, Clone, thiserror::Error, Failure)]
#[error("unable to open {0}")]
pub struct Broken(pub &'static str);

#[layer]
pub fn config(trace: Trace, scope: &Scope) -> Config {
    trace.lives("config", scope);
    Config { url: "memory".into() }
}

#[layer]
pub async fn pool(trace: Trace, config: Inject<Config>, scope: &Scope) -> Pool {
    trace.lives("pool", scope);
    Pool { url: config.url.clone() }
}

#[layer]
pub async fn users(trace: Trace, pool: Inject<Pool>, scope: &Scope) -> Users {
    trace.lives("users", scope);
    Users { pool }
}

#[layer]
pub async fn audit(trace: Trace, pool: Inject<Pool>, scope: &Scope) -> Audit {
    trace.lives("audit", scope);
    Audit { pool }
}

/// A cache that is not ready before its gate is open.
#[layer]
pub async fn slow_cache(trace: Trace, gate: Gate, scope: &Scope) -> Cache {
    trace.ends("cache", scope);
    gate.pass().await;
    trace.say("cache ready");
    Cache(0)
}

/// Users that acquire something, and then fail.
#[layer(fails)]
pub async fn broken_users(trace: Trace, pool: Inject<Pool>, scope: &Scope) -> Result<Users, Broken> {
    trace.ends("users", scope);
    let _url = &pool.url;
    Err(Broken("users"))
}

/// A configuration that says its exit.
#[layer]
pub fn watched_config(trace: Trace, scope: &Scope) -> Config {
    trace.ends("config", scope);
    Config { url: "memory".into() }
}

/// A pool that says its exit.
#[layer]
pub fn watched_pool(trace: Trace, scope: &Scope) -> Pool {
    trace.ends("pool", scope);
    Pool { url: "memory".into() }
}
