//! What a client is told when a request does not succeed.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, StringRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use di::BuildError;
use serde::Serialize;

use crate::database::QueryError;
use crate::imports::NotImported;
use crate::notes::NoteError;

/// Why a request did not succeed. It is sent as `{"error": ".."}`.
#[derive(Debug)]
pub(super) enum ApiError {
    /// The request makes no sense.
    BadRequest(String),
    /// The request cannot be served as it is, with the status that says why.
    Rejected(StatusCode, String),
    NotFound(&'static str),
    MethodNotAllowed,
    /// What there is for the tenant cannot be built now. It is logged, and the client is told only that.
    Unavailable(BuildError),
    /// A route whose handler takes a tenant's services is not one of those that are provided with them.
    WithoutTenant,
    /// Nothing that the client did: it is logged, and the client is not told.
    Internal(QueryError),
}

#[derive(Serialize)]
struct Body {
    error: String,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::BadRequest(error) => (StatusCode::BAD_REQUEST, error),
            Self::Rejected(status, error) => (status, error),
            Self::NotFound(error) => (StatusCode::NOT_FOUND, error.to_owned()),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "this path has no such method".to_owned()),
            Self::Unavailable(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a tenant is unavailable");
                (StatusCode::SERVICE_UNAVAILABLE, "the data of this tenant is not available".to_owned())
            }
            Self::WithoutTenant => {
                tracing::error!("a route of tenants is not provided with their services");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
            }
            Self::Internal(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
            }
        };
        (status, Json(Body { error })).into_response()
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::Internal(error)
    }
}

impl From<NoteError> for ApiError {
    fn from(error: NoteError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<NotImported> for ApiError {
    fn from(error: NotImported) -> Self {
        let status = match error {
            NotImported::NoLines => StatusCode::BAD_REQUEST,
            NotImported::TooManyLines => StatusCode::PAYLOAD_TOO_LARGE,
        };
        Self::Rejected(status, error.to_string())
    }
}

impl From<StringRejection> for ApiError {
    fn from(rejection: StringRejection) -> Self {
        Self::Rejected(rejection.status(), rejection.body_text())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::Rejected(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::Rejected(rejection.status(), rejection.body_text())
    }
}
