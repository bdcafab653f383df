//! Lists of layers that feed each other, and layers of which one wins.
//!
//! Nothing here says when a layer of a list begins: its constructors begin when their own inputs are there.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::super::{Kind, Node};
use super::super::{Input, Task};
use super::{Hidden, Outcome, Planner, Todo};
use crate::BuildError;
use crate::set::Member;

impl Planner<'_> {
    /// Goes on with the next layer of a list: those before it, `placed` of them, have left their outcomes.
    pub(super) fn assemble(&mut self, node: Arc<Node>, placed: usize, hidden: Hidden) -> Result<(), BuildError> {
        self.show_again(hidden);
        let Kind::Assemble(wiring) = &node.kind else { unreachable!("only lists are assembled") };
        let begin = self.done.len() - placed;
        let Some(part) = wiring.order.get(placed) else {
            let parts = self.done.split_off(begin);
            return self.assembled(node, &parts);
        };
        let mut fed = Vec::new();
        for (member, providers) in &part.fed {
            let given: Vec<_> = providers.iter().filter_map(|place| self.done[begin + place].output(*member)).collect();
            fed.extend(self.unite(given.iter().map(std::slice::from_ref))?.iter().copied());
        }
        let next = Arc::clone(&part.node);
        let hidden = self.show(fed.into_iter());
        self.todo.push(Todo::Assemble { node, placed: placed + 1, hidden });
        self.todo.push(Todo::Visit(next));
        Ok(())
    }

    fn assembled(&mut self, node: Arc<Node>, parts: &[Outcome]) -> Result<(), BuildError> {
        let Kind::Assemble(wiring) = &node.kind else { unreachable!("only lists are assembled") };
        let leaving: HashMap<_, _> = wiring.gives.iter().map(|member| (member.id(), ())).collect();
        let outputs: Vec<(Member, Input)> = parts
            .iter()
            .flat_map(|part| part.outputs.iter().copied())
            .filter(|(member, _)| leaving.contains_key(&member.id()))
            .collect();
        let outputs = self.unite(std::iter::once(&*outputs))?;
        let step = self.step(node, Task::All(parts.iter().map(|part| part.step).collect()));
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    /// Two layers of which the second wins.
    pub(super) fn override_with(&mut self, node: Arc<Node>) {
        let (by, layer) = (self.pop(), self.pop());
        let kept = layer.outputs.iter().filter(|(member, _)| by.output(*member).is_none());
        let outputs = by.outputs.iter().chain(kept).copied().collect();
        let step = self.step(node, Task::All(vec![layer.step, by.step]));
        self.done.push(Outcome { step, outputs });
    }
}

impl Outcome {
    fn output(&self, member: Member) -> Option<(Member, Input)> {
        self.outputs.iter().find(|(output, _)| output.id() == member.id()).copied()
    }
}
