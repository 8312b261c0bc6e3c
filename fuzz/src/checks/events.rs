//! Event lines, whole logs, and the journal of a batch.
//!
//! No changed byte survives a hash, so the checks put the hashes in themselves: a line stands for itself with its hash,
//! and `@0`, `@1`, … in it stand for the hashes of what came before.

use coordination_ledger::domain::event::{BadEvent, Body, DOMAIN_TAG, Event, LINE_BYTES_MAX, PARENTS_MAX, Unsealed};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::judge::judge;
use coordination_ledger::domain::outlook::{self, ContractCheck};
use coordination_ledger::domain::packet::Packet;
use coordination_ledger::domain::state::State;
use coordination_ledger::domain::workflow::Workflow;
use coordination_ledger::store::fs::journal::{Lines, Plan};
use coordination_ledger::store::fs::log::{self, Tail};

/// A line with its hash, as its writer would have ended it.
pub(super) fn hashed(line: &str) -> String {
    let Some(head) = line.strip_suffix('}') else { return line.to_owned() };
    let hash = Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]);
    format!("{head},\"hash\":\"{hash}\"}}")
}

/// A line without its hash.
fn unhashed(line: &str) -> &str {
    line.rfind(",\"hash\":\"").map_or(line, |at| &line[..at])
}

/// Lines with their hashes; `@0` stands for the root, `@1` for the first line, and so on.
pub(super) fn hashed_lines<'a>(lines: impl Iterator<Item = &'a str>, root: Hash) -> Vec<String> {
    let mut hashes = vec![root.to_string()];
    let mut done = Vec::new();
    for line in lines.take(24) {
        let mut line = line.to_owned();
        for (at, hash) in hashes.iter().enumerate().rev() {
            line = line.replace(&format!("\"@{at}\""), &format!("\"{hash}\""));
        }
        let line = hashed(&line);
        let hash = Event::parse(&line).map_or_else(|_| root.to_string(), |event| event.hash().to_string());
        hashes.push(hash);
        done.push(line);
    }
    done
}

/// One line of a log.
pub(super) fn event(data: &[u8]) {
    let Some(line) = std::str::from_utf8(data).ok().filter(|text| !text.contains('\n')) else { return };
    if let Ok(event) = Event::parse(line) {
        holds(&event, line);
    }
    let line = hashed(line);
    match Event::parse(&line) {
        Ok(event) => holds(&event, &line),
        Err(BadEvent::Json(bad)) => assert_eq!(bad.place().0, 1, "{bad}"),
        Err(BadEvent::TooLong(_) | BadEvent::NoHash | BadEvent::WrongHash | BadEvent::Rule(_)) => {}
    }
}

fn holds(event: &Event, line: &str) {
    assert_eq!(event.line(), line);
    assert!(line.len() <= LINE_BYTES_MAX && event.n() > 0 && event.format() > 0);
    assert!((1..=PARENTS_MAX).contains(&event.parents().len()));
    assert_eq!(event.body().check(), Ok(()));
    let head = unhashed(line);
    assert_eq!(Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]), event.hash(), "the hash is that of the bytes");
    let mut changed = line.as_bytes().to_vec();
    let at = super::choice(line.as_bytes(), changed.len());
    changed[at] ^= 1;
    assert!(!std::str::from_utf8(&changed).is_ok_and(|line| Event::parse(line).is_ok()), "byte {at} can be changed");
    let unsealed = Unsealed {
        stream: event.stream().clone(),
        clock: event.clock(),
        writer: event.writer().clone(),
        by: event.by().clone(),
        key: event.key().cloned(),
        body: event.body().clone(),
        n: event.n(),
        parents: event.parents().to_vec(),
    };
    let sealed = match Event::seal(unsealed) {
        Ok(sealed) => sealed,
        Err(BadEvent::TooLong(_)) => return,
        Err(other) => {
            return assert!(matches!(event.body(), Body::Other(_)), "what was read can't be written: {other}");
        }
    };
    assert_eq!(Event::parse(sealed.line()).as_ref(), Ok(&sealed), "written and read again it is another");
    assert_eq!((sealed.body(), sealed.clock()), (event.body(), event.clock()));
    assert!(sealed.says_what_was_read());
}

