//! Making a plan: one walk through a graph, with an environment.
//!
//! The environment says which step gives each service at the place where the walk is. The walk is a loop over a list of
//! what is left to do, since chains are as long as programs make them.

mod assemble;
mod substitute;

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::super::manner::Manners;
use super::super::{Identity, Kind, Node, Recipe, Sharing};
use super::doubt::{Doubt, DoubtId, Doubts};
use super::{Input, Step, StepId, Task};
use crate::set::Member;
use crate::{AnyService, BuildError, BuildErrorKind, InstanceId, ServiceMap};
use substitute::{Substitutes, Substitutions};

/// The services that leave a place, and the step after which they are there.
#[derive(Clone)]
pub(super) struct Outcome {
    step: StepId,
    pub(super) outputs: Arc<[Output]>,
}

/// A service that leaves a place.
#[derive(Clone, Copy)]
pub(super) struct Output {
    pub(super) member: Member,
    pub(super) input: Input,
    /// Whether something in that place needs it, so that its layer is not there for its effect alone.
    used: bool,
    /// What has to turn out to be one instance before anybody is handed it.
    doubt: Option<DoubtId>,
}

/// What is left to do, the next at the end.
enum Todo {
    Visit(Arc<Node>),
    Merge { node: Arc<Node>, parts: usize },
    Feed { node: Arc<Node>, layer: Arc<Node> },
    Provide { node: Arc<Node>, by: Outcome, hidden: Hidden },
    Assemble { node: Arc<Node>, placed: usize, hidden: Hidden },
    Override { node: Arc<Node> },
    Replace { node: Arc<Node>, layer: Arc<Node>, everywhere: bool },
    Replaced { node: Arc<Node>, by: Outcome, around: Substitutes },
    Narrow { to: Arc<Node> },
    Leave { around: Manners },
    Remember(Place),
}

/// What stood in the environment before something else was put there.
type Hidden = Vec<(TypeId, Option<Output>)>;

/// A composite node in an environment: the node's address, where its needs come from, and which substitution is in
/// force, and what is said of constructors.
type Place = (usize, Vec<Option<Input>>, [usize; 2]);

