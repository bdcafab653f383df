//! The plan of a build: a layer's graph after it is clear which layer feeds which.
//!
//! Planning runs no constructor. It walks the graph once, in a loop (chains are as long as programs make them), with an
//! environment that says which step gives each service at this place. Two occurrences of one layer with the same inputs
//! become one step, so a diamond is a diamond in the plan, whatever shape it was written in.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use super::node::{Kind, Node, Sharing, Source};
use super::{Construction, Identity, Inputs};
use crate::set::Member;
use crate::{BuildError, BuildErrorKind, InstanceId, ServiceMap};

/// Which step of a plan.
pub type StepId = usize;

/// A plan: its steps, each before those that wait for it.
#[derive(Debug)]
pub struct Plan {
    steps: Vec<Step>,
    outputs: Vec<(Member, Input)>,
    /// Pairs of inputs that must turn out to be one instance.
    doubtful: Vec<(Member, Input, Input)>,
}

/// A step of a plan.
#[derive(Debug)]
pub struct Step {
    node: Arc<Node>,
    task: Task,
}

/// What a step does.
#[derive(Debug)]
pub enum Task {
    /// Runs a constructor with these inputs.
    Construct(Vec<Input>),
    /// Is done when all of these are.
    All(Vec<StepId>),
    /// Begins the second step when the first is done, and is done when that is.
    Then(StepId, StepId),
}

/// Where a service comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// It was there before the build.
    Given(InstanceId),
    /// A step gives it.
    Built(StepId, TypeId),
}

impl Input {
    /// The instance, if it was there before the build.
    pub fn given(&self) -> Option<InstanceId> {
        match self {
            Self::Given(instance) => Some(*instance),
            Self::Built(..) => None,
        }
    }

    /// The step that gives it, if one does.
    pub fn step(&self) -> Option<StepId> {
        match self {
            Self::Given(_) => None,
            Self::Built(step, _) => Some(*step),
        }
    }
}

impl Step {
    /// How the layer is called, and where it was written.
    pub fn source(&self) -> Source {
        self.node.source()
    }

    /// By what the memo map recognizes it; a step without one is built for every use.
    pub fn identity(&self) -> Option<&Identity> {
        (self.recipe()?.shared == Sharing::Memoized).then(|| self.node.identity())
    }

    /// What it does.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The services it needs, in the order of its inputs.
    pub fn needs(&self) -> &[Member] {
        self.recipe().map_or(&[], |recipe| &recipe.needs)
    }

    /// The services it gives.
    pub fn gives(&self) -> &[Member] {
        self.recipe().map_or(&[], |recipe| &recipe.gives)
    }

    /// Runs its constructor, if it has one.
    pub fn construct(&self, inputs: Inputs) -> Option<Construction> {
        self.recipe().map(|recipe| (recipe.construct)(inputs))
    }

    fn recipe(&self) -> Option<&super::Recipe> {
        match &self.node.kind {
            Kind::Construct(recipe) => Some(recipe),
            _ => None,
        }
    }
}

impl Plan {
    /// Plans the build of a layer where these services are there already.
    ///
    /// # Errors
    ///
    /// [`Conflict`](BuildErrorKind::Conflict) if two layers give different instances of a service in one place;
    /// [`Unprovided`](BuildErrorKind::Unprovided) if a need is met by its key only (DI0007).
    pub fn new(node: &Arc<Node>, available: &ServiceMap) -> Result<Self, BuildError> {
        let mut planner = Planner::new(available);
        let outcome = planner.walk(node)?;
        Ok(Self { steps: planner.steps, outputs: outcome.outputs.to_vec(), doubtful: planner.doubtful })
    }

    /// The steps; each comes after those that it waits for.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The last step: when it is done, everything is.
    pub fn root(&self) -> StepId {
        self.steps.len() - 1
    }

    /// The services that leave, and where they come from.
    pub fn outputs(&self) -> &[(Member, Input)] {
        &self.outputs
    }

    /// Services with two sources, which must turn out to be one instance.
    pub fn doubtful(&self) -> &[(Member, Input, Input)] {
        &self.doubtful
    }

    /// The error that says that two sources of a service are two instances.
    pub fn conflict(&self, service: Member, first: Input, second: Input) -> BuildError {
        conflict(&self.steps, service, [first, second])
    }
}

/// The services that leave a place, and the step after which they are there.
#[derive(Clone)]
struct Outcome {
    step: StepId,
    outputs: Arc<[(Member, Input)]>,
}

/// What is left to do, the next at the end.
enum Todo {
    Visit(Arc<Node>),
    Merge { node: Arc<Node>, parts: usize },
    Feed { node: Arc<Node>, layer: Arc<Node>, keep: bool },
    Provide { node: Arc<Node>, by: Outcome, keep: bool, hidden: Vec<(TypeId, Option<Input>)> },
    Narrow { to: Arc<Node> },
    Remember(Place),
}

