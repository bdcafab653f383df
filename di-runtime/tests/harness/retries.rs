//! Constructors that fail for a while, in builds that try again.

use std::collections::BTreeSet;
use std::time::Duration;

use di_core::{Exit, Schedule};
use di_runtime::{LayerExt, Scope};
use tokio::time::{sleep, timeout};

use crate::family::AnyLayer;
use crate::laws::law;
use crate::stage::{Stage, expect_panics, graphs, play};
use crate::world::Fault;

const SECOND: Duration = Duration::from_secs(1);

fn retried(stage: &Stage, wanted: &[usize], delay: Duration) -> AnyLayer {
    stage.layers.root(wanted).retry(Schedule::spaced(delay))
}

#[test]
fn a_fault_that_passes_is_outlived_and_nothing_else_is_built_again() {
    expect_panics();
    for (seed, graph, mut random) in graphs(100, 12).filter(|(_, graph, _)| !graph.promises_success()) {
        let wanted = graph.some_wanted(&mut random);
        for node in graph.reachable(&wanted) {
            play(format!("seed {seed}, {node} fails for a while"), &graph, async |stage| {
                stage.world.breaks(node, Fault::Fail);
                let scope = Scope::new();
                let layer = retried(stage, &wanted, 10 * SECOND);
                let (built, ()) = tokio::join!(layer.build_with(&stage.map, &scope), async {
                    sleep(25 * SECOND).await;
                    stage.world.heals();
                });
                law(built.is_ok(), format!("{built:?}"))?;
                let history = stage.history()?;
                history.is_alive(&stage.graph.reachable(&wanted))?;
                law(history.constructions(node) >= 4, "it was not tried again")?;
                if stage.graph.shares_all {
                    history.built_once_but_for(&BTreeSet::from([node]))?;
                    law(history.constructions(node) == 4, "it was tried too often")?;
                }
                let _ = scope.close(Exit::Success).await;
                stage.is_left_empty().await
            });
        }
    }
}

#[test]
fn a_build_that_is_ended_while_it_tries_again_leaves_nothing() {
    expect_panics();
    for (seed, graph, mut random) in graphs(20, 8) {
        let wanted = graph.some_wanted(&mut random);
        let reachable: Vec<_> = graph.reachable(&wanted).into_iter().collect();
        let node = random.pick(&reachable);
        for millis in 0..60 {
            play(format!("seed {seed}, {node} fails, {millis} ms"), &graph, async |stage| {
                stage.world.breaks(node, Fault::Fail);
                let scope = Scope::new();
                let layer = retried(stage, &wanted, Duration::from_millis(7));
                let (build, moment) = (layer.build_with(&stage.map, &scope), Duration::from_millis(millis));
                if seed % 2 == 0 {
                    let built = timeout(moment, build).await;
                    // A layer that promised not to fail is not tried again.
                    law(!matches!(built, Ok(Ok(_))), "it was built")?;
                    stage.settles().await;
                } else {
                    let (built, _) = tokio::join!(build, async {
                        sleep(moment).await;
                        scope.close(Exit::Success).await
                    });
                    law(built.is_err(), "it was built")?;
                }
                stage.is_left_empty().await?;
                let _ = scope.close(Exit::Success).await;
                stage.builds_again(&wanted).await
            });
        }
    }
}
