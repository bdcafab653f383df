//! A client of the service.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tenants::notes::Note;

/// A client of the service; its clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
}

/// The answer to a request.
pub(crate) struct Answer {
    request: String,
    status: u16,
    body: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { http: reqwest::Client::builder().no_proxy().build()?, base: format!("http://{address}") })
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

    pub(crate) async fn delete(&self, id: i64) -> anyhow::Result<Answer> {
        self.send(Method::DELETE, &format!("/notes/{id}"), |request| request).await
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
        let response = fill(self.http.request(method, format!("{}{path}", self.base))).send().await;
        let response = response.with_context(|| format!("{request} got no answer"))?;
        Ok(Answer { request, status: response.status().as_u16(), body: response.text().await? })
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
