//! Which event follows which, drawn in lanes beside the events: the oldest first, each beneath those that it had seen.

use std::collections::HashMap;

use crate::domain::event::Event;
use crate::domain::hash::Hash;

/// A line beside an event, or between two.
#[derive(Clone, PartialEq, Debug)]
pub enum Line<'a> {
    /// The lanes with the event's mark in its own, and the event.
    Event(String, &'a Event),
    /// Lanes that part or join.
    Between(String),
}

/// Draws events. They must be in canonical order: parents first.
#[must_use]
pub fn draw(events: &[Event]) -> Vec<Line<'_>> {
    let mut children: HashMap<Hash, usize> = HashMap::new();
    for parent in events.iter().flat_map(Event::parents) {
        *children.entry(*parent).or_default() += 1;
    }
    // What each lane waits for a child of.
    let mut lanes: Vec<Hash> = Vec::new();
    let mut lines = Vec::new();
    for event in events {
        let at = join(&mut lanes, event, &mut lines);
        let mut marks: Vec<char> = vec!['|'; lanes.len()];
        marks[at] = '*';
        lines.push(Line::Event(spaced(&marks), event));
        lanes[at] = event.hash();
        match children.get(&event.hash()).copied().unwrap_or(0) {
            0 => {
                lanes.remove(at);
                if at < lanes.len() {
                    lines.push(Line::Between(shifted(at, lanes.len(), None, '/')));
                }
            }
            many => {
                for _ in 1..many {
                    lines.push(Line::Between(shifted(at + 1, lanes.len(), Some(at), '\\')));
                    lanes.insert(at, event.hash());
                }
            }
        }
    }
    lines
}

/// Brings the lanes together in which an event's parents wait, one for each; answers with the lane of the event.
fn join<'a>(lanes: &mut Vec<Hash>, event: &'a Event, lines: &mut Vec<Line<'a>>) -> usize {
    let mut found: Vec<usize> =
        event.parents().iter().filter_map(|parent| lanes.iter().position(|lane| lane == parent)).collect();
    found.sort_unstable();
    found.dedup();
    let Some((&at, others)) = found.split_first() else {
        lanes.push(event.hash());
        return lanes.len() - 1;
    };
    for &other in others.iter().rev() {
        for step in (at + 1..=other).rev() {
            let first = step == other;
            let mut line = vec![' '; 2 * lanes.len()];
            for lane in (0..lanes.len()).filter(|lane| *lane != other) {
                let (place, sign) = match (lane > other, first) {
                    (false, _) => (2 * lane, '|'),
                    (true, true) => (2 * lane - 1, '/'),
                    (true, false) => (2 * lane - 2, '|'),
                };
                line[place] = sign;
            }
            line[2 * step - 1] = '/';
            lines.push(Line::Between(trimmed(&line)));
        }
        lanes.remove(other);
    }
    at
}

/// A line on which the lanes from `from` on move aside, to the right or to the left; at `branching` one begins.
fn shifted(from: usize, count: usize, branching: Option<usize>, sign: char) -> String {
    let mut line = vec![' '; 2 * count + 2];
    for lane in 0..from.min(count) {
        line[2 * lane] = '|';
    }
    for lane in from..count {
        line[2 * lane + 1] = sign;
    }
    if let Some(lane) = branching {
        line[2 * lane + 1] = sign;
    }
    trimmed(&line)
}

fn spaced(marks: &[char]) -> String {
    marks.iter().flat_map(|mark| [*mark, ' ']).collect()
}

fn trimmed(line: &[char]) -> String {
    line.iter().collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::body::{Body, Noted};
    use crate::domain::event::Unsealed;
    use crate::domain::time::{Hybrid, Timestamp};

    /// Events with these parents, by their places; each is named by its place.
    fn drawn(parents: &[&[usize]]) -> String {
        let root = Hash::of(&[b"packet"]);
        let mut events: Vec<Event> = Vec::new();
        for (at, parents) in parents.iter().enumerate() {
            let n = parents.iter().map(|parent| events[*parent].n()).max().unwrap_or(0) + 1;
            let mut named: Vec<Hash> = parents.iter().map(|parent| events[*parent].hash()).collect();
            named.sort_unstable();
            let unsealed = Unsealed {
                stream: "REQ-20261120-0001".parse().unwrap(),
                clock: Hybrid { at: Timestamp::from_unix_ms(0), tick: 0 },
                writer: "k7f3q2".parse().unwrap(),
                by: "mia".parse().unwrap(),
                key: None,
                body: Body::Noted(Noted { text: at.to_string(), kind: None, occurred_at: None }),
                n,
                parents: if named.is_empty() { vec![root] } else { named },
            };
            events.push(Event::seal(unsealed).unwrap());
        }
        let text = |line: Line<'_>| match line {
            Line::Event(lanes, event) => {
                let Body::Noted(note) = event.body() else { unreachable!() };
                format!("{lanes}{}\n", note.text)
            }
            Line::Between(lanes) => format!("{lanes}\n"),
        };
        draw(&events).into_iter().map(text).collect()
    }

    #[test]
    fn a_line_is_a_line() {
        insta::assert_snapshot!(drawn(&[&[], &[0], &[1]]), @r"
        * 0
        * 1
        * 2
        ");
    }

    #[test]
    fn ways_part_and_join() {
        insta::assert_snapshot!(drawn(&[&[], &[0], &[0], &[1, 2], &[3]]), @r"
        * 0
        |\
        * | 1
        | * 2
        |/
        * 3
        * 4
        ");
    }

    #[test]
    fn ways_that_do_not_join_end() {
        insta::assert_snapshot!(drawn(&[&[], &[0], &[0], &[0], &[2], &[4]]), @r"
        * 0
        |\
        |\ \
        * | | 1
         / /
        * | 2
        | * 3
        * 4
        * 5
        ");
    }

    #[test]
    fn a_way_joins_across_another() {
        insta::assert_snapshot!(drawn(&[&[], &[0], &[0], &[0], &[1, 3], &[2, 4]]), @r"
        * 0
        |\
        |\ \
        * | | 1
        | * | 2
        | | * 3
        | |/
        |/|
        * | 4
        |/
        * 5
        ");
    }
}
