//! The plan of a build: a layer's graph after it is clear which layer feeds which.
//!
//! Planning runs no constructor. Two occurrences of one layer with the same inputs become one step, so a diamond is a
//! diamond in the plan, whatever shape it was written in.

mod doubt;
mod own;
mod planner;

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::manner::{Group, Manners};
use super::{Construction, Identity, Inputs, Kind, Node, Recipe, Sharing, Source};
use crate::set::Member;
use crate::{AnyService, BuildError, InstanceId, Schedule, ServiceMap};
pub use doubt::Doubt;
use planner::Planner;

/// Which step of a plan.
pub type StepId = usize;

/// A plan: its steps, each before those that wait for it.
#[derive(Debug)]
pub struct Plan {
    steps: Vec<Step>,
    outputs: Vec<(Member, Input)>,
    /// Everything that must turn out to be one instance.
    doubts: Vec<Doubt>,
    /// Steps that are built for their effect at some place.
    effects: Vec<StepId>,
}

/// A step of a plan.
#[derive(Debug)]
pub struct Step {
    node: Arc<Node>,
    task: Task,
    substitutes: Arc<[Member]>,
    doubts: Vec<Doubt>,
    manners: Manners,
    /// Whether it is built for this plan alone.
    own: bool,
}

/// What a step does.
#[derive(Debug)]
pub enum Task {
    /// Runs a constructor when these inputs are there.
    Construct(Vec<Input>),
    /// Is done when all of these are.
    All(Vec<StepId>),
    /// Begins the second step when the first is done, and is done when that is.
    Then(StepId, StepId),
}

impl Task {
    /// The inputs of a constructor; other steps have none.
    pub fn inputs(&self) -> &[Input] {
        match self {
            Self::Construct(inputs) => inputs,
            Self::All(_) | Self::Then(..) => &[],
        }
    }
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
    /// The node that it was made of.
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// How the layer is called, and where it was written.
    pub fn source(&self) -> Source {
        self.manners.name.unwrap_or_else(|| self.node.source())
    }

    /// The named layers that it is a part of, from the innermost to the outermost.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        std::iter::successors(self.manners.group.as_ref(), |group| group.around())
    }

    /// When its constructor is run again after a failure.
    pub fn retry(&self) -> Option<&Schedule<BuildError>> {
        self.manners.retry.as_ref()
    }

    /// Whether what it acquires lives as long as the scope of whoever builds.
    pub fn is_extended(&self) -> bool {
        self.manners.extended
    }

    /// How long its release may take in a shutdown, if its layer says so.
    pub fn release_timeout(&self) -> Option<Duration> {
        self.manners.release_timeout
    }

    /// By what it is recognized when it is met again; a step without one is built for every use.
    pub fn identity(&self) -> Option<&Identity> {
        (self.recipe()?.shared == Sharing::Memoized).then(|| self.node.identity())
    }

    /// Whether it is built for this plan alone, whatever others have built: see [`Plan::with_own_outputs`].
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// Whether what it gives lives elsewhere, or was built from what does, as far as that is known. It is one within a build,
    /// and each build asks anew.
    pub fn borrows(&self) -> bool {
        self.node.borrows
    }

    /// Whether its constructor builds one of these layers, or is one, as far as that is known before it runs.
    pub fn holds_any(&self, layers: &HashSet<Identity>) -> bool {
        self.node.holds_any(layers)
    }

    /// Whether what it gives may be an instance that another layer gives, or that a layer was made of.
    pub fn forwards(&self) -> bool {
        self.recipe().is_some_and(|recipe| recipe.forwards)
    }

    /// Whether it builds other layers and does nothing besides: they are what there is to tell of.
    pub fn is_unit(&self) -> bool {
        self.node.is_unit()
    }

    /// What it does.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// What must have turned out to be one instance before it is handed it. The sources are steps before this one.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// The services it is handed, in the order of its inputs: those it needs, and those that are substituted inside.
    pub fn needs(&self) -> impl Iterator<Item = Member> {
        self.recipe().into_iter().flat_map(|recipe| &recipe.needs).chain(self.substitutes.iter()).copied()
    }

    /// The services that stand in for whatever gives them in the layers that its constructor builds.
    pub fn substitutes(&self) -> &Arc<[Member]> {
        &self.substitutes
    }

    /// The services it gives.
    pub fn gives(&self) -> &[Member] {
        self.recipe().map_or(&[], |recipe| &recipe.gives)
    }

    /// Runs its constructor, if it has one.
    pub fn construct(&self, inputs: Inputs) -> Option<Construction> {
        self.recipe().map(|recipe| (recipe.construct)(inputs))
    }

    /// The instance of a service that it gives, if that is there before it runs.
    fn ready(&self, service: TypeId) -> Option<InstanceId> {
        let ready = &self.recipe()?.ready;
        ready.iter().find(|ready| ready.member().id() == service).map(AnyService::instance)
    }

    fn recipe(&self) -> Option<&Recipe> {
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
    /// [`Conflict`](crate::BuildErrorKind::Conflict) if two layers give different instances of a service in one place;
    /// [`Unprovided`](crate::BuildErrorKind::Unprovided) if a need is met by its key only (DI0007);
    /// [`Cycle`](crate::BuildErrorKind::Cycle) if the layers of a list need each other in a circle;
    /// [`Unreplaced`](crate::BuildErrorKind::Unreplaced) if a service is to be substituted that nothing gives.
    pub fn new(node: &Arc<Node>, available: &ServiceMap) -> Result<Self, BuildError> {
        Self::of(node, Planner::new(available, false))
    }

    /// The plan of a layer that may still need services: these count as given, each as one instance.
    pub(crate) fn open(node: &Arc<Node>) -> Result<Self, BuildError> {
        Self::of(node, Planner::new(&ServiceMap::default(), true))
    }

    fn of(node: &Arc<Node>, mut planner: Planner<'_>) -> Result<Self, BuildError> {
        let outcome = planner.walk(node)?;
        planner.drop_the_unneeded(&outcome);
        let outputs = outcome.outputs.iter().map(|output| (output.member, output.input)).collect();
        let (steps, effects) = (planner.steps, planner.effects);
        Ok(Self { steps, outputs, doubts: planner.doubts.into_all().collect(), effects })
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
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// The error that says that the two sources of a service are two instances.
    pub fn conflict(&self, doubt: &Doubt) -> BuildError {
        doubt.conflict(&self.steps)
    }
}
