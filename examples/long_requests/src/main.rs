//! HTTP requests that take long, with their status and a way to cancel them: `cargo run -p long_requests -- --serve` serves on
//! port 3000, without the argument it asks itself.
//!
//! The problem: something that is asked for over HTTP takes longer than a client wants to hold a connection. The answer is a
//! number; with that the client asks how far it is, gets the result, or says that it is not wanted any more. What runs is a
//! fiber under that number, what has ended is retained for a while, and all of it ends with the server.

mod processing;
mod server;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use di::prelude::*;
use serde_json::{Value, json};
use tokio::time::sleep;

use processing::{Processing, processing};
use server::{Listen, Server, server};

fn app(port: u16) -> Layer<services![Server, Processing]> {
    let listen = Layer::succeed::<Listen>(Listen(([127, 0, 0, 1], port).into()));
    layers![<Server, Processing> server(), processing(), ..listen]
}

#[di::main(app(3000))]
async fn serve(server: Inject<Server>, shutdown: Shutdown) {
    println!("POST a {{\"numbers\": [1, 2], \"milliseconds\": 5000}} to http://{}/api/process", server.0);
    shutdown.requested().await;
}

#[tokio::main]
async fn ask() -> anyhow::Result<()> {
    let runtime = ManagedRuntime::new(app(0));
    let context = runtime.context().await?;
    let processing = context.get::<Processing>().clone();
    let client = Client::of(context.get::<Server>())?;

    // It is begun, and then it is asked for until it is done. Who asks later is told as well.
    let sum = client.process(json!({ "numbers": [1, 2, 3], "milliseconds": 20 })).await?;
    ensure!(client.result(sum).await? == json!({ "status": "completed", "result": 6 }), "the sum");
    ensure!(client.result(sum).await? == json!({ "status": "completed", "result": 6 }), "still the sum");

    // A failure is an answer as well.
    let failing = client.process(json!({ "numbers": [i64::MAX, 1], "milliseconds": 0 })).await?;
    ensure!(client.result(failing).await? == json!({ "status": "failed", "error": "the sum is too large" }), "no sum");
    let empty = client.process(json!({ "numbers": [], "milliseconds": 0 })).await?;
    ensure!(client.result(empty).await? == json!({ "status": "failed", "error": "there is nothing to add" }), "no sum");

    // One of two is cancelled. It has ended when the answer comes, and is not known any more.
    let hour = json!({ "numbers": [1], "milliseconds": 3_600_000 });
    let (one, two) = (client.process(hour.clone()).await?, client.process(hour.clone()).await?);
    ensure!(client.status(one).await? == (200, json!({ "status": "processing" })), "it takes an hour");
    ensure!(client.cancel(one).await? == (200, json!({ "status": "cancelled" })), "it was there");
    ensure!(processing.interrupted() == 1, "it has ended");
    ensure!(client.status(one).await? == (404, json!({ "status": "not_found" })), "it is not there");
    ensure!(client.cancel(one).await?.0 == 404, "there is nothing to cancel");
    ensure!(client.status(two).await?.1["status"] == "processing", "the other one goes on");
    ensure!(client.status(77).await?.0 == 404, "nobody asked for that");

    // The server ends, and what runs ends with it.
    ensure!(processing.running() == 1, "one runs");
    runtime.shutdown(Duration::from_secs(5)).await?;
    ensure!((processing.running(), processing.interrupted()) == (0, 2), "none runs");
    ensure!(client.process(hour).await.is_err(), "nobody listens");
    Ok(())
}

/// Who asks.
struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    fn of(server: &Server) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, base: format!("http://{}/api", server.0) })
    }

    async fn process(&self, input: Value) -> anyhow::Result<u64> {
        let answer = self.tell(self.http.post(format!("{}/process", self.base)).json(&input)).await?;
        ensure!(answer.0 == 202, "{answer:?}");
        answer.1["request"].as_u64().context("a request has a number")
    }

    async fn status(&self, request: u64) -> anyhow::Result<(u16, Value)> {
        self.tell(self.http.get(format!("{}/status/{request}", self.base))).await
    }

    async fn cancel(&self, request: u64) -> anyhow::Result<(u16, Value)> {
        self.tell(self.http.delete(format!("{}/cancel/{request}", self.base))).await
    }

    /// Asks for the status until there is a result.
    async fn result(&self, request: u64) -> anyhow::Result<Value> {
        loop {
            let (status, answer) = self.status(request).await?;
            ensure!(status == 200, "{answer}");
            if answer["status"] != "processing" {
                return Ok(answer);
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn tell(&self, request: reqwest::RequestBuilder) -> anyhow::Result<(u16, Value)> {
        let response = request.send().await?;
        let (status, url) = (response.status().as_u16(), response.url().path().to_owned());
        let body = response.json().await?;
        println!("{url:<18} {status} {body}");
        Ok((status, body))
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--serve") => serve(),
        None => ask().map_or_else(
            |error| {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        ),
        Some(other) => {
            eprintln!("error: {other} is neither nothing nor --serve");
            ExitCode::from(2)
        }
    }
}
