//! Packets, operations, workflows, settings, and the JSON below them.

use coordination_ledger::app::AppError;
use coordination_ledger::app::apply::{OPERATION_BYTES_MAX, Operation};
use coordination_ledger::contract::position::{line_of, pointer_at};
use coordination_ledger::contract::schema;
use coordination_ledger::domain::FORMAT;
use coordination_ledger::domain::json::{self, BadJson, DEPTH_MAX, INTEGER_MAX};
use coordination_ledger::domain::packet::{BadPacket, LIST_MAX, PACKET_BYTES_MAX, Packet, TITLE_CHARS_MAX};
use coordination_ledger::domain::secret;
use coordination_ledger::domain::settings::{BadSettings, SETTINGS_BYTES_MAX, Settings};
use coordination_ledger::domain::workflow::{BadWorkflow, Workflow};
use serde_json::Value;

/// A refusal names a place that is in the text.
pub(super) fn is_placed(bad: &BadJson, text: &str) {
    let (line, column) = bad.place();
    let lines: Vec<&str> = text.split('\n').collect();
    assert!((1..=lines.len()).contains(&line), "line {line} of {}: {bad}", lines.len());
    assert!(column <= lines[line - 1].len() + 1, "column {column} of {}: {bad}", lines[line - 1].len());
}

