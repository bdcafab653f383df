//! What nodes give and need, found by walking the graph.
//!
//! The walk is a loop, since chains are as long as programs make them, and looks at each node once, since a node may be
//! part of many.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::node::{Kind, Node};
use crate::set::Member;

/// What one node gives and needs.
#[derive(Clone)]
pub(super) struct Signature {
    pub(super) gives: Arc<[Member]>,
    pub(super) needs: Arc<[Member]>,
}

/// The signatures found so far, by the addresses of the nodes: a graph must outlive what is known of it.
#[derive(Default)]
pub(super) struct Signatures(HashMap<usize, Signature>);

impl Signatures {
    pub(super) fn of(&mut self, node: &Node) -> Signature {
        let mut todo = vec![node];
        while let Some(next) = todo.last().copied() {
            let unknown: Vec<_> = next.kind.parts().into_iter().filter(|part| self.find(part).is_none()).collect();
            if unknown.is_empty() {
                let signature = self.combine(&next.kind);
                self.0.insert(address(next), signature);
                todo.pop();
            } else {
                todo.extend(unknown);
            }
        }
        self.known(node)
    }

    fn combine(&self, kind: &Kind) -> Signature {
        match kind {
            Kind::Construct(recipe) => {
                Signature { gives: recipe.gives.as_slice().into(), needs: recipe.needs.as_slice().into() }
            }
            Kind::Merge(layers) => {
                let layers: Vec<_> = layers.iter().map(|layer| self.known(layer)).collect();
                Signature {
                    gives: united(layers.iter().flat_map(|layer| &*layer.gives)),
                    needs: united(layers.iter().flat_map(|layer| &*layer.needs)),
                }
            }
            Kind::Provide { layer, by, keep } => {
                let (layer, by) = (self.known(layer), self.known(by));
                let given: HashSet<_> = by.gives.iter().map(Member::id).collect();
                let left = layer.needs.iter().filter(|need| !given.contains(&need.id()));
                let gives = if *keep { united(layer.gives.iter().chain(&*by.gives)) } else { layer.gives };
                Signature { gives, needs: united(by.needs.iter().chain(left)) }
            }
            Kind::Pass(members) => Signature { gives: members.as_slice().into(), needs: members.as_slice().into() },
            Kind::Narrow { layer, to } => Signature { gives: to.as_slice().into(), needs: self.known(layer).needs },
        }
    }

    fn find(&self, node: &Node) -> Option<&Signature> {
        self.0.get(&address(node))
    }

    fn known(&self, node: &Node) -> Signature {
        self.find(node).cloned().expect("the parts of a node come before it")
    }
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node) as usize
}

fn united<'m>(members: impl Iterator<Item = &'m Member>) -> Arc<[Member]> {
    let mut seen = HashSet::new();
    members.filter(|member| seen.insert(member.id())).copied().collect()
}
