//! A graph as a tree of lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::safe;
use super::{Drawing, state, title};
use crate::domain::id::RequestId;
use crate::domain::relations::{Edge, Kind};

/// A line that is still to be written.
struct Pending {
    id: RequestId,
    /// What leads to it; none to a root.
    by: Option<Edge>,
    /// What stands before the line, and before those below it.
    before: String,
    below: String,
}

/// The graph as trees: below each request what it depends on and its parts. What is below a request is shown where it
/// stands first.
#[must_use]
pub fn text(drawing: &Drawing<'_>) -> String {
    let mut below: BTreeMap<RequestId, Vec<Edge>> = BTreeMap::new();
    let mut roots: BTreeSet<RequestId> = drawing.graph.relations.nodes().collect();
    for edge in drawing.graph.relations.edges() {
        below.entry(edge.from).or_default().push(edge);
        if !drawing.backward.contains(&edge) {
            roots.remove(&edge.to);
        }
    }
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    let root = |id: &RequestId| Pending { id: *id, by: None, before: String::new(), below: String::new() };
    // The last one is written next.
    let mut pending: Vec<Pending> = roots.iter().rev().map(root).collect();
    while let Some(line) = pending.pop() {
        let edges = below.get(&line.id).map_or(&[][..], Vec::as_slice);
        let is_first = seen.insert(line.id);
        let _ = writeln!(text, "{}{}", line.before, told(drawing, &line, is_first, edges.is_empty()));
        if !is_first {
            continue;
        }
        for (place, edge) in edges.iter().enumerate().rev() {
            let (branch, beside) = if place + 1 == edges.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            pending.push(Pending {
                id: edge.to,
                by: Some(*edge),
                before: format!("{}{branch}", line.below),
                below: format!("{}{beside}", line.below),
            });
        }
    }
    for cycle in drawing.cycles_told() {
        let _ = writeln!(text, "{cycle}");
    }
    text
}

fn told(drawing: &Drawing<'_>, line: &Pending, is_first: bool, is_leaf: bool) -> String {
    let word = match line.by.map(|edge| edge.kind) {
        None => "",
        Some(Kind::DependsOn) => "needs ",
        Some(Kind::Part) => "part ",
    };
    let cycle = if line.by.is_some_and(|edge| drawing.is_cyclic(edge)) { " (cycle)" } else { "" };
    if !is_first && !is_leaf {
        return format!("{word}{} (see above){cycle}", line.id);
    }
    let Some(node) = drawing.graph.nodes.get(&line.id) else { return line.id.to_string() };
    let asked = if drawing.graph.request == Some(line.id) { "  ←" } else { "" };
    let told = format!("{word}{}  {}  {}", line.id, state(node), safe::line(title(node)));
    format!("{}{cycle}{asked}", told.trim_end())
}
