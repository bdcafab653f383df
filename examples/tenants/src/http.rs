//! The service as HTTP sees it.

mod error;
mod handlers;
mod log;

use std::convert::Infallible;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::middleware::from_fn;
use axum::routing::get;
use di::Provides;
use di::prelude::*;

use crate::audit::AuditLog;
use crate::notes::Notes;
use error::ApiError;

/// What handlers work with: the state of the router.
///
/// It is a service like any other, and its layer fills it in. A handler takes all of it, as `State(app): State<App>`,
/// or just what it needs, as `notes: Inject<dyn Notes>`.
#[derive(Clone, Context, Layer, Service)]
pub struct App {
    pub notes: Inject<dyn Notes>,
    pub audit: Inject<AuditLog>,
}

/// Lets handlers of this application take `Inject<S>` for each service of [`App`].
///
/// Asking for another service does not compile.
impl<S: Service + ?Sized> FromRequestParts<App> for Inject<S>
where
    App: Provides<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(app.service().clone())
    }
}

/// The routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/health", get(handlers::health))
        .route("/notes", get(handlers::list).post(handlers::create))
        .route("/notes/{id}", get(handlers::find).delete(handlers::delete))
        .fallback(async || ApiError::NotFound("there is nothing at this path"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn(log::log))
        .with_state(app)
}
