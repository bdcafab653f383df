//! A server on the loopback that takes its time, and counts what it is asked.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use di::prelude::*;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::requests::Base;

/// How long an answer takes.
const LATENCY: Duration = Duration::from_millis(50);

#[derive(Service)]
pub struct Server {
    address: SocketAddr,
    hits: Hits,
}

#[derive(Clone, Default)]
struct Hits(Arc<Mutex<BTreeMap<String, usize>>>);

impl Hits {
    fn of(&self, what: &str) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(what).copied().unwrap_or_default()
    }

    fn count(&self, what: &str) -> usize {
        let mut hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = hits.entry(what.to_owned()).or_default();
        *hits += 1;
        *hits
    }
}

impl Server {
    /// How often something was asked for.
    pub fn hits(&self, what: &str) -> usize {
        self.hits.of(what)
    }
}

#[layer]
pub async fn server(scope: &Scope) -> Result<Server, io::Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let hits = Hits::default();
    let router = Router::new().route("/api/{what}", get(answer)).with_state(hits.clone());
    // A task of the scope, which ends with it.
    drop(scope.spawn(axum::serve(listener, router).into_future()));
    Ok(Server { address, hits })
}

#[layer]
pub fn base(server: Inject<Server>) -> Base {
    Base(format!("http://{}/api", server.address))
}

/// The `number`-th answer to this. The first request for what is flaky fails.
async fn answer(State(hits): State<Hits>, Path(what): Path<String>) -> Result<Json<Value>, StatusCode> {
    let number = hits.count(&what);
    sleep(LATENCY).await;
    if what == "flaky" && number == 1 {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(json!({ "what": what, "number": number })))
}
