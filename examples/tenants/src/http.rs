//! The service as HTTP sees it.

mod admin;
mod error;
mod handlers;
mod imports;
mod log;
mod tenant;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use di::prelude::*;

use crate::app::TenantServices;
use crate::imports::Imports;
use crate::requests::Requests;
use crate::tenant::Directory;
use error::ApiError;

/// What the routes share, whoever the tenant is: the state of the router.
///
/// It is a service like any other, and its layer fills it in.
#[derive(Clone, Layer, Service)]
pub struct App {
    pub directory: Inject<Directory>,
    pub tenants: Inject<TenantServices>,
    pub requests: Inject<Requests>,
    pub imports: Inject<Imports>,
}

/// The routes.
pub fn router(app: App) -> Router {
    // Each request to one of these is provided with what there is for its tenant.
    let of_tenants = Router::new()
        .route("/notes", get(handlers::list).post(handlers::create))
        .route("/notes/{id}", get(handlers::find).delete(handlers::delete))
        .route("/statistics", get(handlers::statistics))
        .route_layer(from_fn_with_state(app.clone(), tenant::provide));
    // These only ask who the tenant is. The services are held by the import itself, for as long as it runs.
    let of_imports = Router::new()
        .route("/imports", post(imports::start))
        .route("/imports/{id}", get(imports::status).delete(imports::cancel));
    // Nobody but an operator should reach these: a real service puts them on another port, or asks who it is.
    let of_operators =
        Router::new().route("/admin/tenants", get(admin::list)).route("/admin/tenants/{id}", delete(admin::invalidate));
    Router::new()
        .route("/health", get(handlers::health))
        .merge(of_tenants)
        .merge(of_imports)
        .merge(of_operators)
        .fallback(async || ApiError::NotFound("there is nothing at this path"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn(log::log))
        .with_state(app)
}
