//! How requests hang together: which waits for which, and which is a part of which.
//!
//! Edges lead from a request to what it depends on, and from a request to its parts. Both should be free of cycles, but
//! nothing can promise that: clones are merged, and files are written by other hands. So nothing here takes it for granted.
//! What is answered depends on the set of nodes and edges alone, not on the order in which they came.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::id::RequestId;

/// What an edge says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The first can't go on before the second is settled.
    DependsOn,
    /// The first has the second as a part.
    Part,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 2] = [Self::DependsOn, Self::Part];
}

/// One request and another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Edge {
    /// What depends, or what has a part.
    pub from: RequestId,
    /// What the edge says.
    pub kind: Kind,
    /// What it depends on, or the part.
    pub to: RequestId,
}

/// Requests that lead back to themselves by edges of one kind: none of them can ever be first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cycle {
    /// The kind of the edges.
    pub kind: Kind,
    /// All that lie on it, by id: a strongly connected component.
    pub requests: Vec<RequestId>,
}

/// Where each request stands in a drawing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layers {
    /// The length of the longest way that leads to it.
    pub of: BTreeMap<RequestId, usize>,
    /// The edges that were left out of account, since they close a cycle.
    pub backward: BTreeSet<Edge>,
}

/// Some of the requests, and how many there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chosen {
    /// Those that were chosen.
    pub requests: BTreeSet<RequestId>,
    /// How many there would be without a limit.
    pub matched: usize,
}

/// Requests and the edges between them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Relations {
    nodes: BTreeSet<RequestId>,
    edges: BTreeSet<Edge>,
}

impl FromIterator<Edge> for Relations {
    fn from_iter<I: IntoIterator<Item = Edge>>(edges: I) -> Self {
        let mut relations = Self::default();
        relations.extend(edges);
        relations
    }
}

impl Extend<Edge> for Relations {
    fn extend<I: IntoIterator<Item = Edge>>(&mut self, edges: I) {
        for edge in edges {
            self.nodes.extend([edge.from, edge.to]);
            self.edges.insert(edge);
        }
    }
}

impl Relations {
    /// Adds a request that may have no edge.
    pub fn add(&mut self, id: RequestId) {
        self.nodes.insert(id);
    }

    /// The requests, by id.
    pub fn nodes(&self) -> impl Iterator<Item = RequestId> + '_ {
        self.nodes.iter().copied()
    }

    /// The edges, in order.
    pub fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.edges.iter().copied()
    }

    /// These requests, and the edges between them.
    #[must_use]
    pub fn among(&self, requests: &BTreeSet<RequestId>) -> Self {
        let inside = |edge: &&Edge| requests.contains(&edge.from) && requests.contains(&edge.to);
        Self { nodes: requests.clone(), edges: self.edges.iter().filter(inside).copied().collect() }
    }

    /// A request with all that it depends on and all that depends on it, what it is a part of and its parts, at any
    /// distance; the nearest `limit` of them.
    #[must_use]
    pub fn around(&self, id: RequestId, limit: usize) -> Chosen {
        let mut near: BTreeMap<RequestId, usize> = BTreeMap::from([(id, 0)]);
        for kind in Kind::ALL {
            let (mut ahead, mut back): (Neighbours, Neighbours) = Default::default();
            for edge in self.edges.iter().filter(|edge| edge.kind == kind) {
                ahead.entry(edge.from).or_default().push(edge.to);
                back.entry(edge.to).or_default().push(edge.from);
            }
            for neighbours in [ahead, back] {
                for (found, distance) in distances(id, &neighbours) {
                    let known = near.entry(found).or_insert(distance);
                    *known = distance.min(*known);
                }
            }
        }
        let mut by_distance: Vec<(usize, RequestId)> = near.into_iter().map(|(id, distance)| (distance, id)).collect();
        by_distance.sort_unstable();
        Chosen { matched: by_distance.len(), requests: by_distance.into_iter().take(limit).map(|(_, id)| id).collect() }
    }

    /// The first requests that have an edge of their own, by id, with the ends of their edges; `limit` of all these.
    #[must_use]
    pub fn first(&self, limit: usize) -> Chosen {
        let mut requests = BTreeSet::new();
        let mut edges = self.edges.iter().peekable();
        while let Some(edge) = edges.next() {
            let mut whole = BTreeSet::from([edge.from, edge.to]);
            while let Some(next) = edges.next_if(|next| next.from == edge.from) {
                whole.insert(next.to);
            }
            let room = limit.saturating_sub(requests.len());
            let fresh: Vec<RequestId> = whole.difference(&requests).copied().collect();
            if fresh.len() > room {
                // Rather a request without all of its neighbours than nothing at all.
                let (own, others): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|id| *id == edge.from);
                requests.extend(own.into_iter().chain(others).take(room));
                break;
            }
            requests.extend(fresh);
        }
        Chosen { requests, matched: self.nodes.len() }
    }

    /// The cycles of either kind.
    #[must_use]
    pub fn cycles(&self) -> Vec<Cycle> {
        let mut cycles = Vec::new();
        for kind in Kind::ALL {
            let numbered = Numbered::of(self, |edge| edge.kind == kind);
            for component in numbered.components() {
                let leads_to_itself = component.iter().any(|node| numbered.next[*node].contains(node));
                if component.len() > 1 || leads_to_itself {
                    let mut requests: Vec<RequestId> = component.iter().map(|node| numbered.ids[*node]).collect();
                    requests.sort_unstable();
                    cycles.push(Cycle { kind, requests });
                }
            }
        }
        cycles.sort();
        cycles
    }

    /// The layers of a drawing: each edge leads to a later one, but for those that close a cycle.
    #[must_use]
    pub fn layers(&self) -> Layers {
        let numbered = Numbered::of(self, |_| true);
        let (order, backward) = numbered.topological();
        let closes: BTreeSet<(usize, usize)> = backward.into_iter().collect();
        let mut layer = vec![0; numbered.ids.len()];
        for node in order {
            for next in numbered.next[node].iter().filter(|next| !closes.contains(&(node, **next))) {
                layer[*next] = layer[*next].max(layer[node] + 1);
            }
        }
        let is_backward =
            |edge: &&Edge| numbered.place(edge.from).zip(numbered.place(edge.to)).is_some_and(|e| closes.contains(&e));
        Layers {
            backward: self.edges.iter().filter(is_backward).copied().collect(),
            of: numbered.ids.iter().copied().zip(layer).collect(),
        }
    }
}