pub(super) struct Planner<'a> {
    available: &'a ServiceMap,
    /// Whether what is not available may come later, as in a plan that nothing is built by.
    open: bool,
    pub(super) steps: Vec<Step>,
    pub(super) doubts: Doubts,
    environment: HashMap<TypeId, Output>,
    constructed: HashMap<(Identity, Vec<Input>), StepId>,
    remembered: HashMap<Place, Outcome>,
    substitutes: Substitutes,
    substitutions: Substitutions,
    manners: Manners,
    /// Steps that a layer needed which was replaced.
    unneeded: Vec<StepId>,
    /// Steps that are built for their effect at some place: nothing there needs what they give.
    pub(super) effects: Vec<StepId>,
    todo: Vec<Todo>,
    done: Vec<Outcome>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(available: &'a ServiceMap, open: bool) -> Self {
        Self {
            available,
            open,
            steps: Vec::new(),
            doubts: Doubts::default(),
            environment: HashMap::new(),
            constructed: HashMap::new(),
            remembered: HashMap::new(),
            substitutes: Substitutes::default(),
            substitutions: Substitutions::default(),
            manners: Manners::default(),
            unneeded: Vec::new(),
            effects: Vec::new(),
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
                Todo::Feed { node, layer } => self.feed(node, layer),
                Todo::Provide { node, by, hidden } => self.provide(node, by, hidden)?,
                Todo::Assemble { node, placed, hidden } => self.assemble(node, placed, hidden)?,
                Todo::Override { node } => self.override_with(node),
                Todo::Replace { node, layer, everywhere } => self.replace(node, layer, everywhere)?,
                Todo::Replaced { node, by, around } => self.replaced(node, &by, around),
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
            Kind::Provide { layer, by, .. } => {
                let (layer, by) = (Arc::clone(layer), Arc::clone(by));
                self.todo.push(Todo::Feed { node: Arc::clone(&node), layer });
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
                    .map(|member| {
                        let doubt = self.environment.get(&member.id()).and_then(|output| output.doubt);
                        Ok(Output { member: *member, input: self.input(*member, &node)?, used: true, doubt })
                    })
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
            let input = Input::Built(step, member.id());
            let built = Output { member: *member, input, used: false, doubt: None };
            self.substitutes.get(*member).unwrap_or(built)
        });
        let outputs = outputs.collect();
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    fn merge(&mut self, node: Arc<Node>, parts: usize) -> Result<(), BuildError> {
        let parts = self.done.split_off(self.done.len() - parts);
        let outputs = self.unite(&node, parts.iter().flat_map(|part| &*part.outputs).copied())?;
        let step = self.step(node, Task::All(parts.iter().map(|part| part.step).collect()));
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    fn feed(&mut self, node: Arc<Node>, layer: Arc<Node>) {
        let by = self.pop();
        let hidden = self.show(by.outputs.iter().copied());
        self.todo.push(Todo::Provide { node, by, hidden });
        self.todo.push(Todo::Visit(layer));
    }

    fn provide(&mut self, node: Arc<Node>, by: Outcome, hidden: Hidden) -> Result<(), BuildError> {
        self.show_again(hidden);
        let Kind::Provide { layer: fed, keep, .. } = &node.kind else { unreachable!("only `provide` feeds one layer") };
        let layer = self.pop();
        let needs: HashSet<_> = fed.needs.iter().map(Member::id).collect();
        let used = |output: &Output| Output { used: output.used || needs.contains(&output.member.id()), ..*output };
        let given: Vec<_> = by.outputs.iter().map(used).collect();
        let outputs = if *keep {
            self.unite(&node, layer.outputs.iter().copied().chain(given))?
        } else {
            self.hide(&given, |_| true);
            layer.outputs
        };
        let step = self.step(node, Task::Then(by.step, layer.step));
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    fn narrow(&mut self, node: &Arc<Node>) {
        let Kind::Narrow { to, .. } = &node.kind else { unreachable!("only narrowing nodes are put off to narrow") };
        let outcome = self.pop();
        let passes = |output: &Output| to.contains(&output.member);
        self.hide(&outcome.outputs, |output| !passes(output));
        let outputs = outcome.outputs.iter().filter(|output| passes(output)).copied().collect();
        self.done.push(Outcome { step: outcome.step, outputs });
    }

    /// Of the services of a place, some do not leave it. A step of which nothing leaves and nothing is used is there for its
    /// effect.
    fn hide(&mut self, outputs: &[Output], is_hidden: impl Fn(&Output) -> bool) {
        let is_idle = |output: &&Output| !output.used && is_hidden(output);
        let step = |output: &Output| output.input.step();
        let wanted: HashSet<_> = outputs.iter().filter(|output| !is_idle(output)).filter_map(step).collect();
        let idle = outputs.iter().filter(is_idle).filter_map(step);
        self.effects.extend(idle.filter(|step| !wanted.contains(step)));
    }

    /// The services that leave a node by any of several ways. Where two ways give one, they must give one instance.
    fn unite(&mut self, node: &Arc<Node>, outputs: impl Iterator<Item = Output>) -> Result<Arc<[Output]>, BuildError> {
        let mut united: Vec<Output> = Vec::new();
        let mut places = HashMap::new();
        for output in outputs {
            let Some(place) = places.get(&output.member.id()).copied() else {
                places.insert(output.member.id(), united.len());
                united.push(output);
                continue;
            };
            let first: &mut Output = &mut united[place];
            let inputs = [first.input, output.input];
            let pair = Doubt { service: output.member, inputs, node: Arc::clone(node) };
            let pair = match self.is_one(inputs) {
                Some(true) => None,
                Some(false) => return Err(pair.conflict(&self.steps)),
                None => Some(pair),
            };
            first.used &= output.used;
            first.doubt = self.doubts.all(pair, [first.doubt, output.doubt]);
        }
        Ok(united.into())
    }

    /// Whether two sources give one instance, as far as it is known: a layer that forwards another's result may give any.
    fn is_one(&self, inputs: [Input; 2]) -> Option<bool> {
        let [one, other] = inputs;
        if one == other {
            return Some(true);
        }
        if let [Some(one), Some(other)] = inputs.map(|input| self.instance(input)) {
            return Some(one == other);
        }
        let forwards = |input| match input {
            Input::Given(_) => true,
            Input::Built(step, _) => self.steps[step].forwards(),
        };
        if forwards(one) || forwards(other) { None } else { Some(false) }
    }

    /// The instance that a source gives, if that is known before the build.
    fn instance(&self, input: Input) -> Option<InstanceId> {
        match input {
            Input::Given(instance) => (!self.open).then_some(instance),
            Input::Built(step, service) => self.steps[step].ready(service),
        }
    }

    /// Puts services into the environment.
    fn show(&mut self, services: impl Iterator<Item = Output>) -> Hidden {
        services.map(|output| (output.member.id(), self.environment.insert(output.member.id(), output))).collect()
    }

    /// Puts back what was hidden.
    fn show_again(&mut self, hidden: Hidden) {
        for (service, output) in hidden.into_iter().rev() {
            match output {
                Some(output) => self.environment.insert(service, output),
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
        let built = self.environment.get(&member.id()).map(|output| output.input);
        let given = || self.available.find(member.id()).map(AnyService::instance);
        let open = || self.open.then(|| InstanceId::open(member.id()));
        built.or_else(|| given().or_else(open).map(Input::Given))
    }

    fn step(&mut self, node: Arc<Node>, task: Task) -> StepId {
        let (substitutes, doubts, manners) = (Arc::default(), Vec::new(), Manners::default());
        self.steps.push(Step { node, task, substitutes, doubts, manners, own: false });
        self.steps.len() - 1
    }

    fn construction(&mut self, node: &Arc<Node>, inputs: Vec<Input>, substitutes: Arc<[Member]>) -> StepId {
        // When it is met again, what is in doubt there is not waited for: that may need this step in turn.
        let needed = node.needs.iter().filter_map(|need| self.environment.get(&need.id())?.doubt);
        let handed = substitutes.iter().filter_map(|member| self.substitutes.get(*member)?.doubt);
        let doubts = self.doubts.below(needed.chain(handed).collect());
        let manners = self.manners.clone();
        let (node, task) = (Arc::clone(node), Task::Construct(inputs));
        self.steps.push(Step { node, task, substitutes, doubts, manners, own: false });
        self.steps.len() - 1
    }

    fn last(&self) -> &Outcome {
        self.done.last().expect("each node that was visited left an outcome")
    }

    fn pop(&mut self) -> Outcome {
        self.done.pop().expect("each node that was visited left an outcome")
    }
}
