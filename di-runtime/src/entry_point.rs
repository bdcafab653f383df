//! `#[di::main]`: a program that is built, run, and released in order.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::process::{ExitCode, Termination};
use std::time::Duration;

use di_core::layer::Layer;
use di_core::set::{Here, Satisfied, ServiceSet, SubsetOf};
use di_core::{Effect, RunError};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::{ManagedRuntime, Shutdown};

/// How long a program may take from the signal that ends it to its end, and a test to release its layer, by default.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(25);

/// The exit code of a program whose `main` panics, as ever in Rust.
const PANICKED: u8 = 101;

/// The settings of `#[di::main]`.
#[derive(Clone, Debug)]
pub struct MainOptions {
    shutdown_timeout: Duration,
    release_timeout: Option<Duration>,
    worker_threads: Option<usize>,
}

impl MainOptions {
    /// 25 seconds for the shutdown, and as many threads as there are cores.
    pub fn new() -> Self {
        Self { shutdown_timeout: SHUTDOWN_TIMEOUT, release_timeout: None, worker_threads: None }
    }

    /// How long the program may take from the signal that ends it to its end.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// How long the release of one layer may take: see [`RuntimeBuilder::release_timeout`](crate::RuntimeBuilder::release_timeout).
    #[must_use]
    pub fn release_timeout(mut self, timeout: Duration) -> Self {
        self.release_timeout = Some(timeout);
        self
    }

    /// How many threads run the program.
    #[must_use]
    pub fn worker_threads(mut self, threads: usize) -> Self {
        self.worker_threads = Some(threads);
        self
    }
}

