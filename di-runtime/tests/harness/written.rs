//! Layers that are written in every way there is, at random: chains, lists, substitutes, and what says something of others.

use std::collections::BTreeSet;
use std::time::Duration;

use di_core::layer::{Layer, OpenParts, claimed, open_assembled, open_both, open_part};
use di_core::set::Empty;
use di_core::{BuildError, BuildErrorKind, Exit, Schedule};
use di_runtime::{LayerExt, Scope};
use tokio::time::timeout;

use crate::family::{AnyLayer, FAMILY};
use crate::graph::Layers;
use crate::laws::law;
use crate::random::Random;
use crate::stage::{expect_panics, graphs, play};
use crate::world::Fault;

/// The services that are there, or that a layer gives.
type Services = BTreeSet<usize>;

/// A layer, with what it gives and how it is written.
#[derive(Clone)]
struct Written {
    layer: AnyLayer,
    gives: Services,
    text: String,
}

struct Writer<'a> {
    layers: &'a Layers,
    random: &'a mut Random,
    plain: bool,
    /// What was written before, and what had to be there for it: it is used again.
    before: Vec<(Services, Written)>,
}

impl Writer<'_> {
    /// A layer for a place where these services are there.
    fn layer(&mut self, there: &Services, depth: usize) -> Written {
        if self.random.one_in(4) {
            let fitting: Vec<_> = self.before.iter().filter(|(needs, _)| needs.is_subset(there)).collect();
            if !fitting.is_empty() {
                return fitting[self.random.below(fitting.len())].1.clone();
            }
        }
        let written = if depth == 0 { self.leaf(there) } else { self.composite(there, depth - 1) };
        self.before.push((there.clone(), written.clone()));
        written
    }

    fn leaf(&mut self, there: &Services) -> Written {
        let is_fed = |node: &usize| self.layers.own(*node).1.iter().all(|need| there.contains(need));
        let fed: Vec<_> = (0..self.layers.size()).filter(is_fed).collect();
        let node = self.random.pick(&fed);
        Written { layer: self.layers.own(node).0, gives: Services::from([node]), text: node.to_string() }
    }

    fn composite(&mut self, there: &Services, depth: usize) -> Written {
        let one = self.layer(there, depth);
        let text = one.text.clone();
        let alike = |name: &str, layer| Written { layer, gives: one.gives.clone(), text: format!("{text}.{name}()") };
        // Half of the graphs are of what changes the order only: more of it fits into one.
        match self.random.below(if self.plain { 11 } else { 20 }) {
            0..4 => self.fed(there, one, depth),
            4..8 => self.list(there, one, depth),
            10 => Written { gives: Services::new(), ..alike("discard", one.layer.discard()) },
            11 => alike("fresh", one.layer.fresh()),
            12 => alike("or_die", one.layer.or_die()),
            13 => alike("retry", one.layer.retry(Schedule::recurs(1))),
            14 => alike("retry_fresh", one.layer.retry_fresh(Schedule::recurs(1))),
            15 => alike("extend_scope", one.layer.extend_scope()),
            16 => alike("timeout", claimed(one.layer.timeout(Duration::from_secs(100)).node().clone())),
            17 => alike("named", one.layer.named("group")),
            kind => {
                let other = self.layer(there, depth);
                let (name, layer, substitutes) = match kind {
                    18 => ("substitute", one.layer.substitute(other.layer), true),
                    19 => ("override_with", one.layer.override_with(other.layer), false),
                    _ => ("merge", one.layer.merge(other.layer), false),
                };
                let gives = if substitutes { one.gives } else { &one.gives | &other.gives };
                Written { layer, gives, text: format!("{text}.{name}({})", other.text) }
            }
        }
    }

    /// A layer that is fed by one.
    fn fed(&mut self, there: &Services, by: Written, depth: usize) -> Written {
        let layer = self.layer(&(there | &by.gives), depth);
        if self.random.one_in(3) {
            let text = format!("{}.provide_merge({})", layer.text, by.text);
            return Written { layer: layer.layer.provide_merge(by.layer), gives: &layer.gives | &by.gives, text };
        }
        let text = format!("{}.provide({})", layer.text, by.text);
        Written { layer: layer.layer.provide(by.layer), gives: layer.gives, text }
    }

    /// A list, in any order, of layers that feed each other.
    fn list(&mut self, there: &Services, first: Written, depth: usize) -> Written {
        let mut gives = first.gives.clone();
        let mut parts = vec![first];
        for _ in 0..1 + self.random.below(3) {
            let part = self.layer(&(there | &gives), depth);
            gives.extend(&part.gives);
            parts.insert(self.random.below(parts.len() + 1), part);
        }
        let texts: Vec<_> = parts.iter().map(|part| &*part.text).collect();
        let text = texts.join(", ");
        let layers = parts.into_iter().map(|part| part.layer);
        if gives.is_empty() || self.random.one_in(2) {
            let open: OpenParts<Empty, Empty, Empty> =
                layers.map(open_part).reduce(open_both).expect("there is a first one");
            let layer: Layer<Empty, Empty, Empty> = open_assembled(open);
            return Written { layer, gives, text: format!("[{text}]") };
        }
        let leaving: Vec<_> = gives.into_iter().collect();
        let leaving = self.random.pick(&leaving);
        let layer = (FAMILY[leaving].list)(layers.collect());
        Written { layer, gives: Services::from([leaving]), text: format!("[<{leaving}> {text}]") }
    }
}

