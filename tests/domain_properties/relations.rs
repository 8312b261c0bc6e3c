//! Requests that hang together: cycles and layers against the plainest definition of either.

use std::collections::{BTreeMap, BTreeSet};

use coordination_ledger::domain::id::RequestId;
use coordination_ledger::domain::relations::{Edge, Kind, Relations};
use proptest::prelude::*;

const NODES: u32 = 9;

fn id(number: u32) -> RequestId {
    format!("REQ-20261120-{:04}", number + 1).parse().unwrap()
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::DependsOn), Just(Kind::Part)]
}

fn edges() -> impl Strategy<Value = Vec<Edge>> {
    let edge = (0..NODES, kind(), 0..NODES).prop_map(|(from, kind, to)| Edge { from: id(from), kind, to: id(to) });
    proptest::collection::vec(edge, 0..20)
}

/// Edges that lead from smaller numbers to larger ones, under other names.
fn edges_without_cycles() -> impl Strategy<Value = Vec<Edge>> {
    let edge = (0..NODES, kind(), 0..NODES).prop_filter("not to itself", |(from, _, to)| from != to);
    let names = Just((0..NODES).collect::<Vec<_>>()).prop_shuffle();
    (names, proptest::collection::vec(edge, 0..20)).prop_map(|(names, edges)| {
        let named = |(a, kind, b): (u32, Kind, u32)| Edge {
            from: id(names[a.min(b) as usize]),
            kind,
            to: id(names[a.max(b) as usize]),
        };
        edges.into_iter().map(named).collect()
    })
}

/// Where one can get by at least one of the edges.
fn reach(edges: &[Edge]) -> BTreeSet<(RequestId, RequestId)> {
    let mut pairs: BTreeSet<(RequestId, RequestId)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    loop {
        let longer: Vec<_> = pairs
            .iter()
            .flat_map(|(a, b)| pairs.iter().filter(move |(c, _)| b == c).map(move |(_, d)| (*a, *d)))
            .filter(|pair| !pairs.contains(pair))
            .collect();
        if longer.is_empty() {
            return pairs;
        }
        pairs.extend(longer);
    }
}

fn of_kind(edges: &[Edge], kind: Kind) -> Vec<Edge> {
    edges.iter().filter(|edge| edge.kind == kind).copied().collect()
}

proptest! {
    #[test]
    fn without_cycles_every_edge_leads_to_a_later_layer(edges in edges_without_cycles()) {
        let graph: Relations = edges.iter().copied().collect();
        prop_assert_eq!(graph.cycles(), []);
        let layers = graph.layers();
        prop_assert!(layers.backward.is_empty());
        for edge in &edges {
            prop_assert!(layers.of[&edge.to] > layers.of[&edge.from], "{:?}", edge);
        }
        // No later than the longest way to it makes it be.
        for (node, layer) in &layers.of {
            let before = edges.iter().filter(|edge| edge.to == *node).map(|edge| layers.of[&edge.from] + 1).max();
            prop_assert_eq!(*layer, before.unwrap_or(0));
        }
    }

    #[test]
    fn cycles_are_what_leads_back_to_itself(edges in edges()) {
        let graph: Relations = edges.iter().copied().collect();
        let cycles = graph.cycles();
        for kind in Kind::ALL {
            let reach = reach(&of_kind(&edges, kind));
            let mut expected: BTreeMap<RequestId, Vec<RequestId>> = BTreeMap::new();
            for node in graph.nodes().filter(|node| reach.contains(&(*node, *node))) {
                let same = graph.nodes().find(|b| reach.contains(&(node, *b)) && reach.contains(&(*b, node))).unwrap();
                expected.entry(same).or_default().push(node);
            }
            let found: Vec<_> = cycles.iter().filter(|c| c.kind == kind).map(|c| c.requests.clone()).collect();
            prop_assert_eq!(found, expected.into_values().collect::<Vec<_>>());
        }
    }

    #[test]
    fn with_cycles_each_request_has_one_layer_and_only_edges_that_close_one_lead_back(edges in edges()) {
        let graph: Relations = edges.iter().copied().collect();
        let layers = graph.layers();
        prop_assert!(graph.nodes().eq(layers.of.keys().copied()));
        let reach = reach(&edges);
        for edge in graph.edges() {
            let leads_back = layers.backward.contains(&edge);
            prop_assert!(leads_back || layers.of[&edge.to] > layers.of[&edge.from], "{:?}", edge);
            let closes = edge.from == edge.to || reach.contains(&(edge.to, edge.from));
            prop_assert!(!leads_back || closes, "{:?}", edge);
        }
    }

    #[test]
    fn the_order_in_which_edges_come_changes_nothing(
        (edges, shuffled) in edges().prop_flat_map(|edges| (Just(edges.clone()), Just(edges).prop_shuffle())),
        limit in 0..12_usize,
    ) {
        let graphs: [Relations; 2] = [edges, shuffled].map(|edges| edges.into_iter().collect());
        prop_assert_eq!(graphs[0].layers(), graphs[1].layers());
        prop_assert_eq!(graphs[0].cycles(), graphs[1].cycles());
        prop_assert_eq!(graphs[0].first(limit), graphs[1].first(limit));
        prop_assert_eq!(graphs[0].around(id(3), limit), graphs[1].around(id(3), limit));
    }

    #[test]
    fn around_a_request_is_what_can_be_reached_by_one_kind_in_one_direction(edges in edges(), limit in 1..12_usize) {
        let graph: Relations = edges.iter().copied().collect();
        let mut expected = BTreeSet::from([id(0)]);
        for kind in Kind::ALL {
            let reach = reach(&of_kind(&edges, kind));
            expected.extend(reach.iter().filter(|(a, _)| *a == id(0)).map(|(_, b)| *b));
            expected.extend(reach.iter().filter(|(_, b)| *b == id(0)).map(|(a, _)| *a));
        }
        let all = graph.around(id(0), usize::MAX);
        prop_assert_eq!(all.matched, expected.len());
        prop_assert_eq!(&all.requests, &expected);
        let some = graph.around(id(0), limit);
        prop_assert!(some.requests.is_subset(&expected) && some.requests.contains(&id(0)));
        prop_assert_eq!((some.requests.len(), some.matched), (limit.min(expected.len()), expected.len()));
        prop_assert!(graph.among(&expected).edges().all(|e| expected.contains(&e.from) && expected.contains(&e.to)));
    }
}
