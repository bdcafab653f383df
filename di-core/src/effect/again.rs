//! Effects that are run again: after a failure, or for another value.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::{Effect, EffectInputs, Run};
use crate::schedule::Pace;
use crate::set::Set;
use crate::{Exit, RunError, Schedule};

impl<Out: Send + 'static, Err: Send + 'static, In: Set> Effect<Result<Out, Err>, In> {
    /// Runs the effect again after an error, as the schedule says; its input is the error.
    ///
    /// Each run has a scope of its own, and what the effect registers there is released before the delay. What the effect was
    /// provided with before `retry` is built and released for each run, what it is provided with after it is there for all of
    /// them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Rates { url: String }
    ///
    /// #[effect]
    /// async fn rate(rates: Inject<Rates>) -> Result<f64, std::io::Error> {
    ///     # let _ = &rates.url;
    ///     Ok(1.08)
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let schedule = Schedule::exponential(Duration::from_millis(100)).jittered().times(3);
    /// let rate = rate().retry(schedule).provide_service::<Rates>(Rates { url: "https://rates.example".into() });
    /// assert_eq!(rate.run().await??, 1.08);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The last run's. A panic, a layer that cannot be built and a layer or scope that cannot be released are not retried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the run ends the delay at once.
    #[must_use = "an effect does nothing until it is run"]
    pub fn retry(self, schedule: Schedule<Err>) -> Self {
        let run = self.run;
        Self::of(self.source, move |inputs| {
            let (run, schedule) = (Arc::clone(&run), schedule.clone());
            Box::pin(async move {
                let mut pace = Pace::new(&schedule, inputs.host.clock());
                loop {
                    let exit = |out: &Result<Out, Err>| match out {
                        Ok(_) => Exit::Success,
                        Err(_) => Exit::Failure(Arc::new(RunFailed)),
                    };
                    let error = match once(&run, &inputs, exit).await? {
                        Ok(out) => return Ok(Ok(out)),
                        Err(error) => error,
                    };
                    match pace.pause(&error) {
                        None => return Ok(Err(error)),
                        Some((_, pause)) => pause.await,
                    }
                }
            })
        })
    }
}

impl<Out: Send + 'static, In: Set> Effect<Out, In> {
    /// Runs the effect again after each value, as the schedule says; its input is the value. The last value is the result.
    ///
    /// A `Result` is a value like any other: `until_input(Result::is_err)` ends with the first error. Each run has a scope of its
    /// own, as with [`retry`](Effect::retry).
    ///
    /// ```
    /// use di::prelude::*;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// #[derive(Service)]
    /// struct Counter(AtomicU32);
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let counting = Effect::new(|counter: Inject<Counter>| async move { counter.0.fetch_add(1, Ordering::Relaxed) });
    /// let counted = counting.repeat(Schedule::forever().until_input(|count| *count == 3));
    /// assert_eq!(counted.provide_service::<Counter>(Counter(AtomicU32::new(0))).run().await?, 3);
    /// # Ok::<_, di::RunError>(()) }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the run ends the delay at once.
    #[must_use = "an effect does nothing until it is run"]
    pub fn repeat(self, schedule: Schedule<Out>) -> Self {
        let run = self.run;
        Self::of(self.source, move |inputs| {
            let (run, schedule) = (Arc::clone(&run), schedule.clone());
            Box::pin(async move {
                let mut pace = Pace::new(&schedule, inputs.host.clock());
                loop {
                    let out = once(&run, &inputs, |_| Exit::Success).await?;
                    match pace.pause(&out) {
                        None => return Ok(out),
                        Some((_, pause)) => {
                            drop(out);
                            pause.await;
                        }
                    }
                }
            })
        })
    }
}

/// One run in a scope of its own.
async fn once<Out>(
    run: &Arc<Run<Out>>,
    inputs: &EffectInputs,
    exit: impl FnOnce(&Out) -> Exit,
) -> Result<Out, RunError> {
    let attempt = Arc::clone(&inputs.host).attempt();
    let result = run(EffectInputs { host: attempt.host, ..inputs.clone() }).await;
    let exit = match &result {
        Ok(out) => exit(out),
        Err(error) => Exit::Failure(Arc::new(error.clone())),
    };
    let released = (attempt.release)(exit).await;
    result.and_then(|out| released.map(|()| out).map_err(RunError::Release))
}

/// What the scope of a run is told that came to an error, whose type need not be one of an `Error`.
#[derive(Debug)]
struct RunFailed;

impl fmt::Display for RunFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the run failed")
    }
}

impl Error for RunFailed {}
