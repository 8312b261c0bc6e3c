//! Events: the line, and the data of each type.

use crate::formats::Format;

#[test]
fn lines() {
    let event = Format::event("TRANSITIONED");
    event.requires("", "format stream n at tick writer by type from to data parents hash");
    event.takes(
        r#"
        /n 1 9007199254740992
        /tick 9007199254740992
        /key null {"$x":256}
        /stream "contract:billing.invoice"
        /parents ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
        /parents {"$list":64,"of":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852%"}
        /allowed_secrets null [] ["github-token"] {"$list":32,"of":"kind-%"}
        /later null [1.5] "" {"a":[]}
        "#,
    );
    event.refuses(
        r#"
        /format 0 1.5 "1" null
        /n 0 -1 1.5 9007199254740993 "1" null
        /tick -1 0.5 9007199254740993 "1" null
        /stream null 1 ["x"] {"x":"x"} "ledger" "contract:"
        /at null 1 ["x"] {"x":"x"} "2026-11-20"
        /writer null 1 ["x"] {"x":"x"} "k7f3q" "k7f3q-2" {"$x":17}
        /by null 1 ["x"] {"x":"x"} "" " x" {"$x":201}
        /type null 1 ["x"] {"x":"x"} "" {"$x":41} "a\u0000"
        /from null 1 ["x"] {"x":"x"} "proposed" ""
        /to null 1 ["x"] {"x":"x"} "accepted" ""
        /key 1 ["x"] {"x":"x"} "" " k" {"$x":257}
        /data null {} "x" 1 []
        /allowed_secrets 1 "jwt" {} [1] [""] ["A"] ["a b"] [{"$x":41}] {"$list":33,"of":"kind-%"}
        /parents null [] {} [1] "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" ["e3b0c44298fc"]
        /parents {"$list":65,"of":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852%"}
        /hash null 1 ["x"] {"x":"x"} "" "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
        /later 9007199254740993 "\u0000" [{"\u0000":1}] {"a":-9007199254740993}
        /later/a 1e300
        "#,
    );
}

#[test]
fn types_that_nobody_knows_are_kept() {
    let event = Format::event("TELEPORTED");
    event.requires("", "format stream n at tick writer by type parents hash");
    event.takes(
        r#"
        /type "a" "a b" {"$x":40}
        /from null
        /to null
        "#,
    );
    event.refuses(r#"/from 1 "" "proposed" [] {}"#);
    event.takes(r#"/data {} {"text":1} {"":[null,1.5,9007199254740992,-9007199254740992,{"a":{}}]} null"#);
    event.refuses(r#"/data {"a":"\u0000"} {"a\u0000":1} {"a":9007199254740993} {"a":[{"b\u0000":1}]}"#);
    let named = event.full.to_string().replace("later", "la\\u0000ter");
    let (by_schema, by_code) = event.verdicts(&named);
    assert!(!by_schema && by_code.is_err(), "{by_code:?}");
}

/// Of each type: its name, the members that its data must have, and the states that it must name.
pub const KNOWN_TYPES: [(&str, &str, &str); 22] = [
    ("REQUEST_CREATED", "workflow", "to"),
    ("TRANSITIONED", "workflow", "from to"),
    ("RESPONDED", "repo status", ""),
    ("NOTED", "text", ""),
    ("EVIDENCE_ADDED", "evidence", ""),
    ("APPROVED", "role", ""),
    ("RESOLVED", "keep reason", "to"),
    ("RENUMBERED", "was packet", ""),
    ("CLAIMED", "until", ""),
    ("RELEASED", "claims", ""),
    ("DISTINCT", "from reason", ""),
    ("KEY_RESOLVED", "key keep reason", ""),
    ("REGISTERED", "version sha256 mode verdict open_content", ""),
    ("MODE_SET", "mode", ""),
    ("OWNER_SET", "repo", ""),
    ("FORMATS_SET", "asserted", ""),
    ("PINNED", "repo version", ""),
    ("UNPINNED", "repo", ""),
    ("ACTIVATED", "version", ""),
    ("DEPRECATED", "version", ""),
    ("RETIRED", "version", ""),
    ("WAIVED", "version request reason until", ""),
];

#[test]
fn what_each_type_requires() {
    for (kind, members, states) in KNOWN_TYPES {
        let event = Format::event(kind);
        event.requires("/data", members);
        event.requires("", &format!("format stream n at tick writer by type parents hash data {states}"));
        event.refuses(r#"/data null {} "x" 1 true"#);
        for state in ["from", "to"] {
            event.refuses(&format!("/{state} 1 \"\" \"proposed\" [] {{}}"));
            let null = format!("/{state} null");
            if states.contains(state) { event.refuses(&null) } else { event.takes(&null) }
        }
        for more in ["later", "unheard_of"] {
            event.takes(&format!(r#"/data/{more} null 1 "x" [1.5] {{"a":{{}}}}"#));
            event.refuses(&format!(r#"/data/{more} 9007199254740993 "\u0000" [{{"a\u0000":1}}]"#));
        }
    }
}

#[test]
fn texts() {
    for (kind, names) in [
        ("TRANSITIONED", "reason?"),
        ("RESPONDED", "summary? branch?"),
        ("NOTED", "text kind?"),
        ("APPROVED", "reason? signature?"),
        ("RESOLVED", "reason"),
        ("CLAIMED", "reason?"),
        ("RELEASED", "reason?"),
        ("DISTINCT", "reason"),
        ("KEY_RESOLVED", "reason"),
        ("WAIVED", "reason"),
    ] {
        let event = Format::event(kind);
        for name in names.split(' ') {
            let (name, optional) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
            event.takes(&format!(r#"/data/{name} "x" " x\n" "\u0001" {{"$x":65536}}"#));
            event.refuses(&format!(r#"/data/{name} "" " \n\u2003" {{"$x":65537}} "a\u0000" "\u0000a" 1 ["x"] {{}}"#));
            let null = format!("/data/{name} null");
            if optional { event.takes(&null) } else { event.refuses(&null) }
        }
    }
}

#[test]
fn evidence() {
    for kind in ["TRANSITIONED", "RESPONDED", "EVIDENCE_ADDED"] {
        let event = Format::event(kind);
        event.requires("/data/evidence/0", "kind value");
        event.takes(
            r#"
            /data/evidence []
            /data/evidence/0/kind "-" "_" "0" {"$x":40}
            /data/evidence/0/value " x\n" {"$x":65536}
            "#,
        );
        event.refuses(
            r#"
            /data/evidence null {} "k=x" [null] [1] ["k=x"] [[]] [{}]
            /data/evidence/0/kind null 1 [] {} "" "K" "a b" "é" {"$x":41}
            /data/evidence/0/value null 1 [] {} "" " \n\u2003" "a\u0000" {"$x":65537}
            /data/evidence/0/more 1 null
            "#,
        );
    }
}

#[test]
fn the_rest_of_the_data() {
    for kind in ["REQUEST_CREATED", "TRANSITIONED", "NOTED", "EVIDENCE_ADDED"] {
        let event = Format::event(kind);
        event.takes(r#"/data/occurred_at null "" "soon" "2026-11-20T15:11:00Z""#);
        event.refuses(r#"/data/occurred_at 1 true ["x"] {} "\u0000""#);
    }
    for kind in ["REQUEST_CREATED", "TRANSITIONED"] {
        let event = Format::event(kind);
        event.takes(r#"/data/workflow "" "x""#);
        event.refuses(r#"/data/workflow null 1 ["x"] {}"#);
    }
    let transitioned = Format::event("TRANSITIONED");
    transitioned.takes("/data/rework false");
    transitioned.takes(r#"/data/details {} {"":[null,1.5,9007199254740992]}"#);
    transitioned.refuses(r#"/data/rework null 1 "true""#);
    transitioned.refuses(r#"/data/details null [] "x" 1 {"a":9007199254740993} {"a":"\u0000"}"#);
    let responded = Format::event("RESPONDED");
    responded.takes(r#"/data/status "ACCEPTED" "DECLINED" "DELIVERED""#);
    responded.takes("/data/occurred_at 1");
    responded.refuses(r#"/data/status null 1 "accepted" "CONFLICT""#);
    responded.refuses(r#"/data/repo null 1 ["x"] {} "" "a b" {"$x":201}"#);
    let approved = Format::event("APPROVED");
    approved.takes(r#"/data/role "acme/billing" {"$x":200}"#);
    approved.takes(r#"/data/signature null "x" {"$x":65536}"#);
    approved.refuses(r#"/data/signature 1 [] {} "" " " "a\u0000" {"$x":65537}"#);
    approved.refuses(r#"/data/role null 1 ["x"] {} "" "a b" {"$x":201}"#);
    Format::event("RESOLVED").refuses(r#"/data/keep null 1 ["x"] {} "" "e3b0""#);
}

#[test]
fn claims() {
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852";
    let claimed = Format::event("CLAIMED");
    let released = Format::event("RELEASED");
    claimed.takes(r#"/data/until "1970-01-01T00:00:00.000Z" "9999-12-31T23:59:59.999Z""#);
    claimed.refuses(r#"/data/until null 1 [] {} "" "soon" "2026-12-31" "2026-12-31T00:00:00Z""#);
    claimed.takes("/data/stolen false");
    claimed.refuses(r#"/data/stolen null 1 "true""#);
    for name in ["renews", "takes"] {
        claimed.takes(&format!(r#"/data/{name} [] {{"$list":1024,"of":"{hash}%"}}"#));
    }
    for (event, name) in [(&claimed, "renews"), (&claimed, "takes"), (&released, "claims")] {
        event.refuses(&format!(r#"/data/{name} null 1 "x" {{}} ["x"] [1] {{"$list":1025,"of":"{hash}%"}}"#));
    }
    released.refuses("/data/claims []");
    released.takes("/data/lost_to null");
    released.refuses(r#"/data/lost_to 1 [] {} "" "e3b0""#);
}

#[test]
fn keys() {
    let distinct = Format::event("DISTINCT");
    distinct.takes(r#"/data/from "REQ-20261120-12345""#);
    distinct.refuses(r#"/data/from null 1 [] {} "" "REQ-1" "key:k""#);
    let resolved = Format::event("KEY_RESOLVED");
    resolved.takes(r#"/data/key "k 1" {"$x":256}"#);
    resolved.refuses(r#"/data/key null 1 [] {} "" " k" {"$x":257}"#);
    resolved.refuses(r#"/data/keep null 1 ["x"] {} "" "e3b0""#);
    let transitioned = Format::event("TRANSITIONED");
    transitioned.takes("/data/duplicate_of null");
    transitioned.refuses(r#"/data/duplicate_of 1 [] {} "" "REQ-1" "key:k""#);
    let renumbered = Format::event("RENUMBERED");
    renumbered.refuses(r#"/data/was null 1 [] {} "" "REQ-1""#);
    renumbered.refuses(r#"/data/packet null 1 ["x"] {} "" "e3b0""#);
}

#[test]
fn contracts() {
    for kind in ["REGISTERED", "PINNED", "ACTIVATED", "DEPRECATED", "RETIRED", "WAIVED"] {
        let event = Format::event(kind);
        event.takes("/data/version 1 999999");
        event.refuses(r#"/data/version 0 -1 1.5 1000000 null "1" [1] {}"#);
    }
    for kind in ["OWNER_SET", "PINNED", "UNPINNED"] {
        Format::event(kind).refuses(r#"/data/repo null 1 ["x"] {} "" "a b" {"$x":201}"#);
    }
    for kind in ["REGISTERED", "MODE_SET"] {
        let event = Format::event(kind);
        event.takes(
            r#"/data/mode "NONE" "BACKWARD" "BACKWARD_TRANSITIVE" "FORWARD" "FORWARD_TRANSITIVE" "FULL" "FULL_TRANSITIVE""#,
        );
        event.refuses(r#"/data/mode null 1 [] {} "" "full" "SIDEWAYS""#);
    }
    let registered = Format::event("REGISTERED");
    registered.takes(
        r#"
        /data/verdict "compatible" "undecided" "breaking"
        /data/open_content "strict" "declared"
        /data/against [] [1,2,999999]
        /data/waiver null
        /data/owner null {"$x":200}
        /data/assumed false
        /data/formats false
        "#,
    );
    registered.refuses(
        r#"
        /data/verdict null 1 "yes"
        /data/open_content null 1 "open"
        /data/against null 1 [0] [1000000] ["1"]
        /data/waiver 1 "REQ-1" ""
        /data/owner 1 "" "a b"
        /data/assumed null 1 "true"
        /data/formats null 1 "true"
        /data/sha256 null 1 "e3b0"
        "#,
    );
    Format::event("FORMATS_SET").refuses(r#"/data/asserted null 1 "true""#);
    let pinned = Format::event("PINNED");
    pinned.takes(r#"/data/needs null true false {} {"type":["object"]}"#);
    pinned.refuses(r#"/data/needs 1 "x" [] {"a":"\u0000"} {"maximum":9007199254740993}"#);
    let waived = Format::event("WAIVED");
    waived.refuses(
        r#"
        /data/request null 1 "REQ-1" "key:k"
        /data/until null 1 "soon" "2026-12-31T00:00:00Z"
        "#,
    );
    let settings = Format::settings();
    settings.takes(r#"/contract {} {"open_content":"declared"}"#);
    settings.takes(r#"/approvals {} {"signatures":"optional"} {"signatures":"required"}"#);
    settings.refuses(r#"/approvals null [] 1 {"signatures":"always"} {"signatures":null} {"more":1}"#);
    settings.refuses(r#"/contract null [] 1 {"open_content":"open"} {"open_content":null} {"more":1}"#);
}
