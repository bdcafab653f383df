//! The demo: a real server on a real file, used over real HTTP, stopped in the middle of a request.

mod client;
mod file;
mod half;
mod journal;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use di::ManagedRuntime;
use di::prelude::*;
use tenants::app::service;
use tenants::clock::system_clock;
use tenants::config::Config;
use tenants::server::Server;
use tokio::task::JoinSet;
use tokio::time::timeout;

use client::Client;
use half::HalfRequest;
use journal::Journal;

/// How long the whole demo may take.
const LIMIT: Duration = Duration::from_secs(60);

const CLIENTS: usize = 20;
const NOTES_OF_A_CLIENT: usize = 10;

/// Runs the demo; the exit code says whether all was as it should be.
#[tokio::main]
pub(crate) async fn run() -> ExitCode {
    let journal = Journal::install();
    let result = match timeout(LIMIT, demo(&journal)).await {
        Ok(result) => result,
        Err(_) => Err(anyhow::anyhow!("it did not come to its end within {LIMIT:?}")),
    };
    match result {
        Ok(()) => {
            journal.say("all of it was right");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the demo failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn demo(journal: &Journal) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("notes.db");

    journal.title("Start");
    let config = Config { listen: (Ipv4Addr::LOCALHOST, 0).into(), database: database.clone(), ..Config::default() };
    let runtime = ManagedRuntime::new(service().provide(Layer::succeed::<Config>(config).merge(system_clock())));
    let address = runtime.context().await?.get::<Server>().address();

    let used = use_it(journal, &Client::new(address)?).await;
    // Also what failed is stopped in order.
    let stopped = stop(journal, &runtime, address).await;
    used?;
    stopped?;
    look_at(journal, &database).await
}

async fn use_it(journal: &Journal, client: &Client) -> anyhow::Result<()> {
    one_client(journal, client).await?;
    mistakes(journal, client).await?;
    many_clients(journal, client).await
}

/// A note is created, found and deleted.
async fn one_client(journal: &Journal, client: &Client) -> anyhow::Result<()> {
    journal.title("One client");
    client.get("/health").await?.expect(200)?;
    journal.say("GET    /health       200");

    let created = client.create("Buy milk").await?;
    journal.say(format_args!("POST   /notes        201  note {} at {:.0}", created.id, created.created_at));
    let listed = client.list().await?;
    ensure!(listed == [created.clone()], "the list is {listed:?}");
    journal.say("GET    /notes        200  that note");
    let found = client.find(created.id).await?;
    ensure!(found == created, "the note is {found:?}");
    journal.say(format_args!("GET    /notes/{}      200  that note", created.id));

    let second = client.create("Sell the cow").await?;
    client.delete(second.id).await?.expect(204)?;
    client.get(&format!("/notes/{}", second.id)).await?.expect(404)?;
    journal.say(format_args!("DELETE /notes/{}      204  another note, which is gone", second.id));
    Ok(())
}

/// What makes no sense is answered with what is wrong.
async fn mistakes(journal: &Journal, client: &Client) -> anyhow::Result<()> {
    journal.title("Mistakes of clients");
    for body in [r#"{"title": " "}"#, "{"] {
        let error = client.post(body).await?.expect(400)?.error()?;
        journal.say(format_args!("POST   /notes        400  {error}"));
    }
    for (path, status) in [("/notes/one", 400), ("/notes/999", 404), ("/nowhere", 404)] {
        let error = client.get(path).await?.expect(status)?.error()?;
        journal.say(format_args!("GET    {path:<12}  {status}  {error}"));
    }
    Ok(())
}

/// Each note of many clients is there afterwards, once.
async fn many_clients(journal: &Journal, client: &Client) -> anyhow::Result<()> {
    journal.title("Many clients");
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client = client.clone();
        clients.spawn(async move {
            for note in 0..NOTES_OF_A_CLIENT {
                client.create(&format!("note {note} of client {number}")).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    let took = begun.elapsed();
    let all = client.list().await?;
    let titles: BTreeSet<_> = all.iter().map(|note| &note.title).collect();
    let expected = CLIENTS * NOTES_OF_A_CLIENT + 1;
    ensure!(titles.len() == expected && all.len() == expected, "{} notes are listed, not {expected}", all.len());
    journal.say(format_args!("{CLIENTS} clients created {} notes in {} ms", expected - 1, took.as_millis()));
    journal.say(format_args!("GET    /notes        200  all {expected} of them"));
    Ok(())
}

/// Stops the service while a request is under way.
async fn stop(
    journal: &Journal,
    runtime: &ManagedRuntime<services![Server]>,
    address: SocketAddr,
) -> anyhow::Result<()> {
    journal.title("Stop, in the middle of a request");
    let requests = journal.count("request");
    let half = HalfRequest::begin(address).await?;
    journal.wait_for("request", requests + 1).await;
    journal.say("POST   /notes        ...  half of it sent, the server has begun to read");

    let stopping = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.shutdown(Duration::from_secs(25)).await }
    });
    half::refused(address).await;
    journal.say("shutdown requested: new clients are refused");
    ensure!(journal.count("database closed") == 0, "the database was closed during a request");
    half.finish().await?;
    journal.say("POST   /notes        201  the other half sent, and answered");

    let report = stopping.await??;
    let released: Vec<_> = report.layers().iter().map(|release| release.layer).collect();
    journal.say(format_args!("released {} in {} ms", released.join(", "), report.took().as_millis()));

    journal.title("Look at what is left");
    let place = |layer| released.iter().position(|&name| name == layer).with_context(|| format!("`{layer}` is left"));
    for user in ["sqlite_notes", "AuditLog"] {
        ensure!(place("server")? < place(user)?, "`{user}` was released before the server");
        ensure!(place(user)? < place("database")?, "the database was released before `{user}`");
    }
    let ticks = ["answered", "server drained", "database closed"].map(|event| journal.last(event));
    let [Some(answered), Some(drained), Some(closed)] = ticks else {
        anyhow::bail!("something did not end: {ticks:?}")
    };
    ensure!(answered < drained && drained < closed, "the order is wrong: {answered}, {drained}, {closed}");
    let answers = journal.count("answered");
    ensure!(answers == journal.count("request"), "not every request was answered");
    journal.say(format_args!("all {answers} requests answered, the last at tick {answered}"));
    journal.say(format_args!("the server drained at tick {drained}, and the database closed at tick {closed}"));
    Ok(())
}

/// Looks at the file that the service left.
async fn look_at(journal: &Journal, database: &Path) -> anyhow::Result<()> {
    file::check_released(database)?;
    journal.say("no connection has the file open, and its write-ahead log is merged and gone");

    let rows = file::count_rows(database).await?;
    let created = CLIENTS * NOTES_OF_A_CLIENT + 3;
    let expected = file::Rows { notes: created - 1, created, deleted: 1 };
    ensure!(rows == expected, "the file has {rows:?}, not {expected:?}");
    journal.say(format_args!(
        "the file has {} notes, and the audit log {} created and {} deleted",
        rows.notes, rows.created, rows.deleted
    ));
    Ok(())
}
