//! Several builds share a memo map, and some of them go away.

use std::collections::BTreeSet;

use di_core::Exit;
use di_runtime::Scope;
use futures_util::future::join_all;

use crate::cancels::every_step;
use crate::common::{cancel_after, steps};
use crate::laws::law;
use crate::stage::{expect_panics, graphs, play};
use crate::world::Fault;

#[test]
fn a_cancelled_build_does_not_change_what_another_one_gets() {
    expect_panics();
    for (seed, graph, mut random) in graphs(40, 8) {
        let graph = graph.without_sleeps();
        let (one, other) = (graph.some_wanted(&mut random), graph.some_wanted(&mut random));
        let (late, forked) = (random.below(6), random.one_in(3));
        every_step(|polls| {
            let mut done = false;
            play(format!("seed {seed}, {polls} polls"), &graph, async |stage| {
                let (leaving, staying) = (Scope::new(), Scope::new());
                let map = if forked { stage.map.fork() } else { stage.map.clone() };
                let stays = async {
                    steps(late).await;
                    stage.build_through(&map, &other, &staying).await
                };
                let (left, stayed) = tokio::join!(cancel_after(polls, stage.build(&one, &leaving)), stays);
                done = left.is_some();
                law(stayed.is_ok(), format!("the other build: {stayed:?}"))?;
                let kept = stage.graph.reachable(&other);
                stage.history()?.is_alive(&kept)?;

                let _ = leaving.close(Exit::Cancelled).await;
                let history = stage.history()?;
                history.is_alive(&kept)?;
                history.is_over_but_for(&kept)?;

                let _ = staying.close(Exit::Success).await;
                stage.is_left_empty().await?;
                stage.builds_again(&one).await
            });
            done
        });
    }
}

#[test]
fn builds_that_share_release_only_what_nobody_else_holds() {
    expect_panics();
    for (seed, graph, mut random) in graphs(120, 12) {
        let wanted = [(); 3].map(|()| graph.some_wanted(&mut random));
        play(format!("seed {seed}"), &graph, async |stage| {
            let scopes = [(); 3].map(|()| Scope::new());
            let builds = scopes.iter().zip(&wanted).map(|(scope, wanted)| stage.build(wanted, scope));
            for built in join_all(builds).await {
                law(built.is_ok(), format!("{built:?}"))?;
            }
            if stage.graph.shares_all {
                stage.history()?.built_once()?;
            }
            for closed in 0..scopes.len() {
                let _ = scopes[closed].close(Exit::Success).await;
                let kept: BTreeSet<_> =
                    wanted[closed + 1..].iter().flat_map(|wanted| stage.graph.reachable(wanted)).collect();
                let history = stage.history()?;
                history.is_alive(&kept)?;
                history.is_over_but_for(&kept)?;
            }
            stage.is_left_empty().await
        });
    }
}

#[test]
fn waiters_that_leave_one_after_another_leave_nothing() {
    expect_panics();
    for (seed, graph, mut random) in graphs(200, 10) {
        let graph = graph.without_sleeps();
        let wanted = graph.everything();
        let polls = [(); 4].map(|()| random.below(30));
        let hangs = random.below(graph.nodes.len());
        play(format!("seed {seed}, hang at {hangs}, polls {polls:?}"), &graph, async |stage| {
            stage.world.breaks(hangs, Fault::Hang);
            let scopes = [(); 4].map(|()| Scope::new());
            let wanted = &wanted;
            let waiters = scopes.iter().zip(polls).map(|(scope, polls)| async move {
                let built = cancel_after(polls, stage.build(wanted, scope)).await;
                law(built.is_none(), "it did not hang")?;
                if polls % 2 == 0 {
                    let _ = scope.close(Exit::Cancelled).await;
                }
                Ok::<_, String>(())
            });
            for left in join_all(waiters).await {
                left?;
            }
            for scope in &scopes {
                let _ = scope.close(Exit::Cancelled).await;
            }
            stage.is_left_empty().await?;
            stage.builds_again(wanted).await
        });
    }
}

#[test]
fn a_fault_of_one_build_leaves_the_others_what_they_share() {
    expect_panics();
    for (seed, graph, mut random) in graphs(200, 10) {
        let (one, other) = (graph.some_wanted(&mut random), graph.some_wanted(&mut random));
        let kept = graph.reachable(&other);
        let Some(node) = graph.reachable(&one).into_iter().find(|node| !kept.contains(node)) else { continue };
        play(format!("seed {seed}, fault at {node}"), &graph, async |stage| {
            stage.world.breaks(node, Fault::Fail);
            let (falling, staying) = (Scope::new(), Scope::new());
            let falls = async {
                let built = stage.build(&one, &falling).await;
                law(built.is_err(), "it was built")?;
                stage.history()?.is_over_but_for(&kept)
            };
            let (fell, stayed) = tokio::join!(falls, stage.build(&other, &staying));
            fell?;
            law(stayed.is_ok(), format!("the other build: {stayed:?}"))?;
            stage.history()?.is_alive(&kept)?;
            let _ = staying.close(Exit::Success).await;
            stage.is_left_empty().await
        });
    }
}
