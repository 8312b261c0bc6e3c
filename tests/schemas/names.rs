//! Ids, times and names: the patterns of the schemas against the types of the code, character by character.

use std::str::FromStr;

use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::id::{
    Actor, ContractRef, Key, Label, RepoId, RequestId, RequestType, Role, Stream, Writer,
};
use coordination_ledger::domain::time::{DashedDay, Timestamp};
use coordination_ledger::domain::workflow::StateName;
use serde_json::{Value, json};

use crate::formats::{compile, schema, values};

/// Texts around the bounds of every kind of name.
const TEXTS: &str = r#"
    "" "a" "A" "0" "-" "." "_" "@" "a b" " a" "a " "a\tb" "a\n" "acme/billing" "bug" "contract-change" "Bug" "-bug"
    "a..b" "a.b." ".a" "a.-_.b" "a@1" "a@0" "a@01" "a@999999" "a@1000000" "a@" "a@+1" "a@1@2" "a..b@1" "a.@1" "a@1 "
    "contract:a" "contract:" "contract:a..b" "contract:A" "contract:REQ-20261120-0001" "Contract:a"
    "P" "IN_PROGRESS" "_A" "A-B" "1A" "k7f3q2" "k7f3q" "K7F3Q2"
    "REQ-20261120-0001" "REQ-20261120-0000" "REQ-20261120-001" "REQ-20261120-00001" "REQ-20261120-10000"
    "REQ-20261120-0010" "REQ-20261120-0100" "REQ-20261120-1000" "REQ-20261120-99999999" "REQ-20261120-100000000"
    "REQ-19691231-0001" "REQ-19700101-0001" "REQ-99991231-0001" "REQ-20261320-0001" "REQ-20260020-0001"
    "REQ-20261100-0001" "REQ-20261132-0001" "req-20261120-0001" "REQ-20261120-0001\n" "REQ-2026112-00001"
    "2026-11-20" "1969-12-31" "1970-01-01" "9999-12-31" "2026-13-01" "2026-1-01" "2026-11-20 " "20261120" "10000-01-01"
    "2026-11-20T15:11:00.123Z" "2026-11-20T23:59:59.999Z" "2026-11-20T24:00:00.000Z" "2026-11-20T15:60:00.000Z"
    "2016-12-31T23:59:60.000Z" "2026-11-20T15:11:00Z" "2026-11-20T15:11:00.1234Z" "2026-11-20T15:11:00.123+00:00"
    "2026-11-20t15:11:00.123z" "1969-12-31T23:59:59.999Z" "1970-01-01T00:00:00.000Z" "9999-12-31T23:59:59.999Z"
"#;

const LENGTHS: [usize; 17] = [6, 7, 16, 17, 40, 41, 63, 64, 65, 100, 101, 120, 121, 200, 201, 256, 257];

fn names() -> Vec<Value> {
    let mut names = values(TEXTS);
    for length in LENGTHS {
        let a = "a".repeat(length);
        names.extend([json!(a), json!(a.to_uppercase()), json!(format!("contract:{a}")), json!(format!("{a}@1"))]);
    }
    // Every character that could count as a blank, as a control character or as nothing at all, in every position.
    let codes = (0..=0x3100).chain(0xfe00..=0xffff).chain([0x1_f980, 0xe_0001, 0x10_ffff]);
    for c in codes.filter_map(char::from_u32) {
        names.extend([format!("{c}a"), format!("a{c}a"), format!("a{c}")].map(Value::String));
    }
    names
}

fn compare<T: FromStr>(schema: &Value, definition: &str, names: &[Value]) {
    assert!(schema["$defs"][definition].is_object(), "no definition {definition}");
    let reference = format!("#/$defs/{definition}");
    let validator = compile(&json!({"$defs": schema["$defs"], "$ref": reference}));
    for name in names {
        let by_code = name.as_str().is_some_and(|text| text.parse::<T>().is_ok());
        assert_eq!(by_code, validator.is_valid(name), "{definition}: {name}");
    }
    values("null 1 true [\"a\"] {\"a\":1}")
        .iter()
        .for_each(|value| assert!(!validator.is_valid(value), "{definition}"));
}

#[test]
fn names_are_the_same_to_both() {
    let names = names();
    let [packet, event, ledger] = ["packet", "event", "ledger"].map(schema);
    compare::<RequestId>(&packet, "request_id", &names);
    compare::<Timestamp>(&packet, "timestamp", &names);
    compare::<DashedDay>(&packet, "day", &names);
    compare::<Actor>(&packet, "actor", &names);
    compare::<RepoId>(&packet, "repository", &names);
    compare::<Label>(&packet, "label", &names);
    compare::<Key>(&packet, "key", &names);
    compare::<RequestType>(&packet, "request_type", &names);
    compare::<ContractRef>(&packet, "contract_ref", &names);
    compare::<StateName>(&event, "state", &names);
    compare::<Stream>(&event, "stream", &names);
    compare::<Writer>(&event, "writer", &names);
    compare::<Hash>(&event, "hash", &names);
    compare::<Role>(&ledger, "role", &names);
}
