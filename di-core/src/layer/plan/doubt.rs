//! Services with two sources, of which only the build can tell whether they are one instance.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::{Node, Source};
use super::{Input, Step};
use crate::set::Member;
use crate::{BuildError, BuildErrorKind};

/// Two sources of a service, which must turn out to be one instance.
#[derive(Clone, Debug)]
pub struct Doubt {
    pub(super) service: Member,
    pub(super) inputs: [Input; 2],
    /// Where they meet.
    pub(super) node: Arc<Node>,
}

impl Doubt {
    /// The service.
    pub fn service(&self) -> Member {
        self.service
    }

    /// Its two sources.
    pub fn inputs(&self) -> [Input; 2] {
        self.inputs
    }

    /// The error that says that they are two.
    pub(super) fn conflict(&self, steps: &[Step]) -> BuildError {
        let place = self.node.source();
        let layers = self.inputs.map(|input| match input {
            Input::Given(_) => Source::new("the services around", place.module(), place.file(), place.line()),
            Input::Built(step, _) => steps[step].source(),
        });
        let kind = BuildErrorKind::Conflict { service: self.service.name(), layers };
        let at = Source::new(self.node.name(), place.module(), place.file(), place.line());
        BuildError::new(kind).at_layer(at, std::time::Duration::ZERO)
    }
}

/// Which doubts: one, and those that were there before it.
pub(super) type DoubtId = usize;

/// What is in doubt about a plan.
#[derive(Default)]
pub(super) struct Doubts(Vec<(Option<Doubt>, [Option<DoubtId>; 2])>);

impl Doubts {
    /// A doubt, if there is one, together with others.
    pub(super) fn all(&mut self, doubt: Option<Doubt>, before: [Option<DoubtId>; 2]) -> Option<DoubtId> {
        match (&doubt, before) {
            (None, [None, only] | [only, None]) => only,
            (None, [one, other]) if one == other => one,
            _ => {
                self.0.push((doubt, before));
                Some(self.0.len() - 1)
            }
        }
    }

    /// The doubts that these tell of, each once.
    pub(super) fn below(&self, mut left: Vec<DoubtId>) -> Vec<Doubt> {
        let (mut seen, mut doubts) = (HashSet::new(), Vec::new());
        while let Some(id) = left.pop() {
            if seen.insert(id) {
                let (doubt, before) = &self.0[id];
                doubts.extend(doubt.clone());
                left.extend(before.iter().flatten());
            }
        }
        doubts
    }

    /// Keeps only these.
    pub(super) fn retain(&mut self, keep: impl Fn(&Doubt) -> bool) {
        self.0.iter_mut().for_each(|(doubt, _)| drop(doubt.take_if(|doubt| !keep(doubt))));
    }

    /// All doubts, in the order in which they were found.
    pub(super) fn into_all(self) -> impl Iterator<Item = Doubt> {
        self.0.into_iter().filter_map(|(doubt, _)| doubt)
    }
}
