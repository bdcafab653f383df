//! `#[di::test]`: a test that is built, run and released, and leaves nothing behind.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use di_core::layer::Layer;
use di_core::set::{Here, Satisfied, ServiceSet, SubsetOf};
use di_core::{Effect, Watch};
use futures_util::FutureExt;

use crate::ManagedRuntime;
use crate::entry_point::SHUTDOWN_TIMEOUT;

/// The settings of `#[di::test]`.
#[derive(Clone, Debug)]
pub struct TestOptions {
    shutdown_timeout: Duration,
    paused: bool,
}

impl TestOptions {
    /// 25 seconds for the shutdown, and a clock that stands still while anything runs.
    pub fn new() -> Self {
        Self { shutdown_timeout: SHUTDOWN_TIMEOUT, paused: true }
    }

    /// How long the release may take.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// The clock is that of the machine.
    #[must_use]
    pub fn real_time(mut self) -> Self {
        self.paused = false;
        self
    }
}

impl Default for TestOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds a layer, runs an effect on it, and releases everything; the body of `#[di::test]`.
///
/// The layer is built through a memo map of its own, on a tokio runtime of one thread whose clock is paused.
///
/// # Panics
///
/// If the layer cannot be built, the effect panics, the release fails or does not finish, or an instance of a service is
/// still held when everything has been released.
pub fn run_test<Out, In, Err, Needs, Return>(
    options: TestOptions,
    layer: impl FnOnce() -> Layer<Out, In, Err>,
    effect: Effect<Return, Needs>,
) -> Return
where
    Out: ServiceSet,
    In: Satisfied,
    Needs: SubsetOf<Out, Here> + 'static,
    Return: Send + 'static,
{
    let mut thread = tokio::runtime::Builder::new_current_thread();
    thread.enable_all().start_paused(options.paused);
    let thread = thread.build().expect("a test needs a tokio runtime");
    thread.block_on(async {
        let runtime = ManagedRuntime::new(layer());
        let ended = AssertUnwindSafe(runtime.run(effect)).catch_unwind().await;
        let watched = runtime.instances();
        let released = runtime.shutdown(options.shutdown_timeout).await;
        drop(runtime);
        let returned = match ended {
            Ok(Ok(returned)) => returned,
            Ok(Err(error)) => panic!("{error}"),
            Err(panicked) => resume_unwind(panicked),
        };
        if let Err(error) = released {
            panic!("the test left something behind: {error}");
        }
        // What the tasks of the test still hold is let go by those that are about to end.
        tokio::task::yield_now().await;
        let held: Vec<_> = watched.iter().filter(|watch| watch.is_held()).map(name).collect();
        assert!(held.is_empty(), "the test left something behind: {} still held by somebody", held.join(", "));
        returned
    })
}

fn name(watch: &Watch) -> String {
    format!("`{}`", watch.member())
}
