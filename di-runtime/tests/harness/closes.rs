//! The scope is closed at every step of a build.

use std::time::Duration;

use di_core::{BuildErrorKind, Exit};
use di_runtime::Scope;
use tokio::time::sleep;

use crate::cancels::every_step;
use crate::common::steps;
use crate::laws::{Verdict, law};
use crate::stage::{Stage, expect_panics, graphs, play};

#[test]
fn a_scope_closed_at_any_await_of_a_build_ends_it_and_waits() {
    expect_panics();
    for (seed, graph, mut random) in graphs(40, 8) {
        let graph = graph.without_sleeps();
        let wanted = graph.some_wanted(&mut random);
        every_step(|count| {
            let mut done = false;
            play(format!("seed {seed}, {count} steps"), &graph, async |stage| {
                done = closed_during_build(stage, &wanted, steps(count)).await?;
                stage.builds_again(&wanted).await
            });
            done
        });
    }
}

#[test]
fn a_scope_closed_at_any_moment_of_a_build_ends_it_and_waits() {
    expect_panics();
    for (seed, graph, mut random) in graphs(40, 8) {
        let wanted = graph.some_wanted(&mut random);
        every_step(|millis| {
            let mut done = false;
            play(format!("seed {seed}, {millis} ms"), &graph, async |stage| {
                let moment = sleep(Duration::from_millis(millis as u64));
                done = closed_during_build(stage, &wanted, moment).await?;
                stage.builds_again(&wanted).await
            });
            done
        });
    }
}

/// Closes the scope of a build when it is time; says whether the build had been done by then.
async fn closed_during_build(stage: &Stage, wanted: &[usize], time: impl Future<Output = ()>) -> Result<bool, String> {
    let scope = Scope::new();
    let build = async {
        let built = stage.build(wanted, &scope).await;
        let history = stage.history()?;
        match built {
            Ok(_) => Ok(!scope.is_closed()),
            Err(error) => {
                history.is_over().map_err(|breach| format!("at the error: {breach}"))?;
                law(matches!(error.kind(), BuildErrorKind::ScopeClosed(_)), format!("{error}"))?;
                Ok(false)
            }
        }
    };
    let closers = async {
        time.await;
        let first = close(stage, &scope);
        let second = close(stage, &scope);
        let (first, second) = tokio::join!(first, second);
        first.and(second)
    };
    let (done, closed) = tokio::join!(build, closers);
    closed?;
    stage.is_left_empty().await?;
    done
}

/// When a close returns, everything is over, whoever called it.
async fn close(stage: &Stage, scope: &Scope) -> Verdict {
    let closed = scope.close(Exit::Success).await;
    let history = stage.history()?;
    history.is_over().map_err(|breach| format!("at the end of the close: {breach}"))?;
    // What a cancelled build inside of a build could not release may be logged instead.
    law(closed.is_ok() || history.some_release_failed(), format!("closed: {closed:?}"))
}
