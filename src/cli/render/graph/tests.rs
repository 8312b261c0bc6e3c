//! Graphs drawn.

use proptest::prelude::*;

use super::layout::{HEIGHT, WIDTH, layout};
use super::*;
use crate::domain::relations::Relations;

fn id(number: u32) -> RequestId {
    format!("REQ-20261120-{number:04}").parse().unwrap()
}

fn graph(edges: &[(u32, bool, u32)], title: &str) -> Graph {
    let edge = |(from, part, to): &(u32, bool, u32)| Edge {
        from: id(*from),
        kind: if *part { Kind::Part } else { Kind::DependsOn },
        to: id(*to),
    };
    let relations: Relations = edges.iter().map(edge).collect();
    let node = Node {
        state: Some("PROPOSED".into()),
        title: Some(title.into()),
        settled: false,
        duplicate_of: None,
        key_conflict: false,
    };
    let nodes: BTreeMap<_, _> = relations.nodes().map(|id| (id, node.clone())).collect();
    Graph { request: None, matched: nodes.len(), nodes, relations, damaged: BTreeMap::new() }
}

fn edges() -> impl Strategy<Value = Vec<(u32, bool, u32)>> {
    proptest::collection::vec((1..12_u32, any::<bool>(), 1..12_u32), 1..30)
}

proptest! {
    #[test]
    fn no_two_boxes_lie_on_each_other_and_all_lie_in_the_picture(edges in edges()) {
        let graph = graph(&edges, "T");
        let drawing = Drawing::new(&graph);
        let layout = layout(&drawing);
        prop_assert_eq!(layout.boxes.len(), graph.nodes.len());
        for (one, a) in &layout.boxes {
            prop_assert!(a.x >= 0 && a.y >= 0 && a.x + WIDTH <= layout.width && a.y + HEIGHT <= layout.height);
            for b in layout.boxes.iter().filter(|(other, _)| *other != one).map(|(_, b)| b) {
                prop_assert!((a.x - b.x).abs() >= WIDTH || (a.y - b.y).abs() >= HEIGHT);
            }
        }
        // No edge leads through a box where it leads straight on.
        for points in layout.bends.values() {
            for point in points {
                let is_inside = |corner: &layout::Point| {
                    (corner.x..=corner.x + WIDTH).contains(&point.x) && (corner.y..=corner.y + HEIGHT).contains(&point.y)
                };
                prop_assert!(!layout.boxes.values().any(is_inside));
            }
        }
    }

    #[test]
    fn each_request_has_its_place_in_every_format_whatever_hangs_together(edges in edges()) {
        let graph = graph(&edges, "T");
        let drawing = Drawing::new(&graph);
        let (text, svg, mermaid, dot) = (text::text(&drawing), svg::svg(&drawing), marks::mermaid(&drawing), marks::dot(&drawing));
        for id in graph.nodes.keys() {
            prop_assert_eq!(svg.matches(&format!("<title>{id}: T</title>")).count(), 1);
            prop_assert_eq!(mermaid.matches(&format!("  {id}[")).count(), 1);
            prop_assert_eq!(dot.matches(&format!("\"{id}\" [label=\"{id}")).count(), 1);
            let is_told = text.contains(&format!("{id}  PROPOSED  T"));
            prop_assert!(is_told, "{id} in\n{text}");
        }
        let count = graph.relations.edges().count();
        prop_assert_eq!(dot.matches("\" -> \"").count(), count);
        prop_assert_eq!(svg.matches("<path class=\"edge").count(), count + 2 + usize::from(!drawing.cycles.is_empty()));
    }

    #[test]
    fn no_title_is_more_than_a_text(title in "[ -~\n\u{202e}é]{0,40}") {
        let graph = graph(&[(1, false, 2)], &title);
        let drawing = Drawing::new(&graph);
        let plain = self::graph(&[(1, false, 2)], "T");
        let plain = Drawing::new(&plain);
        let lines = |text: &str| text.lines().count();
        prop_assert_eq!(lines(&text::text(&drawing)), lines(&text::text(&plain)));
        prop_assert_eq!(lines(&marks::mermaid(&drawing)), lines(&marks::mermaid(&plain)));
        prop_assert_eq!(lines(&marks::dot(&drawing)), lines(&marks::dot(&plain)));
        let tags = |text: &str| (text.matches('<').count(), text.matches('>').count(), text.matches('"').count());
        prop_assert_eq!(tags(&svg::svg(&drawing)), tags(&svg::svg(&plain)));
        let quotes = |text: &str| text.matches('"').count();
        prop_assert_eq!(quotes(&marks::mermaid(&drawing)), quotes(&marks::mermaid(&plain)));
        // Of Graphviz: every quote is a pair's, or has an odd number of backslashes before it.
        for line in marks::dot(&drawing).lines() {
            let mut is_open = false;
            let mut is_escaped = false;
            for c in line.chars() {
                match c {
                    '\\' if is_open => is_escaped = !is_escaped,
                    '"' if !is_escaped => is_open = !is_open,
                    _ => is_escaped = false,
                }
                if c != '\\' { is_escaped = false }
            }
            prop_assert!(!is_open, "{}", line);
        }
    }
}
