//! What the tests share: a trace of what happened, gates that tests open, and futures that are given up.

use std::fmt::Display;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use di::{Exit, Scope};
use tokio::sync::Semaphore;

/// What happened, in order. Clones share the lines.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    pub fn say(&self, line: impl Display) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
    }

    /// Everything that was said since the last look.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many lines are equal to this one.
    pub fn count(&self, line: &str) -> usize {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|said| *said == line).count()
    }

    /// Says `+name` now, and `-name` when the scope closes.
    pub fn lives(&self, name: &str, scope: &Scope) {
        self.say(format!("+{name}"));
        let (trace, line) = (self.clone(), format!("-{name}"));
        scope.on_close_named(line.clone(), move |_exit| async move { trace.say(line) });
    }

    /// Says `+name` now, and `-name: exit` when the scope closes.
    pub fn ends(&self, name: &str, scope: &Scope) {
        self.say(format!("+{name}"));
        let (trace, line) = (self.clone(), format!("-{name}"));
        scope.on_close_named(line.clone(), move |exit: Exit| async move { trace.say(format!("{line}: {exit}")) });
    }
}

/// A gate that is closed until a test opens it.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub fn open(&self) {
        self.0.add_permits(1);
    }

    /// Goes through the gate, which stays open for those behind.
    pub async fn pass(&self) {
        let _permit = self.0.acquire().await.expect("nobody closes the semaphore");
    }
}

/// Polls a future until everything rests, and drops it then.
pub async fn give_up<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Lets every task that does not wait for time or for us come to its end.
pub async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}