/// A packet in the first line, the lines of its log in those that follow.
pub(super) fn log(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return parts(data) };
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(packet) = Packet::parse(first.as_bytes()) else { return parts(data) };
    let Ok(own) = packet.to_bytes() else { return };
    let hash = Packet::hash_of(&own);
    let lines = hashed_lines(rest.lines(), hash);
    let mut bytes = lines.join("\n").into_bytes();
    if rest.ends_with('\n') {
        bytes.push(b'\n');
    }
    parts(&bytes);
    let Ok(read) = log::parse(&bytes) else { return };
    let Ok(history) = History::new(packet.clone(), hash, read.events.clone()) else { return };
    replays(&history);
    // The order of lines, and lines that stand twice, mean nothing.
    let mut other = read.events.clone();
    other.reverse();
    other.extend(read.events.iter().step_by(2).cloned());
    assert_eq!(History::new(packet.clone(), hash, other).as_ref(), Ok(&history), "the order counts");
    // Every version is a history, and united with the whole it is the whole.
    let at = super::choice(&bytes, read.events.len() + 1) as u64;
    let before = history.at_version(at);
    assert_eq!(History::new(packet, hash, before.events().to_vec()).as_ref(), Ok(&before));
    assert_eq!(before.clone().merge(history.clone()).as_ref(), Ok(&history));
    assert_eq!(history.clone().merge(before).as_ref(), Ok(&history));
    for event in history.events() {
        assert!(history.up_to(event.hash()).version() == event.n());
        assert!(event.parents().iter().all(|parent| *parent == hash || history.is_ancestor(*parent, event.hash())));
    }
}

fn replays(history: &History) {
    let workflow = Workflow::default();
    let state = State::replay(history, &workflow);
    assert_eq!(State::replay(history, &workflow), state);
    let by = &history.packet().created_by;
    let open = outlook::open(&state, history.packet(), &workflow, by, &ContractCheck::NotPassed(Vec::new()));
    assert!(open.iter().all(|open| workflow.state(&open.to).is_some()));
    assert!(judge(history, &workflow).len() <= history.events().len());
}

/// Any bytes as a log: what a torn write leaves is told from damage.
fn parts(bytes: &[u8]) {
    let all = log::parse_lines(bytes);
    assert!(all.whole_len <= bytes.len());
    assert!(all.bad.iter().all(|bad| bad.line > 0 && !bad.what.is_empty()));
    let within = log::events_in(bytes);
    assert!(all.events.iter().all(|(_, event)| within.contains(event)));
    match log::parse(bytes) {
        Ok(read) => {
            assert!(all.bad.is_empty());
            match &read.tail {
                Tail::Clean | Tail::NoNewline => assert_eq!(read.whole_len, bytes.len()),
                Tail::Torn(range) => assert_eq!((range.start, range.end), (read.whole_len, bytes.len())),
            }
            let whole = log::parse(&bytes[..read.whole_len]).expect("whole lines are a log");
            assert_eq!(whole.events, read.events);
            // A write that was cut short anywhere is no damage.
            let cut = super::choice(bytes, bytes.len() + 1).min(read.whole_len);
            let short = log::parse(&bytes[..cut]).expect("the beginning of a log is a log");
            assert!(read.events.starts_with(&short.events));
        }
        Err(bad) => assert_eq!(all.bad.first(), Some(&bad)),
    }
}

/// The journal of a batch: its last line is the hash of those before it.
pub(super) fn journal(data: &[u8]) {
    let _ = Plan::parse(data);
    let Ok(body) = std::str::from_utf8(data) else { return };
    let body = if body.is_empty() || body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") };
    let whole = format!("{body}{{\"end\":\"{}\"}}\n", Hash::of(&[body.as_bytes()]));
    let Some(plan) = Plan::parse(whole.as_bytes()) else { return };
    let written = plan.to_bytes().expect("what was read can be written");
    let again = Plan::parse(&written).expect("what was written can be read");
    assert_eq!(again.packets, plan.packets);
    assert!(again.written().eq(plan.written()));
    let cut = super::choice(data, written.len());
    assert_eq!(Plan::parse(&written[..cut]), None, "half a journal is none");
    for (id, lines) in plan.written() {
        let Lines { at, text } = lines;
        let before = vec![b'x'; (*at).min(4096) as usize];
        if before.len() as u64 == *at {
            let half = [before.as_slice(), &text.as_bytes()[..text.len() / 2]].concat();
            let done = plan.complete_log(id, Some(half.clone())).expect("a log");
            assert_eq!(done, [before.as_slice(), text.as_bytes()].concat());
            assert_eq!(plan.complete_log(id, Some(done.clone())), Some(done), "done is done");
        }
    }
}
