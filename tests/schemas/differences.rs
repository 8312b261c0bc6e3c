//! Where schemas and code differ. Each difference is shown, so that none outlives its reason.

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::id::RequestId;
use serde_json::{Value, json};

use crate::events::KNOWN_TYPES;
use crate::formats::{Format, with};

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inside, _| json!([inside]))
}

/// What the code alone refuses, because a schema can't say it.
#[test]
fn what_a_schema_can_not_say() {
    let [packet, draft, event] = [Format::packet(), Format::draft(), Format::event("TRANSITIONED")];
    let [settings, workflow] = [Format::settings(), Format::workflow()];
    let changed = |format: &Format, place: &str, value: Value| with(&format.full, place, &value).to_string();
    let text = packet.full.to_string();
    let letters = |count: usize| json!("x".repeat(count));
    let rows = [
        ("a member that stands twice", &packet, text.replace("\"title\":", "\"title\":\"a\",\"title\":")),
        ("the same deep inside", &packet, text.replace("\"m\":null", "\"m\":1,\"m\":2")),
        ("an integer written with a fraction", &packet, text.replace("\"format\":1", "\"format\":1.0")),
        ("a day that no calendar has", &packet, changed(&packet, "/due", json!("2026-02-30"))),
        ("the same in an id", &packet, changed(&packet, "/request_id", json!("REQ-20230229-0001"))),
        ("the same in a moment", &event, changed(&event, "/at", json!("2026-11-31T15:11:00.123Z"))),
        ("too many bytes, where a schema counts characters", &packet, changed(&packet, "/key", json!("ü".repeat(129)))),
        ("a nesting deeper than 64", &packet, changed(&packet, "/details/n", nested(63))),
        ("a packet that is too large", &packet, changed(&packet, "/description", letters(256 * 1024))),
        ("a line that is too long", &event, changed(&event, "/later", letters(1024 * 1024))),
        (
            "settings that are too large",
            &settings,
            changed(&settings, "/roles", json!({"pm": vec!["x".repeat(200); 400]})),
        ),
        ("a workflow that is too large", &workflow, changed(&workflow, "/types/0/details", json!([letters(1 << 18)]))),
        ("a name of a request that has to be looked up", &draft, changed(&draft, "/parent", json!("key:k"))),
        ("a state that is not listed", &workflow, changed(&workflow, "/initial", json!("NOWHERE"))),
        ("a state that stands twice", &workflow, changed(&workflow, "/states/1/name", json!("PROPOSED"))),
        ("a type that is not listed", &workflow, changed(&workflow, "/transitions/1/types", json!(["x"]))),
        ("a type that stands twice", &workflow, changed(&workflow, "/types/1/name", json!("bug"))),
        ("a way out of a final state", &workflow, changed(&workflow, "/transitions/0/from", json!(["CLOSED"]))),
    ];
    for (what, format, text) in rows {
        let (by_schema, by_code) = format.verdicts(&text);
        assert!(by_schema, "{}: the schema can say this after all: {what}", format.name);
        assert!(by_code.is_err(), "{}: the code takes {what}", format.name);
    }
    // That a hash matches the bytes of its line and stands last.
    assert!(event.validator.is_valid(&event.full) && Event::parse(&event.full.to_string()).is_err());
    // These bounds themselves are the code's.
    packet.takes(&format!("/details/n {}", nested(62)));
    packet.takes(&format!("/key \"{}\"", "ü".repeat(128)));
}

/// What the schema alone refuses: newer formats, which a reader takes as far as it can, and forms that the reader puts
/// up with but nobody should write.
#[test]
fn what_only_the_schema_refuses() {
    let [packet, settings, workflow] = [Format::packet(), Format::settings(), Format::workflow()];
    let [event, noted, unknown] = ["TRANSITIONED", "NOTED", "TELEPORTED"].map(Format::event);
    for (what, format, place, value) in [
        ("a newer format", &packet, "/format", json!(2)),
        ("a newer format", &event, "/format", json!(2)),
        ("a newer format", &settings, "/format", json!(2)),
        ("a newer format", &workflow, "/format", json!(2)),
        ("another spelling of a UUID", &packet, "/uid", json!("0199a2b45c6d7e8f9a0b1c2d3e4f5a6b")),
        ("another spelling of a UUID", &settings, "/ledger_id", json!("{018f4e0e-7a3c-7c1e-9a57-0242ac120002}")),
        ("an object around a name", &packet, "/priority", json!({"P1": null})),
        ("an array for an object", &noted, "/data", json!(["hm"])),
        ("an array for an object", &event, "/data/evidence/0", json!(["commit", "1a2b3c"])),
        ("no object as the data of an unknown type", &unknown, "/data", json!([1])),
    ] {
        let (by_schema, by_code) = format.verdicts(&with(&format.full, place, &value).to_string());
        assert!(!by_schema, "{}: the schema takes {what}", format.name);
        assert!(by_code.is_ok(), "{}: the code refuses it too, so this row belongs to a table: {what}", format.name);
    }
}

/// Whether a document may show one of these differences, among those that [`crate::mutations`] can bring about.
pub fn may_show_in(format: &Format, document: &Value) -> bool {
    let another_format = document["format"].as_u64().is_some_and(|number| number != 1);
    let looked_up = |name: &Value| name.as_str().is_some_and(|text| text.parse::<RequestId>().is_err());
    let any = |list: &Value, is: &dyn Fn(&Value) -> bool| list.as_array().is_some_and(|items| items.iter().any(is));
    let of_its_own = match format.name {
        "request" => looked_up(&document["parent"]) || any(&document["dependencies"], &looked_up),
        "event" => {
            let data = &document["data"];
            let is_known = KNOWN_TYPES.iter().any(|(kind, _, _)| document["type"] == *kind);
            data.is_array() || any(&data["evidence"], &Value::is_array) || (!is_known && !data.is_object())
        }
        _ => false,
    };
    another_format || of_its_own
}
