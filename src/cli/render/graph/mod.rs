//! Graphs of requests, for people and programs. The same graph gives the same bytes.

pub mod layout;
pub mod marks;
pub mod svg;
pub mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::keys;
use super::views::DamagedView;
use crate::app::graph::{Graph, Node};
use crate::domain::id::RequestId;
use crate::domain::relations::{Cycle, Edge, Kind};

/// A graph, with what can be computed from it.
pub struct Drawing<'a> {
    graph: &'a Graph,
    cycles: Vec<Cycle>,
    layers: BTreeMap<RequestId, usize>,
    backward: BTreeSet<Edge>,
}

impl<'a> Drawing<'a> {
    /// Finds cycles and layers.
    #[must_use]
    pub fn new(graph: &'a Graph) -> Self {
        let layers = graph.relations.layers();
        Self { graph, cycles: graph.relations.cycles(), layers: layers.of, backward: layers.backward }
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graph.nodes.is_empty()
    }

    fn nodes(&self) -> impl Iterator<Item = (RequestId, &Node)> {
        self.graph.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// Whether an edge is one of those that make a cycle: both ends lie on one of its kind.
    fn is_cyclic(&self, edge: Edge) -> bool {
        let lies_on = |cycle: &Cycle, id| cycle.requests.binary_search(&id).is_ok();
        self.cycles.iter().any(|cycle| cycle.kind == edge.kind && lies_on(cycle, edge.from) && lies_on(cycle, edge.to))
    }

    fn lies_on_cycle(&self, id: RequestId) -> bool {
        self.cycles.iter().any(|cycle| cycle.requests.binary_search(&id).is_ok())
    }

    /// The cycles, a line each.
    fn cycles_told(&self) -> impl Iterator<Item = String> {
        self.cycles.iter().map(|cycle| {
            let ids: Vec<String> = cycle.requests.iter().map(ToString::to_string).collect();
            match (cycle.kind, ids.as_slice()) {
                (Kind::DependsOn, [one]) => format!("cycle: {one} depends on itself"),
                (Kind::DependsOn, several) => format!("cycle: {} depend on each other", several.join(", ")),
                (Kind::Part, [one]) => format!("cycle: {one} is a part of itself"),
                (Kind::Part, several) => format!("cycle: {} are parts of each other", several.join(", ")),
            }
        })
    }
}

/// The state of a request, or what is said where there is none.
#[must_use]
pub fn state(node: &Node) -> Cow<'_, str> {
    keys::marked_as(node.state.as_deref().unwrap_or("not here"), node.duplicate_of.is_some(), node.key_conflict)
}

fn title(node: &Node) -> &str {
    node.title.as_deref().unwrap_or_default()
}

/// A graph as JSON.
#[derive(Serialize)]
pub struct GraphView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestId>,
    requests: Vec<NodeView<'a>>,
    edges: Vec<EdgeView>,
    cycles: Vec<CycleView<'a>>,
    matched: usize,
    has_more: bool,
    damaged: Vec<DamagedView>,
}

/// A request of a graph as JSON.
#[derive(Serialize)]
pub struct NodeView<'a> {
    id: RequestId,
    state: Option<&'a str>,
    title: Option<&'a str>,
    settled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<RequestId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    key_conflict: bool,
    layer: usize,
}

/// An edge of a graph as JSON.
#[derive(Serialize)]
pub struct EdgeView {
    from: RequestId,
    to: RequestId,
    kind: &'static str,
    in_cycle: bool,
}

/// A cycle as JSON.
#[derive(Serialize)]
pub struct CycleView<'a> {
    kind: &'static str,
    requests: &'a [RequestId],
}

/// A line of a graph: a request, an edge or a cycle.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineView<'a> {
    /// A request.
    Request(NodeView<'a>),
    /// An edge.
    Edge(EdgeView),
    /// A cycle.
    Cycle(CycleView<'a>),
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::DependsOn => "depends_on",
        Kind::Part => "part",
    }
}

impl<'a> GraphView<'a> {
    /// The view of a graph.
    #[must_use]
    pub fn new(drawing: &'a Drawing<'a>, damaged: Vec<DamagedView>) -> Self {
        let node = |(id, node): (RequestId, &'a Node)| NodeView {
            id,
            state: node.state.as_deref(),
            title: node.title.as_deref(),
            settled: node.settled,
            duplicate_of: node.duplicate_of,
            key_conflict: node.key_conflict,
            layer: drawing.layers.get(&id).copied().unwrap_or_default(),
        };
        let edge = |edge: Edge| EdgeView {
            from: edge.from,
            to: edge.to,
            kind: kind(edge.kind),
            in_cycle: drawing.is_cyclic(edge),
        };
        let cycle = |cycle: &'a Cycle| CycleView { kind: kind(cycle.kind), requests: &cycle.requests };
        Self {
            request: drawing.graph.request,
            requests: drawing.nodes().map(node).collect(),
            edges: drawing.graph.relations.edges().map(edge).collect(),
            cycles: drawing.cycles.iter().map(cycle).collect(),
            matched: drawing.graph.matched,
            has_more: drawing.graph.matched > drawing.graph.nodes.len(),
            damaged,
        }
    }

    /// The same a line each.
    pub fn lines(self) -> impl Iterator<Item = LineView<'a>> {
        let requests = self.requests.into_iter().map(LineView::Request);
        let edges = self.edges.into_iter().map(LineView::Edge);
        requests.chain(edges).chain(self.cycles.into_iter().map(LineView::Cycle))
    }
}

#[cfg(test)]
mod tests;
