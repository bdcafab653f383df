//! Services that stand in for whatever gives them.
//!
//! A layer all of whose services are substituted leaves no step. What it needed is noted, and dropped in the end if
//! nobody else needs it. A layer that builds others is handed the substitutes as well, since only it will know which.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::super::{Node, Recipe};
use super::super::{Input, StepId, Task};
use super::{Outcome, Planner, Todo};
use crate::set::Member;
use crate::{BuildError, BuildErrorKind};

/// The substitution that is in force.
#[derive(Default)]
pub(super) struct Substitutes {
    /// Each substitution has one; none is zero.
    number: usize,
    services: HashMap<TypeId, (Member, Input)>,
    /// The step after which all of them are there.
    step: StepId,
    replaced: HashSet<TypeId>,
    /// Whether a layer was met that builds others: what is replaced in there is not known.
    nests: bool,
}

impl Substitutes {
    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn get(&self, member: Member) -> Option<Input> {
        self.services.get(&member.id()).map(|(_, input)| *input)
    }
}

impl Planner<'_> {
    /// The substitutes are planned: goes on with the layer that they are put into.
    pub(super) fn replace(&mut self, node: Arc<Node>, layer: Arc<Node>, everywhere: bool) {
        let by = self.pop();
        self.substitutions += 1;
        let mut services = self.substitutes.services.clone();
        services.extend(by.outputs.iter().map(|(member, input)| (member.id(), (*member, *input))));
        let inside = Substitutes { number: self.substitutions, services, step: by.step, ..Substitutes::default() };
        let around = std::mem::replace(&mut self.substitutes, inside);
        self.todo.push(Todo::Replaced { node, by, everywhere, around });
        self.todo.push(Todo::Visit(layer));
    }

    pub(super) fn replaced(
        &mut self,
        node: Arc<Node>,
        by: &Outcome,
        everywhere: bool,
        around: Substitutes,
    ) -> Result<(), BuildError> {
        let inside = std::mem::replace(&mut self.substitutes, around);
        self.substitutes.replaced.extend(&inside.replaced);
        self.substitutes.nests |= inside.nests;
        let layer = self.pop();
        let missed = by.outputs.iter().find(|(member, _)| !inside.replaced.contains(&member.id()));
        if let Some((member, _)) = missed
            && everywhere
            && !inside.nests
        {
            let error = BuildError::new(BuildErrorKind::Unreplaced { service: member.name() });
            return Err(error.at_layer(node.source(), std::time::Duration::ZERO));
        }
        let step = self.step(node, Task::All(vec![by.step, layer.step]));
        self.done.push(Outcome { step, outputs: layer.outputs });
        Ok(())
    }

    /// What stands in for a layer, if everything that it gives is substituted.
    pub(super) fn stand_in(&mut self, recipe: &Recipe) -> Option<Outcome> {
        let given: Option<Vec<_>> =
            recipe.gives.iter().map(|member| Some((*member, self.substitutes.get(*member)?))).collect();
        let outputs = given.filter(|given| !given.is_empty())?;
        self.substitutes.replaced.extend(outputs.iter().map(|(member, _)| member.id()));
        let needed: Vec<_> = recipe.needs.iter().filter_map(|need| self.lookup(*need)?.step()).collect();
        self.unneeded.extend(needed);
        Some(Outcome { step: self.substitutes.step, outputs: outputs.into() })
    }

    /// The substitutes that a layer is handed besides what it needs.
    pub(super) fn substitutes_in(&mut self, recipe: &Recipe, inputs: &mut Vec<Input>) -> Arc<[Member]> {
        let services = &self.substitutes.services;
        self.substitutes.replaced.extend(recipe.gives.iter().map(Member::id).filter(|id| services.contains_key(id)));
        if !recipe.nests || self.substitutes.services.is_empty() {
            return Arc::default();
        }
        self.substitutes.nests = true;
        let mut substitutes: Vec<_> = self.substitutes.services.values().copied().collect();
        // In one order everywhere: the inputs are a part of what the layer is recognized by.
        substitutes.sort_by_key(|(member, _)| member.id());
        inputs.extend(substitutes.iter().map(|(_, input)| *input));
        substitutes.into_iter().map(|(member, _)| member).collect()
    }

    /// Drops the steps that only replaced layers needed.
    pub(in super::super) fn drop_the_unneeded(&mut self, outcome: &Outcome) {
        let mut unneeded = std::mem::take(&mut self.unneeded);
        if unneeded.is_empty() {
            return;
        }
        let mut users = vec![0_usize; self.steps.len()];
        let leaving = outcome.outputs.iter().filter_map(|(_, input)| input.step());
        let used = self.steps.iter().flat_map(|step| step.task().inputs()).filter_map(Input::step);
        leaving.chain(used).for_each(|step| users[step] += 1);
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
        self.doubtful.retain(|(_, one, other)| !is_dropped(one) && !is_dropped(other));
    }
}
