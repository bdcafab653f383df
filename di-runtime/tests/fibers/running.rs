//! Running, replacing and removing fibers.

use std::future::pending;
use std::time::Duration;

use di_core::Exit;
use di_runtime::{Fiber, FiberError, FiberExit, FiberMap, FiberScope, Scope};
use tokio::time::sleep;

use crate::common::Trace;

#[tokio::test(start_paused = true)]
async fn a_fiber_leaves_before_those_who_wait_for_it_are_told() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run("short", async { sleep(Duration::from_secs(1)).await });
    assert_eq!(tasks.len(), 1);
    fiber.join().await.unwrap();
    assert_eq!(tasks.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fiber_that_replaces_another_begins_when_that_has_released_what_it_held() {
    let (scope, trace) = (Scope::new(), Trace::default());
    let tasks = FiberMap::new(&scope);
    let body = |name: &'static str| {
        let trace = trace.clone();
        async move |fiber: FiberScope| {
            trace.say(format!("{name} begins"));
            let end = trace.clone();
            fiber.on_interrupt(async move || {
                sleep(Duration::from_secs(1)).await;
                end.say(format!("{name} released"));
            });
            pending::<()>().await;
        }
    };
    tasks.run("sync", body("first"));
    sleep(Duration::from_millis(1)).await;
    let second = tasks.run("sync", body("second"));
    sleep(Duration::from_secs(2)).await;
    assert_eq!(trace.lines(), ["first begins", "first released", "second begins"]);
    assert_eq!(tasks.len(), 1);
    scope.close(Exit::Success).await.unwrap();
    assert!(matches!(second.poll(), Some(FiberExit::Interrupted)));
    assert_eq!(trace.lines().last().unwrap(), "second released");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_panics_ends_with_its_message() {
    let fiber: Fiber = Fiber::spawn(async { panic!("no disk") });
    assert!(matches!(fiber.join().await, Err(FiberError::Panicked(message)) if &*message == "no disk"));
}
