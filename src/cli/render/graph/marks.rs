//! A graph in the languages of Mermaid and of Graphviz.

use std::fmt::Write as _;

use super::super::safe;
use super::{Drawing, state, title};
use crate::app::graph::Node;
use crate::domain::id::RequestId;
use crate::domain::relations::{Edge, Kind};

/// The graph for Mermaid.
#[must_use]
pub fn mermaid(drawing: &Drawing<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    for (id, node) in drawing.nodes() {
        let title = entities(title(node));
        let title = if title.is_empty() { title } else { format!("<br/>{title}") };
        let class = class(drawing, id, node).map(|class| format!(":::{class}")).unwrap_or_default();
        let _ = writeln!(text, "  {id}[\"{id}<br/>{}{title}\"]{class}", entities(&state(node)));
    }
    let mut cyclic = Vec::new();
    for (place, edge) in drawing.graph.relations.edges().enumerate() {
        let arrow = match edge.kind {
            Kind::DependsOn => "-->",
            Kind::Part => "-. part .->",
        };
        let _ = writeln!(text, "  {} {arrow} {}", edge.from, edge.to);
        if drawing.is_cyclic(edge) {
            cyclic.push(place.to_string());
        }
    }
    text.push_str("  classDef cycle stroke:#c00,stroke-width:2px\n  classDef asked stroke-width:3px\n");
    text.push_str("  classDef settled fill:#e6f4e6\n  classDef missing stroke-dasharray:4\n");
    if !cyclic.is_empty() {
        let _ = writeln!(text, "  linkStyle {} stroke:#c00", cyclic.join(","));
    }
    for cycle in drawing.cycles_told() {
        let _ = writeln!(text, "  %% {cycle}");
    }
    text
}

/// The graph for Graphviz.
#[must_use]
pub fn dot(drawing: &Drawing<'_>) -> String {
    let mut text = String::from("digraph ledger {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (id, node) in drawing.nodes() {
        let title = title(node);
        let title = if title.is_empty() { String::new() } else { format!("\\n{}", quoted(title)) };
        let style = match class(drawing, id, node) {
            None => "",
            Some("cycle") => ", color=red",
            Some("asked") => ", penwidth=3",
            Some("settled") => ", style=filled, fillcolor=honeydew",
            Some(_) => ", style=dashed",
        };
        let _ = writeln!(text, "  \"{id}\" [label=\"{id}\\n{}{title}\"{style}];", quoted(&state(node)));
    }
    for edge in drawing.graph.relations.edges() {
        let Edge { from, to, kind } = edge;
        let mut style = match kind {
            Kind::DependsOn => Vec::new(),
            Kind::Part => vec!["style=dashed", "label=\"part\""],
        };
        if drawing.is_cyclic(edge) {
            style.push("color=red");
        }
        let style = if style.is_empty() { String::new() } else { format!(" [{}]", style.join(", ")) };
        let _ = writeln!(text, "  \"{from}\" -> \"{to}\"{style};");
    }
    text.push_str("}\n");
    for cycle in drawing.cycles_told() {
        let _ = writeln!(text, "// {cycle}");
    }
    text
}

/// What sets a request apart, the most important first.
pub(super) fn class(drawing: &Drawing<'_>, id: RequestId, node: &Node) -> Option<&'static str> {
    if drawing.lies_on_cycle(id) {
        Some("cycle")
    } else if drawing.graph.request == Some(id) {
        Some("asked")
    } else if node.title.is_none() {
        Some("missing")
    } else {
        node.settled.then_some("settled")
    }
}

/// Text within quotes of Mermaid: its own entities for all that could be a mark of Mermaid, of Markdown or of HTML.
fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in safe::line(text).chars() {
        if c.is_alphanumeric() || c == ' ' || (c == '_' && escaped.ends_with(char::is_alphanumeric)) {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}

/// Text within quotes of Graphviz, as a label: no escape of its own, no entity of HTML.
fn quoted(text: &str) -> String {
    safe::line(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_untrusted_is_a_mark() {
        assert_eq!(entities("a\"]; b-->c <b>`x`"), "a#34;#93;#59; b#45;#45;#62;c #60;b#62;#96;x#96;");
        assert_eq!(entities("1. _x_ #35; ü"), "1#46; #95;x_ #35;35#59; ü");
        assert_eq!(quoted("a\" b\\N & \\"), "a\\\" b\\\\N &amp; \\\\");
        assert_eq!(quoted("a\nb"), "a\\\\nb");
    }
}
