//! What of a graph is shown where, worked out once for a rendering.

use std::collections::HashSet;

use super::{Graph, GraphEdge};
use crate::Name;

pub(super) struct Shown<'a> {
    graph: &'a Graph,
    /// The edges that are drawn. What goes on from a layer to one of its parts is drawn there only.
    pub(super) edges: Vec<&'a GraphEdge>,
    /// The layers without a parent, and after these the parts of each layer.
    inside: Vec<Vec<usize>>,
    /// Whether anything needs the layer.
    needed: Vec<bool>,
}

/// A line of a drawing with frames.
#[derive(Clone, Copy)]
pub(super) enum Line {
    Layer(usize),
    /// The frame around the parts of this layer.
    Frame(usize),
    End,
}

impl<'a> Shown<'a> {
    pub(super) fn of(graph: &'a Graph) -> Self {
        let parent = |edge: &GraphEdge| graph.layers[edge.to].parent;
        let gone_on: HashSet<_> =
            graph.edges.iter().filter_map(|edge| Some((edge.from, edge.service, parent(edge)?))).collect();
        let goes_on = |edge: &GraphEdge| !edge.part && gone_on.contains(&(edge.from, edge.service, edge.to));
        let edges: Vec<_> = graph.edges.iter().filter(|edge| !goes_on(edge)).collect();
        let mut inside = vec![Vec::new(); graph.layers.len() + 1];
        graph.layers.iter().enumerate().for_each(|(layer, of)| inside[of.parent.map_or(0, |of| of + 1)].push(layer));
        let mut needed = vec![false; graph.layers.len()];
        edges.iter().filter(|edge| !edge.part).filter_map(|edge| edge.from).for_each(|layer| needed[layer] = true);
        Self { graph, edges, inside, needed }
    }

    /// The layers with this parent that nothing needs: what the whole, or the parent, is built for.
    pub(super) fn tops(&self, parent: Option<usize>) -> impl DoubleEndedIterator<Item = usize> {
        self.inside[parent.map_or(0, |parent| parent + 1)].iter().copied().filter(|layer| !self.needed[*layer])
    }

    /// All layers, each followed by a frame with its parts; and how deep each line is in frames.
    pub(super) fn lines(&self) -> Vec<(usize, Line)> {
        let mut lines = Vec::new();
        // The list of what is left is a stack: the first one is on top.
        let mut left: Vec<_> = self.inside[0].iter().rev().map(|layer| (0, Line::Layer(*layer))).collect();
        while let Some((depth, line)) = left.pop() {
            lines.push((depth, line));
            match line {
                Line::Layer(layer) if !self.inside[layer + 1].is_empty() => left.push((depth, Line::Frame(layer))),
                Line::Frame(layer) => {
                    left.push((depth, Line::End));
                    left.extend(self.inside[layer + 1].iter().rev().map(|part| (depth + 1, Line::Layer(*part))));
                }
                _ => {}
            }
        }
        lines
    }

    /// The place of an open need.
    pub(super) fn open(&self, service: Name) -> usize {
        self.graph.needs.iter().position(|need| *need == service).expect("what comes from outside is needed")
    }
}
