//! From the header `x-tenant-id` to the services of the tenant.
//!
//! Handlers do not know who the tenant is: they take `Inject<dyn Notes>`, and get those of the tenant whose request it is.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use di::prelude::*;
use di::{Has, LayerGuard};

use super::App;
use super::error::ApiError;
use crate::audit::AuditLog;
use crate::imports::Importer;
use crate::maintenance::Maintenance;
use crate::notes::Notes;
use crate::tenant::Tenant;

const HEADER: &str = "x-tenant-id";

/// What there is for each tenant.
type OfTenant = services![dyn Notes, AuditLog, Maintenance, Importer];

/// Provides a request with the services of its tenant, which are in use until it is answered.
pub(super) async fn provide(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let tenant = named(request.headers(), &app)?;
    let _under_way = app.requests.begin(tenant.clone());

    // The first request of a tenant opens its database, and those that come meanwhile wait for the same one. If that
    // fails, it fails for this tenant alone, and the next request tries it again.
    let services = app.tenants.acquire(tenant).await.map_err(ApiError::Unavailable)?;
    tracing::debug!(tenant = %tenant.id(), "provided");
    request.extensions_mut().insert(services.clone());
    let response = next.run(request).await;
    // The request is gone by now, and the guard in it as well; this one was held until here.
    drop(services);
    Ok(response)
}

/// The tenant that the header names.
fn named<'a>(headers: &HeaderMap, app: &'a App) -> Result<&'a Tenant, ApiError> {
    let Some(name) = headers.get(HEADER) else {
        return Err(ApiError::BadRequest(format!("the header {HEADER} is missing")));
    };
    let tenant = name.to_str().ok().and_then(|name| app.directory.find(name));
    tenant.ok_or(ApiError::NotFound("there is no such tenant"))
}

/// Lets handlers take the tenant itself, which opens nothing.
impl FromRequestParts<App> for Tenant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        named(&parts.headers, app).cloned().map_err(ApiError::into_response)
    }
}

/// Lets handlers take `Inject<S>` for each service of a tenant. Asking for another service does not compile.
impl<S: Service + ?Sized> FromRequestParts<App> for Inject<S>
where
    OfTenant: Has<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        let services = parts.extensions.get::<LayerGuard<OfTenant>>();
        services.map(|services| services.get::<S>().clone()).ok_or_else(|| ApiError::WithoutTenant.into_response())
    }
}
