//! The handlers of notes, one for each route. None knows which tenant it works for.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use di::prelude::*;

use super::error::ApiError;
use crate::audit::{Action, AuditLog};
use crate::maintenance::{Maintenance, Statistics};
use crate::notes::{NewNote, Note, Notes};

/// `GET /health`
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /statistics`: what was counted when the tenant's database was maintained last.
pub(super) async fn statistics(maintenance: Inject<Maintenance>) -> Result<Json<Option<Statistics>>, ApiError> {
    Ok(Json(maintenance.statistics().await?))
}

/// `GET /notes`
pub(super) async fn list(notes: Inject<dyn Notes>) -> Result<Json<Vec<Note>>, ApiError> {
    Ok(Json(notes.list().await?))
}

/// `GET /notes/{id}`
pub(super) async fn find(
    notes: Inject<dyn Notes>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<Note>, ApiError> {
    let Path(id) = id?;
    notes.find(id).await?.map(Json).ok_or(NO_SUCH_NOTE)
}

/// `POST /notes`
pub(super) async fn create(
    notes: Inject<dyn Notes>,
    audit: Inject<AuditLog>,
    new: Result<Json<NewNote>, JsonRejection>,
) -> Result<(StatusCode, Json<Note>), ApiError> {
    let Json(new) = new?;
    new.check()?;
    let note = notes.create(new).await?;
    audit.record(Action::Created, note.id).await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// `DELETE /notes/{id}`
pub(super) async fn delete(
    notes: Inject<dyn Notes>,
    audit: Inject<AuditLog>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id?;
    if !notes.delete(id).await? {
        return Err(NO_SUCH_NOTE);
    }
    audit.record(Action::Deleted, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

const NO_SUCH_NOTE: ApiError = ApiError::NotFound("there is no such note");
