//! A line for each request.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Logs that a request came, and how it was answered.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = Instant::now();
    tracing::debug!(%method, path, "request");
    let response = next.run(request).await;
    tracing::info!(%method, path, status = response.status().as_u16(), took = ?begun.elapsed(), "answered");
    response
}
