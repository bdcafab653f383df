//! Every constructor of a graph fails, panics or hangs in its turn.

use std::time::Duration;

use di_core::Exit;
use di_runtime::Scope;
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::laws::{Verdict, law};
use crate::stage::{Stage, expect_panics, graphs, play};
use crate::world::Fault;

#[test]
fn a_graph_is_built_once_and_released_in_order() {
    expect_panics();
    for (seed, graph, mut random) in graphs(300, 24) {
        let wanted = graph.some_wanted(&mut random);
        play(format!("seed {seed}"), &graph, async |stage| {
            let scope = Scope::new();
            let built = stage.build(&wanted, &scope).await;
            law(built.is_ok(), format!("{built:?}"))?;
            let history = stage.history()?;
            history.is_alive(&stage.graph.reachable(&wanted))?;
            law(history.exits().count() == 0, "something was released too early")?;
            if stage.graph.shares_all {
                history.built_once()?;
            }
            let closed = scope.close(Exit::Success).await;
            let history = stage.history()?;
            history.is_over()?;
            law(history.exits().all(|(_, exit)| exit == "success"), "an exit is not a success")?;
            law(closed.is_err() == history.some_release_failed(), format!("closed: {closed:?}\n{}", history.told()))?;
            stage.is_left_empty().await
        });
    }
}

#[test]
fn a_fault_at_any_node_releases_everything_before_it_is_told() {
    expect_panics();
    for (seed, graph, mut random) in graphs(80, 12) {
        let wanted = graph.some_wanted(&mut random);
        for node in graph.reachable(&wanted) {
            for fault in [Fault::Fail, Fault::Panic] {
                play(format!("seed {seed}, {fault:?} at {node}"), &graph, async |stage| {
                    stage.world.breaks(node, fault);
                    let scope = Scope::new();
                    let built = stage.build(&wanted, &scope).await;
                    fell(stage, node, &built.map(drop).map_err(|error| error.suppressed().len()))?;
                    let closed = scope.close(Exit::Success).await;
                    law(closed.is_ok(), format!("what was told with the error is told again: {closed:?}"))?;
                    stage.is_left_empty().await?;
                    stage.builds_again(&wanted).await
                });
            }
        }
    }
}

/// The build failed at this node, and everything was released with the exits that belong to it.
fn fell(stage: &Stage, node: usize, built: &Result<(), usize>) -> Verdict {
    let history = stage.history()?;
    let Err(suppressed) = built else { return Err("it was built".into()) };
    history.is_over()?;
    let told = |exit: &str| exit.contains("planned failure");
    for (other, exit) in history.exits() {
        law(told(exit) || exit == "cancelled", format!("node {other} was told {exit}"))?;
        let its_own = other == node && stage.graph.shares_all;
        law(!its_own || told(exit), format!("the node that failed was told {exit}"))?;
    }
    let told = *suppressed > 0;
    // Two instances of one node are two failures, of which one is told beside the other.
    let as_it_was = told == history.some_release_failed() || (told && !stage.graph.shares_all);
    law(as_it_was, format!("{suppressed} suppressed\n{}", history.told()))
}

#[test]
fn a_fault_is_shared_by_all_who_wait_and_by_nobody_later() {
    expect_panics();
    for (seed, graph, mut random) in graphs(60, 10) {
        let wanted = graph.some_wanted(&mut random);
        let reachable: Vec<_> = graph.reachable(&wanted).into_iter().collect();
        let node = random.pick(&reachable);
        let fault = random.pick(&[Fault::Fail, Fault::Panic]);
        play(format!("seed {seed}, {fault:?} at {node}"), &graph, async |stage| {
            stage.world.breaks(node, fault);
            let scopes = [(); 3].map(|()| Scope::new());
            let builds = scopes.iter().map(|scope| {
                let build = stage.build(&wanted, scope);
                async move {
                    let built = build.await;
                    // The others are told when they come to know it; until then they may hold what this one does not.
                    built.map(drop)
                }
            });
            for built in join_all(builds).await {
                law(built.is_err(), "one of those who waited was not told")?;
            }
            stage.history()?.is_over()?;
            stage.builds_again(&wanted).await
        });
    }
}

#[test]
fn two_faults_at_once_are_both_cleaned_up_after_and_told() {
    expect_panics();
    for (seed, graph, mut random) in graphs(400, 10) {
        let wanted = graph.everything();
        let nodes = [random.below(graph.nodes.len()), random.below(graph.nodes.len())];
        play(format!("seed {seed}, faults at {nodes:?}"), &graph, async |stage| {
            for (node, fault) in nodes.into_iter().zip([Fault::Fail, Fault::Panic]) {
                stage.world.breaks(node, fault);
            }
            let scope = Scope::new();
            let built = stage.build(&wanted, &scope).await;
            let history = stage.history()?;
            history.is_over()?;
            let error = built.err().ok_or("it was built")?;
            law(!error.suppressed().is_empty() || !history.some_release_failed(), "a failed release was not told")?;
            stage.is_left_empty().await?;
            stage.builds_again(&wanted).await
        });
    }
}

#[test]
fn a_hang_at_any_node_ends_with_the_build_that_waits_for_it() {
    expect_panics();
    for (seed, graph, mut random) in graphs(80, 12) {
        let wanted = graph.some_wanted(&mut random);
        for node in graph.reachable(&wanted) {
            play(format!("seed {seed}, hang at {node}"), &graph, async |stage| {
                stage.world.breaks(node, Fault::Hang);
                let scope = Scope::new();
                let built = timeout(Duration::from_secs(10), stage.build(&wanted, &scope)).await;
                law(built.is_err(), "it did not hang")?;
                if seed % 2 == 0 {
                    let _ = scope.close(Exit::Success).await;
                } else {
                    stage.settles().await;
                }
                law(stage.history()?.exits().all(|(_, exit)| exit == "cancelled"), "an exit is not a cancellation")?;
                stage.is_left_empty().await?;
                stage.builds_again(&wanted).await
            });
        }
    }
}
