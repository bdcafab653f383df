//! The wish that a program comes to its end, and why.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use di_core::SharedError;
use tokio_util::sync::CancellationToken;

use crate::reaper::Reaper;

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
    /// Set before the token is cancelled, so that who is told finds it.
    failure: Arc<OnceLock<CriticalFailure>>,
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

    /// Utters it because something failed that the program cannot be without: the program ends in order, but not well.
    ///
    /// Of several failures the first one is kept. `#[di::main]` prints it and ends with a non-zero exit code; the report of
    /// [`ManagedRuntime::shutdown`](crate::ManagedRuntime::shutdown) has it as a problem. A failure after a
    /// [`request`](Shutdown::request) counts too.
    ///
    /// ```
    /// let shutdown = di::Shutdown::new();
    /// shutdown.fail("ingest", "the queue is gone");
    /// shutdown.fail("metrics", "nobody listens");
    /// assert!(shutdown.is_requested());
    /// assert_eq!(shutdown.failure().unwrap().to_string(), "`ingest` failed: the queue is gone");
    /// ```
    pub fn fail(&self, name: impl Into<Cow<'static, str>>, error: impl Into<Box<dyn Error + Send + Sync>>) {
        let failure = CriticalFailure { name: name.into(), error: SharedError::from(error.into()) };
        // The first one is kept.
        let _ = self.failure.set(failure.clone());
        self.token.cancel();
        // At last: an error may panic when it is printed.
        tracing::error!(name = %failure.name, error = %failure.error, "a critical failure; shutting down");
    }

    /// Why the program ends, if that is because something failed.
    pub fn failure(&self) -> Option<&CriticalFailure> {
        self.failure.get()
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

    /// That of the managed runtime which the running code belongs to: a constructor or a finalizer of its layers, an effect
    /// that it runs, a task of one of their scopes.
    pub(crate) fn current() -> Option<Self> {
        Reaper::current().map(|reaper| reaper.shutdown().clone())
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// The same for what runs in the background: that something watches there does not say that `main` does.
    pub(crate) fn for_background(&self) -> Self {
        Self { watched: Arc::default(), ..self.clone() }
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

/// The failure of something that a program cannot be without.
///
/// It displays as one line, which names it; its source is the error.
#[derive(Clone, Debug)]
pub struct CriticalFailure {
    name: Cow<'static, str>,
    error: SharedError,
}

impl CriticalFailure {
    /// What failed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How.
    pub fn error(&self) -> &SharedError {
        &self.error
    }
}

impl fmt::Display for CriticalFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed: {}", self.name, self.error)
    }
}

impl Error for CriticalFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use di_core::layer::{Construction, Layer, Outputs, Source, factory_layer};
    use di_core::set::Empty;
    use di_core::{BoxFuture, Effect};

    use super::Shutdown;
    use crate::{EffectExt, ManagedRuntime, Scope, lock};

    /// Remembers where the handle of a runtime was found.
    #[derive(Clone)]
    struct Finds {
        runtime: Shutdown,
        places: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Finds {
        fn look(&self, place: &'static str) {
            let found = Shutdown::current().is_some_and(|found| Arc::ptr_eq(&found.failure, &self.runtime.failure));
            lock(&self.places).push(if found { place } else { "not found" });
        }

        fn later(&self, place: &'static str) -> BoxFuture<()> {
            let this = self.clone();
            Box::pin(async move { this.look(place) })
        }

        /// A layer that gives nothing.
        fn layer(&self) -> Layer<Empty, Empty, Empty> {
            let this = self.clone();
            factory_layer(Source::new("looking", "", "", 0), &[], move |inputs| {
                let (this, scope) = (this.clone(), inputs.scope::<Scope>());
                this.look("constructor");
                Construction::pending(async move {
                    this.look("future of a constructor");
                    // It runs before anybody can cancel it: this waits for it.
                    let _ = scope.spawn(this.later("task of a layer")).await;
                    scope.on_close(move |_exit| this.later("finalizer"));
                    Ok(Outputs::none())
                })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_runs_inside_of_a_runtime_finds_its_shutdown() {
        let finds = Finds { runtime: Shutdown::new(), places: Arc::default() };
        let runtime = ManagedRuntime::builder(finds.layer()).shutdown_handle(&finds.runtime).build();
        let effect = finds.clone();
        runtime.run(move || async move { effect.look("effect") }).await.unwrap();
        runtime.shutdown(Duration::from_secs(1)).await.unwrap();
        let expected = ["constructor", "future of a constructor", "task of a layer", "effect", "finalizer"];
        assert_eq!(*lock(&finds.places), expected);
    }

    #[tokio::test]
    async fn there_is_none_outside_of_a_runtime() {
        let found = Effect::new(|| async { Shutdown::current().is_some() }).run().await;
        assert!(!found.unwrap(), "an effect that is run by itself belongs to no runtime");
    }
}
