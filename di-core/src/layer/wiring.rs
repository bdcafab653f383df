//! Wiring: which layers of an unordered list feed which.
//!
//! ```text
//! provider(s)  = the layers of the list that give s
//! used         = the layers that give what leaves, those that give nothing, and the providers of what a used layer needs
//! order        = the used layers, each after its providers
//! needs        = what used layers need and no layer gives
//! ```

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Node, Source};
use crate::set::Member;

/// A list of layers, wired.
pub(crate) struct Wiring {
    /// The layers that are built, each after those that feed it.
    pub(crate) order: Vec<Part>,
    /// What leaves.
    pub(crate) gives: Vec<Member>,
    /// What has to come from outside.
    pub(crate) needs: Vec<Member>,
    /// The layers of a circle, the first one again as the last.
    pub(crate) circle: Option<Vec<Source>>,
}

/// A layer of the list.
pub(crate) struct Part {
    pub(crate) node: Arc<Node>,
    /// What others of the list feed it with, and the places of those in the order.
    pub(crate) fed: Vec<(Member, Vec<usize>)>,
}

impl Wiring {
    /// Wires a list. `leaving` is what leaves; without it, everything does.
    pub(crate) fn new(parts: &[Arc<Node>], leaving: Option<Vec<Member>>) -> Self {
        let providers = Providers::of(parts);
        let roots: Vec<usize> = match &leaving {
            None => (0..parts.len()).collect(),
            Some(leaving) => (0..parts.len())
                .filter(|part| {
                    let gives = &parts[*part].gives;
                    gives.is_empty() || gives.iter().any(|given| leaving.contains(given))
                })
                .collect(),
        };
        let (order, circle) = match providers.sorted(parts, &roots) {
            Ok(order) => (order, None),
            Err(circle) => (Vec::new(), Some(circle.into_iter().map(|part| parts[part].source).collect())),
        };
        let mut places = vec![usize::MAX; parts.len()];
        order.iter().enumerate().for_each(|(place, part)| places[*part] = place);
        let fed = |part: usize| {
            let fed = parts[part].needs.iter().filter_map(|need| {
                let providers = providers.giving(*need);
                (!providers.is_empty()).then(|| (*need, providers.iter().map(|part| places[*part]).collect()))
            });
            Part { node: Arc::clone(&parts[part]), fed: fed.collect() }
        };
        let used = order.iter().map(|part| &parts[*part]);
        let open = used.flat_map(|part| &part.needs).filter(|need| providers.giving(**need).is_empty());
        Self {
            needs: super::node::united(open),
            gives: leaving.unwrap_or_else(|| super::node::united(parts.iter().flat_map(|part| &part.gives))),
            order: order.iter().map(|part| fed(*part)).collect(),
            circle,
        }
    }

    /// Takes the layers out.
    pub(crate) fn take_parts(&mut self) -> impl Iterator<Item = Arc<Node>> {
        std::mem::take(&mut self.order).into_iter().map(|part| part.node)
    }
}

/// Who gives what.
struct Providers(HashMap<TypeId, Vec<usize>>);

/// A layer whose providers are being sorted, and how many of them have been.
struct Visit {
    part: usize,
    providers: Vec<usize>,
    next: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Sorted,
}

impl Providers {
    fn of(parts: &[Arc<Node>]) -> Self {
        let mut providers: HashMap<_, Vec<_>> = HashMap::new();
        for (part, node) in parts.iter().enumerate() {
            node.gives.iter().for_each(|given| providers.entry(given.id()).or_default().push(part));
        }
        Self(providers)
    }

    fn giving(&self, member: Member) -> &[usize] {
        self.0.get(&member.id()).map_or(&[], Vec::as_slice)
    }

    fn feeding(&self, node: &Node) -> Vec<usize> {
        node.needs.iter().flat_map(|need| self.giving(*need)).copied().collect()
    }

    /// The roots and what feeds them, each after what feeds it; or a circle.
    fn sorted(&self, parts: &[Arc<Node>], roots: &[usize]) -> Result<Vec<usize>, Vec<usize>> {
        let mut marks = vec![Mark::New; parts.len()];
        let mut order = Vec::new();
        for root in roots {
            let mut way = Vec::new();
            if marks[*root] == Mark::New {
                marks[*root] = Mark::Open;
                way.push(Visit { part: *root, providers: self.feeding(&parts[*root]), next: 0 });
            }
            while let Some(visit) = way.last_mut() {
                let Some(provider) = visit.providers.get(visit.next).copied() else {
                    marks[visit.part] = Mark::Sorted;
                    order.push(visit.part);
                    way.pop();
                    continue;
                };
                visit.next += 1;
                match marks[provider] {
                    Mark::Sorted => {}
                    Mark::New => {
                        marks[provider] = Mark::Open;
                        way.push(Visit { part: provider, providers: self.feeding(&parts[provider]), next: 0 });
                    }
                    Mark::Open => {
                        let circle = way.iter().map(|visit| visit.part).skip_while(|part| *part != provider);
                        return Err(circle.chain([provider]).collect());
                    }
                }
            }
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests;
