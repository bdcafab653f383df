//! The APIs, as a real server on the loopback, which counts what it is asked and is not always in a good mood.

use std::collections::{BTreeMap, HashSet};
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use di::prelude::*;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::settings::{BILLING, CHAT, USERS};

/// How long an answer takes.
const LATENCY: Duration = Duration::from_millis(20);

/// The APIs.
#[derive(Service)]
pub struct Apis {
    address: SocketAddr,
    seen: Seen,
}

/// What the APIs have seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    asked: BTreeMap<&'static str, usize>,
    now: usize,
    most_at_once: usize,
    /// Whose first request has been dealt with badly already.
    met: HashSet<String>,
}

impl Apis {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often each API was asked.
    pub fn asked(&self) -> BTreeMap<&'static str, usize> {
        self.seen.lock().asked.clone()
    }

    /// How many requests for users were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.seen.lock().most_at_once
    }
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self, api: &'static str) {
        *self.lock().asked.entry(api).or_default() += 1;
    }

    /// Whether this is asked for the first time.
    fn first(&self, what: String) -> bool {
        self.lock().met.insert(what)
    }
}

/// Serves on a free port, while the layer lives.
#[layer]
pub async fn apis(scope: &Scope) -> Result<Apis, io::Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let seen = Seen::default();
    let router = Router::new()
        .route(&format!("/{USERS}/{{user}}"), get(user).route_layer(from_fn_with_state(seen.clone(), together)))
        .route(&format!("/{BILLING}"), post(customer))
        .route(&format!("/{CHAT}"), post(message))
        .layer(from_fn(known))
        .with_state(seen.clone());
    // A task of the scope, which ends with it.
    drop(scope.spawn(axum::serve(listener, router).into_future()));
    Ok(Apis { address, seen })
}

/// Nobody gets an answer without a key.
async fn known(request: Request, next: Next) -> Result<Response, StatusCode> {
    let key = request.headers().get("authorization").and_then(|key| key.to_str().ok());
    if key.is_some_and(|key| key.starts_with("Bearer ")) {
        Ok(next.run(request).await)
    } else {
        Err(StatusCode::UNAUTHORIZED)
    }
}

/// Counts the requests that are under way, and takes its time.
async fn together(State(seen): State<Seen>, request: Request, next: Next) -> Response {
    struct Leaving(Seen);
    impl Drop for Leaving {
        fn drop(&mut self) {
            self.0.lock().now -= 1;
        }
    }
    {
        let mut counts = seen.lock();
        counts.now += 1;
        counts.most_at_once = counts.most_at_once.max(counts.now);
    }
    let _leaving = Leaving(seen);
    sleep(LATENCY).await;
    next.run(request).await
}

async fn user(State(seen): State<Seen>, Path(user): Path<String>) -> Result<Json<Value>, StatusCode> {
    seen.asked(USERS);
    if user == "grace" && seen.first(format!("user {user}")) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(json!({ "login": user, "email": format!("{user}@example.org") })))
}

async fn customer(State(seen): State<Seen>, Json(customer): Json<Value>) -> ([(&'static str, String); 1], Json<Value>) {
    seen.asked(BILLING);
    let login = customer["login"].as_str().unwrap_or_default();
    if login == "edsger" && seen.first(format!("customer {login}")) {
        // The client will have to give up.
        pending::<()>().await;
    }
    let remaining = 100 - seen.lock().asked[BILLING];
    ([("x-ratelimit-remaining", remaining.to_string())], Json(json!({ "id": format!("customer-of-{login}") })))
}

async fn message(State(seen): State<Seen>) -> Json<Value> {
    seen.asked(CHAT);
    Json(json!({}))
}
