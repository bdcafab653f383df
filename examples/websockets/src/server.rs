//! A WebSocket server on the loopback: the path is the name of the user, `ws://127.0.0.1/ada`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use di::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};

use crate::connections::{Connections, Socket};

/// How long a client has for its part of the handshake.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server, while it lives.
#[derive(Service)]
pub struct Server(pub SocketAddr);

#[layer]
pub async fn server(connections: Inject<Connections>, scope: &Scope) -> Result<Server, io::Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let handshakes = FiberSet::builder().name("handshakes").build(scope);
    // A task of the scope, which ends with it.
    drop(scope.spawn(accept(listener, handshakes, connections)));
    Ok(Server(address))
}

/// Each handshake is a fiber, so that one client who takes its time keeps nobody waiting.
async fn accept(listener: TcpListener, handshakes: FiberSet, connections: Inject<Connections>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let connections = connections.clone();
        let handshake = async move {
            let (user, socket) = timeout(PATIENCE, shake_hands(stream)).await??;
            connections.add(user, socket);
            anyhow::Ok(())
        };
        drop(handshakes.run_with(FiberOptions::new().propagate_failure(false), handshake));
    }
}

async fn shake_hands(stream: TcpStream) -> anyhow::Result<(String, Socket)> {
    let mut user = String::new();
    let socket = accept_hdr_async(stream, User(&mut user)).await?;
    Ok((user, socket))
}

/// Who is told which path is asked for.
struct User<'a>(&'a mut String);

impl Callback for User<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        self.0.push_str(request.uri().path().trim_start_matches('/'));
        Ok(response)
    }
}
