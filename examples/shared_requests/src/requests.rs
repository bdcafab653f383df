//! Requests that are shared: with those who ask at the same time, by a fiber; with those who ask later, by a cache.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use di::prelude::*;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

/// What is asked for: a path, and the type that the answer is decoded as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    path: String,
    decoded: TypeId,
}

/// An answer, decoded; its type is in the key.
type Answer = Arc<dyn Any + Send + Sync>;

/// How something is asked for.
#[derive(Clone, Copy)]
pub struct Options {
    /// How long the answer may be used again.
    pub time_to_live: Duration,
    /// Whether a request that is under way may answer this one too.
    pub share: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { time_to_live: Duration::from_secs(300), share: true }
    }
}

/// How much there is of what.
#[derive(Debug, PartialEq, Eq)]
pub struct Stats {
    pub cached: usize,
    pub in_flight: usize,
}

#[derive(Service)]
pub struct Requests {
    in_flight: FiberMap<Key, Answer, reqwest::Error>,
    shared: Arc<Shared>,
}

/// What the fibers use as well.
struct Shared {
    http: reqwest::Client,
    base: String,
    cache: Mutex<HashMap<Key, Cached>>,
}

struct Cached {
    answer: Answer,
    until: Instant,
}

/// The server that is asked.
#[derive(Service)]
pub struct Base(pub String);

#[layer]
pub fn requests(base: Inject<Base>, scope: &Scope) -> Result<Requests, reqwest::Error> {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let shared = Arc::new(Shared { http, base: base.0.clone(), cache: Mutex::default() });
    Ok(Requests { in_flight: FiberMap::typed(scope), shared })
}

impl Requests {
    /// What is at a path, from the cache, from a request that is under way, or from a new one.
    ///
    /// A request belongs to nobody who waits for it: it goes on when they go away.
    pub async fn get<T>(&self, path: &str, options: Options) -> Result<Arc<T>, FiberError<reqwest::Error>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let key = Key { path: path.to_owned(), decoded: TypeId::of::<T>() };
        let answer = if let Some(answer) = self.shared.cached(&key) {
            println!("{path}: from the cache");
            answer
        } else if options.share {
            let request = Arc::clone(&self.shared).request::<T>(key.clone(), options.time_to_live);
            self.in_flight.get_or_run(key, request).join().await?
        } else {
            let request = Arc::clone(&self.shared).fetch::<T>(key, options.time_to_live);
            request.await.map_err(|error| FiberError::Failed(Arc::new(error)))?
        };
        Ok(answer.downcast().unwrap_or_else(|_| unreachable!("the type is in the key")))
    }

    pub fn clear_cache(&self) {
        self.shared.cache().clear();
    }

    pub fn stats(&self) -> Stats {
        Stats { cached: self.shared.cache().len(), in_flight: self.in_flight.len() }
    }
}

impl Shared {
    /// The body of a fiber. Another one may have ended after the caller had looked into the cache.
    async fn request<T: DeserializeOwned + Send + Sync + 'static>(
        self: Arc<Self>,
        key: Key,
        time_to_live: Duration,
    ) -> Result<Answer, reqwest::Error> {
        match self.cached(&key) {
            Some(answer) => Ok(answer),
            None => self.fetch::<T>(key, time_to_live).await,
        }
    }

    async fn fetch<T: DeserializeOwned + Send + Sync + 'static>(
        self: Arc<Self>,
        key: Key,
        time_to_live: Duration,
    ) -> Result<Answer, reqwest::Error> {
        println!("{}: from the server", key.path);
        let response = self.http.get(format!("{}{}", self.base, key.path)).send().await?;
        let answer: Answer = Arc::new(response.error_for_status()?.json::<T>().await?);
        let cached = Cached { answer: Arc::clone(&answer), until: Instant::now() + time_to_live };
        let mut cache = self.cache();
        cache.retain(|_, cached| cached.until > Instant::now());
        cache.insert(key, cached);
        Ok(answer)
    }

    fn cached(&self, key: &Key) -> Option<Answer> {
        let cache = self.cache();
        let cached = cache.get(key).filter(|cached| cached.until > Instant::now())?;
        Some(Arc::clone(&cached.answer))
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<Key, Cached>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
