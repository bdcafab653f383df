//! Mermaid: a flowchart from what feeds down to what leaves.

use std::fmt::Write;

use super::Graph;
use super::shown::{Line, Shown};

pub(super) fn mermaid(graph: &Graph) -> String {
    let mut lines = vec!["flowchart TD".to_owned()];
    let shown = Shown::of(graph);
    for (depth, line) in shown.lines() {
        let indent = " ".repeat(4 * (depth + 1));
        lines.push(match line {
            Line::Layer(layer) => format!("{indent}n{layer}[\"{}\"]", quoted(graph.layers()[layer].name)),
            Line::Frame(layer) => format!("{indent}subgraph s{layer} [\"of {}\"]", quoted(graph.layers()[layer].name)),
            Line::End => format!("{indent}end"),
        });
    }
    for (place, service) in graph.needs().iter().enumerate() {
        lines.push(format!("    in{place}([\"{}\"])", text(service)));
    }
    for (place, output) in graph.gives().iter().enumerate() {
        lines.push(format!("    out{place}([\"{}\"])", text(&output.service)));
    }
    for edge in &shown.edges {
        let service = text(&edge.service);
        lines.push(match edge.from {
            Some(from) if edge.part => format!("    n{from} -. \"{service}\" .-> n{}", edge.to),
            Some(from) => format!("    n{from} -- \"{service}\" --> n{}", edge.to),
            None => format!("    in{} --> n{}", shown.open(edge.service), edge.to),
        });
    }
    for (place, output) in graph.gives().iter().enumerate() {
        lines.push(match output.from {
            Some(from) => format!("    n{from} --> out{place}"),
            None => format!("    in{} --> out{place}", shown.open(output.service)),
        });
    }
    let fresh: Vec<_> = (0..graph.layers().len()).filter(|layer| !graph.layers()[*layer].shared).collect();
    if !fresh.is_empty() {
        let names: Vec<_> = fresh.into_iter().map(|layer| format!("n{layer}")).collect();
        lines.push("    classDef fresh stroke-dasharray: 4 3".to_owned());
        lines.push(format!("    class {} fresh", names.join(",")));
    }
    lines.join("\n")
}

fn text(value: &impl std::fmt::Display) -> String {
    quoted(&value.to_string())
}

/// A text between quotation marks: what Mermaid, Markdown or HTML would take for their own is an entity.
fn quoted(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        let _ = match character {
            '<' => write!(out, "#lt;"),
            '>' => write!(out, "#gt;"),
            '&' => write!(out, "#amp;"),
            '"' => write!(out, "#quot;"),
            '#' | '`' | '\\' => write!(out, "#{};", u32::from(character)),
            character if character.is_control() => write!(out, " "),
            character => write!(out, "{character}"),
        };
        out
    })
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_escaped() {
        assert_eq!(quoted("Cache<dyn Users, 3>"), "Cache#lt;dyn Users, 3#gt;");
        assert_eq!(quoted("a \"b\" & #1 `c` \\\n"), "a #quot;b#quot; #amp; #35;1 #96;c#96; #92; ");
    }
}
