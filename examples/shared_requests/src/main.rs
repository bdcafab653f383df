//! One HTTP request for all who ask for the same thing at the same time: `cargo run -p shared_requests`.
//!
//! The problem: many parts of a program ask for the same things, and often at once. A cache alone does not help those who ask
//! while the first answer is under way. Here what is under way is a fiber whose key is what is asked for; who comes while it
//! runs waits for the same fiber, and it is gone when it has ended: `requests.rs`.
//!
//! The server is real, over the loopback, and counts what it is asked: `server.rs`.

mod requests;
mod server;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use di::prelude::*;
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use requests::{Options, Requests, Stats, requests};
use server::{Server, base, server};

/// An answer of the server.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Answer {
    what: String,
    number: usize,
}

/// The same answer to those who want to know nothing else.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Number {
    number: usize,
}

type App = services![Requests, Server];

fn app() -> Layer<App> {
    layers![<Requests, Server> requests(), base(), server()]
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
    let (requests, server) = (context.get::<Requests>(), context.get::<Server>());
    at_the_same_time(requests, server).await?;
    later(requests, server).await?;
    who_fails_and_who_goes(requests, server).await?;
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

/// Three who ask for the same thing are one request, and have one answer. Who asks for another thing has another one.
async fn at_the_same_time(requests: &Requests, server: &Server) -> anyhow::Result<()> {
    let ask = |path| requests.get::<Answer>(path, Options::default());
    let (one, two, three, other) = tokio::try_join!(ask("/users"), ask("/users"), ask("/users"), ask("/rooms"))?;
    ensure!(Arc::ptr_eq(&one, &two) && Arc::ptr_eq(&two, &three), "they have the same answer");
    ensure!((one.what.as_str(), one.number, other.what.as_str()) == ("users", 1, "rooms"), "{one:?}, {other:?}");
    ensure!((server.hits("users"), server.hits("rooms")) == (1, 1), "one request for each");
    ensure!(requests.stats() == Stats { cached: 2, in_flight: 0 }, "what has ended is gone: {:?}", requests.stats());

    // Decoded as something else, it is something else.
    let number = requests.get::<Number>("/users", Options::default()).await?;
    ensure!((&*number, server.hits("users")) == (&Number { number: 2 }, 2), "another request");

    // Some want to have a request of their own.
    let alone = Options { share: false, ..Options::default() };
    let ask = || requests.get::<Answer>("/alone", alone);
    tokio::try_join!(ask(), ask())?;
    ensure!(server.hits("alone") == 2, "two requests");
    println!("3 askers, 1 request");
    Ok(())
}

/// An answer is used again, for a while.
async fn later(requests: &Requests, server: &Server) -> anyhow::Result<()> {
    let answer = requests.get::<Answer>("/users", Options::default()).await?;
    ensure!((answer.number, server.hits("users")) == (1, 2), "it is the one of the cache");
    let brief = Options { time_to_live: Duration::from_millis(20), ..Options::default() };
    requests.get::<Answer>("/prices", brief).await?;
    sleep(brief.time_to_live).await;
    ensure!(requests.get::<Answer>("/prices", brief).await?.number == 2, "the first one is too old");

    requests.clear_cache();
    ensure!(requests.stats().cached == 0, "nothing is cached");
    ensure!(requests.get::<Answer>("/users", Options::default()).await?.number == 3, "it is asked for again");
    Ok(())
}

/// A failure is told to all who wait, and is not kept. Who goes away leaves the request to the others.
async fn who_fails_and_who_goes(requests: &Requests, server: &Server) -> anyhow::Result<()> {
    let flaky = || requests.get::<Answer>("/flaky", Options::default());
    let (one, two) = tokio::join!(flaky(), flaky());
    let (Err(FiberError::Failed(one)), Err(FiberError::Failed(two))) = (one, two) else {
        anyhow::bail!("the first request fails");
    };
    ensure!(Arc::ptr_eq(&one, &two) && one.status().is_some_and(|status| status == 503), "{one}, {two}");
    ensure!(flaky().await?.number == 2, "the second one does not");

    let ask = || requests.get::<Answer>("/slow", Options::default());
    let (gone, stayed) = tokio::join!(timeout(Duration::from_millis(10), ask()), ask());
    ensure!(gone.is_err() && stayed?.number == 1 && server.hits("slow") == 1, "it goes on");
    let gone = timeout(Duration::from_millis(10), requests.get::<Answer>("/news", Options::default()));
    ensure!(gone.await.is_err() && requests.stats().in_flight == 1, "nobody waits for it");
    let answer = requests.get::<Answer>("/news", Options::default()).await?;
    ensure!(answer.number == 1 && server.hits("news") == 1, "and yet it is answered");
    println!("a failure is shared, and not kept");
    Ok(())
}
