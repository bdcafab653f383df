//! Services that stand in for whatever gives them.
//!
//! A layer all of whose services are substituted leaves no step. What it needed is noted, and dropped in the end if
//! nobody else needs it. A layer that builds others is handed the substitutes as well, since only it will know which.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::super::{Kind, Node, Recipe};
use super::super::{Doubt, Input, StepId, Task};
use super::{Outcome, Output, Planner, Todo};
use crate::set::Member;
use crate::{BuildError, BuildErrorKind};

/// The substitution that is in force.
#[derive(Default)]
pub(super) struct Substitutes {
    /// Equal substitutions have one; none is zero.
    number: usize,
    services: HashMap<TypeId, Output>,
    /// The step after which all of them are there.
    step: StepId,
}

/// The numbers of substitutions, by what stands in for what.
#[derive(Default)]
pub(super) struct Substitutions(HashMap<Vec<(TypeId, Input)>, usize>);

impl Substitutes {
    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn get(&self, member: Member) -> Option<Output> {
        self.services.get(&member.id()).copied()
    }

    /// In one order everywhere.
    fn sorted(&self) -> Vec<Output> {
        let mut outputs: Vec<_> = self.services.values().copied().collect();
        outputs.sort_by_key(|output| output.member.id());
        outputs
    }
}

impl Substitutions {
    fn number(&mut self, substitutes: &Substitutes) -> usize {
        let services: Vec<_> = substitutes.sorted().iter().map(|output| (output.member.id(), output.input)).collect();
        let next = self.0.len() + 1;
        if services.is_empty() { 0 } else { *self.0.entry(services).or_insert(next) }
    }
}

impl Planner<'_> {
    /// The substitutes are planned: goes on with the layer that they are put into.
    pub(super) fn replace(&mut self, node: Arc<Node>, layer: Arc<Node>, everywhere: bool) -> Result<(), BuildError> {
        let by = self.pop();
        if everywhere && let Some(missed) = never_given(&layer, &by.outputs) {
            let error = BuildError::new(BuildErrorKind::Unreplaced { service: missed.name() });
            return Err(error.at_layer(node.source(), std::time::Duration::ZERO));
        }
        let mut services = self.substitutes.services.clone();
        services.extend(by.outputs.iter().map(|output| (output.member.id(), *output)));
        let mut inside = Substitutes { number: 0, services, step: by.step };
        inside.number = self.substitutions.number(&inside);
        let around = std::mem::replace(&mut self.substitutes, inside);
        self.todo.push(Todo::Replaced { node, by, around });
        self.todo.push(Todo::Visit(layer));
        Ok(())
    }

    pub(super) fn replaced(&mut self, node: Arc<Node>, by: &Outcome, around: Substitutes) {
        self.substitutes = around;
        let layer = self.pop();
        let step = self.step(node, Task::All(vec![by.step, layer.step]));
        self.done.push(Outcome { step, outputs: layer.outputs });
    }

    /// What stands in for a layer, if everything that it gives is substituted.
    pub(super) fn stand_in(&mut self, recipe: &Recipe) -> Option<Outcome> {
        let given: Option<Vec<_>> = recipe.gives.iter().map(|member| self.substitutes.get(*member)).collect();
        let outputs = given.filter(|given| !given.is_empty())?;
        let needed: Vec<_> = recipe.needs.iter().filter_map(|need| self.lookup(*need)?.step()).collect();
        self.unneeded.extend(needed);
        Some(Outcome { step: self.substitutes.step, outputs: outputs.into() })
    }

    /// The substitutes that a layer is handed besides what it needs.
    pub(super) fn substitutes_in(&mut self, recipe: &Recipe, inputs: &mut Vec<Input>) -> Arc<[Member]> {
        if !recipe.nests {
            return Arc::default();
        }
        // In one order everywhere, as the inputs are a part of what the layer is recognized by.
        let substitutes = self.substitutes.sorted();
        inputs.extend(substitutes.iter().map(|output| output.input));
        substitutes.into_iter().map(|output| output.member).collect()
    }

    /// Drops the steps that only replaced layers needed.
    pub(in super::super) fn drop_the_unneeded(&mut self, outcome: &Outcome) {
        let mut unneeded = std::mem::take(&mut self.unneeded);
        if unneeded.is_empty() {
            return;
        }
        let mut users = vec![0_usize; self.steps.len()];
        let leaving = outcome.outputs.iter().filter_map(|output| output.input.step());
        let used = self.steps.iter().flat_map(|step| step.task().inputs()).filter_map(Input::step);
        leaving.chain(used).chain(self.effects.iter().copied()).for_each(|step| users[step] += 1);
        let mut dropped = HashSet::new();
        while let Some(step) = unneeded.pop() {
            if users[step] > 0 || !dropped.insert(step) {
                continue;
            }
            let task = std::mem::replace(&mut self.steps[step].task, Task::All(Vec::new()));
            for input in task.inputs().iter().filter_map(Input::step) {
                users[input] -= 1;
                unneeded.push(input);
            }
        }
        let is_dropped = |input: &Input| input.step().is_some_and(|step| dropped.contains(&step));
        let is_decided = |doubt: &Doubt| !doubt.inputs().iter().any(is_dropped);
        self.steps.iter_mut().for_each(|step| step.doubts.retain(is_decided));
        self.doubts.retain(is_decided);
    }
}

/// A service that no layer inside of this one gives, if all of these are known before the build.
fn never_given(root: &Arc<Node>, services: &[Output]) -> Option<Member> {
    let mut missing: Vec<_> = services.iter().map(|output| output.member).collect();
    let (mut left, mut seen) = (vec![root], HashSet::new());
    while let Some(node) = left.pop()
        && !missing.is_empty()
    {
        if !seen.insert(Arc::as_ptr(node)) {
            continue;
        }
        if let Kind::Construct(recipe) = &node.kind {
            missing.retain(|member| !recipe.gives.contains(member));
            if recipe.nests && node.made_of.as_ref().is_none_or(|made_of| made_of.more) {
                return None;
            }
        }
        left.extend(node.parts());
    }
    missing.first().copied()
}
