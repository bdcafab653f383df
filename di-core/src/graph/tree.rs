//! The tree: each layer, and below it what feeds it.

use std::collections::HashSet;
use std::fmt::Write;

use super::shown::Shown;
use super::{Graph, GraphEdge, GraphLayer};
use crate::Name;

/// A line below another one.
#[derive(Clone, Copy)]
enum Branch {
    /// A layer, as a dependency.
    Layer(usize),
    /// A layer, as a part of the one above.
    Part(usize),
    /// A need that is open.
    Open(Name),
}

/// A line that is left to write: what is in front of it, and whether it is the last of its siblings. A top has none.
type Left = (String, Option<bool>, Branch);

pub(super) fn tree(graph: &Graph, places: bool) -> String {
    let drawing = Shown::of(graph);
    let mut into = vec![Vec::new(); graph.layers().len()];
    drawing.edges.iter().filter(|edge| !edge.part).for_each(|edge| into[edge.to].push(*edge));
    let mut lines = Vec::new();
    let mut shown = HashSet::new();
    // The list of what is left is a stack: the first one is on top.
    let tops = drawing.tops(None).rev();
    let mut left: Vec<Left> = tops.map(|top| (String::new(), None, Branch::Layer(top))).collect();
    let passed = graph.gives().iter().rev().filter(|output| output.from.is_none());
    left.splice(0..0, passed.map(|output| (String::new(), None, Branch::Open(output.service))));
    while let Some((front, last, branch)) = left.pop() {
        let (arm, below) = match last {
            None => ("", ""),
            Some(false) => ("├─ ", "│  "),
            Some(true) => ("└─ ", "   "),
        };
        let (of, layer) = match branch {
            Branch::Layer(layer) => ("", layer),
            Branch::Part(layer) => ("of ", layer),
            Branch::Open(service) => {
                lines.push(format!("{front}{arm}{service}, from outside"));
                continue;
            }
        };
        let branches = branches(drawing.tops(Some(layer)), &into[layer]);
        let again = !shown.insert(layer) && !branches.is_empty();
        let mut line = format!("{front}{arm}{of}{}", graph.layers()[layer]);
        notes(&graph.layers()[layer], places, again, &mut line);
        lines.push(line);
        if !again {
            let front = format!("{front}{below}");
            let count = branches.len();
            let branches = branches.into_iter().enumerate().rev();
            left.extend(branches.map(|(place, branch)| (front.clone(), Some(place + 1 == count), branch)));
        }
    }
    if lines.is_empty() { "nothing is built".to_owned() } else { lines.join("\n") }
}

fn notes(layer: &GraphLayer, places: bool, again: bool, line: &mut String) {
    // A fresh layer says so by its own name.
    if !layer.shared && layer.name != "fresh" {
        line.push_str(" [never shared]");
    }
    if let Some(combinator) = layer.combinator.filter(|combinator| *combinator != layer.name) {
        let _ = write!(line, " [{combinator}]");
    }
    if layer.retried {
        line.push_str(" [retried]");
    }
    if let Some(group) = layer.groups.first() {
        let _ = write!(line, " [in {group}]");
    }
    if again {
        line.push_str(" (*)");
    }
    if places && !again {
        let _ = write!(line, "  {}:{}", layer.file, layer.line);
    }
}

/// The parts of a layer, and what feeds it.
fn branches(parts: impl Iterator<Item = usize>, into: &[&GraphEdge]) -> Vec<Branch> {
    let mut seen = HashSet::new();
    let feeding = into.iter().filter_map(|edge| match edge.from {
        Some(from) => seen.insert(from).then_some(Branch::Layer(from)),
        None => Some(Branch::Open(edge.service)),
    });
    parts.map(Branch::Part).chain(feeding).collect()
}
