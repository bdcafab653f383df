//! Acquire and release: a resource is in its scope before anybody can lose it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use di_core::Exit;
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::Scope;
use super::engine::Engine;
use super::finalizer::{FinalizerOutcome, Name, Work, panic_message};
use super::reentry::HeldUp;
use super::report::{Outcome, ScopeClosed};
use super::state::{Entry, Key};

/// Why a resource was not acquired, or not kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AcquireError<Err> {
    /// The acquire failed; nothing was registered.
    #[error("{0}")]
    Failed(Err),
    /// The acquire panicked, with this message.
    #[error("the acquire panicked: {0}")]
    Panicked(String),
    /// The scope was closed: the acquire was not started, or its resource has been released again.
    #[error(transparent)]
    Closed(#[from] ScopeClosed),
}

impl Scope {
    /// Acquires a resource and registers its release, as one step that cannot be cut in two.
    ///
    /// Use it for whatever must be given back. If the resource exists already, [`Scope::on_close`]
    /// is enough.
    ///
    /// ```
    /// use di_core::Exit;
    /// use di_runtime::{AcquireError, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), AcquireError<std::io::Error>> {
    /// let scope = Scope::new();
    /// let port = scope
    ///     .acquire_release(async { Ok(8080) }, async |port, exit| println!("{port} free: {exit}"))
    ///     .await?;
    /// assert_eq!(port, 8080);
    /// scope.close(Exit::Success).await.unwrap();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The release is registered if and only if the acquire succeeds, at the place in the order
    /// that the success has. It is given a clone of the resource and the exit of the scope. A close
    /// that begins during the acquire waits for it, and the resource is then released at once.
    ///
    /// # Errors
    ///
    /// [`AcquireError::Failed`] and [`AcquireError::Panicked`] if the acquire failed or panicked,
    /// [`AcquireError::Closed`] if the close of the scope began before the caller got the resource.
    /// The release then belongs to the close: it waits for it and reports its failure.
    ///
    /// # Cancel safety
    ///
    /// Nothing happens before the first poll. From then on the acquire runs to its end on a task of
    /// its own, also if the returned future is dropped; the release is then registered as ever.
    /// Outside of a runtime the acquire runs within the returned future, and dropping that drops
    /// the acquire.
    #[track_caller]
    pub fn acquire_release<Out, Err, Acquire, Release, Fut>(
        &self,
        acquire: Acquire,
        release: Release,
    ) -> impl Future<Output = Result<Out, AcquireError<Err>>> + Send + use<Out, Err, Acquire, Release, Fut>
    where
        Acquire: Future<Output = Result<Out, Err>> + Send + 'static,
        Out: Clone + Send + 'static,
        Err: Send + 'static,
        Release: FnOnce(Out, Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        acquire_release(self.engine().clone(), Name::of_caller(), acquire, release)
    }
}

async fn acquire_release<Out, Err, Acquire, Release, Fut>(
    engine: Arc<Engine>,
    name: Name,
    acquire: Acquire,
    release: Release,
) -> Result<Out, AcquireError<Err>>
where
    Acquire: Future<Output = Result<Out, Err>> + Send + 'static,
    Out: Clone + Send + 'static,
    Err: Send + 'static,
    Release: FnOnce(Out, Exit) -> Fut + Send + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: FinalizerOutcome,
{
    let place = Place::reserve(engine.clone(), name)?;
    let held_up = HeldUp::current().and(engine.lineage());
    let job = held_up.during(async move {
        match AssertUnwindSafe(acquire).catch_unwind().await {
            Ok(Ok(resource)) => place.keep(resource, release).await,
            Ok(Err(error)) => Err(AcquireError::Failed(error)),
            Err(payload) => Err(AcquireError::Panicked(panic_message(&*payload))),
        }
    });
    let acquired = match engine.home().runtime_of_caller() {
        None => job.await,
        Some(runtime) => {
            let (answer, answered) = oneshot::channel();
            engine.home().spawn_owned(&runtime, async move {
                // Nobody may be waiting any more; the resource is in the scope all the same.
                let _ = answer.send(job.await);
            });
            // Only a runtime that shuts down drops the task.
            answered.await.unwrap_or_else(|_| Err(ScopeClosed::new(Exit::Cancelled).into()))
        }
    };
    // Between the success and this poll the scope may have closed and released the resource.
    let exit = engine.with(|machine| machine.exit().cloned());
    match (acquired, exit) {
        (Ok(_), Some(exit)) => Err(ScopeClosed::new(exit).into()),
        (acquired, _) => acquired,
    }
}

/// The place on the stack that an acquire in flight holds, so that a close waits for it.
///
/// Dropping it gives the place up and lets the close go on.
struct Place {
    engine: Arc<Engine>,
    key: Key,
    name: Name,
    released: Option<oneshot::Sender<Outcome>>,
}

impl Place {
    fn reserve(engine: Arc<Engine>, name: Name) -> Result<Self, ScopeClosed> {
        let (released, release) = oneshot::channel();
        // A place that is given up needs no release, and that is no failure.
        let wait = Work::Call(Box::new(move |_exit| release.map(|end| end.unwrap_or(Outcome::Completed)).boxed()));
        let entry = Entry { name: name.clone(), work: wait };
        match engine.with(|machine| machine.register_if_open(entry)) {
            Ok(key) => Ok(Self { engine, key, name, released: Some(released) }),
            Err((_, exit)) => Err(ScopeClosed::new(exit)),
        }
    }

    /// Puts the release where the place was; or, if the scope closed meanwhile, performs it.
    async fn keep<Out, Err, Release, Fut>(mut self, resource: Out, release: Release) -> Result<Out, AcquireError<Err>>
    where
        Out: Clone + Send + 'static,
        Release: FnOnce(Out, Exit) -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: FinalizerOutcome,
    {
        let copy = catch_unwind(AssertUnwindSafe(|| resource.clone()));
        let work = Work::of(move |exit| release(resource, exit));
        let copy = match copy {
            Ok(copy) => copy,
            Err(payload) => {
                let message = panic_message(&*payload);
                self.release_now(work, Exit::Panicked(message.as_str().into())).await;
                return Err(AcquireError::Panicked(message));
            }
        };
        let entry = Entry { name: self.name.clone(), work };
        match self.engine.with(|machine| machine.replace(self.key, entry)) {
            Ok(_place) => Ok(copy),
            Err((entry, exit)) => {
                self.release_now(entry.work, exit.clone()).await;
                Err(ScopeClosed::new(exit).into())
            }
        }
    }

    async fn release_now(&mut self, work: Work, exit: Exit) {
        let outcome = work.perform(exit).await;
        if outcome.is_failure() {
            tracing::error!(finalizer = %self.name, %outcome, "the release of a resource that nobody got did not succeed");
        }
        if let Some(released) = self.released.take() {
            // Heard by the closer whose turn has come, or will come, to this place.
            let _ = released.send(outcome);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.engine.with(|machine| machine.remove(self.key)));
    }
}
