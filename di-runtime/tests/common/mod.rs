//! What the tests share: a trace of what happened, a journal of what was logged, and cancellation.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::fmt::{Debug, Write};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use di_core::Exit;
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::subscriber::DefaultGuard;

/// Plays rounds with random seeds for `seconds`, or for as many as the variable `NAME_SECONDS` says. A round that fails says
/// its seed; `NAME_SEED` plays that one alone.
pub fn random_rounds(name: &str, seconds: u64, round: impl Fn(u64)) {
    let variable = |what: &str| std::env::var(format!("{name}_{what}")).ok();
    let round = |seed| {
        let _told = ToldIfItFails { name, seed };
        round(seed);
    };
    if let Some(seed) = variable("SEED") {
        return round(seed.parse().expect("a seed is a number"));
    }
    let seconds = variable("SECONDS").and_then(|text| text.parse().ok()).unwrap_or(seconds);
    let begun = std::time::Instant::now();
    let first = begun.elapsed().as_nanos() as u64 ^ u64::from(std::process::id()) << 32;
    let mut rounds = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        round(first.wrapping_add(rounds));
        rounds += 1;
    }
    println!("{rounds} rounds, from seed {first}");
}

/// Says which seed it was.
struct ToldIfItFails<'a> {
    name: &'a str,
    seed: u64,
}

impl Drop for ToldIfItFails<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}_SEED={} plays this round again", self.name, self.seed);
        }
    }
}

/// What happened, in order. Clones share the lines.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn say(&self, line: impl Into<String>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines are equal to this one.
    pub fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|said| *said == line).count()
    }

    /// A finalizer that says this line.
    pub fn saying(&self, line: &str) -> impl FnOnce(Exit) -> std::future::Ready<()> + Send + use<> {
        let (trace, line) = (self.clone(), line.to_owned());
        move |_exit| {
            trace.say(line);
            std::future::ready(())
        }
    }

    /// A finalizer that says the exit it is given.
    pub fn saying_exit(&self) -> impl FnOnce(Exit) -> std::future::Ready<()> + Send + use<> {
        let trace = self.clone();
        move |exit| {
            trace.say(exit.to_string());
            std::future::ready(())
        }
    }
}

/// Keeps what this thread logs, one line an event: `LEVEL message field=value`.
pub struct Journal {
    trace: Trace,
    _until_dropped: DefaultGuard,
}

impl Journal {
    pub fn start() -> Self {
        let trace = Trace::new();
        let _until_dropped = tracing::subscriber::set_default(Writer(trace.clone()));
        Self { trace, _until_dropped }
    }

    pub fn lines(&self) -> Vec<String> {
        self.trace.lines()
    }
}

struct Writer(Trace);

impl tracing::Subscriber for Writer {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        if !event.metadata().target().starts_with("di_") {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        self.0.say(format!("{} {}{}", event.metadata().level(), line.message, line.fields));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            // Its number differs from run to run.
            "scope" => Ok(()),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a string takes everything");
    }
}

/// Polls a future at most `polls` times, with time for other tasks after each, and drops it then.
pub async fn cancel_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Polls a future once; `None` if it is not ready.
pub async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|cx| match std::pin::Pin::new(&mut *future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Awaits this many times.
pub async fn steps(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// Lets every task that does not wait for time or for us come to its end.
pub async fn settle() {
    steps(200).await;
}
