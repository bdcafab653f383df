//! The wish that a program comes to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

/// Tells a program that it should come to its end, and whoever watches it that it was told so.
///
/// A `main` that takes one as a parameter is told about a signal and may finish what it is doing; a `main` that does not
/// is cancelled. A clone tells of the same.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let shutdown = di::Shutdown::new();
/// let server = tokio::spawn({
///     let shutdown = shutdown.clone();
///     async move { shutdown.requested().await }
/// });
/// shutdown.request();
/// server.await.unwrap();
/// # });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    watched: Arc<AtomicBool>,
}

impl Shutdown {
    /// A wish that nobody has uttered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Utters it.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Whether it was uttered.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until it is uttered.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the future can be dropped and made again.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Remembers that an effect took it, and so will stop by itself.
    pub(crate) fn be_watched(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Whether an effect took it.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }
}