/// A composite node in an environment: the node's address, and where its needs come from.
type Place = (usize, Vec<Option<Input>>);

struct Planner<'a> {
    available: &'a ServiceMap,
    steps: Vec<Step>,
    doubtful: Vec<(Member, Input, Input)>,
    environment: HashMap<TypeId, Input>,
    constructed: HashMap<(Identity, Vec<Input>), StepId>,
    remembered: HashMap<Place, Outcome>,
    todo: Vec<Todo>,
    done: Vec<Outcome>,
}

impl<'a> Planner<'a> {
    fn new(available: &'a ServiceMap) -> Self {
        Self {
            available,
            steps: Vec::new(),
            doubtful: Vec::new(),
            environment: HashMap::new(),
            constructed: HashMap::new(),
            remembered: HashMap::new(),
            todo: Vec::new(),
            done: Vec::new(),
        }
    }

    fn walk(&mut self, root: &Arc<Node>) -> Result<Outcome, BuildError> {
        self.todo.push(Todo::Visit(Arc::clone(root)));
        while let Some(todo) = self.todo.pop() {
            match todo {
                Todo::Visit(node) => self.visit(node)?,
                Todo::Merge { node, parts } => self.merge(node, parts)?,
                Todo::Feed { node, layer, keep } => self.feed(node, layer, keep),
                Todo::Provide { node, by, keep, hidden } => self.provide(node, by, keep, hidden)?,
                Todo::Narrow { to } => self.narrow(&to),
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
            let place = (Arc::as_ptr(&node) as usize, self.inputs_of(&node.needs));
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
            Kind::Narrow { layer, .. } => {
                self.todo.push(Todo::Narrow { to: Arc::clone(&node) });
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

    fn construct(&mut self, node: &Arc<Node>, recipe: &super::Recipe) -> Result<(), BuildError> {
        let inputs = recipe.needs.iter().map(|need| self.input(*need, node)).collect::<Result<Vec<_>, _>>()?;
        let step = match recipe.shared {
            Sharing::EveryUse => self.step(Arc::clone(node), Task::Construct(inputs)),
            Sharing::Memoized => {
                let key = (node.identity().clone(), inputs);
                match self.constructed.get(&key) {
                    Some(step) => *step,
                    None => {
                        let step = self.step(Arc::clone(node), Task::Construct(key.1.clone()));
                        self.constructed.insert(key, step);
                        step
                    }
                }
            }
        };
        let outputs = recipe.gives.iter().map(|member| (*member, Input::Built(step, member.id()))).collect();
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
        let hidden = by
            .outputs
            .iter()
            .map(|(member, input)| (member.id(), self.environment.insert(member.id(), *input)))
            .collect();
        self.todo.push(Todo::Provide { node, by, keep, hidden });
        self.todo.push(Todo::Visit(layer));
    }

    fn provide(
        &mut self,
        node: Arc<Node>,
        by: Outcome,
        keep: bool,
        hidden: Vec<(TypeId, Option<Input>)>,
    ) -> Result<(), BuildError> {
        for (service, input) in hidden.into_iter().rev() {
            match input {
                Some(input) => self.environment.insert(service, input),
                None => self.environment.remove(&service),
            };
        }
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
            Input::Built(step, _) => self.steps[step].recipe().is_some_and(|recipe| recipe.forwards),
        };
        forwards(one) || forwards(other)
    }

    fn inputs_of(&self, members: &[Member]) -> Vec<Option<Input>> {
        members.iter().map(|member| self.lookup(*member)).collect()
    }

    fn input(&self, member: Member, node: &Node) -> Result<Input, BuildError> {
        self.lookup(member).ok_or_else(|| {
            BuildError::new(BuildErrorKind::Unprovided { service: member.name() })
                .at_layer(node.source(), std::time::Duration::ZERO)
        })
    }

    fn lookup(&self, member: Member) -> Option<Input> {
        let built = self.environment.get(&member.id()).copied();
        built.or_else(|| self.available.find(member.id()).map(|service| Input::Given(service.instance())))
    }

    fn step(&mut self, node: Arc<Node>, task: Task) -> StepId {
        self.steps.push(Step { node, task });
        self.steps.len() - 1
    }

    fn last(&self) -> &Outcome {
        self.done.last().expect("each node that was visited left an outcome")
    }

    fn pop(&mut self) -> Outcome {
        self.done.pop().expect("each node that was visited left an outcome")
    }
}

fn conflict(steps: &[Step], service: Member, inputs: [Input; 2]) -> BuildError {
    let layers = inputs.map(|input| match input {
        Input::Given(_) => Source::new("the services around", "", "", 0),
        Input::Built(step, _) => steps[step].source(),
    });
    BuildError::new(BuildErrorKind::Conflict { service: service.name(), layers })
}
