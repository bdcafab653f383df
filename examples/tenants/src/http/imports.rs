//! The handlers of imports: a client starts one, looks after it, and may cancel it.

use axum::Json;
use axum::extract::rejection::{PathRejection, StringRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;

use super::App;
use super::error::ApiError;
use crate::imports::ImportStatus;
use crate::tenant::Tenant;

const NO_SUCH_IMPORT: ApiError = ApiError::NotFound("there is no such import");

/// `POST /imports`: a note in JSON on each line. It is answered before the first one is imported.
pub(super) async fn start(
    State(app): State<App>,
    tenant: Tenant,
    body: Result<String, StringRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let import = app.imports.start(tenant, body?)?;
    Ok((StatusCode::ACCEPTED, [(LOCATION, format!("/imports/{}", import.id))], Json(import)))
}

/// `GET /imports/{id}`
pub(super) async fn status(
    State(app): State<App>,
    tenant: Tenant,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ImportStatus>, ApiError> {
    let Path(id) = id?;
    app.imports.status(&tenant, &id).map(Json).ok_or(NO_SUCH_IMPORT)
}

/// `DELETE /imports/{id}`: answered when the import has ended, with how it stands then.
pub(super) async fn cancel(
    State(app): State<App>,
    tenant: Tenant,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ImportStatus>, ApiError> {
    let Path(id) = id?;
    app.imports.cancel(&tenant, &id).await.map(Json).ok_or(NO_SUCH_IMPORT)
}
