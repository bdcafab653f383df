//! Imports: all notes or none, in the background, for as long as the program runs.

mod common;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use di::prelude::*;
use reqwest::header::LOCATION;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use tenants::app::service;
use tenants::imports::MOST_LINES;
use tenants::server::Server;
use tokio::time::sleep;

use common::world;

/// The service, and what its clients see.
struct Service {
    folder: TempDir,
    scope: Scope,
    base: String,
    http: reqwest::Client,
}

impl Service {
    async fn start() -> anyhow::Result<Self> {
        let (folder, scope) = (TempDir::new()?, Scope::new());
        let context = service().provide(world(&folder)).build(&scope).await?;
        let base = format!("http://{}", context.get::<Server>().address());
        Ok(Self { folder, scope, base, http: reqwest::Client::builder().no_proxy().build()? })
    }

    fn request(&self, method: Method, path: &str, tenant: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header("x-tenant-id", tenant)
    }

    async fn json(&self, method: Method, path: &str, tenant: &str) -> anyhow::Result<(u16, Value)> {
        answer(self.request(method, path, tenant)).await
    }

    /// Starts an import of acme, and says where it is.
    async fn import(&self, lines: &str) -> anyhow::Result<String> {
        let response = self.request(Method::POST, "/imports", "acme").body(lines.to_owned()).send().await?;
        ensure!(response.status().as_u16() == 202, "an import was answered {}", response.status());
        let location = response.headers().get(LOCATION).context("it is not said where it is")?;
        Ok(location.to_str()?.to_owned())
    }

