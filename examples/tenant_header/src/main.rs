//! What a tenant may do, by a header of the request: `cargo run -p tenant_header -- --serve` serves on port 3000, without the
//! argument it asks itself.
//!
//! The problem: endpoints that depend on the plan of a tenant, and nobody wants to pass the plan through all of them. Here an
//! endpoint is an effect that needs a `Plan` and knows of no tenant. What reads the header provides it with the plan of this
//! request's tenant, and an endpoint that needs anything else does not compile. How a database for each tenant is opened,
//! shared and closed is in the larger example `tenants`.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use di::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What a tenant has paid for.
#[derive(Service, Clone, Serialize)]
struct Plan {
    name: &'static str,
    features: &'static [&'static str],
    limits: Limits,
}

#[derive(Clone, Serialize)]
struct Limits {
    users: u32,
    requests: u32,
}

/// The plan of a tenant; one whom nobody knows is a startup.
#[layer_map(Plans, keep)]
fn plan(tenant: String) -> Plan {
    let (name, features, users, requests): (_, &[&str], _, _) = match tenant.as_str() {
        "enterprise" => ("Enterprise", &["basic", "advanced", "premium"], 1000, 100_000),
        "business" => ("Business", &["basic", "advanced"], 100, 10_000),
        _ => ("Startup", &["basic"], 10, 1000),
    };
    Plan { name, features, limits: Limits { users, requests } }
}

/// `GET /api/config`
#[effect]
async fn config(plan: Inject<Plan>) -> Response {
    Json(Plan::clone(&plan)).into_response()
}

/// `GET /api/reports`, which not everybody has.
#[effect]
async fn reports(plan: Inject<Plan>) -> Response {
    if !plan.features.contains(&"premium") {
        let error = format!("the plan {} has no reports", plan.name);
        return (StatusCode::FORBIDDEN, Json(json!({ "error": error }))).into_response();
    }
    Json(json!({ "reports": [] })).into_response()
}

/// The state of the router: the map, which runs what it provides.
type Shared = Inject<Plans>;

/// The route of an endpoint, which is provided with the plan of the tenant in the header.
fn of_tenant(endpoint: fn() -> Effect<Response, services![Plan]>) -> MethodRouter<Shared> {
    get(async move |State(plans): State<Shared>, headers: HeaderMap| {
        let tenant = headers.get("x-tenant-id").and_then(|tenant| tenant.to_str().ok()).unwrap_or("startup");
        plans.provide_to(tenant_of(tenant), endpoint()).run().await.unwrap_or_else(|error| {
            eprintln!("a request failed: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        })
    })
}

/// Whoever is not known shares the plan of startups, so that made-up names fill no memory.
fn tenant_of(header: &str) -> String {
    if ["business", "enterprise"].contains(&header) { header } else { "startup" }.to_owned()
}

/// Where to serve.
#[derive(Service)]
struct Listen(SocketAddr);

/// A server, while it lives.
#[derive(Service)]
struct Server(SocketAddr);

#[layer]
async fn server(plans: Inject<Plans>, listen: Inject<Listen>, scope: &Scope) -> Result<Server, std::io::Error> {
    let listener = TcpListener::bind(listen.0).await?;
    let address = listener.local_addr()?;
    let api = Router::new().route("/config", of_tenant(config)).route("/reports", of_tenant(reports));
    let router = Router::new().nest("/api", api).with_state(plans);
    // A task of the scope, which ends with it.
    drop(scope.spawn(axum::serve(listener, router).into_future()));
    Ok(Server(address))
}

fn app(port: u16) -> Layer<services![Server, Plans]> {
    let listen = Layer::succeed::<Listen>(Listen((Ipv4Addr::LOCALHOST, port).into()));
    layers![<Server, Plans> server(), Plans::layer(), ..listen]
}

#[di::main(app(3000))]
async fn serve(server: Inject<Server>, shutdown: Shutdown) {
    println!("serving on http://{}/api/config", server.0);
    shutdown.requested().await;
}

#[tokio::main]
async fn ask() -> anyhow::Result<()> {
    let runtime = ManagedRuntime::new(app(0));
    let context = runtime.context().await?;
    let base = format!("http://{}/api", context.get::<Server>().0);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let ask = async |path: &str, tenant: Option<&str>| {
        let mut request = http.get(format!("{base}{path}"));
        if let Some(tenant) = tenant {
            request = request.header("x-tenant-id", tenant);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await?)?;
        println!("{path:<8} as {:<10}  {status} {body}", tenant.unwrap_or("nobody"));
        anyhow::Ok((status, body))
    };

    for (tenant, name, users) in [
        (Some("enterprise"), "Enterprise", 1000),
        (Some("business"), "Business", 100),
        (Some("startup"), "Startup", 10),
        (Some("unheard-of"), "Startup", 10),
        (None, "Startup", 10),
    ] {
        let (status, plan) = ask("/config", tenant).await?;
        let told = (status, &plan["name"], &plan["limits"]["users"]);
        ensure!(told == (200, &json!(name), &json!(users)), "{tenant:?} is told {told:?}");
    }
    ensure!(ask("/reports", Some("enterprise")).await?.0 == 200, "an enterprise has no reports");
    ensure!(ask("/reports", None).await?.0 == 403, "a startup has reports");
    let stats = context.get::<Plans>().stats();
    ensure!((stats.built, stats.in_use) == (3, 0), "there are not three plans: {stats:?}");
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--serve") => serve(),
        None => ask().map_or_else(
            |error| {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        ),
        Some(other) => {
            eprintln!("error: {other} is neither nothing nor --serve");
            ExitCode::from(2)
        }
    }
}
