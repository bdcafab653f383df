//! The same laws, where threads race: builds that share a memo map are built, cancelled and closed at once.

use std::sync::Arc;
use std::time::Duration;

use di_core::{Exit, Schedule};
use di_runtime::{LayerExt, Scope};
use tokio::sync::Barrier;
use tokio::time::timeout;

use crate::common::{cancel_after, steps};
use crate::laws::{Verdict, law};
use crate::random::Random;
use crate::stage::{Stage, expect_panics, graphs, judge};
use crate::world::Fault;

const BUILDS: usize = 4;

/// What one of the racing builds does.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// It builds, and then closes its scope.
    Finishes,
    /// It goes away after so many polls, and closes its scope.
    Leaves(usize),
    /// Somebody else closes its scope after so many steps.
    IsClosed(usize),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_builds_obey_the_laws() {
    expect_panics();
    for (seed, graph, mut random) in graphs(600, 8) {
        let stage = Stage::new(&graph.without_sleeps());
        if random.one_in(3) {
            let node = random.below(stage.graph.nodes.len());
            stage.world.breaks(node, random.pick(&[Fault::Fail, Fault::Panic]));
        }
        let parts = [(); BUILDS].map(|()| (part(&mut random), random.below(3) as u64));
        let start = Arc::new(Barrier::new(BUILDS));
        let tasks = parts.map(|(part, retries)| {
            let (stage, start, wanted) = (stage.clone(), start.clone(), stage.graph.some_wanted(&mut random));
            tokio::spawn(async move {
                start.wait().await;
                plays(part, retries, &stage, &wanted).await
            })
        });
        let all = async {
            for task in tasks {
                task.await.map_err(|error| error.to_string())??;
            }
            ends(&stage).await
        };
        let verdict = timeout(Duration::from_secs(30), all).await.unwrap_or_else(|_| Err("it hangs".into()));
        judge(&format!("seed {seed}, {parts:?}"), &stage, verdict);
    }
}

fn part(random: &mut Random) -> Part {
    match random.below(3) {
        0 => Part::Finishes,
        1 => Part::Leaves(random.below(20)),
        _ => Part::IsClosed(random.below(20)),
    }
}

/// Plays a part with a build that is tried again so often.
async fn plays(part: Part, retries: u64, stage: &Stage, wanted: &[usize]) -> Verdict {
    let scope = Scope::new();
    let layer = stage.layers.root(wanted).retry(Schedule::recurs(retries));
    let build = layer.build_with(&stage.map, &scope);
    let faulty = stage.graph.reachable(wanted).iter().any(|node| stage.world.fault(*node).is_some());
    match part {
        Part::Finishes => {
            let built = build.await;
            law(built.is_ok() != faulty, format!("{built:?}"))?;
            if built.is_ok() {
                stage.history()?.is_alive(&stage.graph.reachable(wanted))?;
            }
        }
        Part::Leaves(polls) => drop(cancel_after(polls, build).await),
        Part::IsClosed(count) => {
            let closer = {
                let scope = scope.clone();
                tokio::spawn(async move {
                    steps(count).await;
                    let _ = scope.close(Exit::Success).await;
                })
            };
            let _ = build.await;
            closer.await.map_err(|error| error.to_string())?;
        }
    }
    let _ = scope.close(Exit::Success).await;
    Ok(())
}

/// All scopes are closed, so nothing is left and nothing happens any more.
async fn ends(stage: &Stage) -> Verdict {
    let history = stage.history()?;
    history.is_over()?;
    law(format!("{:?}", stage.map).contains("entries: 0"), format!("{:?}", stage.map))?;
    steps(20).await;
    law(stage.history()?.len() == history.len(), "something ran afterwards")
}
