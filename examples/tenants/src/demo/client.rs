//! A client of the service.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tenants::notes::Note;
use tokio::time::sleep;

/// A client of the service; its clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    tenant: Option<&'static str>,
}

/// The answer to a request.
pub(crate) struct Answer {
    request: String,
    status: u16,
    location: Option<String>,
    body: String,
}

/// What a client is told of an import.
#[derive(Debug, Deserialize)]
pub(crate) struct Import {
    pub(crate) state: String,
    pub(crate) done: Option<usize>,
    pub(crate) total: Option<usize>,
    pub(crate) notes: Option<usize>,
    pub(crate) error: Option<String>,
}

/// What was counted of a tenant last.
#[derive(Debug, Deserialize)]
pub(crate) struct Statistics {
    pub(crate) notes: usize,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

#[derive(Deserialize)]
struct Invalidated {
    invalidated: bool,
}

/// What operators see of all tenants.
#[derive(Debug, Deserialize)]
pub(crate) struct Overview {
    pub(crate) tenants: Vec<Row>,
    pub(crate) in_use: usize,
    pub(crate) idle: usize,
    pub(crate) opened: usize,
    pub(crate) failed: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) requests: usize,
}

impl Overview {
    /// The row of a tenant.
    pub(crate) fn of(&self, tenant: &str) -> anyhow::Result<&Row> {
        self.tenants.iter().find(|row| row.id == tenant).with_context(|| format!("{tenant} is not listed"))
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            base: format!("http://{address}"),
            tenant: None,
        })
    }

    /// The same client, as a tenant.
    pub(crate) fn of(&self, tenant: &'static str) -> Self {
        Self { tenant: Some(tenant), ..self.clone() }
    }

    pub(crate) async fn create(&self, title: &str) -> anyhow::Result<Note> {
        self.post(&json!({ "title": title }).to_string()).await?.expect(201)?.json()
    }

    pub(crate) async fn list(&self) -> anyhow::Result<Vec<Note>> {
        self.get("/notes").await?.expect(200)?.json()
    }

    pub(crate) async fn find(&self, id: i64) -> anyhow::Result<Note> {
        self.get(&format!("/notes/{id}")).await?.expect(200)?.json()
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::DELETE, path, |request| request).await
    }

    /// Starts an import, and says where to ask for it.
    pub(crate) async fn start_import(&self, lines: &str) -> anyhow::Result<String> {
        let answer = self.import(lines).await?.expect(202)?;
        answer.location.context("it is not said where the import is")
    }

    /// Posts what is to be imported as it is.
    pub(crate) async fn import(&self, lines: &str) -> anyhow::Result<Answer> {
        let lines = lines.to_owned();
        self.send(Method::POST, "/imports", |request| request.body(lines)).await
    }

    /// How an import stands.
    pub(crate) async fn status(&self, import: &str) -> anyhow::Result<Import> {
        self.get(import).await?.expect(200)?.json()
    }

    /// Asks for an import until it is as it should be, or has ended.
    pub(crate) async fn follow(&self, import: &str, is: impl Fn(&Import) -> bool) -> anyhow::Result<Import> {
        loop {
            let seen = self.status(import).await?;
            if is(&seen) || !matches!(&*seen.state, "waiting" | "running") {
                return Ok(seen);
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Cancels an import, and says how it stands after that.
    pub(crate) async fn cancel(&self, import: &str) -> anyhow::Result<Import> {
        self.delete(import).await?.expect(200)?.json()
    }

    pub(crate) async fn statistics(&self) -> anyhow::Result<Option<Statistics>> {
        self.get("/statistics").await?.expect(200)?.json()
    }

    /// What operators see.
    pub(crate) async fn overview(&self) -> anyhow::Result<Overview> {
        self.get("/admin/tenants").await?.expect(200)?.json()
    }

    /// Invalidates a tenant, and says whether there was something to invalidate.
    pub(crate) async fn invalidate(&self, tenant: &str) -> anyhow::Result<bool> {
        let invalidated: Invalidated = self.delete(&format!("/admin/tenants/{tenant}")).await?.expect(200)?.json()?;
        Ok(invalidated.invalidated)
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, |request| request).await
    }

    /// Posts a note as it is, so that it can be one that makes no sense.
    pub(crate) async fn post(&self, body: &str) -> anyhow::Result<Answer> {
        let body = body.to_owned();
        self.send(Method::POST, "/notes", |request| request.header(CONTENT_TYPE, "application/json").body(body)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Answer> {
        let request = format!("{method} {path}");
        let mut sent = fill(self.http.request(method, format!("{}{path}", self.base)));
        if let Some(tenant) = self.tenant {
            sent = sent.header("x-tenant-id", tenant);
        }
        let response = sent.send().await;
        let response = response.with_context(|| format!("{request} got no answer"))?;
        let location = response.headers().get(LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
        Ok(Answer { request, status: response.status().as_u16(), location, body: response.text().await? })
    }
}

impl Answer {
    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "{} was answered {}, not {status}: {}", self.request, self.status, self.body);
        Ok(self)
    }

    /// What went wrong, in the words of the service.
    pub(crate) fn error(&self) -> anyhow::Result<String> {
        Ok(self.json::<ErrorBody>()?.error)
    }

    fn json<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_str(&self.body).with_context(|| format!("{} was answered {}", self.request, self.body))
    }
}
