//! Bodies that the tests run, and what they say.

use std::future::pending;
use std::time::Duration;

use di_runtime::{Fiber, FiberScope};
use tokio::time::sleep;

use crate::common::Trace;

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A body that says that it begins, and that it was released, which takes a second.
pub fn lasting(trace: &Trace, name: &'static str) -> impl AsyncFnOnceBody {
    let trace = trace.clone();
    move |fiber: FiberScope| {
        Box::pin(async move {
            let end = trace.clone();
            fiber.on_interrupt(async move || {
                sleep(seconds(1)).await;
                end.say(format!("{name} released"));
            });
            trace.say(format!("{name} begins"));
            let _dropped = SayOnDrop(trace, name);
            pending().await
        })
    }
}

/// The body of a fiber that takes its scope and never ends by itself.
pub trait AsyncFnOnceBody: FnOnce(FiberScope) -> Never + Send + 'static {}

impl<F: FnOnce(FiberScope) -> Never + Send + 'static> AsyncFnOnceBody for F {}

type Never = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Says that the body was dropped.
pub struct SayOnDrop(pub Trace, pub &'static str);

impl Drop for SayOnDrop {
    fn drop(&mut self) {
        self.0.say(format!("{} dropped", self.1));
    }
}

/// A fiber in no collection that never ends by itself.
pub fn alone() -> Fiber {
    Fiber::spawn(pending::<()>())
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("no {0}")]
pub struct No(pub &'static str);
