//! How large a graph is, and how deep.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use super::Graph;
use super::shown::Shown;
use crate::json::Json;

/// How large a [`Graph`] is, and how deep. Layers are told by their places in [`Graph::layers`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphMetrics {
    /// How many layers there are.
    pub layers: usize,
    /// How many layers are on the longest path: so many are built one after the other, at least.
    pub depth: usize,
    /// The longest path, from a layer that needs none to one that none needs.
    pub longest_path: Vec<usize>,
    /// For each layer, how many layers need it.
    pub fan_in: Vec<usize>,
    /// The layer that most need, the first of several; none if no layer needs another.
    pub most_needed: Option<usize>,
    names: Vec<&'static str>,
}

impl GraphMetrics {
    pub(super) fn of(graph: &Graph) -> Self {
        let longest_path = longest_path(graph);
        let mut pairs = HashSet::new();
        let mut fan_in = vec![0; graph.layers().len()];
        for edge in Shown::of(graph).edges.into_iter().filter(|edge| !edge.part) {
            if let Some(from) = edge.from
                && pairs.insert((from, edge.to))
            {
                fan_in[from] += 1;
            }
        }
        let most = fan_in.iter().copied().max().filter(|most| *most > 0);
        Self {
            layers: graph.layers().len(),
            depth: longest_path.len(),
            most_needed: most.and_then(|most| fan_in.iter().position(|needed| *needed == most)),
            longest_path,
            fan_in,
            names: graph.layers().iter().map(|layer| layer.name).collect(),
        }
    }

    pub(super) fn to_json(&self) -> Json {
        Json::Object(vec![
            ("layers", Json::count(self.layers)),
            ("depth", Json::count(self.depth)),
            ("longest_path", Json::places(self.longest_path.iter().copied())),
            ("fan_in", Json::places(self.fan_in.iter().copied())),
            ("most_needed", self.most_needed.map_or(Json::Null, Json::count)),
        ])
    }

    fn path(&self) -> Vec<&'static str> {
        self.longest_path.iter().map(|layer| self.names[*layer]).collect()
    }
}

/// The longest path along the edges: each layer is looked at when all that feed it have been.
fn longest_path(graph: &Graph) -> Vec<usize> {
    let count = graph.layers().len();
    let mut feeds = vec![Vec::new(); count];
    let mut left = vec![0_usize; count];
    for (from, to) in graph.edges().iter().filter_map(|edge| Some((edge.from?, edge.to))) {
        feeds[from].push(to);
        left[to] += 1;
    }
    let mut depths = vec![1_usize; count];
    let mut before = vec![None; count];
    let mut next: VecDeque<_> = (0..count).filter(|layer| left[*layer] == 0).collect();
    while let Some(layer) = next.pop_front() {
        for fed in &feeds[layer] {
            if depths[layer] + 1 > depths[*fed] {
                depths[*fed] = depths[layer] + 1;
                before[*fed] = Some(layer);
            }
            left[*fed] -= 1;
            if left[*fed] == 0 {
                next.push_back(*fed);
            }
        }
    }
    let deepest = depths.iter().copied().max();
    let last = deepest.and_then(|deepest| depths.iter().position(|depth| *depth == deepest));
    let mut path: Vec<_> = std::iter::successors(last, |layer| before[*layer]).collect();
    path.reverse();
    path
}

impl fmt::Display for GraphMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layers: {}\ndepth: {}", self.layers, self.depth)?;
        if !self.longest_path.is_empty() {
            write!(f, "\nlongest path: {}", self.path().join(" → "))?;
        }
        match self.most_needed {
            Some(layer) => write!(f, "\nmost needed: {}, by {}", self.names[layer], self.fan_in[layer]),
            None => Ok(()),
        }
    }
}