/// JSON within the bounds of this ledger, and the places in it.
pub(super) fn json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = serde_json::from_str::<Value>(text);
    match json::check(text) {
        Ok(()) => {
            let value = read.as_ref().expect("what is within bounds is JSON");
            assert!(depth(value) <= DEPTH_MAX);
            each(value, &mut |value| match value {
                Value::Number(number) if number.is_i64() || number.is_u64() => {
                    assert!(number.as_f64().is_some_and(|n| n.abs() <= INTEGER_MAX as f64));
                }
                Value::String(text) => assert!(!text.contains('\0')),
                Value::Object(members) => assert!(!members.keys().any(|name| name.contains('\0'))),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
            });
            let spelled = value.to_string();
            assert!(json::say_the_same(text, &spelled), "spelled otherwise it says otherwise");
            assert_eq!(json::check(&spelled), Ok(()));
        }
        Err(bad) => is_placed(&bad, text),
    }
    if let Some(at) = json::first_number_lost(text) {
        assert!(text.is_char_boundary(at) && text[at..].starts_with(|c: char| c == '-' || c.is_ascii_digit()));
    }
    let place = pointer_at(text, super::choice(data, text.len() + 1));
    let line = line_of(text, &place);
    assert!((1..=text.split('\n').count()).contains(&line));
    if let Ok(value) = &read
        && json::check(text).is_ok()
    {
        assert!(value.pointer(&place).is_some(), "{place} is no place in {value}");
    }
    match schema::read(text) {
        Ok(value) => {
            assert_eq!(schema::read(&value.to_string()), Ok(value), "written and read again it is another");
            assert!(schema::read_to_ask(text, &[]).is_ok(), "what may be kept may be asked about");
        }
        Err(fault) => assert!(fault.pointer.is_empty() || fault.pointer.starts_with('/')),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn each(value: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        Value::Object(members) => members.values().for_each(|member| each(member, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A packet's file.
pub(super) fn packet(data: &[u8]) {
    let packet = match Packet::parse(data) {
        Ok(packet) => packet,
        Err(BadPacket::Json(bad)) => return is_placed(&bad, std::str::from_utf8(data).expect("read as text")),
        Err(BadPacket::TooLarge(_) | BadPacket::NotUtf8 | BadPacket::Rule { .. }) => return,
    };
    assert!(data.len() <= PACKET_BYTES_MAX);
    assert!((1..=TITLE_CHARS_MAX).contains(&packet.title.chars().count()));
    assert!((1..=LIST_MAX).contains(&packet.target_repo_ids.len()) && packet.dependencies.len() <= LIST_MAX);
    assert!(packet.same_intent(&packet));
    let own = match packet.to_bytes() {
        Ok(own) => own,
        // Blanks between members may be what it was too large for.
        Err(BadPacket::TooLarge(_)) => return,
        Err(other) => panic!("what was read can't be written: {other}"),
    };
    let again = Packet::parse(&own).expect("what was written can be read");
    assert_eq!(again, packet, "written and read again it is another");
    assert_eq!(again.to_bytes().as_deref(), Ok(own.as_slice()));
    assert!(packet.is_all_of(&own));
    if packet.format > FORMAT {
        return;
    }
    // Whatever it says beside what was read is noticed: the members of both are the same, but for those that say nothing.
    let text = std::str::from_utf8(data).expect("read as text");
    assert_eq!(packet.is_all_of(data), json::say_the_same(text, std::str::from_utf8(&own).expect("JSON")));
}

/// A line of `apply`.
pub(super) fn operation(data: &[u8]) {
    let Ok(line) = std::str::from_utf8(data) else { return };
    match Operation::parse(line) {
        Ok(operation) => {
            assert!(line.len() <= OPERATION_BYTES_MAX);
            let value: Value = json::read(line).expect("an operation is JSON");
            let again = Operation::parse(&value.to_string());
            assert_eq!(again.ok(), Some(operation), "spelled otherwise it is another");
        }
        Err(AppError::Usage(what)) => assert!(!what.is_empty() && what.len() <= 4 * line.len() + 400),
        Err(other) => panic!("refused as something else: {other}"),
    }
}

/// `workflow.json`
pub(super) fn workflow(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let workflow = match Workflow::parse(text) {
        Ok(workflow) => workflow,
        Err(BadWorkflow::Json(bad)) => return is_placed(&bad, text),
        Err(BadWorkflow::Rule(rule)) => return assert!(!rule.is_empty()),
    };
    assert_eq!(workflow.digest().len(), 16);
    if !workflow.is_known_format() {
        return assert!(workflow.transitions().is_empty(), "what a newer format means is not known");
    }
    assert!(workflow.state(workflow.initial()).is_some());
    for rule in workflow.transitions() {
        assert!(rule.from.iter().chain([&rule.to]).all(|state| workflow.state(state).is_some()));
        assert!(rule.from.iter().all(|state| !workflow.is_final(state)), "nothing follows a final state");
    }
    let written = serde_json::to_string_pretty(&workflow).expect("a workflow is JSON");
    let again = Workflow::parse(&written).expect("what was written can be read");
    assert_eq!(again, workflow, "written and read again it is another");
}

/// `ledger.json`
pub(super) fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let settings = match Settings::parse(text) {
        Ok(settings) => settings,
        Err(BadSettings::Json(bad)) => return is_placed(&bad, text),
        Err(BadSettings::TooLarge | BadSettings::Rule(_)) => return,
    };
    assert!(text.len() <= SETTINGS_BYTES_MAX && settings.format > 0);
    assert_eq!(settings.is_writable(), settings.format == FORMAT);
    let written = serde_json::to_string(&settings).expect("settings are JSON");
    if settings.is_writable() {
        assert_eq!(Settings::parse(&written), Ok(settings), "written and read again they are others");
    }
}

/// Text in which a credential may stand.
pub(super) fn secret(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let value = serde_json::json!({"a": [text]});
    let within = secret::in_value(&value);
    if !text.contains('\0') {
        assert_eq!(secret::in_line(&value.to_string()), within, "a line says the same as its texts");
    }
    let Some(found) = secret::find(text) else { return assert!(within.is_empty()) };
    assert!(text.is_char_boundary(found.at) && found.at < text.len());
    assert_eq!(within.len(), 1);
    assert_eq!((within[0].kind, within[0].pointer.as_str()), (found.kind, "/a/0"));
    assert_eq!(within[0].line, text[..found.at].matches('\n').count() + 1);
    assert_eq!(secret::kinds(&within).len(), 1);
    // Nothing that stands apart from it hides it.
    for around in [format!("{text}\nplain words"), format!("plain words\n{text}")] {
        assert!(secret::find(&around).is_some(), "hidden by what stands beside it");
    }
}
