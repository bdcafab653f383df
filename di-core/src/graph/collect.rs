//! Making a graph: the plan of the layer, and those of the layers inside of layers.
//!
//! What would be shared is one layer of the graph: a part that is built through the memo map around it, with the same
//! identity and inputs as a layer that is there already, is that layer. Composites that are one layer only in order to be
//! shared as one are looked through. The walk has a stack of its own, since layers are as deep in each other as programs
//! make them.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Graph, GraphEdge, GraphLayer, GraphOutput};
use crate::BuildError;
use crate::layer::{Identity, Input, Memo, Node, Plan, Source, StepId, Task, retried, substituted};
use crate::set::Member;

/// Where a service comes from: a layer of the graph, or outside.
type Origin = Option<usize>;

/// Services, and where they come from.
type Origins = HashMap<TypeId, Origin>;

/// What is built through one memo map.
type Domain = usize;

/// By what layers are one.
type Key = (Domain, Identity, Vec<Origin>);

pub(super) fn graph(root: &Arc<Node>) -> Result<Graph, BuildError> {
    let mut collector = Collector::default();
    collector.enter(root, Origins::new(), 0, None, Purpose::Root)?;
    while let Some(level) = collector.levels.last_mut() {
        match level.plan.steps().get(level.next).map(|step| step.task()) {
            Some(Task::Construct(_)) => collector.construct()?,
            Some(_) => level.next += 1,
            None => collector.leave(),
        }
    }
    Ok(collector.graph)
}

#[derive(Default)]
struct Collector {
    graph: Graph,
    levels: Vec<Level>,
    layers: HashMap<Key, usize>,
    /// What composites that are looked through give.
    units: HashMap<Key, Origins>,
    /// The domains of layers that keep a memo map for themselves.
    own: HashMap<usize, Domain>,
    domains: Domain,
}

/// A plan, and how far it has been gone through.
struct Level {
    plan: Plan,
    next: StepId,
    /// What comes from around it.
    given: Origins,
    /// What its steps give.
    built: HashMap<StepId, Origins>,
    domain: Domain,
    parent: Option<usize>,
    purpose: Purpose,
}

/// What is done with the services that leave a level.
enum Purpose {
    /// They leave the graph.
    Root,
    /// They are what the step gives that the level below has come to.
    Unit(Key),
    /// This layer gives them on.
    Part(usize),
}

impl Collector {
    fn enter(
        &mut self,
        node: &Arc<Node>,
        given: Origins,
        domain: Domain,
        parent: Option<usize>,
        purpose: Purpose,
    ) -> Result<(), BuildError> {
        let plan = Plan::open(node)?;
        self.levels.push(Level { plan, next: 0, given, built: HashMap::new(), domain, parent, purpose });
        Ok(())
    }

    /// The next step of the last level is a layer: finds it, or adds it and enters its parts.
    fn construct(&mut self) -> Result<(), BuildError> {
        let level = self.levels.last().expect("there is a level while there are steps");
        let (number, domain, parent) = (level.next, level.domain, level.parent);
        let step = &level.plan.steps()[number];
        let inputs: Vec<(Member, Origin)> =
            step.needs().zip(step.task().inputs()).map(|(need, input)| (need, level.origin(need, *input))).collect();
        let (node, shared, retry) = (Arc::clone(step.node()), step.identity().is_some(), step.retry().cloned());
        let groups: Vec<_> = step.groups().map(|group| group.source().name()).collect();
        let marks = Marks { source: step.source(), shared, retried: retry.is_some(), groups };
        let substitutes = Arc::clone(step.substitutes());
        let key = (domain, node.identity().clone(), inputs.iter().map(|(_, origin)| *origin).collect());
        let given: Origins = inputs.iter().map(|(need, origin)| (need.id(), *origin)).collect();
        let made_of = node.made_of.as_ref();
        if let Some(unit) = made_of.filter(|made_of| made_of.combinator.is_none()) {
            if let Some(known) = self.units.get(&key) {
                self.give(known.clone());
                return Ok(());
            }
            let inside = substituted(Arc::clone(&unit.parts[0]), &substitutes);
            let inside = match retry {
                Some(schedule) => retried(inside, schedule),
                None => inside,
            };
            return self.enter(&inside, given, domain, parent, Purpose::Unit(key));
        }
        if shared && let Some(known) = self.layers.get(&key) {
            self.give_all(&node, *known);
            return Ok(());
        }
        let layer = self.graph.layers.len();
        self.graph.add(&node, marks, &inputs, parent);
        if shared {
            self.layers.insert(key, layer);
        }
        self.give_all(&node, layer);
        if let Some(made_of) = made_of {
            let domain = self.inside(domain, &made_of.memo);
            // The list of levels is a stack: the first part is on top.
            for part in made_of.parts.iter().rev() {
                let part = substituted(Arc::clone(part), &substitutes);
                self.enter(&part, given.clone(), domain, Some(layer), Purpose::Part(layer))?;
            }
        }
        Ok(())
    }

