//! One WebSocket connection for each user: `cargo run -p websockets`.
//!
//! The problem: a user has one connection, which has to be found to send something, replaced when the user comes back from
//! another network, kept alive, and closed properly whatever its end is. Messages for those who are away have to wait for
//! them. By hand that is a map of tasks, and something is forgotten in it. Here a connection is a fiber under the name of its
//! user, and what it has to do in the end is a finalizer of it: `connections.rs`.
//!
//! The server is real, and so are the clients, over the loopback: `server.rs`.

mod connections;
mod server;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use di::prelude::*;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use connections::{Connections, Heartbeat, Log, Sent, Socket, connections};
use server::{Server, server};

type App = services![Server, Connections, Log];

/// The pings of this demo are so near to each other that it need not wait for them.
fn app() -> Layer<App> {
    let heartbeat = Layer::succeed::<Heartbeat>(Heartbeat(Heartbeat::default().0 / 1000));
    let log = Layer::succeed::<Log>(Log::default());
    layers![<Server, Connections, Log> server(), connections(), ..heartbeat, ..log]
}

#[tokio::main]
async fn main() -> ExitCode {
    match use_it().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn use_it() -> anyhow::Result<()> {
    let runtime = ManagedRuntime::new(app());
    let context = runtime.context().await?;
    let (address, users) = (context.get::<Server>().0, context.get::<Connections>().clone());
    let log = context.get::<Log>();

    // What is sent to somebody who is away waits, in its order.
    for message in ["one", "two"] {
        ensure!(users.send("Ada", message) == Sent::Queued, "Ada is not here yet");
    }
    let mut ada = Client::connect(address, "Ada").await?;
    ensure!(ada.text().await? == "one" && ada.text().await? == "two", "the queue has an order");
    ensure!(users.send("Ada", "three") == Sent::Directly, "Ada is here");
    ensure!(ada.text().await? == "three", "it comes after the others");
    ensure!(log.take() == ["Ada connects"], "one connection");

    users.send("Grace", "hello");
    let mut grace = Client::connect(address, "Grace").await?;
    ensure!(grace.text().await? == "hello", "each has a queue");
    ensure!(users.active() == ["Ada", "Grace"], "two users: {:?}", users.active());
    ensure!(log.take() == ["Grace connects"], "another connection");

    // Both are asked again and again whether they are there.
    for client in [&mut ada, &mut grace] {
        client.ping().await?;
        client.ping().await?;
    }
    ensure!(users.waiting("Ada") == 0, "nothing that was sent is kept");

    // Ada comes from elsewhere: her old connection is closed, and only then the new one begins.
    let mut again = Client::connect(address, "Ada").await?;
    ada.closed().await?;
    users.send("Ada", "four");
    ensure!(again.text().await? == "four", "the new connection has it");
    ensure!(users.active() == ["Ada", "Grace"], "still two users");
    ensure!(log.take() == ["Ada is closed: cancelled", "Ada connects"], "never two connections of one user");

    // One is removed; one says goodbye; one vanishes without a word. The handler runs for each of them.
    ensure!(users.remove("Grace").await && !users.remove("Grace").await, "removed once");
    grace.closed().await?;
    ensure!(users.active() == ["Ada"], "one is left");
    again.0.close(None).await?;
    users.all_gone().await;
    ensure!(log.take() == ["Grace is closed: cancelled", "Ada is closed: success"], "two ends");
    users.send("Linus", "hello");
    let mut linus = Client::connect(address, "Linus").await?;
    linus.text().await?;
    linus.vanish()?;
    users.all_gone().await;
    let lines = log.take();
    ensure!(lines.len() == 2 && lines[1].starts_with("Linus is closed: failure"), "{lines:?}");

    // The server ends, with somebody connected.
    users.send("Ada", "goodbye");
    let mut ada = Client::connect(address, "Ada").await?;
    ensure!(ada.text().await? == "goodbye", "connected once more");
    runtime.shutdown(Duration::from_secs(5)).await?;
    ada.closed().await?;
    ensure!(log.take() == ["Ada connects", "Ada is closed: cancelled"], "closed before the shutdown is over");
    ensure!(users.active().is_empty(), "nobody is left");
    Ok(())
}

/// A user's end of a connection.
struct Client(Socket);

impl Client {
    async fn connect(address: SocketAddr, user: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let (socket, _) = client_async(format!("ws://{address}/{user}"), stream).await?;
        Ok(Self(socket))
    }

    async fn next(&mut self) -> anyhow::Result<Option<Message>> {
        let message = timeout(Duration::from_secs(5), self.0.next()).await.context("the server says nothing")?;
        Ok(message.transpose()?)
    }

    /// The next text.
    async fn text(&mut self) -> anyhow::Result<String> {
        loop {
            match self.next().await? {
                Some(Message::Text(text)) => return Ok(text.to_string()),
                Some(Message::Ping(_)) => {}
                other => bail!("this is no text: {other:?}"),
            }
        }
    }

    /// The next ping, which is answered by reading on.
    async fn ping(&mut self) -> anyhow::Result<()> {
        match self.next().await? {
            Some(Message::Ping(_)) => Ok(self.0.flush().await?),
            other => bail!("this is no ping: {other:?}"),
        }
    }

    /// Waits for the close frame.
    async fn closed(&mut self) -> anyhow::Result<()> {
        loop {
            match self.next().await? {
                Some(Message::Ping(_)) => {}
                Some(Message::Close(_)) => return Ok(()),
                other => bail!("this is no close: {other:?}"),
            }
        }
    }

    /// Is gone, without a close frame.
    fn vanish(self) -> anyhow::Result<()> {
        let stream = self.0.into_inner().into_std()?;
        Ok(stream.shutdown(std::net::Shutdown::Both)?)
    }
}
