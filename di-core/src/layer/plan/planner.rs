//! Making a plan: one walk through a graph, with an environment.
//!
//! The environment says which step gives each service at the place where the walk is. The walk is a loop over a list of
//! what is left to do, since chains are as long as programs make them.

mod assemble;
mod substitute;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::manner::Manners;
use super::super::{Identity, Kind, Node, Recipe, Sharing};
use super::{Input, Step, StepId, Task, conflict};
use crate::set::Member;
use crate::{AnyService, BuildError, BuildErrorKind, InstanceId, ServiceMap};
use substitute::Substitutes;

/// The services that leave a place, and the step after which they are there.
#[derive(Clone)]
pub(super) struct Outcome {
    step: StepId,
    pub(super) outputs: Arc<[(Member, Input)]>,
}

/// What is left to do, the next at the end.
enum Todo {
    Visit(Arc<Node>),
    Merge { node: Arc<Node>, parts: usize },
    Feed { node: Arc<Node>, layer: Arc<Node>, keep: bool },
    Provide { node: Arc<Node>, by: Outcome, keep: bool, hidden: Hidden },
    Assemble { node: Arc<Node>, placed: usize, hidden: Hidden },
    Override { node: Arc<Node> },
    Replace { node: Arc<Node>, layer: Arc<Node>, everywhere: bool },
    Replaced { node: Arc<Node>, by: Outcome, everywhere: bool, around: Substitutes },
    Narrow { to: Arc<Node> },
    Leave { around: Manners },
    Remember(Place),
}

/// What stood in the environment before something else was put there.
type Hidden = Vec<(TypeId, Option<Input>)>;

/// A composite node in an environment: the node's address, where its needs come from, and which substitution is in
/// force, and what is said of constructors.
type Place = (usize, Vec<Option<Input>>, [usize; 2]);

