//! The routes: begin, ask, cancel.

use std::io;
use std::net::SocketAddr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use di::prelude::*;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::processing::{Input, Processing, Status};

/// Where to serve.
#[derive(Service)]
pub struct Listen(pub SocketAddr);

/// A server, while it lives.
#[derive(Service)]
pub struct Server(pub SocketAddr);

type Answer = (StatusCode, Json<Value>);

#[layer]
pub async fn server(
    processing: Inject<Processing>,
    listen: Inject<Listen>,
    scope: &Scope,
) -> Result<Server, io::Error> {
    let listener = TcpListener::bind(listen.0).await?;
    let address = listener.local_addr()?;
    let api = Router::new()
        .route("/process", post(process))
        .route("/status/{request}", get(status))
        .route("/cancel/{request}", delete(cancel));
    let router = Router::new().nest("/api", api).with_state(processing);
    // A task of the scope, which ends with it.
    drop(scope.spawn(axum::serve(listener, router).into_future()));
    Ok(Server(address))
}

async fn process(State(processing): State<Inject<Processing>>, Json(input): Json<Input>) -> Answer {
    let request = processing.begin(input);
    (StatusCode::ACCEPTED, Json(json!({ "request": request })))
}

async fn status(State(processing): State<Inject<Processing>>, Path(request): Path<u64>) -> Answer {
    let fiber = match processing.status(request) {
        Status::Running(_) => return (StatusCode::OK, Json(json!({ "status": "processing" }))),
        Status::Missing => return not_found(),
        Status::Finished(fiber) => fiber,
    };
    let answer = match fiber.join().await {
        Ok(sum) => json!({ "status": "completed", "result": sum }),
        Err(error) => json!({ "status": "failed", "error": error.to_string() }),
    };
    (StatusCode::OK, Json(answer))
}

async fn cancel(State(processing): State<Inject<Processing>>, Path(request): Path<u64>) -> Answer {
    if processing.cancel(request).await {
        (StatusCode::OK, Json(json!({ "status": "cancelled" })))
    } else {
        not_found()
    }
}

fn not_found() -> Answer {
    (StatusCode::NOT_FOUND, Json(json!({ "status": "not_found" })))
}