    /// Asks for an import of acme until it is as it should be, or has ended.
    async fn follow(&self, import: &str, is: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        loop {
            let (_, seen) = self.json(Method::GET, import, "acme").await?;
            if is(&seen) || (seen["state"] != "waiting" && seen["state"] != "running") {
                return Ok(seen);
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn titles(&self) -> anyhow::Result<Vec<String>> {
        let (_, notes) = self.json(Method::GET, "/notes", "acme").await?;
        let notes = notes.as_array().context("it is a list")?;
        Ok(notes.iter().filter_map(|note| note["title"].as_str().map(str::to_owned)).collect())
    }

    async fn file(&self) -> anyhow::Result<SqliteConnection> {
        let file = self.folder.path().join("databases/acme.db");
        Ok(SqliteConnectOptions::new().filename(file).connect().await?)
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<(u16, Value)> {
    let response = request.send().await?;
    Ok((response.status().as_u16(), serde_json::from_str(&response.text().await?)?))
}

fn lines(notes: usize) -> String {
    (1..=notes).map(|line| format!("{{\"title\": \"Line {line}\"}}\n")).collect()
}

#[tokio::test]
async fn an_import_is_answered_at_once_and_asked_for_later() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let import = service.import("{\"title\": \"one\"}\n\n{\"title\": \"two\", \"text\": \"text\"}").await?;
    let id = import.strip_prefix("/imports/").context("it is a path of imports")?;
    let seen = service.follow(&import, |_| false).await?;
    assert_eq!(seen, json!({ "id": id, "state": "completed", "notes": 2 }));
    assert_eq!(service.titles().await?, ["one", "two"]);
    service.scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn a_bad_line_fails_the_import_with_its_number() -> anyhow::Result<()> {
    let service = Service::start().await?;
    for (lines, expected) in [
        ("{\"title\": \"one\"}\n\n{\"title\": \"\"}", "line 3: the title is empty"),
        ("{\"title\": \"one\"}\n[]", "line 2: this is no note (column 2)"),
    ] {
        let import = service.import(lines).await?;
        let seen = service.follow(&import, |_| false).await?;
        assert_eq!((&seen["state"], &seen["error"]), (&json!("failed"), &json!(expected)));
    }
    assert!(service.titles().await?.is_empty());
    service.scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_import_is_refused_and_opens_nothing() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let too_many = lines(MOST_LINES + 1);
    for (body, status, error) in
        [("\n \n", 400, "there are no lines"), (&*too_many, 413, "there are more than 20000 lines")]
    {
        let (seen, told) = answer(service.request(Method::POST, "/imports", "acme").body(body.to_owned())).await?;
        assert_eq!((seen, told), (status, json!({ "error": error })));
    }
    let (status, _) = answer(service.request(Method::POST, "/imports", "acme").body(vec![0xFF])).await?;
    assert_eq!(status, 400);
    let (status, _) = answer(service.request(Method::POST, "/imports", "nobody").body(lines(1))).await?;
    assert_eq!(status, 404);
    assert_eq!(std::fs::read_dir(service.folder.path().join("databases"))?.count(), 0);
    service.scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn an_import_of_another_tenant_cannot_be_seen_or_cancelled() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let import = service.import(&lines(1)).await?;
    for (method, path, tenant) in [
        (Method::GET, &*import, "globex"),
        (Method::DELETE, &*import, "globex"),
        (Method::GET, "/imports/unknown", "acme"),
        (Method::DELETE, "/imports/unknown", "acme"),
    ] {
        let answer = service.json(method, path, tenant).await?;
        assert_eq!(answer, (404, json!({ "error": "there is no such import" })));
    }
    assert_eq!(service.follow(&import, |_| false).await?["state"], "completed");
    service.scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn a_cancelled_import_leaves_no_notes() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let import = service.import(&lines(MOST_LINES)).await?;
    let seen = service.follow(&import, |import| import["done"].as_u64() > Some(0)).await?;
    assert_eq!((&seen["state"], &seen["total"]), (&json!("running"), &json!(MOST_LINES)));
    for method in [Method::DELETE, Method::GET, Method::DELETE] {
        let (status, seen) = service.json(method, &import, "acme").await?;
        assert_eq!((status, &seen["state"]), (200, &json!("cancelled")));
    }
    assert!(service.titles().await?.is_empty());
    service.scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn the_end_of_the_program_interrupts_an_import_and_writes_that_down() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let import = service.import(&lines(MOST_LINES)).await?;
    service.follow(&import, |import| import["done"].as_u64() > Some(0)).await?;
    service.scope.close(Exit::Success).await?;

    let mut file = service.file().await?;
    let notes: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM notes").fetch_one(&mut file).await?;
    let imports: Vec<(String, i64)> = sqlx::query_as("SELECT outcome, notes FROM imports").fetch_all(&mut file).await?;
    assert_eq!((notes, imports), (0, vec![("interrupted".to_owned(), 0)]));
    file.close().await?;
    Ok(())
}

#[tokio::test]
async fn an_import_waits_until_few_enough_run() -> anyhow::Result<()> {
    let service = Service::start().await?;
    service.titles().await?;
    // Two of them run for as long as somebody else writes.
    let mut file = service.file().await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut file).await?;
    let mut imports = Vec::new();
    for _ in 0..2 {
        let import = service.import(&lines(1)).await?;
        let seen = service.follow(&import, |import| import["state"] == "running").await?;
        assert_eq!((&seen["done"], &seen["total"]), (&json!(0), &json!(1)));
        imports.push(import);
    }
    let waiting = service.import(&lines(1)).await?;
    let cancelled = service.import(&lines(1)).await?;
    assert_eq!(service.json(Method::GET, &waiting, "acme").await?.1["state"], "waiting");
    assert_eq!(service.json(Method::DELETE, &cancelled, "acme").await?.1["state"], "cancelled");
    imports.push(waiting);
    file.close().await?;
    for import in imports {
        assert_eq!(service.follow(&import, |_| false).await?["state"], "completed");
    }
    assert_eq!(service.titles().await?.len(), 3);
    service.scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn an_import_into_a_broken_database_fails_and_says_no_more_than_that() -> anyhow::Result<()> {
    let service = Service::start().await?;
    std::fs::write(service.folder.path().join("databases/acme.db"), "This is no database. ".repeat(100))?;
    let import = service.import(&lines(1)).await?;
    let seen = service.follow(&import, |_| false).await?;
    let expected = (json!("failed"), json!("the data of this tenant is not available"));
    assert_eq!((seen["state"].clone(), seen["error"].clone()), expected);
    service.scope.close(Exit::Success).await?;
    Ok(())
}