type Neighbours = BTreeMap<RequestId, Vec<RequestId>>;

/// How far everything is that can be reached.
fn distances(from: RequestId, neighbours: &Neighbours) -> BTreeMap<RequestId, usize> {
    let mut found = BTreeMap::from([(from, 0)]);
    let mut waiting = VecDeque::from([(from, 0)]);
    while let Some((id, distance)) = waiting.pop_front() {
        for next in neighbours.get(&id).into_iter().flatten() {
            if !found.contains_key(next) {
                found.insert(*next, distance + 1);
                waiting.push_back((*next, distance + 1));
            }
        }
    }
    found
}

/// The same with numbers for ids. Nothing recurses: chains may be as long as a ledger.
struct Numbered {
    ids: Vec<RequestId>,
    next: Vec<Vec<usize>>,
}

/// A node on the way of a search, and how many of its edges were taken.
struct Step {
    node: usize,
    taken: usize,
}

impl Numbered {
    fn of(relations: &Relations, wanted: impl Fn(&Edge) -> bool) -> Self {
        let ids: Vec<RequestId> = relations.nodes.iter().copied().collect();
        let mut numbered = Self { next: vec![Vec::new(); ids.len()], ids };
        for edge in relations.edges.iter().filter(|edge| wanted(edge)) {
            if let (Some(from), Some(to)) = (numbered.place(edge.from), numbered.place(edge.to)) {
                numbered.next[from].push(to);
            }
        }
        numbered
    }

    fn place(&self, id: RequestId) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// The strongly connected components (Tarjan, 1972).
    fn components(&self) -> Vec<Vec<usize>> {
        const UNSEEN: usize = usize::MAX;
        let count = self.ids.len();
        let (mut number, mut low, mut on_stack) = (vec![UNSEEN; count], vec![0; count], vec![false; count]);
        let (mut stack, mut components, mut numbers) = (Vec::new(), Vec::new(), 0..);
        for start in 0..count {
            if number[start] != UNSEEN {
                continue;
            }
            let mut way = vec![Step { node: start, taken: 0 }];
            while let Some(step) = way.last_mut() {
                let node = step.node;
                if number[node] == UNSEEN {
                    number[node] = numbers.next().unwrap_or_default();
                    low[node] = number[node];
                    stack.push(node);
                    on_stack[node] = true;
                }
                if let Some(next) = self.next[node].get(step.taken).copied() {
                    step.taken += 1;
                    if number[next] == UNSEEN {
                        way.push(Step { node: next, taken: 0 });
                    } else if on_stack[next] {
                        low[node] = low[node].min(number[next]);
                    }
                    continue;
                }
                way.pop();
                if let Some(before) = way.last() {
                    low[before.node] = low[before.node].min(low[node]);
                }
                if low[node] == number[node] {
                    let from = stack.iter().rposition(|on| *on == node).unwrap_or_default();
                    let component = stack.split_off(from);
                    component.iter().for_each(|on| on_stack[*on] = false);
                    components.push(component);
                }
            }
        }
        components
    }

