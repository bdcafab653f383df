//! Lists of layers that feed each other, and layers of which one wins.
//!
//! Nothing here says when a layer of a list begins: its constructors begin when their own inputs are there.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::super::{Kind, Node};
use super::super::Task;
use super::{Hidden, Outcome, Output, Planner, Todo};
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
            fed.extend(self.unite(&node, given.into_iter())?.iter().copied());
        }
        let next = Arc::clone(&part.node);
        let hidden = self.show(fed.into_iter());
        self.todo.push(Todo::Assemble { node, placed: placed + 1, hidden });
        self.todo.push(Todo::Visit(next));
        Ok(())
    }

    fn assembled(&mut self, node: Arc<Node>, parts: &[Outcome]) -> Result<(), BuildError> {
        let Kind::Assemble(wiring) = &node.kind else { unreachable!("only lists are assembled") };
        let leaving: HashSet<_> = wiring.gives.iter().map(Member::id).collect();
        let fed: HashSet<_> = wiring.order.iter().flat_map(|part| &part.fed).map(|(member, _)| member.id()).collect();
        let outputs = parts.iter().flat_map(|part| &*part.outputs);
        let outputs =
            outputs.map(|output| Output { used: output.used || fed.contains(&output.member.id()), ..*output });
        let outputs: Vec<Output> = outputs.collect();
        let leaves = |output: &Output| leaving.contains(&output.member.id());
        self.hide(&outputs, |output| !leaves(output));
        let outputs = self.unite(&node, outputs.into_iter().filter(leaves))?;
        let step = self.step(node, Task::All(parts.iter().map(|part| part.step).collect()));
        self.done.push(Outcome { step, outputs });
        Ok(())
    }

    /// Two layers of which the second wins.
    pub(super) fn override_with(&mut self, node: Arc<Node>) {
        let (by, layer) = (self.pop(), self.pop());
        let loses = |output: &Output| by.output(output.member).is_some();
        self.hide(&layer.outputs, loses);
        let kept = layer.outputs.iter().filter(|output| !loses(output));
        let outputs = by.outputs.iter().chain(kept).copied().collect();
        let step = self.step(node, Task::All(vec![layer.step, by.step]));
        self.done.push(Outcome { step, outputs });
    }
}

impl Outcome {
    fn output(&self, member: Member) -> Option<Output> {
        self.outputs.iter().find(|output| output.member.id() == member.id()).copied()
    }
}
