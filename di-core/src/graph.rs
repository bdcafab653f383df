//! Graphs: what would be built of a layer, and who feeds whom, without building anything.

mod collect;
mod dot;
mod mermaid;
mod metrics;
mod shown;
mod tree;

use std::fmt;

use crate::json::Json;
use crate::{BuildError, Layer, Name};
pub use metrics::GraphMetrics;

/// The graph of a layer: what would be built, each layer once, and who feeds whom.
///
/// It is made of the same plan that a build follows, so what is one layer there is one here, however it was written. Needs
/// that are still open are inputs. It displays as a tree.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)] struct Config;
/// #[derive(Service)] struct Pool;
/// #[derive(Service)] struct Users;
///
/// #[layer] fn config() -> Config { Config }
/// #[layer] fn pool(config: Inject<Config>) -> Pool { Pool }
/// #[layer] fn users(pool: Inject<Pool>, config: Inject<Config>) -> Users { Users }
///
/// let graph = users().provide(pool()).provide(config()).graph()?;
/// assert_eq!(
///     graph.to_tree(),
///     "users → Users\n\
///      ├─ pool → Pool\n\
///      │  └─ config → Config\n\
///      └─ config → Config"
/// );
/// assert_eq!(graph.metrics().depth, 3);
/// # Ok::<_, BuildError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    layers: Vec<GraphLayer>,
    edges: Vec<GraphEdge>,
    needs: Vec<Name>,
    gives: Vec<GraphOutput>,
}

/// A layer of a [`Graph`]. Others are told by their places in [`Graph::layers`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphLayer {
    /// How it is called: its function, the service that its closure gives, or its combinator.
    pub name: &'static str,
    /// The module that it was written in, or nothing if that is not known.
    pub module: &'static str,
    /// The source file that it was written in.
    pub file: &'static str,
    /// The line in that file, counted from one.
    pub line: u32,
    /// The services that it gives.
    pub gives: Vec<Name>,
    /// The services that it needs.
    pub needs: Vec<Name>,
    /// Whether all who need it with the same inputs share one; a fresh layer is built for each.
    pub shared: bool,
    /// The combinator that makes it of other layers: `or_else`, `fresh`, `unwrap`, ... The layers that are known before it is
    /// built have it as their parent.
    pub combinator: Option<&'static str>,
    /// Whether it is built again when it fails: a schedule says when.
    pub retried: bool,
    /// The named layers that it belongs to, from the innermost to the outermost.
    pub groups: Vec<&'static str>,
    /// The layer that it is a part of.
    pub parent: Option<usize>,
}

/// A service on its way from one layer to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphEdge {
    /// The layer that gives it; none if it has to come from outside.
    pub from: Option<usize>,
    /// The layer that is given it.
    pub to: usize,
    /// The service.
    pub service: Name,
    /// Whether `from` is a part of `to`, which gives it on, and not what `to` needs.
    pub part: bool,
}

/// A service that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphOutput {
    /// The service.
    pub service: Name,
    /// The layer that gives it; none if it comes from outside.
    pub from: Option<usize>,
}

impl<Out, In, Err> Layer<Out, In, Err> {
    /// What would be built, and who feeds whom. No constructor runs.
    ///
    /// # Errors
    ///
    /// What is wrong with the layer and is known before it is built: two layers that give one service in one place, layers in
    /// a circle, a substitute for nothing.
    pub fn graph(&self) -> Result<Graph, BuildError> {
        collect::graph(self.node())
    }
}

impl Graph {
    /// The layers, in the order in which they are come to: those that feed a layer are before it, and its parts after it.
    pub fn layers(&self) -> &[GraphLayer] {
        &self.layers
    }

    /// Who feeds whom.
    pub fn edges(&self) -> &[GraphEdge] {
        &self.edges
    }

    /// The services that still have to come from outside.
    pub fn needs(&self) -> &[Name] {
        &self.needs
    }

    /// The services that leave, and the layers that give them.
    pub fn gives(&self) -> &[GraphOutput] {
        &self.gives
    }

    /// How large and how deep it is.
    pub fn metrics(&self) -> GraphMetrics {
        GraphMetrics::of(self)
    }

    /// A tree for a terminal: each layer, and below it those that feed it. What was shown with its dependencies already is
    /// marked with `(*)`.
    pub fn to_tree(&self) -> String {
        tree::tree(self, false)
    }

    /// A [Mermaid](https://mermaid.js.org) flowchart, which many readers of Markdown draw.
    pub fn to_mermaid(&self) -> String {
        mermaid::mermaid(self)
    }

    /// A graph in the language of [Graphviz](https://graphviz.org).
    pub fn to_dot(&self) -> String {
        dot::dot(self)
    }

    /// The same as JSON, with the metrics.
    pub fn to_json(&self) -> String {
        let layer = |layer: &GraphLayer| {
            Json::Object(vec![
                ("name", Json::text(layer.name)),
                ("module", Json::text(layer.module)),
                ("file", Json::text(layer.file)),
                ("line", Json::Number(layer.line.into())),
                ("gives", Json::texts(&layer.gives)),
                ("needs", Json::texts(&layer.needs)),
                ("shared", Json::Bool(layer.shared)),
                ("combinator", Json::text_or_null(layer.combinator)),
                ("retried", Json::Bool(layer.retried)),
                ("groups", Json::texts(&layer.groups)),
                ("parent", layer.parent.map_or(Json::Null, Json::count)),
            ])
        };
        let edge = |edge: &GraphEdge| {
            Json::Object(vec![
                ("from", edge.from.map_or(Json::Null, Json::count)),
                ("to", Json::count(edge.to)),
                ("service", Json::text(edge.service)),
                ("part", Json::Bool(edge.part)),
            ])
        };
        let output = |output: &GraphOutput| {
            let from = output.from.map_or(Json::Null, Json::count);
            Json::Object(vec![("service", Json::text(output.service)), ("from", from)])
        };
        let graph = Json::Object(vec![
            ("layers", Json::List(self.layers.iter().map(layer).collect())),
            ("edges", Json::List(self.edges.iter().map(edge).collect())),
            ("needs", Json::texts(&self.needs)),
            ("gives", Json::List(self.gives.iter().map(output).collect())),
            ("metrics", self.metrics().to_json()),
        ]);
        graph.to_string()
    }
}

/// [`to_tree`](Graph::to_tree); with `{:#}`, the places in the source are beside the layers.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tree::tree(self, f.alternate()))
    }
}

/// `pool → Pool`: a layer and what it gives.
impl fmt::Display for GraphLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (place, service) in self.gives.iter().enumerate() {
            write!(f, "{}{service}", if place == 0 { " → " } else { ", " })?;
        }
        Ok(())
    }
}
