//! What operators see of the tenants, and can do about them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use di::KeyState;
use serde::Serialize;

use super::App;
use super::error::ApiError;

/// All tenants, and what there has been of their services altogether.
#[derive(Serialize)]
pub(super) struct Overview {
    tenants: Vec<TenantRow>,
    in_use: usize,
    idle: usize,
    opening: usize,
    /// Those that were invalidated and are still in use, or are being closed.
    leaving: usize,
    opened: u64,
    failed: u64,
    /// How many were closed as they had been idle for long enough.
    expired: u64,
}

#[derive(Serialize)]
struct TenantRow {
    id: String,
    /// That of what a request would get now. What was invalidated and is still in use is among those that are leaving.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_seconds: Option<u64>,
    requests: usize,
}

#[derive(Serialize)]
pub(super) struct Invalidated {
    /// Whether there was something to invalidate.
    invalidated: bool,
}

/// `GET /admin/tenants`
pub(super) async fn list(State(app): State<App>) -> Json<Overview> {
    let row = |tenant| {
        let (state, idle_seconds) = match app.tenants.inspect(tenant) {
            None => ("closed", None),
            Some(KeyState::Building { .. }) => ("opening", None),
            Some(KeyState::InUse { .. }) => ("in use", None),
            Some(KeyState::Idle { time }) => ("idle", time.map(|time| time.as_secs())),
            Some(_) => ("closing", None),
        };
        let requests = app.requests.under_way(tenant);
        TenantRow { id: tenant.id().to_string(), state, idle_seconds, requests }
    };
    let tenants = app.directory.all().map(row).collect();
    let stats = app.tenants.stats();
    Json(Overview {
        tenants,
        in_use: stats.in_use,
        idle: stats.idle,
        opening: stats.building,
        leaving: stats.leaving,
        opened: stats.built,
        failed: stats.failed,
        expired: stats.expired,
    })
}

/// `DELETE /admin/tenants/{id}`: who uses the tenant's services goes on with them; the next request gets others.
pub(super) async fn invalidate(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Invalidated>, ApiError> {
    let Path(id) = id?;
    let tenant = app.directory.find(&id).ok_or(ApiError::NotFound("there is no such tenant"))?;
    let invalidated = app.tenants.invalidate(tenant).await;
    tracing::info!(tenant = %tenant.id(), invalidated, "invalidated");
    Ok(Json(Invalidated { invalidated }))
}
