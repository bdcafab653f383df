//! What a plan builds for itself alone: what leaves, and what is done beside that.
//!
//! What leaves may be given by a layer that builds others and hands on what they give, and what it hands on may be met
//! elsewhere in the plan. So these are the plan's own as well, wherever they are met, as far as they are known.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::node::MadeOf;
use super::super::{Identity, Kind, Memo, Node};
use super::{Plan, StepId, Task};

impl Plan {
    /// The same plan, in which the steps that give what leaves are built for it alone, and so are those that are built beside
    /// them for their effect. Their dependencies are shared as ever.
    #[must_use]
    pub fn with_own_outputs(mut self) -> Self {
        for step in self.own_steps() {
            self.steps[step].own = true;
        }
        self
    }

    /// The layers that are built for this plan alone, with those that they hand on.
    pub fn own_layers(&self) -> HashSet<Identity> {
        let own = self.steps.iter().filter(|step| step.own);
        let mut left: Vec<Arc<Node>> = own.map(|step| Arc::clone(&step.node)).collect();
        let (mut layers, mut seen) = (HashSet::new(), HashSet::new());
        while let Some(node) = left.pop() {
            layers.insert(node.identity().clone());
            for part in node.shared_parts().iter().filter(|part| seen.insert(Arc::as_ptr(part))) {
                // What cannot be planned is not built; the build says why.
                if let Ok(inside) = Self::open(part) {
                    left.extend(inside.own_steps().into_iter().map(|step| Arc::clone(&inside.steps[step].node)));
                }
            }
        }
        layers
    }

    fn own_steps(&self) -> Vec<StepId> {
        let leaving = self.outputs.iter().filter_map(|(_, input)| input.step());
        let effects: HashSet<_> = self.effects.iter().copied().collect();
        let is_effect = |step: &StepId| self.steps[*step].gives().is_empty() || effects.contains(step);
        leaving.chain(self.beside().into_iter().filter(is_effect)).collect()
    }

    /// The constructors that are not there to feed others: what is provided and hidden is left out.
    fn beside(&self) -> Vec<StepId> {
        let (mut beside, mut left, mut seen) = (Vec::new(), vec![self.root()], HashSet::new());
        while let Some(step) = left.pop() {
            if !seen.insert(step) {
                continue;
            }
            match &self.steps[step].task {
                Task::Construct(_) => beside.push(step),
                Task::All(parts) => left.extend(parts),
                Task::Then(first, second) => {
                    left.push(*second);
                    let keeps = matches!(self.steps[step].node.kind, Kind::Provide { keep: true, .. });
                    left.extend(keeps.then_some(*first));
                }
            }
        }
        beside
    }
}

impl Node {
    /// Whether one of these layers is in it, as far as that is known before the build, and not built by sharing of its own.
    pub(super) fn holds_any(&self, layers: &HashSet<Identity>) -> bool {
        let (mut left, mut seen) = (vec![self], HashSet::new());
        while let Some(node) = left.pop() {
            if layers.contains(&node.identity) {
                return true;
            }
            if seen.insert(std::ptr::from_ref(node)) {
                left.extend(node.kind.parts().into_iter().chain(node.shared_parts()).map(|part| &**part));
            }
        }
        false
    }

    /// The nodes that its constructor builds through the memo map of the build around it, as far as they are known.
    fn shared_parts(&self) -> &[Arc<Self>] {
        match &self.made_of {
            Some(MadeOf { memo: Memo::Shared, parts, .. }) => parts,
            _ => &[],
        }
    }
}
