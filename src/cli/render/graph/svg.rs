//! A graph as a picture that needs nothing else: no script, no font, no style from elsewhere.

use std::fmt::Write as _;

use super::super::escape::xml;
use super::super::safe;
use super::layout::{HEIGHT, Layout, MARGIN, Point, WIDTH, layout};
use super::marks::class;
use super::{Drawing, state, title};
use crate::app::graph::Node;
use crate::domain::id::RequestId;
use crate::domain::relations::{Edge, Kind};

/// The height of the legend.
const LEGEND: i64 = 34;
/// How far to the side an edge's curve is drawn by its ends.
const BOW: i64 = 30;
/// How wide a title may be; what is left out is told when one points at it.
const TITLE_WIDTH: u32 = 225;

const STYLE: &str = "\
text{font-family:sans-serif;font-size:12px;fill:#222}.id{font-weight:bold}.state{fill:#555}\
.box{fill:#f4f6fa;stroke:#667}.settled .box{fill:#e6f4e6;stroke:#5a5}.missing .box{fill:#fff;stroke-dasharray:4}\
.asked .box{stroke-width:3}.cycle .box{stroke:red;stroke-width:2}\
.edge{fill:none;stroke:dimgray;stroke-width:1.3}.part{stroke-dasharray:5 4}.red{stroke:red;stroke-width:1.8}";

/// The picture.
#[must_use]
pub fn svg(drawing: &Drawing<'_>) -> String {
    let layout = layout(drawing);
    let (width, height) = (layout.width.max(WIDTH * 2), layout.height + LEGEND);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>Requests</title>\n<style>{STYLE}</style>\n<defs>{}{}</defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n",
        marker("arrow", "dimgray"),
        marker("red-arrow", "red"),
    );
    for edge in drawing.graph.relations.edges() {
        text.push_str(&line(drawing, &layout, edge));
    }
    for (id, node) in drawing.nodes() {
        text.push_str(&request(drawing, &layout, id, node));
    }
    let _ = writeln!(text, "{}\n</svg>", legend(drawing, height - LEGEND / 2));
    text
}

fn marker(name: &str, colour: &str) -> String {
    format!(
        "<marker id=\"{name}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{colour}\"/></marker>"
    )
}

/// An edge: from right to left edge by its bends; one that closes a cycle leads around below.
fn line(drawing: &Drawing<'_>, layout: &Layout, edge: Edge) -> String {
    let (Some(from), Some(to)) = (layout.boxes.get(&edge.from), layout.boxes.get(&edge.to)) else {
        return String::new();
    };
    let path = if drawing.backward.contains(&edge) {
        let (begin, end) = (from.x + WIDTH * 2 / 3, to.x + WIDTH / 3);
        let (above, below) = (from.y + HEIGHT, to.y + HEIGHT);
        let depth = above.max(below) + BOW;
        format!("M{begin} {above}C{begin} {depth} {end} {depth} {end} {below}")
    } else {
        let mut at = Point { x: from.x + WIDTH, y: from.y + HEIGHT / 2 };
        let mut path = format!("M{} {}", at.x, at.y);
        let bends = layout.bends.get(&edge).map_or(&[][..], Vec::as_slice);
        for next in bends.iter().copied().chain([Point { x: to.x, y: to.y + HEIGHT / 2 }]) {
            if next.y == at.y {
                let _ = write!(path, "L{} {}", next.x, next.y);
            } else {
                let _ = write!(path, "C{} {} {} {} {} {}", at.x + BOW, at.y, next.x - BOW, next.y, next.x, next.y);
            }
            at = next;
        }
        path
    };
    let part = match edge.kind {
        Kind::DependsOn => "",
        Kind::Part => " part",
    };
    let (red, arrow) = if drawing.is_cyclic(edge) { (" red", "red-arrow") } else { ("", "arrow") };
    format!("<path class=\"edge{part}{red}\" d=\"{path}\" marker-end=\"url(#{arrow})\"/>\n")
}

/// A box. Its own `svg` cuts off what is too wide for it.
fn request(drawing: &Drawing<'_>, layout: &Layout, id: RequestId, node: &Node) -> String {
    let Some(corner) = layout.boxes.get(&id) else { return String::new() };
    let class = class(drawing, id, node).unwrap_or("open");
    let full = title(node);
    let short = shortened(&safe::line(full));
    let (right, inner_width, inner_height) = (WIDTH - 10, WIDTH - 3, HEIGHT - 3);
    format!(
        "<g class=\"{class}\"><title>{id}: {}</title>\
         <svg x=\"{}\" y=\"{}\" width=\"{WIDTH}\" height=\"{HEIGHT}\">\
         <rect class=\"box\" x=\"1.5\" y=\"1.5\" width=\"{inner_width}\" height=\"{inner_height}\" rx=\"5\"/>\
         <text class=\"id\" x=\"10\" y=\"19\">{id}</text>\
         <text class=\"state\" x=\"{right}\" y=\"19\" text-anchor=\"end\">{}</text>\
         <text x=\"10\" y=\"36\">{}</text></svg></g>\n",
        xml(full),
        corner.x,
        corner.y,
        xml(&state(node)),
        xml(&short),
    )
}

/// As much of a title as a box holds, by a guess at the widths that no font exceeds by much.
fn shortened(title: &str) -> String {
    let mut left = TITLE_WIDTH;
    let mut short = String::new();
    for c in title.chars() {
        let width = match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | ' ' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | '(' | ')' => 5,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' | '…' => 12,
            'A'..='Z' => 9,
            '\u{1100}'.. => 13,
            _ => 8,
        };
        let Some(rest) = left.checked_sub(width) else {
            short.push('…');
            break;
        };
        left = rest;
        short.push(c);
    }
    short
}

fn legend(drawing: &Drawing<'_>, y: i64) -> String {
    let mut legend = String::from("<g>");
    let mut x = MARGIN;
    let is_cyclic = !drawing.cycles.is_empty();
    for (class, arrow, word, is_there) in [
        ("edge", "arrow", "depends on", true),
        ("edge part", "arrow", "has as a part", true),
        ("edge red", "red-arrow", "cycle", is_cyclic),
    ] {
        if is_there {
            let _ = write!(legend, "<path class=\"{class}\" d=\"M{x} {y}h40\" marker-end=\"url(#{arrow})\"/>");
            let _ = write!(legend, "<text x=\"{}\" y=\"{}\">{word}</text>", x + 46, y + 4);
            x += 150;
        }
    }
    legend + "</g>"
}
