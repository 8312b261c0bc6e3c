//! Logs as bytes: what a cut-short write explains is a torn tail, everything else that is wrong is damage.

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::Head;
use coordination_ledger::store::fs::log::{Tail, events_in, parse};
use proptest::prelude::*;

use crate::support::note_after;

fn chain(texts: &[String]) -> Vec<Event> {
    let mut head = Head { n: 1, hash: Hash::of(&[b"a packet"]) };
    let id = "REQ-20261120-0001".parse().unwrap();
    texts
        .iter()
        .map(|text| {
            let event = note_after(id, &[head], text, None);
            head = Head { n: event.n(), hash: event.hash() };
            event
        })
        .collect()
}

fn bytes_of(events: &[Event]) -> Vec<u8> {
    events.iter().flat_map(|event| [event.line().as_bytes(), b"\n"].concat()).collect()
}

/// Where the lines begin, and the end.
fn starts(events: &[Event]) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(events.iter().scan(0, |at, event| {
        *at += event.line().len() + 1;
        Some(*at)
    }));
    starts
}

fn logs() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec("[a-z\n\r\"{}\\\\ é\u{2028}]{0,40}x", 1..5).prop_map(|texts| chain(&texts))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_log_cut_at_any_byte_keeps_its_whole_lines(events in logs(), cut in any::<prop::sample::Index>()) {
        let bytes = bytes_of(&events);
        let cut = cut.index(bytes.len() + 1);
        let log = parse(&bytes[..cut]).unwrap();
        let starts = starts(&events);
        let whole = starts.iter().rposition(|start| *start <= cut).unwrap();
        let begun = starts[whole];
        let last_is_whole = events.get(whole).is_some_and(|event| cut == begun + event.line().len());
        let (count, tail, whole_len) = match cut {
            cut if cut == begun => (whole, Tail::Clean, cut),
            cut if last_is_whole => (whole + 1, Tail::NoNewline, cut),
            cut => (whole, Tail::Torn(begun..cut), begun),
        };
        prop_assert_eq!(log.events.as_slice(), &events[..count]);
        prop_assert_eq!((log.tail, log.whole_len), (tail, whole_len));
        let found = events_in(&bytes[..cut]);
        prop_assert_eq!(found.as_slice(), &events[..count]);
    }

    #[test]
    fn a_hole_in_the_last_line_is_a_torn_tail(events in logs(), hole in any::<[prop::sample::Index; 2]>()) {
        let mut bytes = bytes_of(&events);
        let begun = starts(&events)[events.len() - 1];
        let [from, to] = hole.map(|index| begun + index.index(bytes.len() - begun));
        let (from, to) = (from.min(to), from.max(to) + 1);
        bytes[from..to].fill(0);
        let log = parse(&bytes).unwrap();
        prop_assert_eq!(log.tail, Tail::Torn(begun..bytes.len()));
        prop_assert_eq!(log.events.as_slice(), &events[..events.len() - 1]);
        prop_assert_eq!(log.whole_len, begun);
    }

    #[test]
    fn a_changed_byte_is_damage_in_its_line(
        events in logs(), place in any::<prop::sample::Index>(), other in 1_u8..=255,
    ) {
        let mut bytes = bytes_of(&events);
        let place = place.index(bytes.len() - 1);
        prop_assume!(bytes[place] ^ other != 0);
        bytes[place] ^= other;
        let line = starts(&events).iter().rposition(|start| *start <= place).unwrap() + 1;
        prop_assert_eq!(parse(&bytes).unwrap_err().line, line);
    }
}

#[test]
fn a_hand_edited_last_line_is_damage_with_and_without_its_newline() {
    let events = chain(&["one".into(), "two".into()]);
    let edited = String::from_utf8(bytes_of(&events)).unwrap().replace("two", "too");
    for text in [edited.as_str(), edited.trim_end()] {
        let bad = parse(text.as_bytes()).unwrap_err();
        assert_eq!(bad.to_string(), "line 2: the line was changed: its hash does not match its bytes");
    }
}

#[test]
fn a_bad_line_before_a_good_one_is_damage_even_if_it_is_torn() {
    let events = chain(&["one".into(), "two".into()]);
    let (one, two) = (events[0].line(), events[1].line());
    for torn in [&one[..40], "", "\0\0\0"] {
        let bad = parse(format!("{torn}\n{two}\n").as_bytes()).unwrap_err();
        assert_eq!(bad.line, 1, "{torn:?}");
    }
}

#[test]
fn what_other_programs_leave_is_named() {
    let events = chain(&["one".into(), "two".into()]);
    let (one, two) = (events[0].line(), events[1].line());
    for (text, line, part) in [
        (format!("<<<<<<< HEAD\n{one}\n=======\n{two}\n>>>>>>> theirs\n"), 1, "conflict marker"),
        (format!("{one}\n=======\n{two}\n"), 2, "conflict marker"),
        (format!("{one}\n||||||| base\n"), 2, "conflict marker"),
        (format!("{one}\n>>>>>>> theirs"), 2, "conflict marker"),
        (format!("{one}\r\n{two}\r\n"), 1, "CR LF"),
        (format!("{one}\n{two}\r\n"), 2, "CR LF"),
        (format!("{one}\n{two}\r"), 2, "CR LF"),
        (format!("{one}\n\n{two}\n"), 2, "empty line"),
        (format!("{one}\n{two}\n\n"), 3, "empty line"),
        (format!("\u{feff}{one}\n"), 1, "hash"),
    ] {
        let bad = parse(text.as_bytes()).unwrap_err();
        assert_eq!(bad.line, line, "{text:?}: {bad}");
        assert!(bad.what.contains(part), "{text:?}: {bad}");
    }
    let mut bytes = bytes_of(&events);
    bytes[20] = 0xff;
    assert_eq!(parse(&bytes).unwrap_err().to_string(), "line 1: not UTF-8");
}
