//! Settings, workflows, indexes and the details of each request type.

use serde_json::{Value, json};

use crate::formats::{Format, compile, remove, rows, schema, values, with};

#[test]
fn settings() {
    let settings = Format::settings();
    settings.requires("", "format ledger_id name");
    settings.takes(
        r#"
        /ledger_id "018F4E0E-7A3C-7C1E-9A57-0242AC120002" "00000000-0000-0000-0000-000000000000"
        /name "a\nb" "é" {"$x":200}
        /mode "tracked"
        /track_index false
        /roles {} {"a":[]} {"a":[{"$x":200},"b","b"]}
        /defaults {} {"from":"shop"} {"priority":"P0","timeout":"10s"} {"timeout":"2w"} {"from":null,"priority":null}
        "#,
    );
    settings.refuses(
        r#"
        /format 0 -1 1.5 "1" null
        /ledger_id null 1 {} "" "shop"
        /name null 1 [] {} "\u0000" "" " \u3000\n" {"$x":201}
        /mode null 1 [] {} "strict"
        /track_index null 1 "true"
        /roles null [] "x" {"a b":[]} {"":[]} {"a":"b"} {"a":null} {"a":[1]} {"a":[" b"]} {"a":[{"$x":201}]}
        /defaults null [] "x" {"actor":"mia"} {"pager":"less"} {"alias":{}} {"from":"a b"} {"from":""} {"priority":"p1"}
        /defaults {"timeout":10} {"timeout":"10"} {"timeout":"s"} {"timeout":"+1s"} {"timeout":"1y"} {"format":"json"}
        /shards 7 null
        "#,
    );
}

#[test]
fn workflows() {
    let workflow = Format::workflow();
    workflow.requires("", "format initial states transitions types");
    workflow.requires("/states/5", "name");
    workflow.requires("/states/0", "name");
    workflow.requires("/transitions/1", "from to");
    workflow.requires("/transitions/7", "from to");
    workflow.requires("/transitions/9/guards/1", "guard role");
    workflow.requires("/types/1", "name triage");
    workflow.requires("/types/3", "name triage");
    workflow.takes(
        r#"
        /states/0 {"name":"PROPOSED","next":null,"waits_for":null,"parts":["ACCEPTED","ACCEPTED"],"final":false}
        /states/0/waits_for "target" "origin" "triage" "pm" "sponsor"
        /states/0/settled true
        /states/0/parts [] ["DELIVERED","DECLINED"]
        /transitions []
        /transitions/0/from [] ["PROPOSED","PROPOSED"]
        /transitions/0/guards [] [{"guard":"reason","role":null,"mode":null,"types":[]}]
        /transitions/0/guards [{"guard":"approval","role":"pm","mode":"tracked","types":["bug"]}]
        /transitions/0/guards [{"guard":"evidence"},{"guard":"details"},{"guard":"targets_delivered"}]
        /transitions/0/guards [{"guard":"review_note"},{"guard":"not_deliverer","sponsor_approval_required":false}]
        /types/0/triage "target" "origin" "triage" "pm" "sponsor"
        /types/0/details [] [""] ["a","a"]
        /supersedes [] ["0123456789abcdef","0123456789ABCDEF"]
        "#,
    );
    workflow.refuses(
        r#"
        /supersedes null "0123456789abcdef" [1] [""] ["0123456789abcdeg"] ["0123456789abcdef0"]
        /states/4/name "DIVERGED" "DAMAGED"
        /format 0 1.5 "1" null
        /initial null 1 [] {} "" "proposed"
        /states null {} [] ["PROPOSED"] [{"name":"PROPOSED"}] [{"name":"PROPOSED","final":false}]
        /states/0 null "PROPOSED" [] {}
        /states/0/name null 1 "" "a" "A-B"
        /states/0/final null 1 "true"
        /states/0/settled null 1 "true"
        /states/0/next 1 "" "x"
        /states/0/waits_for 1 "" "nobody" "Target"
        /states/0/parts null "ACCEPTED" {} ["CONFLICT"] [null]
        /states/0/colour "red" null
        /transitions null {} ["x"] [null]
        /transitions/0 null "x" [] {}
        /transitions/0/from null "PROPOSED" {} ["x"] [1]
        /transitions/0/to null 1 "x"
        /transitions/0/types null "bug" {} ["Bug"] [1]
        /transitions/0/rework null 1 "true"
        /transitions/0/colour "red" null
        /transitions/0/guards null {} ["reason"] [{}] [{"guard":"mood"}] [{"guard":null}] [{"guard":"reason","colour":1}]
        /transitions/0/guards [{"guard":"approval"}] [{"guard":"contract_check"}] [{"guard":"approval","role":null}]
        /transitions/0/guards [{"guard":"reason","role":"a b"}] [{"guard":"reason","mode":"strict"}]
        /transitions/0/guards [{"guard":"reason","types":null}] [{"guard":"reason","types":["Bug"]}]
        /transitions/0/guards [{"guard":"reason","sponsor_approval_required":null}]
        /types null {} [] ["bug"]
        /types/0 null "bug" [] {}
        /types/0/name null 1 "" "Bug"
        /types/0/triage null 1 "nobody"
        /types/0/details null "goal" {} [1] ["\u0000"]
        /types/0/names_contract null 1 "true"
        /types/0/colour "red" null
        /colour "red" null
        "#,
    );
}

