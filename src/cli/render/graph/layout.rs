//! Where everything stands in a picture: a layer a column, after Sugiyama, Tagawa and Toda (1981). Edges that span several
//! layers get a bend in each between, so that no box lies on them; within a layer, each comes near its neighbours.

use std::collections::BTreeMap;

use super::Drawing;
use crate::domain::id::RequestId;
use crate::domain::relations::Edge;

/// The width of a box.
pub const WIDTH: i64 = 250;
/// The height of a box.
pub const HEIGHT: i64 = 46;
/// The space between two columns.
const ACROSS: i64 = 70;
/// The space between two rows.
const DOWN: i64 = 16;
/// The space around all.
pub const MARGIN: i64 = 20;
/// The most bends: beyond, edges are drawn straight.
const BENDS_MAX: usize = 20_000;
/// How often the layers are ordered by their neighbours, there and back.
const ROUNDS: usize = 6;

/// A point, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
}

/// A picture's measures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// The upper left corner of each box.
    pub boxes: BTreeMap<RequestId, Point>,
    /// The points by which edges lead that span several layers.
    pub bends: BTreeMap<Edge, Vec<Point>>,
    /// How wide it is.
    pub width: i64,
    /// How high it is.
    pub height: i64,
}

/// What takes a place in a layer.
#[derive(Clone, Copy)]
enum Slot {
    Box(RequestId),
    Bend(Edge),
}

/// The slots, layer by layer, and which hang together with which.
#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    layers: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Slots {
    fn add(&mut self, slot: Slot, layer: usize) -> usize {
        let place = self.slots.len();
        self.slots.push(slot);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        if self.layers.len() <= layer {
            self.layers.resize(layer + 1, Vec::new());
        }
        self.layers[layer].push(place);
        place
    }

    fn join(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to].push(from);
    }

    fn of(drawing: &Drawing<'_>) -> Self {
        let mut slots = Self::default();
        let mut boxes = BTreeMap::new();
        for (id, layer) in &drawing.layers {
            boxes.insert(*id, slots.add(Slot::Box(*id), *layer));
        }
        let forward = || drawing.graph.relations.edges().filter(|edge| !drawing.backward.contains(edge));
        let span = |edge: &Edge| drawing.layers[&edge.from] + 1..drawing.layers[&edge.to];
        let bends: usize = forward().map(|edge| span(&edge).len()).sum();
        for edge in forward() {
            let mut last = boxes[&edge.from];
            for layer in span(&edge).filter(|_| bends <= BENDS_MAX) {
                let bend = slots.add(Slot::Bend(edge), layer);
                slots.join(last, bend);
                last = bend;
            }
            slots.join(last, boxes[&edge.to]);
        }
        slots
    }

    /// Orders each layer by the mean place of the neighbours in the layer before, then in the one after, and so on.
    fn order(&mut self) {
        let mut places = vec![0_usize; self.slots.len()];
        let count = self.layers.len();
        for round in 0..ROUNDS {
            let is_there = round % 2 == 0;
            let neighbours = if is_there { &self.before } else { &self.after };
            for step in 0..count {
                let layer = &mut self.layers[if is_there { step } else { count - 1 - step }];
                // In thousandths, so that no rounding of another machine changes anything.
                let mean = |slot: usize, own: usize| {
                    let near = &neighbours[slot];
                    let sum: usize = near.iter().map(|other| places[*other] * 1000).sum();
                    if near.is_empty() { own * 1000 } else { sum / near.len() }
                };
                let mut keyed: Vec<(usize, usize)> =
                    layer.iter().enumerate().map(|(own, slot)| (mean(*slot, own), *slot)).collect();
                keyed.sort_by_key(|(mean, _)| *mean);
                *layer = keyed.into_iter().map(|(_, slot)| slot).collect();
                layer.iter().enumerate().for_each(|(place, slot)| places[*slot] = place);
            }
        }
    }

    /// How far down the middle of each slot is: as near to its neighbours in the layer before as those above it let it be.
    fn middles(&self) -> Vec<i64> {
        let mut middles = vec![0; self.slots.len()];
        for layer in &self.layers {
            let mut free = MARGIN;
            for slot in layer {
                let half = match self.slots[*slot] {
                    Slot::Box(_) => HEIGHT / 2,
                    Slot::Bend(_) => 4,
                };
                let near = &self.before[*slot];
                let sum: i64 = near.iter().map(|other| middles[*other]).sum();
                let wanted = i64::try_from(near.len()).ok().filter(|count| *count > 0).map(|count| sum / count);
                middles[*slot] = (free + half).max(wanted.unwrap_or_default());
                free = middles[*slot] + half + DOWN;
            }
        }
        middles
    }
}

/// Lays a graph out.
#[must_use]
pub fn layout(drawing: &Drawing<'_>) -> Layout {
    let mut slots = Slots::of(drawing);
    slots.order();
    let middles = slots.middles();
    let mut layout = Layout::default();
    let mut x = MARGIN;
    for layer in &slots.layers {
        for slot in layer {
            let middle = middles[*slot];
            match slots.slots[*slot] {
                Slot::Box(id) => {
                    layout.boxes.insert(id, Point { x, y: middle - HEIGHT / 2 });
                }
                Slot::Bend(edge) => {
                    let bends = layout.bends.entry(edge).or_default();
                    bends.extend([Point { x, y: middle }, Point { x: x + WIDTH, y: middle }]);
                }
            }
            layout.height = layout.height.max(middle + HEIGHT / 2 + MARGIN);
        }
        x += WIDTH + ACROSS;
    }
    layout.width = (x - ACROSS + MARGIN).max(WIDTH + 2 * MARGIN);
    layout
}