    /// The last level has been gone through.
    fn leave(&mut self) {
        let level = self.levels.pop().expect("a level was gone through");
        let outputs = level.plan.outputs().iter().map(|(member, input)| (*member, level.origin(*member, *input)));
        match &level.purpose {
            Purpose::Root => {
                let leaves = |(member, from): (Member, Origin)| GraphOutput { service: member.name(), from };
                self.graph.gives = outputs.map(leaves).collect();
                // Outputs that nobody gives are needs as well.
                let open: Vec<_> = self.graph.gives.iter().filter(|output| output.from.is_none()).collect();
                let open: Vec<_> = open.into_iter().map(|output| output.service).collect();
                self.graph.need(open);
            }
            Purpose::Unit(key) => {
                let origins: Origins = outputs.map(|(member, origin)| (member.id(), origin)).collect();
                self.units.insert(key.clone(), origins.clone());
                self.give(origins);
            }
            Purpose::Part(of) => {
                let edges =
                    outputs.map(|(member, from)| GraphEdge { from, to: *of, service: member.name(), part: true });
                // What a part is given and gives on is among the needs of the whole already.
                self.graph.edges.extend(edges.filter(|edge| edge.from.is_some()));
            }
        }
    }

    fn give_all(&mut self, node: &Node, layer: usize) {
        self.give(node.gives.iter().map(|member| (member.id(), Some(layer))).collect());
    }

    /// Says what the step gives that the last level has come to, and goes on to the next one.
    fn give(&mut self, origins: Origins) {
        let level = self.levels.last_mut().expect("a step belongs to a level");
        level.built.insert(level.next, origins);
        level.next += 1;
    }

    /// The memo map of the parts of a layer.
    fn inside(&mut self, around: Domain, memo: &Memo) -> Domain {
        let next = self.domains + 1;
        let domain = match memo {
            Memo::Shared => around,
            Memo::Fresh => next,
            Memo::Own(own) => *self.own.entry(own.address()).or_insert(next),
        };
        self.domains = self.domains.max(domain);
        domain
    }
}

impl Level {
    fn origin(&self, member: Member, input: Input) -> Origin {
        match input {
            Input::Given(_) => self.given.get(&member.id()).copied().flatten(),
            Input::Built(step, service) => self.built[&step].get(&service).copied().flatten(),
        }
    }
}

/// What a plan says of a layer beside what feeds it.
struct Marks {
    source: Source,
    shared: bool,
    retried: bool,
    groups: Vec<&'static str>,
}

impl Graph {
    fn add(&mut self, node: &Node, marks: Marks, inputs: &[(Member, Origin)], parent: Option<usize>) {
        let to = self.layers.len();
        let made_of = node.made_of.as_ref();
        self.layers.push(GraphLayer {
            name: marks.source.name(),
            module: marks.source.module(),
            file: marks.source.file(),
            line: marks.source.line(),
            gives: node.gives.iter().map(Member::name).collect(),
            needs: node.needs.iter().map(Member::name).collect(),
            shared: marks.shared || made_of.is_some_and(|made_of| matches!(made_of.memo, Memo::Own(_))),
            combinator: made_of.and_then(|made_of| made_of.combinator),
            retried: marks.retried,
            groups: marks.groups,
            parent,
        });
        let edge = |(need, from): &(Member, Origin)| GraphEdge { from: *from, to, service: need.name(), part: false };
        self.edges.extend(inputs.iter().map(edge));
        self.need(inputs.iter().filter(|(_, from)| from.is_none()).map(|(need, _)| need.name()).collect());
    }

    fn need(&mut self, services: Vec<crate::Name>) {
        for service in services {
            if !self.needs.contains(&service) {
                self.needs.push(service);
            }
        }
    }
}