impl Default for MainOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds a layer, runs an effect on it, and releases everything; the body of `#[di::main]`.
///
/// SIGINT (Ctrl-C) or SIGTERM ends the effect: it is told if it took a [`Shutdown`], and dropped at its next await if it did
/// not, or if its time is up. [`Shutdown::fail`] ends it in the same way. A second signal ends the program at once, with 128 and
/// the signal's number as its exit code.
/// The exit code tells whether the effect, the build and the release all succeeded, and nothing critical failed. An effect
/// that panics is released like any other, and the exit code is 101, unless the release fails too. One that never comes
/// to an await cannot be dropped: everything else is released, and then the program ends without it.
pub fn run_main<Out, In, Err, Needs, Return>(
    options: MainOptions,
    layer: impl FnOnce() -> Layer<Out, In, Err>,
    effect: Effect<Return, Needs>,
) -> ExitCode
where
    Out: ServiceSet,
    In: Satisfied,
    Needs: SubsetOf<Out, Here> + 'static,
    Return: Termination + Send + 'static,
{
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    if let Some(count) = options.worker_threads {
        threads.worker_threads(count);
    }
    let threads = match threads.enable_all().build() {
        Ok(threads) => threads,
        Err(error) => {
            eprintln!("error: cannot start the threads of the program: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = threads.block_on(async {
        let shutdown = Shutdown::new();
        if let Err(error) = signals::listen(&shutdown) {
            eprintln!("error: cannot listen for signals: {error}");
            return ExitCode::FAILURE;
        }
        let mut runtime = ManagedRuntime::builder(layer()).shutdown_handle(&shutdown);
        if let Some(timeout) = options.release_timeout {
            runtime = runtime.release_timeout(timeout);
        }
        let runtime = runtime.build();
        let (ended, outcome) = oneshot::channel();
        // On another thread: this one is that of the effect, which may never give it back.
        let code = tokio::spawn(end(runtime.clone(), outcome, shutdown, options.shutdown_timeout));
        let body = AssertUnwindSafe(runtime.run(effect)).catch_unwind().await;
        // Nobody listens any more if the effect was stopped.
        let _ = ended.send(body);
        code.await.unwrap_or(ExitCode::FAILURE)
    });
    // Blocking tasks cannot be cancelled; a program that came to its end does not wait for them.
    threads.shutdown_background();
    code
}

/// How an effect ended: it may have panicked, or not been run.
type Outcome<Return> = Result<Result<Return, RunError>, Box<dyn Any + Send>>;

/// Waits for the end of the effect, or for the wish that it ends; releases everything; says what failed.
async fn end<Out: ServiceSet, Return: Termination>(
    runtime: ManagedRuntime<Out>,
    mut outcome: oneshot::Receiver<Outcome<Return>>,
    shutdown: Shutdown,
    limit: Duration,
) -> ExitCode {
    let ended = shutdown.token().run_until_cancelled(&mut outcome).await;
    let begun = Instant::now();
    let ended = match ended {
        // Half of the time is for the effect, the rest for the release.
        None if shutdown.is_watched() => timeout(limit / 2, outcome).await.ok(),
        ended => ended,
    };
    let mut code = ExitCode::SUCCESS;
    match ended {
        Some(Ok(Ok(Ok(returned)))) => code = returned.report(),
        // The panic was said when it happened.
        Some(Ok(Err(_panic))) => code = ExitCode::from(PANICKED),
        Some(Ok(Ok(Err(error)))) => {
            eprintln!("error: {error}");
            code = ExitCode::FAILURE;
        }
        None if shutdown.is_watched() => {
            eprintln!("error: the program did not come to its end in {:?}", limit / 2);
            code = ExitCode::FAILURE;
        }
        Some(Err(_)) | None => {}
    }
    // It is the reason, so it is told first; one that is a consequence is told after the rest.
    let reason = shutdown.failure().inspect(|failure| eprintln!("error: {failure}"));
    let stopped = runtime.shutdown(limit.saturating_sub(begun.elapsed())).await;
    let disorder =
        stopped.as_ref().err().map(|error| error.report().disorder()).filter(|disorder| !disorder.is_empty());
    if let Some(disorder) = &disorder {
        eprintln!("error: the shutdown was not clean: {}", disorder.join("; "));
    }
    if let (None, Some(failure)) = (reason, shutdown.failure()) {
        eprintln!("error: {failure}");
    }
    if disorder.is_some() || shutdown.failure().is_some() {
        code = ExitCode::FAILURE;
    }
    if stopped.is_err_and(|error| !error.report().stuck_effects().is_empty()) {
        // The main thread does not come back from it.
        std::process::exit(1);
    }
    code
}

#[cfg(unix)]
mod signals {
    //! The signals that end a program.

    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::signal::unix::{SignalKind, signal};

    use crate::Shutdown;

    /// The first signal requests the shutdown, a second one ends the program. One that comes when the shutdown was requested by
    /// other means is the first one: who sends it, be it only the end of its container, knows nothing of that.
    pub(super) fn listen(shutdown: &Shutdown) -> io::Result<()> {
        let signalled = Arc::new(AtomicBool::new(false));
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let mut signals = signal(kind)?;
            let (shutdown, signalled) = (shutdown.clone(), Arc::clone(&signalled));
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if signalled.swap(true, Ordering::Relaxed) {
                        eprintln!("error: a second signal; the program ends without releasing what is left");
                        std::process::exit(128 + kind.as_raw_value());
                    }
                    tracing::info!(signal = kind.as_raw_value(), "shutting down");
                    shutdown.request();
                }
            });
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod signals {
    //! The signal that ends a program.

    use std::io;

    use crate::Shutdown;

    /// The first Ctrl-C requests the shutdown, a second one ends the program.
    pub(super) fn listen(shutdown: &Shutdown) -> io::Result<()> {
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            let mut signalled = false;
            while tokio::signal::ctrl_c().await.is_ok() {
                if std::mem::replace(&mut signalled, true) {
                    eprintln!("error: a second Ctrl-C; the program ends without releasing what is left");
                    std::process::exit(130);
                }
                shutdown.request();
            }
        });
        Ok(())
    }
}
