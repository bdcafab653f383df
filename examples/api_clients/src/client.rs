//! The client of an API, and the map of all clients.

use std::time::Duration;

use di::prelude::*;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::limit::{RateLimit, Remaining};
use crate::settings::{ApiSettings, Settings};

/// An API that nobody has configured.
#[derive(Clone, Debug, thiserror::Error, Failure)]
#[error("no API is called `{0}`")]
pub struct UnknownApi(pub String);

/// The client of an API is built on first use, and shared until nobody has used it for a while.
#[layer_map(ApiClients, idle_time_to_live = "15 minutes", fails)]
pub fn api_client(api: &'static str, settings: Inject<Settings>, scope: &Scope) -> Result<ApiClient, UnknownApi> {
    let settings = settings.0.get(api).ok_or_else(|| UnknownApi(api.into()))?.clone();
    scope.on_close(move |_exit| async move { println!("the client of {api} is gone") });
    let limit = RateLimit::new(settings.limit, settings.window);
    // The APIs are on this machine, whatever proxy it uses.
    let http = reqwest::Client::builder().no_proxy().build().expect("it was not asked for anything that can fail");
    Ok(ApiClient { http, settings, limit })
}

/// A client of one API.
#[derive(Service)]
pub struct ApiClient {
    http: reqwest::Client,
    settings: ApiSettings,
    limit: RateLimit,
}

/// An answer.
#[derive(Debug)]
pub struct Answer<T> {
    pub data: T,
    pub status: u16,
    /// How many requests the API says there are left, in a header.
    pub remaining: Option<u32>,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the limit is reached; it resets in {resets_in:?}")]
    RateLimited { resets_in: Duration },
    #[error("there was no answer in {0:?}")]
    TimedOut(Duration),
    #[error("it was answered with the status {0}")]
    Status(u16),
    #[error("it could not be sent, or its answer makes no sense: {0}")]
    Transport(String),
}

impl ApiError {
    /// Whether another attempt may do better.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut(_) => true,
            Self::Status(status) => *status >= 500,
            // It would be refused until the window is over.
            Self::RateLimited { .. } | Self::Transport(_) => false,
        }
    }
}

impl ApiClient {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, ApiError> {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<Answer<T>, ApiError> {
        let body = serde_json::to_string(body).map_err(transport)?;
        self.send(self.request(Method::POST, path).header("content-type", "application/json").body(body)).await
    }

    /// What is left of the window of the rate limit.
    pub fn limit(&self) -> Remaining {
        self.limit.remaining()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let key = format!("Bearer {}", self.settings.key);
        self.http.request(method, format!("{}{path}", self.settings.base)).header(AUTHORIZATION, key)
    }

    /// One attempt, which counts for the limit and has so long.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Answer<T>, ApiError> {
        self.limit.take().map_err(|resets_in| ApiError::RateLimited { resets_in })?;
        let answer = async {
            let response = request.send().await.map_err(transport)?;
            let status = response.status().as_u16();
            if !response.status().is_success() {
                return Err(ApiError::Status(status));
            }
            let remaining = response.headers().get("x-ratelimit-remaining");
            let remaining = remaining.and_then(|value| value.to_str().ok()?.parse().ok());
            let body = response.text().await.map_err(transport)?;
            Ok(Answer { data: serde_json::from_str(&body).map_err(transport)?, status, remaining })
        };
        let limit = self.settings.timeout;
        timeout(limit, answer).await.map_err(|_| ApiError::TimedOut(limit))?
    }
}

fn transport(error: impl std::error::Error) -> ApiError {
    ApiError::Transport(error.to_string())
}