#[test]
fn how_small_a_workflow_can_be() {
    let least = r#"{
        "format": 1, "initial": "DONE", "states": [{"name": "DONE", "final": true}], "transitions": [],
        "types": [{"name": "bug", "triage": "pm"}]
    }"#;
    assert_eq!(Format::workflow().verdicts(least), (true, Ok(())));
}

#[test]
fn how_large_a_workflow_can_be() {
    let workflow = Format::workflow();
    let extended = |place: &str, count: usize, item: &dyn Fn(usize) -> Value| {
        let there = workflow.full.pointer(place).unwrap().as_array().unwrap();
        let more = (there.len()..count).map(item);
        format!("{place} {}", there.iter().cloned().chain(more).collect::<Value>())
    };
    let state = |i| json!({"name": format!("S{i}")});
    let transition = |_| json!({"from": ["PROPOSED"], "to": "ACCEPTED"});
    let request_type = |i| json!({"name": format!("t{i}"), "triage": "pm"});
    workflow.takes(&extended("/states", 64, &state));
    workflow.refuses(&extended("/states", 65, &state));
    workflow.takes(&extended("/transitions", 512, &transition));
    workflow.refuses(&extended("/transitions", 513, &transition));
    workflow.takes(&extended("/types", 64, &request_type));
    workflow.refuses(&extended("/types", 65, &request_type));
}

const INDEX: &str = r#"{
    "format": 1, "ledger_id": "018f4e0e-7a3c-7c1e-9a57-0242ac120002", "updated_at": "2026-11-21T15:11:00.123Z",
    "events": 5,
    "requests": {
        "DAMAGED": ["REQ-20261120-0003"], "DIVERGED": ["REQ-20261120-0001"], "PROPOSED": ["REQ-20261120-0002"]
    },
    "entries": {
        "REQ-20261120-0001": {
            "state": "DIVERGED", "version": 4,
            "heads": [
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "0000000000000000000000000000000000000000000000000000000000000000"
            ],
            "title": "Add a field", "from": "acme/shop", "to": ["acme/billing"], "type": "bug", "priority": "P1",
            "labels": ["money"], "created_at": "2026-11-20T15:11:00.123Z", "created_by": "alice",
            "updated_at": "2026-11-21T15:11:00.123Z", "updated_by": "bob", "due": "2026-12-24",
            "depends_on": ["REQ-20261119-0007"], "parent": "REQ-20261118-0001", "key": "k",
            "parts": {"acme/billing": "CONFLICT"},
            "sides": [
                {"state": "ACCEPTED", "head": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                {"state": "REJECTED", "head": "0000000000000000000000000000000000000000000000000000000000000000"}
            ]
        },
        "REQ-20261120-0002": {
            "state": "PROPOSED", "version": 0, "heads": [], "title": "Add a field", "from": "shop", "to": ["billing"],
            "type": "bug", "priority": "P2", "labels": [], "created_at": "2026-11-20T15:11:00.123Z",
            "created_by": "alice", "key": "k", "duplicate_of": "REQ-20261120-0001",
            "key_conflicts": [{
                "key": "e",
                "events": [
                    {
                        "type": "NOTED", "event": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                    },
                    {
                        "type": "NOTED", "event": "0000000000000000000000000000000000000000000000000000000000000000"
                    }
                ]
            }]
        }
    }
}"#;