fn written(layers: &Layers, random: &mut Random) -> Written {
    let (depth, plain) = (2 + random.below(3), random.one_in(2));
    Writer { layers, random, plain, before: Vec::new() }.layer(&Services::new(), depth)
}

/// Whether what is written makes no sense, which is found out when it is built.
fn is_refused(error: &BuildError) -> bool {
    use BuildErrorKind::{Conflict, Cycle, Unreplaced};
    matches!(error.kind(), Conflict { .. } | Cycle(_) | Unreplaced { .. })
}

#[test]
fn whatever_is_written_is_built_or_refused_and_leaves_nothing_behind() {
    expect_panics();
    let mut built = 0;
    for (seed, graph, mut random) in graphs(1_500, 10) {
        play(format!("seed {seed}"), &graph, async |stage| {
            let written = written(&stage.layers, &mut random);
            let (scope, text) = (Scope::new(), &written.text);
            let result = written.layer.build_with(&stage.map, &scope).await;
            if let Err(error) = &result {
                // What promised not to fail is refused as a part of that.
                law(is_refused(error) || text.contains("or_die"), format!("{error}: {text}"))?;
            } else {
                built += 1;
                let graph = written.layer.graph();
                law(graph.is_ok(), format!("it has no graph but was built: {graph:?}: {text}"))?;
            }
            let _ = scope.close(Exit::Success).await;
            stage.is_left_empty().await.map_err(|breach| format!("{text}: {breach}"))
        });
    }
    assert!(built > 800, "only {built} were built");
}

#[test]
fn whatever_is_written_and_fails_for_a_while_leaves_nothing_behind_beside_a_build_that_is_given_up() {
    expect_panics();
    for (seed, graph, mut random) in graphs(1_000, 10) {
        play(format!("seed {seed}"), &graph, async |stage| {
            let written = written(&stage.layers, &mut random);
            let layer = match random.below(3) {
                0 => written.layer.retry(Schedule::spaced(Duration::from_millis(3)).times(3)),
                1 => written.layer.retry_fresh(Schedule::recurs(4)),
                _ => written.layer.extend_scope(),
            };
            let fault = random.pick(&[Fault::Fail, Fault::Panic]);
            stage.world.breaks(random.below(stage.graph.nodes.len()), fault);
            let moment = Duration::from_millis(random.below(12) as u64);
            let (scope, other) = (Scope::new(), Scope::new());
            let (result, _) = tokio::join!(layer.build_with(&stage.map, &scope), async {
                let given_up = timeout(moment, layer.build_with(&stage.map, &other)).await;
                stage.world.heals();
                given_up
            });
            let _ = (other.close(Exit::Cancelled).await, scope.close(Exit::Success).await);
            stage.settles().await;
            let left = stage.is_left_empty().await;
            left.map_err(|breach| format!("{}: {result:?}: {breach}", written.text))
        });
    }
}