    /// An order in which every edge leads onwards, but for those that close a cycle. What nothing leads to comes first, so
    /// that cycles are entered where people enter them.
    fn topological(&self) -> (Vec<usize>, Vec<(usize, usize)>) {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            Unseen,
            OnTheWay,
            Done,
        }
        let mut led_to = vec![false; self.ids.len()];
        self.next.iter().flatten().for_each(|next| led_to[*next] = true);
        let (roots, others): (Vec<usize>, Vec<usize>) = (0..self.ids.len()).partition(|node| !led_to[*node]);
        let mut mark = vec![Mark::Unseen; self.ids.len()];
        let (mut order, mut backward) = (Vec::with_capacity(self.ids.len()), Vec::new());
        for start in roots.into_iter().chain(others) {
            if mark[start] != Mark::Unseen {
                continue;
            }
            mark[start] = Mark::OnTheWay;
            let mut way = vec![Step { node: start, taken: 0 }];
            while let Some(step) = way.last_mut() {
                let node = step.node;
                let Some(next) = self.next[node].get(step.taken).copied() else {
                    mark[node] = Mark::Done;
                    order.push(node);
                    way.pop();
                    continue;
                };
                step.taken += 1;
                match mark[next] {
                    Mark::Unseen => {
                        mark[next] = Mark::OnTheWay;
                        way.push(Step { node: next, taken: 0 });
                    }
                    Mark::OnTheWay => backward.push((node, next)),
                    Mark::Done => {}
                }
            }
        }
        order.reverse();
        (order, backward)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> RequestId {
        format!("REQ-20261120-{number:04}").parse().unwrap()
    }

    fn relations(edges: &[(u32, u32)]) -> Relations {
        edges.iter().map(|(from, to)| Edge { from: id(*from), kind: Kind::DependsOn, to: id(*to) }).collect()
    }

    #[test]
    fn a_cycle_is_told_and_does_not_keep_the_rest_from_its_layers() {
        let graph = relations(&[(1, 2), (2, 3), (3, 2), (3, 4), (5, 5)]);
        let cycles: Vec<Vec<RequestId>> = graph.cycles().into_iter().map(|cycle| cycle.requests).collect();
        assert_eq!(cycles, [vec![id(2), id(3)], vec![id(5)]]);
        let layers = graph.layers();
        let of: Vec<usize> = layers.of.values().copied().collect();
        assert_eq!(of, [0, 1, 2, 3, 0]);
        let backward: Vec<(RequestId, RequestId)> = layers.backward.iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(backward, [(id(3), id(2)), (id(5), id(5))]);
    }

    #[test]
    fn a_part_that_depends_on_its_whole_is_no_cycle_of_either_kind() {
        let mut graph = relations(&[(2, 1)]);
        graph.extend([Edge { from: id(1), kind: Kind::Part, to: id(2) }]);
        assert_eq!(graph.cycles(), []);
        assert_eq!(graph.layers().backward.len(), 1);
    }

    #[test]
    fn what_is_around_a_request_lies_ahead_or_back_and_the_nearest_come_first() {
        // 1 → 2 → 3 → 4, and 9 → 4, which has nothing to do with 2.
        let graph = relations(&[(1, 2), (2, 3), (3, 4), (9, 4)]);
        let all = graph.around(id(2), 100);
        assert_eq!((all.matched, all.requests), (4, [1, 2, 3, 4].map(id).into()));
        let some = graph.around(id(2), 3);
        assert_eq!((some.matched, some.requests), (4, [1, 2, 3].map(id).into()));
        assert_eq!(graph.around(id(7), 3).requests, [id(7)].into());
    }

    #[test]
    fn a_limit_takes_whole_neighbourhoods_as_long_as_they_fit() {
        let graph = relations(&[(1, 2), (3, 4), (3, 5)]);
        assert_eq!(graph.first(4).requests, [1, 2, 3, 4].map(id).into());
        assert_eq!(graph.first(2).requests, [1, 2].map(id).into());
        assert_eq!(
            (graph.first(5).requests.len(), graph.first(1).requests, graph.first(1).matched),
            (5, [id(1)].into(), 5)
        );
    }

    #[test]
    fn a_chain_as_long_as_a_ledger_is_no_trouble() {
        let edges: Vec<(u32, u32)> = (1..200_000).map(|number| (number, number + 1)).collect();
        let graph = relations(&edges);
        assert_eq!(graph.layers().of[&id(200_000)], 199_999);
        assert_eq!(graph.cycles(), []);
    }
}
