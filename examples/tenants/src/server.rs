//! The server: it serves from the moment it is built until it is released.
//!
//! It needs what the handlers need, so it is released before any of that: the graceful shutdown is the order of
//! release.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use di::TaskError;
use di::prelude::*;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::config::Config;
use crate::http::{App, router};

/// How long requests may take that are under way when the server is released.
const DRAIN: Duration = Duration::from_secs(10);

/// A server that listens.
#[derive(Service)]
pub struct Server {
    address: SocketAddr,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Why the server does not serve, or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("requests were still under way after {DRAIN:?}")]
    Drain,
    #[error("the server did not run to its end")]
    Serve(#[source] TaskError),
}

/// Binds the address and serves; on release it accepts nobody any more, and answers whoever came before.
#[layer]
pub async fn server(config: Inject<Config>, app: Inject<App>, scope: &Scope) -> Result<Server, ServerError> {
    let failed = |source| ServerError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let stop = Shutdown::new();
    let stopped = stop.clone();
    let serving = axum::serve(listener, router(App::clone(&app)))
        .with_graceful_shutdown(async move { stopped.requested().await })
        .into_future();
    // A task of the scope: whatever happens, it does not outlive the server.
    let serving = scope.spawn(serving);
    scope.on_close_named("drain", move |_exit| async move {
        stop.request();
        let served = timeout(DRAIN, serving).await.map_err(|_| ServerError::Drain)?;
        tracing::info!("server drained");
        served.map(drop).map_err(ServerError::Serve)
    });
    tracing::info!(%address, "server listening");
    Ok(Server { address })
}
