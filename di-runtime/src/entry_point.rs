//! `#[di::main]`: a program that is built, run, and released in order.

use std::panic::AssertUnwindSafe;
use std::process::{ExitCode, Termination};
use std::time::Duration;

use di_core::Effect;
use di_core::layer::Layer;
use di_core::set::{Here, Satisfied, ServiceSet, SubsetOf};
use futures_util::FutureExt;
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
    worker_threads: Option<usize>,
}

impl MainOptions {
    /// 25 seconds for the shutdown, and as many threads as there are cores.
    pub fn new() -> Self {
        Self { shutdown_timeout: SHUTDOWN_TIMEOUT, worker_threads: None }
    }

    /// How long the program may take from the signal that ends it to its end.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
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
/// not, or if its time is up. A second signal ends the program at once, with 128 and the signal's number as its exit code.
/// The exit code tells whether the effect, the build and the release all succeeded. An effect that panics is released like
/// any other, and the exit code is 101, unless the release fails too.
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
        let runtime = ManagedRuntime::builder(layer()).shutdown_handle(&shutdown).build();
        run(&runtime, effect, &shutdown, options.shutdown_timeout).await
    });
    // Blocking tasks cannot be cancelled; a program that came to its end does not wait for them.
    threads.shutdown_background();
    code
}

async fn run<Out, Needs, Return>(
    runtime: &ManagedRuntime<Out>,
    effect: Effect<Return, Needs>,
    shutdown: &Shutdown,
    limit: Duration,
) -> ExitCode
where
    Out: ServiceSet,
    Needs: SubsetOf<Out, Here> + 'static,
    Return: Termination + Send + 'static,
{
    let (result, begun) = {
        // Dropped at the end of this block: the shutdown waits for all effects to be gone.
        let mut body = std::pin::pin!(AssertUnwindSafe(runtime.run(effect)).catch_unwind());
        let ended = shutdown.token().run_until_cancelled(&mut body).await;
        let begun = Instant::now();
        match ended {
            // Half of the time is for the effect, the rest for the release.
            None if shutdown.is_watched() => (timeout(limit / 2, &mut body).await.ok(), begun),
            ended => (ended, begun),
        }
    };
    let mut code = ExitCode::SUCCESS;
    match result {
        Some(Ok(Ok(returned))) => code = returned.report(),
        // The panic was said when it happened.
        Some(Err(_panic)) => code = ExitCode::from(PANICKED),
        Some(Ok(Err(error))) => {
            eprintln!("error: {error}");
            code = ExitCode::FAILURE;
        }
        None if shutdown.is_watched() => {
            eprintln!("error: the program did not come to its end in {:?}", limit / 2);
            code = ExitCode::FAILURE;
        }
        None => {}
    }
    if let Err(error) = runtime.shutdown(limit.saturating_sub(begun.elapsed())).await {
        eprintln!("error: {error}");
        code = ExitCode::FAILURE;
    }
    code
}

#[cfg(unix)]
mod signals {
    //! The signals that end a program.

    use std::io;

    use tokio::signal::unix::{SignalKind, signal};

    use crate::Shutdown;

    /// The first signal requests the shutdown, a second one ends the program.
    pub(super) fn listen(shutdown: &Shutdown) -> io::Result<()> {
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let mut signals = signal(kind)?;
            let shutdown = shutdown.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if shutdown.is_requested() {
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
            while tokio::signal::ctrl_c().await.is_ok() {
                if shutdown.is_requested() {
                    eprintln!("error: a second Ctrl-C; the program ends without releasing what is left");
                    std::process::exit(130);
                }
                shutdown.request();
            }
        });
        Ok(())
    }
}