pub(super) struct Planner<'a> {
    available: &'a ServiceMap,
    /// Whether what is not available may come later, as in a plan that nothing is built by.
    open: bool,
    pub(super) steps: Vec<Step>,
    pub(super) doubtful: Vec<(Member, Input, Input)>,
    environment: HashMap<TypeId, Input>,
    constructed: HashMap<(Identity, Vec<Input>), StepId>,
    remembered: HashMap<Place, Outcome>,
    substitutes: Substitutes,
    substitutions: usize,
    manners: Manners,
    /// Steps that a layer needed which was replaced.
    unneeded: Vec<StepId>,
    todo: Vec<Todo>,
    done: Vec<Outcome>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(available: &'a ServiceMap, open: bool) -> Self {
        Self {
            available,
            open,
            steps: Vec::new(),
            doubtful: Vec::new(),
            environment: HashMap::new(),
            constructed: HashMap::new(),
            remembered: HashMap::new(),
            substitutes: Substitutes::default(),
            substitutions: 0,
            manners: Manners::default(),
            unneeded: Vec::new(),
            todo: Vec::new(),
            done: Vec::new(),
        }
    }

    pub(super) fn walk(&mut self, root: &Arc<Node>) -> Result<Outcome, BuildError> {
        self.todo.push(Todo::Visit(Arc::clone(root)));
        while let Some(todo) = self.todo.pop() {
            match todo {
                Todo::Visit(node) => self.visit(node)?,
                Todo::Merge { node, parts } => self.merge(node, parts)?,
                Todo::Feed { node, layer, keep } => self.feed(node, layer, keep),
                Todo::Provide { node, by, keep, hidden } => self.provide(node, by, keep, hidden)?,
                Todo::Assemble { node, placed, hidden } => self.assemble(node, placed, hidden)?,
                Todo::Override { node } => self.override_with(node),
                Todo::Replace { node, layer, everywhere } => self.replace(node, layer, everywhere),
                Todo::Replaced { node, by, everywhere, around } => self.replaced(node, &by, everywhere, around)?,
                Todo::Narrow { to } => self.narrow(&to),
                Todo::Leave { around } => self.manners = around,
                Todo::Remember(place) => {
                    let outcome = self.last().clone();
                    self.remembered.insert(place, outcome);
                }
            }
        }
        let outcome = self.pop();
        if outcome.step + 1 != self.steps.len() {
            // The root was planned before its last step: a step that only ends the plan keeps the root last.
            self.step(Arc::clone(root), Task::All(vec![outcome.step]));
        }
        Ok(outcome)
    }

    fn visit(&mut self, node: Arc<Node>) -> Result<(), BuildError> {
        if let Kind::Construct(recipe) = &node.kind {
            return self.construct(&node, recipe);
        }
        // A node that is held once is met as often as the node that holds it, which is remembered.
        if Arc::strong_count(&node) > 2 {
            let needs = node.needs.iter().map(|need| self.lookup(*need)).collect();
            let place = (Arc::as_ptr(&node) as usize, needs, [self.substitutes.number(), self.manners.said()]);
            if let Some(outcome) = self.remembered.get(&place) {
                self.done.push(outcome.clone());
                return Ok(());
            }
            self.todo.push(Todo::Remember(place));
        }
        match &node.kind {
            Kind::Construct(_) => unreachable!("constructors were handled above"),
            Kind::Merge(parts) => {
                self.todo.push(Todo::Merge { node: Arc::clone(&node), parts: parts.len() });
                self.todo.extend(parts.iter().rev().cloned().map(Todo::Visit));
            }
            Kind::Provide { layer, by, keep } => {
                let (layer, by) = (Arc::clone(layer), Arc::clone(by));
                self.todo.push(Todo::Feed { node: Arc::clone(&node), layer, keep: *keep });
                self.todo.push(Todo::Visit(by));
            }
            Kind::Assemble(wiring) => {
                if let Some(circle) = &wiring.circle {
                    return Err(BuildError::new(BuildErrorKind::Cycle(circle.clone())));
                }
                self.todo.push(Todo::Assemble { node, placed: 0, hidden: Vec::new() });
            }
            Kind::Override { layer, by } => {
                self.todo.push(Todo::Override { node: Arc::clone(&node) });
                self.todo.extend([by, layer].map(|part| Todo::Visit(Arc::clone(part))));
            }
            Kind::Substitute { layer, by, everywhere } => {
                let (layer, by) = (Arc::clone(layer), Arc::clone(by));
                self.todo.push(Todo::Replace { node: Arc::clone(&node), layer, everywhere: *everywhere });
                self.todo.push(Todo::Visit(by));
            }
            Kind::Narrow { layer, .. } => {
                self.todo.push(Todo::Narrow { to: Arc::clone(&node) });
                self.todo.push(Todo::Visit(Arc::clone(layer)));
            }
            Kind::Around { layer, manner } => {
                let inside = self.manners.inside(manner, layer);
                let around = std::mem::replace(&mut self.manners, inside);
                self.todo.push(Todo::Leave { around });
                self.todo.push(Todo::Visit(Arc::clone(layer)));
            }
            Kind::Pass(members) => {
                let outputs = members
                    .iter()
                    .map(|member| Ok((*member, self.input(*member, &node)?)))
                    .collect::<Result<_, BuildError>>()?;
                let step = self.step(node, Task::All(Vec::new()));
                self.done.push(Outcome { step, outputs });
            }
        }
        Ok(())
    }

    fn construct(&mut self, node: &Arc<Node>, recipe: &Recipe) -> Result<(), BuildError> {
        if let Some(outcome) = self.stand_in(recipe) {
            self.done.push(outcome);
            return Ok(());
        }
        let mut inputs = recipe.needs.iter().map(|need| self.input(*need, node)).collect::<Result<Vec<_>, _>>()?;
        let substitutes = self.substitutes_in(recipe, &mut inputs);
        let step = match recipe.shared {
            Sharing::EveryUse => self.construction(node, inputs, substitutes),
            Sharing::Memoized => {
                let key = (node.identity().clone(), inputs);
                match self.constructed.get(&key) {
                    Some(step) => {
                        self.steps[*step].manners.join(&self.manners);
                        *step
                    }
                    None => {
                        let step = self.construction(node, key.1.clone(), substitutes);
                        self.constructed.insert(key, step);
                        step
                    }
                }
            }
        };
        let outputs = recipe.gives.iter().map(|member| {
            let substitute = self.substitutes.get(*member);
            (*member, substitute.unwrap_or(Input::Built(step, member.id())))
        });
        let outputs = outputs.collect();
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    fn merge(&mut self, node: Arc<Node>, parts: usize) -> Result<(), BuildError> {
        let parts = self.done.split_off(self.done.len() - parts);
        let outputs = self.unite(parts.iter().map(|part| &*part.outputs))?;
        let step = self.step(node, Task::All(parts.iter().map(|part| part.step).collect()));
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    fn feed(&mut self, node: Arc<Node>, layer: Arc<Node>, keep: bool) {
        let by = self.pop();
        let hidden = self.show(by.outputs.iter().copied());
        self.todo.push(Todo::Provide { node, by, keep, hidden });
        self.todo.push(Todo::Visit(layer));
    }

    fn provide(&mut self, node: Arc<Node>, by: Outcome, keep: bool, hidden: Hidden) -> Result<(), BuildError> {
        self.show_again(hidden);
        let layer = self.pop();
        let step = self.step(node, Task::Then(by.step, layer.step));
        let outputs = if keep { self.unite([&*layer.outputs, &*by.outputs].into_iter())? } else { layer.outputs };
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    fn narrow(&mut self, node: &Arc<Node>) {
        let Kind::Narrow { to, .. } = &node.kind else { unreachable!("only narrowing nodes are put off to narrow") };
        let outcome = self.pop();
        let outputs = outcome.outputs.iter().filter(|(member, _)| to.contains(member)).copied().collect();
        self.done.push(Outcome { step: outcome.step, outputs });
    }

    /// The services that leave by any of several ways. Where two ways give one, they must give one instance.
    fn unite<'o>(
        &mut self,
        ways: impl Iterator<Item = &'o [(Member, Input)]>,
    ) -> Result<Arc<[(Member, Input)]>, BuildError> {
        let mut united: Vec<(Member, Input)> = Vec::new();
        let mut seen = HashMap::new();
        for (member, input) in ways.flatten() {
            match seen.insert(member.id(), *input) {
                None => united.push((*member, *input)),
                Some(other) if other == *input => {}
                Some(other) if self.may_be_same(other, *input) => self.doubtful.push((*member, other, *input)),
                Some(other) => return Err(conflict(&self.steps, *member, [other, *input])),
            }
        }
        Ok(united.into())
    }

    /// Whether two sources could give one instance: layers that forward another's result can.
    fn may_be_same(&self, one: Input, other: Input) -> bool {
        let forwards = |input| match input {
            Input::Given(_) => true,
            Input::Built(step, _) => self.steps[step].forwards(),
        };
        forwards(one) || forwards(other)
    }

    /// Puts services into the environment.
    fn show(&mut self, services: impl Iterator<Item = (Member, Input)>) -> Hidden {
        services.map(|(member, input)| (member.id(), self.environment.insert(member.id(), input))).collect()
    }

    /// Puts back what was hidden.
    fn show_again(&mut self, hidden: Hidden) {
        for (service, input) in hidden.into_iter().rev() {
            match input {
                Some(input) => self.environment.insert(service, input),
                None => self.environment.remove(&service),
            };
        }
    }

    fn input(&self, member: Member, node: &Node) -> Result<Input, BuildError> {
        self.lookup(member).ok_or_else(|| {
            BuildError::new(BuildErrorKind::Unprovided { service: member.name() })
                .at_layer(node.source(), Duration::ZERO)
        })
    }

    fn lookup(&self, member: Member) -> Option<Input> {
        let built = self.environment.get(&member.id()).copied();
        let given = || self.available.find(member.id()).map(AnyService::instance);
        let open = || self.open.then(|| InstanceId::open(member.id()));
        built.or_else(|| given().or_else(open).map(Input::Given))
    }

    fn step(&mut self, node: Arc<Node>, task: Task) -> StepId {
        self.steps.push(Step { node, task, substitutes: Arc::default(), manners: Manners::default() });
        self.steps.len() - 1
    }

    fn construction(&mut self, node: &Arc<Node>, inputs: Vec<Input>, substitutes: Arc<[Member]>) -> StepId {
        let manners = self.manners.clone();
        self.steps.push(Step { node: Arc::clone(node), task: Task::Construct(inputs), substitutes, manners });
        self.steps.len() - 1
    }

    fn last(&self) -> &Outcome {
        self.done.last().expect("each node that was visited left an outcome")
    }

    fn pop(&mut self) -> Outcome {
        self.done.pop().expect("each node that was visited left an outcome")
    }
}