/// What an index can and can't hold; `1/` and `2/` stand for its two entries.
#[test]
fn indexes() {
    let full: Value = serde_json::from_str(INDEX).unwrap();
    let validator = compile(&schema("index"));
    validator.validate(&full).unwrap();
    let whole = |place: &str| match place.split_once('/').unwrap() {
        (number @ ("1" | "2"), member) => format!("/entries/REQ-20261120-000{number}/{member}"),
        (_, _) => place.to_owned(),
    };
    for (place, value) in rows(
        r#"
        /updated_at null
        /events 0 9007199254740992
        /requests {} {"PROPOSED":[]}
        /entries {}
        1/parts {} {"a":"ACCEPTED","b":"DECLINED","c":"DELIVERED"}
        1/version 1 9007199254740992
        1/heads ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
        1/to {"$list":256,"of":"r%"}
        1/priority "P0" "P1" "P2" "P3"
        1/labels [] {"$list":256,"of":"%"}
        1/depends_on [] {"$list":256,"of":"REQ-20261119-%"}
        1/title {"$x":300}
        2/due "2026-12-24"
        2/distinct true
        2/claim {"by":"ann","until":"2026-11-20T15:11:00.123Z","event":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
        2/claim {"contested":[{"by":"ann","until":"2026-11-20T15:11:00.123Z","event":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},{"by":"ben","until":"2026-11-20T15:11:00.123Z","event":"0000000000000000000000000000000000000000000000000000000000000000"}]}
        "#,
    ) {
        assert!(validator.is_valid(&with(&full, &whole(&place), &value)), "{place} {value}");
    }
    for (place, value) in rows(
        r#"
        /format 0 2 null
        /ledger_id null "shop"
        /updated_at 1 "today"
        /events -1 null "5" 1.5 9007199254740993
        /colour "red"
        /requests null [] {"proposed":[]} {"PROPOSED":["REQ-1"]} {"PROPOSED":null}
        /requests {"PROPOSED":["REQ-20261120-0002","REQ-20261120-0002"]}
        /entries null [] {"REQ-1":{}} {"REQ-20261120-0001":null}
        1/state "PROPOSED" null "diverged" "A-B"
        1/version -1 0 null 1.5 9007199254740993
        1/heads [] null ["x"] {"$list":2,"of":"0000000000000000000000000000000000000000000000000000000000000000"}
        1/title null "" {"$x":301}
        1/from null "a b"
        1/to null [] ["a","a"] "a" ["a b"] {"$list":257,"of":"r%"}
        1/type null "Bug"
        1/priority null "P4"
        1/labels null [" a"] [1] {"$list":257,"of":"%"}
        1/created_at null "x"
        1/created_by null ""
        1/updated_at null "x"
        1/updated_by null ""
        1/due null "x"
        1/depends_on null ["x"] {"$list":257,"of":"REQ-20261119-%"} ["REQ-20261119-0007","REQ-20261119-0007"]
        1/parent null "x"
        1/key null ""
        1/parts null [] {"acme/billing":"MAYBE"} {"a b":"DELIVERED"}
        1/sides null [] [{"state":"A","head":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]
        1/sides ["x","y"] {}
        1/sides/0/state null "x"
        1/sides/0/head null "x"
        1/sides/0/by "alice"
        1/colour "red"
        1/claim null [] {} {"by":"ann"} {"contested":[]} {"by":"ann","until":"2026-11-20T15:11:00.123Z","event":"e3b0"}
        2/state "DIVERGED" "x" null
        2/distinct false null 1
        2/duplicate_of null "" "REQ-1"
        2/key_conflicts null [] {} [{"key":"e"}]
        2/key_conflicts/0/key null ""
        2/key_conflicts/0/events null [] [{"type":"NOTED","event":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]
        2/key_conflicts/0/events/0/event null "e3b0"
        2/key_conflicts/0/colour "red"
        2/version 1
        2/heads ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
        "#,
    ) {
        assert!(!validator.is_valid(&with(&full, &whole(&place), &value)), "{place} {value}");
    }
}

#[test]
fn what_an_index_requires() {
    let full: Value = serde_json::from_str(INDEX).unwrap();
    let validator = compile(&schema("index"));
    let mut misnamed = full.clone();
    misnamed["entries"]["REQ-1"] = misnamed["entries"]["REQ-20261120-0002"].clone();
    assert!(!validator.is_valid(&misnamed));
    assert!(!validator.is_valid(&json!([])));
    for (place, required) in [
        ("", "format ledger_id updated_at events requests entries"),
        (
            "/entries/REQ-20261120-0001",
            "state version heads title from to type priority labels created_at created_by updated_at updated_by sides",
        ),
        ("/entries/REQ-20261120-0002", "state version heads title from to type priority labels created_at created_by"),
        ("/entries/REQ-20261120-0001/sides/0", "state head"),
        ("/entries/REQ-20261120-0002/key_conflicts/0", "key events"),
        ("/entries/REQ-20261120-0002/key_conflicts/0/events/0", "type event"),
    ] {
        for name in full.pointer(place).unwrap().as_object().unwrap().keys() {
            let mut less = full.clone();
            remove(&mut less, &format!("{place}/{name}"));
            let needed = required.split(' ').any(|required| required == name);
            assert_eq!(validator.is_valid(&less), !needed, "{place} without {name}");
        }
    }
}

#[test]
fn details_by_type() {
    for (name, good, bad) in [
        (
            "types/bug",
            r#"{"impact":"x"} {"impact":" x\n","more":[1]}"#,
            r#"{} {"impact":""} {"impact":" \n\u0085\u3000"} {"impact":null} {"impact":["x"]} [] "x""#,
        ),
        (
            "types/feature",
            r#"{} {"goal":"a"} {"goal":"a","metric":"b","scope":"c","trade_offs":"d","more":1}"#,
            r#"{"goal":1} {"metric":1} {"scope":["a"]} {"trade_offs":null} {"goal":" "} {"metric":""} {"scope":"\n"}
               {"trade_offs":"\u2003"} [] "x""#,
        ),
        (
            "types/incident",
            r#"{"severity":"SEV1"} {"severity":"SEV2"} {"severity":"SEV3"}
               {"severity":"SEV4","impact":"x","started_at":"noon","more":1}"#,
            r#"{} {"severity":"SEV0"} {"severity":"SEV5"} {"severity":"sev1"} {"severity":1} {"severity":null}
               {"severity":"SEV1","impact":1} {"severity":"SEV1","impact":" "}
               {"severity":"SEV1","started_at":null} {"severity":"SEV1","started_at":""} [] "x""#,
        ),
        (
            "types/contract-change",
            r#"{} {"change":"a"} {"change":"a","migration":"b","more":1}"#,
            r#"{"change":1} {"migration":null} {"migration":" "} {"change":""} [] "x""#,
        ),
    ] {
        let validator = compile(&schema(name));
        values(good).iter().for_each(|details| assert!(validator.is_valid(details), "{name}: {details}"));
        values(bad).iter().for_each(|details| assert!(!validator.is_valid(details), "{name}: {details}"));
    }
}
