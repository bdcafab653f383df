//! DOT: the language of Graphviz.

use super::Graph;
use super::shown::{Line, Shown};

pub(super) fn dot(graph: &Graph) -> String {
    let mut lines = vec!["digraph layers {".to_owned(), "    node [shape=box];".to_owned()];
    let shown = Shown::of(graph);
    for (depth, line) in shown.lines() {
        let indent = " ".repeat(4 * (depth + 1));
        lines.push(match line {
            Line::Layer(layer) => {
                let of = &graph.layers()[layer];
                let style = if of.shared { "" } else { ", style=dashed" };
                let place = quoted(&format!("{}:{}", of.file, of.line));
                format!("{indent}n{layer} [label={}, tooltip={place}{style}];", quoted(of.name))
            }
            Line::Frame(layer) => {
                let label = quoted(&format!("of {}", graph.layers()[layer].name));
                format!("{indent}subgraph cluster_{layer} {{ label={label};")
            }
            Line::End => format!("{indent}}}"),
        });
    }
    for (place, service) in graph.needs().iter().enumerate() {
        lines.push(format!("    in{place} [label={}, shape=ellipse, style=dashed];", text(service)));
    }
    for (place, output) in graph.gives().iter().enumerate() {
        lines.push(format!("    out{place} [label={}, shape=ellipse];", text(&output.service)));
    }
    for edge in &shown.edges {
        let service = text(&edge.service);
        lines.push(match edge.from {
            Some(from) if edge.part => format!("    n{from} -> n{} [label={service}, style=dashed];", edge.to),
            Some(from) => format!("    n{from} -> n{} [label={service}];", edge.to),
            None => format!("    in{} -> n{};", shown.open(edge.service), edge.to),
        });
    }
    for (place, output) in graph.gives().iter().enumerate() {
        lines.push(match output.from {
            Some(from) => format!("    n{from} -> out{place};"),
            None => format!("    in{} -> out{place};", shown.open(output.service)),
        });
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

fn text(value: &impl std::fmt::Display) -> String {
    quoted(&value.to_string())
}

/// A quoted identifier. Angle brackets have a meaning only without the quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_escaped() {
        assert_eq!(quoted("Cache<dyn Users>"), "\"Cache<dyn Users>\"");
        assert_eq!(quoted("a \"b\" \\N\n"), "\"a \\\"b\\\" \\\\N \"");
    }
}
