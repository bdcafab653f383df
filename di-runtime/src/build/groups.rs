//! The spans of layers that have a name together.

use std::collections::HashMap;
use std::sync::Arc;

use di_core::layer::Step;
use tracing::Span;

/// A span for each named group of layers of one build, by the group's address: from its first constructor to the end of the
/// way up.
#[derive(Default)]
pub(super) struct Groups(HashMap<usize, Span>);

impl Groups {
    /// The span that the constructor of a step runs in.
    pub(super) fn span(&mut self, step: &Step) -> Span {
        let groups: Vec<_> = step.groups().collect();
        groups.into_iter().rev().fold(Span::none(), |around, group| {
            let made = || around.in_scope(|| tracing::debug_span!("layers", name = group.source().name()));
            self.0.entry(Arc::as_ptr(group) as usize).or_insert_with(made).clone()
        })
    }
}
