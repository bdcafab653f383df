//! Builds are cancelled at every await, and at every moment.

use std::time::Duration;

use di_core::Exit;
use di_runtime::Scope;
use tokio::time::timeout;

use crate::common::cancel_after;
use crate::laws::{Verdict, law};
use crate::stage::{Stage, expect_panics, graphs, play};

/// No build takes more polls, or more milliseconds.
const ENOUGH: usize = 2_000;

#[test]
fn a_build_cancelled_at_any_await_leaves_nothing() {
    expect_panics();
    for (seed, graph, mut random) in graphs(40, 8) {
        let graph = graph.without_sleeps();
        let wanted = graph.some_wanted(&mut random);
        every_step(|polls| {
            let mut done = false;
            play(format!("seed {seed}, {polls} polls"), &graph, async |stage| {
                let scope = Scope::new();
                let built = cancel_after(polls, stage.build(&wanted, &scope)).await;
                done = built.is_some();
                ends(stage, &scope, done, seed % 2 == 0).await?;
                stage.builds_again(&wanted).await
            });
            done
        });
    }
}

#[test]
fn a_build_cancelled_at_any_moment_leaves_nothing() {
    expect_panics();
    for (seed, graph, mut random) in graphs(40, 8) {
        let wanted = graph.some_wanted(&mut random);
        every_step(|millis| {
            let mut done = false;
            play(format!("seed {seed}, {millis} ms"), &graph, async |stage| {
                let scope = Scope::new();
                let moment = Duration::from_millis(millis as u64);
                let built = timeout(moment, stage.build(&wanted, &scope)).await;
                done = built.is_ok();
                ends(stage, &scope, done, seed % 2 == 0).await?;
                stage.builds_again(&wanted).await
            });
            done
        });
    }
}

/// Everything is released when the scope is closed, or in the background if nobody waits for it.
async fn ends(stage: &Stage, scope: &Scope, done: bool, close: bool) -> Verdict {
    if close || done {
        let closed = scope.close(Exit::Success).await;
        let failed = stage.history()?.some_release_failed();
        // What is released in the background is not told to the scope, but logged.
        law(closed.is_err() == failed || (!done && closed.is_ok()), format!("closed: {closed:?}"))?;
    } else {
        stage.settles().await;
    }
    let exit = if done { "success" } else { "cancelled" };
    law(stage.history()?.exits().all(|(_, told)| told == exit), format!("an exit is not {exit}"))?;
    stage.is_left_empty().await
}

/// Plays a case for each number of steps, until it says that it came to its end.
pub fn every_step(case: impl FnMut(usize) -> bool) {
    assert!((0..ENOUGH).any(case), "it never comes to its end");
}
