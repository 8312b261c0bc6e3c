//! Packets and drafts.

use crate::formats::{Format, rows, with};

/// What holds for a packet and for a draft.
const TAKEN: &str = r#"
    /target_repo_ids ["a"] {"$list":256,"of":"r%"}
    /request_type "incident" {"$x":40} "unheard-of"
    /title "x" {"$x":300} " x\ufeff\u2028 " "\u200b" "a\nb" "\nab" "ab\n" "\u007f"
    /description "" "a\n\tb\u0001" {"$x":100000}
    /success_criteria [] [" x\n"] [{"$x":16384}] {"$list":256,"of":"%"} ["x","x"]
    /required_artifacts [] [" x\n"] [{"$x":16384}] {"$list":256,"of":"%"} ["x","x"]
    /compatibility_constraints [] [" x\n"] [{"$x":16384}] {"$list":256,"of":"%"} ["x","x"]
    /contracts [] ["a@1","a@1"] {"$list":256,"of":"c@%"}
    /dependencies [] {"$list":256,"of":"REQ-20261101-%"}
    /parent null
    /priority "P0" "P1" "P2" "P3"
    /labels [] ["a b","a b"] [{"$x":100}] {"$list":256,"of":"%"}
    /due null
    /timeout_budget null "" "a\nb"
    /sponsor_approval_required false
    /coordination_mode "tracked"
    /routing null {} {"":[null,1.5,-2e3,9007199254740992,-9007199254740992,"\u202e\u0001",{"a":{}}]}
    /details {} {"":[null,1.5,-2e3,9007199254740992,-9007199254740992,"\u202e\u0001",{"a":{}}]}
    /key null {"$x":256}
"#;

const REFUSED: &str = r#"
    /colour null "red"
    /created_by null 1 ["x"] {"x":"x"} "" " x" {"$x":201}
    /origin_repo_id null 1 ["x"] {"x":"x"} "" "a b" {"$x":201}
    /target_repo_ids null "a" {} [] [1] [null] ["a","b","a"] ["a b"] {"$list":257,"of":"r%"}
    /request_type null 1 ["x"] {"x":"x"} "" "Bug" "a_b" "1a" {"$x":41}
    /title null 1 ["x"] {"x":"x"} "" " \u3000\u2028" " \t\r\n" {"$x":301} "a\u0000"
    /description null 1 ["x"] {"x":"x"} "a\u0000b"
    /success_criteria null "x" {} [1] [null] ["x",""] [" \u3000\n\u0085"] [{"$x":16385}] ["\u0000a"] ["a\u0000"]
    /success_criteria {"$list":257,"of":"%"}
    /required_artifacts null "x" {} [1] [null] ["x",""] [" \u3000\n\u0085"] [{"$x":16385}] ["\u0000a"] ["a\u0000"]
    /required_artifacts {"$list":257,"of":"%"}
    /compatibility_constraints null "x" {} [1] [null] ["x",""] [" \u3000\n\u0085"] [{"$x":16385}] ["a\u0000"]
    /compatibility_constraints {"$list":257,"of":"%"}
    /contracts null "a@1" {} ["a"] [1] {"$list":257,"of":"c@%"}
    /dependencies null "REQ-20261101-0001" {} [1] {"$list":257,"of":"REQ-20261101-%"}
    /dependencies ["REQ-20261101-0001","REQ-20261101-0001"]
    /parent 1 ["x"] {"x":"x"} ""
    /priority null 1 [] {} "P4" "p1" ""
    /labels null "a" {} [1] [" a"] [{"$x":101}] {"$list":257,"of":"%"}
    /due 1 ["x"] {"x":"x"} "" "2026-11-20T00:00:00.000Z"
    /timeout_budget 1 ["x"] {"x":"x"} "a\u0000"
    /sponsor_approval_required null 0 "true" [] {}
    /coordination_mode null 1 [] {} "Tracked" ""
    /routing [] "x" 1 true {"a":9007199254740993} {"a":[{"b":-9007199254740993}]} {"a":1e300} {"a":"\u0000"}
    /routing {"a":[{"b\u0000":1}]}
    /details null [] "x" 1 true {"a":9007199254740993} {"a":[{"b":-9007199254740993}]} {"a":1e300} {"a":"\u0000"}
    /details {"a":[{"b\u0000":1}]} {"b\u0000":1}
    /key 1 ["x"] {"x":"x"} "" " k" "a\nb" {"$x":257}
"#;

#[test]
fn packets() {
    let packet = Format::packet();
    packet.takes(TAKEN);
    packet.refuses(REFUSED);
    packet
        .requires("", "format request_id uid created_at created_by origin_repo_id target_repo_ids request_type title");
    packet.takes(r#"/uid "0199A2B4-5C6D-7E8F-9A0B-1C2D3E4F5A6B""#);
    packet.refuses(
        r#"
        /format 0 -1 1.5 "1" null
        /request_id null 1 ["x"] {"x":"x"} "REQ-1"
        /uid null 1 [] {} "" "0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6" "0199a2b4-5c6d7e8f-9a0b-1c2d-3e4f5a6b"
        /uid "0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6g" "0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b0"
        /created_at null 1 ["x"] {"x":"x"} "2026-11-20T15:11:00Z"
        /dependencies ["key:k"] ["0001"]
        /parent "key:k"
        "#,
    );
}

#[test]
fn drafts() {
    let draft = Format::draft();
    draft.takes(TAKEN);
    draft.refuses(REFUSED);
    draft.requires("", "origin_repo_id target_repo_ids request_type title");
    draft.refuses(
        r#"
        /parent {"$x":261} "\u0000"
        /dependencies [{"$x":261}] [""] ["\u0000"]
        /format 1
        /request_id "REQ-20261120-0001"
        /uid "0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
        /created_at "2026-11-20T15:11:00.123Z"
        "#,
    );
}

/// A draft may name other requests in ways that the store has to look up; the code takes what that leads to.
#[test]
fn drafts_name_requests_in_short() {
    let draft = Format::draft();
    let short = r#"
        /parent "key:k" "0007" "7" {"$x":260}
        /dependencies ["key:k","1120-7","REQ-20261120-0001"] [{"$x":260}]
    "#;
    for (place, value) in rows(short) {
        assert!(draft.validator.is_valid(&with(&draft.full, &place, &value)), "{place} {value}");
    }
}
