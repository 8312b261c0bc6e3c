//! `ledger stats`

use std::path::Path;

use crate::common::Sandbox;
use crate::transcript;

/// Twelve requests of some days in May 2024: one in each state, one that was sent back, one that two clones left in two
/// states, one to two repositories.
fn in_may() -> Sandbox {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    let sandbox = Sandbox::empty();
    sandbox.run(&format!("cp -r '{}/.' . && chmod -R u+w .", fixture.display()));
    sandbox
}

#[test]
fn it_counts_and_measures() {
    transcript!(in_may(), @r#"
    $ ledger stats --at 2024-05-13 --weeks 3
    12 requests, 8 open
    as of YYYY-MM-DD hh:mm:ssZ

    STATE                ALL    OPEN  # open, = final
    PROPOSED               1       1  ####################
    ACCEPTED               1       1  ####################
    IN_PROGRESS            2       2  ########################################
    BLOCKED                1       1  ####################
    DELIVERED              1       1  ####################
    VERIFIED               1       1  ####################
    CLOSED                 2       0  ========================================
    REJECTED               1       0  ====================
    WITHDRAWN              1       0  ====================
    DIVERGED               1       1  ####################

    TYPE                 ALL    OPEN  # open, = final
    bug                    9       6  ##########################==============
    contract-change        1       1  ####
    feature                1       1  ####
    incident               1       0  ====

    ASKED BY             ALL    OPEN  # open, = final
    shop                   8       6  ##############################==========
    sales                  3       1  #####==========
    warehouse              1       1  #####

    ASKED OF             ALL    OPEN  # open, = final
    billing                8       6  ##############################==========
    mail                   2       0  ==========
    risk                   1       1  #####
    shop                   1       1  #####
    tax                    1       1  #####
    web                    1       0  =====

    MADE BY              ALL    OPEN  # open, = final
    ada@acme.example      12       8  ##########################==============

    TIME TAKEN      N     MEDIAN        P90
    lead time       5        21m        49m
    cycle time      3        28m        35m

    WEEK        MADE                         ENDED
    2024-W18       0                             0
    2024-W19      12  ++++++++++++++++++++       5  ========
    2024-W20       0                             0

    AGE                   OPEN
    under 1 day              0
    1 day to 1 week          8  ########################################
    1 to 4 weeks             0
    4 to 12 weeks            0
    12 weeks to 1 year       0
    1 year or more           0
    median 5d 13h
    oldest 6d 15h  REQ-20240506-0001
    "#);
}

#[test]
fn as_json_each_figure_has_a_name() {
    transcript!(in_may(), @r#"
    $ ledger stats --json --at 2024-05-13 --weeks 2
    {
      "v": 1,
      "data": {
        "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "requests": {"all": 12, "open": 8},
        "states": [
          {"name": "PROPOSED", "all": 1, "open": 1}, {"name": "ACCEPTED", "all": 1, "open": 1},
          {"name": "IN_PROGRESS", "all": 2, "open": 2}, {"name": "BLOCKED", "all": 1, "open": 1},
          {"name": "DELIVERED", "all": 1, "open": 1}, {"name": "VERIFIED", "all": 1, "open": 1},
          {"name": "CLOSED", "all": 2, "open": 0}, {"name": "REJECTED", "all": 1, "open": 0},
          {"name": "WITHDRAWN", "all": 1, "open": 0}, {"name": "DIVERGED", "all": 1, "open": 1}
        ],
        "types": [
          {"name": "bug", "all": 9, "open": 6}, {"name": "contract-change", "all": 1, "open": 1},
          {"name": "feature", "all": 1, "open": 1}, {"name": "incident", "all": 1, "open": 0}
        ],
        "from": [
          {"name": "shop", "all": 8, "open": 6}, {"name": "sales", "all": 3, "open": 1},
          {"name": "warehouse", "all": 1, "open": 1}
        ],
        "to": [
          {"name": "billing", "all": 8, "open": 6}, {"name": "mail", "all": 2, "open": 0},
          {"name": "risk", "all": 1, "open": 1}, {"name": "shop", "all": 1, "open": 1},
          {"name": "tax", "all": 1, "open": 1}, {"name": "web", "all": 1, "open": 0}
        ],
        "actors": [{"name": "ada@acme.example", "all": 12, "open": 8}],
        "lead": {"n": 5, "median_ms": 1263720, "p90_ms": 2948680},
        "cycle": {"n": 3, "median_ms": 1684960, "p90_ms": 2106200},
        "weeks": [
          {"week": "2024-W19", "begins": "2024-05-06", "made": 12, "ended": 5},
          {"week": "2024-W20", "begins": "2024-05-13", "made": 0, "ended": 0}
        ],
        "ages": {
          "n": 8, "median_ms": 480408849,
          "oldest": {"id": "REQ-20240506-0001", "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "age_ms": 575157529},
          "between": [
            {"from_ms": 0, "to_ms": 86400000, "open": 0}, {"from_ms": 86400000, "to_ms": 604800000, "open": 8},
            {"from_ms": 604800000, "to_ms": 2419200000, "open": 0},
            {"from_ms": 2419200000, "to_ms": 7257600000, "open": 0},
            {"from_ms": 7257600000, "to_ms": 31536000000, "open": 0}, {"from_ms": 31536000000, "open": 0}
          ]
        },
        "damaged": []
      }
    }
    $ ledger stats --format jsonl --at 2024-05-13 --weeks 1 --state rejected
    {
      "v": 1,
      "data": {
        "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "requests": {"all": 1, "open": 0},
        "states": [{"name": "REJECTED", "all": 1, "open": 0}], "types": [{"name": "bug", "all": 1, "open": 0}],
        "from": [{"name": "sales", "all": 1, "open": 0}], "to": [{"name": "billing", "all": 1, "open": 0}],
        "actors": [{"name": "ada@acme.example", "all": 1, "open": 0}],
        "lead": {"n": 1, "median_ms": 421240, "p90_ms": 421240}, "cycle": {"n": 0},
        "weeks": [{"week": "2024-W20", "begins": "2024-05-13", "made": 0, "ended": 0}],
        "ages": {
          "n": 0,
          "between": [
            {"from_ms": 0, "to_ms": 86400000, "open": 0}, {"from_ms": 86400000, "to_ms": 604800000, "open": 0},
            {"from_ms": 604800000, "to_ms": 2419200000, "open": 0},
            {"from_ms": 2419200000, "to_ms": 7257600000, "open": 0},
            {"from_ms": 7257600000, "to_ms": 31536000000, "open": 0}, {"from_ms": 31536000000, "open": 0}
          ]
        },
        "damaged": []
      }
    }
    "#);
}

#[test]
fn for_a_spreadsheet_each_figure_has_a_line() {
    transcript!(in_may(), @r#"
    $ ledger stats --format csv --at 2024-05-13 --weeks 1
    section,name,measure,value
    requests,,all,12
    requests,,open,8
    requests,,damaged,0
    state,PROPOSED,all,1
    state,PROPOSED,open,1
    state,ACCEPTED,all,1
    state,ACCEPTED,open,1
    state,IN_PROGRESS,all,2
    state,IN_PROGRESS,open,2
    state,BLOCKED,all,1
    state,BLOCKED,open,1
    state,DELIVERED,all,1
    state,DELIVERED,open,1
    state,VERIFIED,all,1
    state,VERIFIED,open,1
    state,CLOSED,all,2
    state,CLOSED,open,0
    state,REJECTED,all,1
    state,REJECTED,open,0
    state,WITHDRAWN,all,1
    state,WITHDRAWN,open,0
    state,DIVERGED,all,1
    state,DIVERGED,open,1
    type,bug,all,9
    type,bug,open,6
    type,contract-change,all,1
    type,contract-change,open,1
    type,feature,all,1
    type,feature,open,1
    type,incident,all,1
    type,incident,open,0
    from,shop,all,8
    from,shop,open,6
    from,sales,all,3
    from,sales,open,1
    from,warehouse,all,1
    from,warehouse,open,1
    to,billing,all,8
    to,billing,open,6
    to,mail,all,2
    to,mail,open,0
    to,risk,all,1
    to,risk,open,1
    to,shop,all,1
    to,shop,open,1
    to,tax,all,1
    to,tax,open,1
    to,web,all,1
    to,web,open,0
    actor,ada@acme.example,all,12
    actor,ada@acme.example,open,8
    lead,,n,5
    lead,,median_ms,1263720
    lead,,p90_ms,2948680
    cycle,,n,3
    cycle,,median_ms,1684960
    cycle,,p90_ms,2106200
    week,2024-W20,made,0
    week,2024-W20,ended,0
    age,under 1 day,open,0
    age,1 day to 1 week,open,8
    age,1 to 4 weeks,open,0
    age,4 to 12 weeks,open,0
    age,12 weeks to 1 year,open,0
    age,1 year or more,open,0
    age,,median_ms,480408849
    age,REQ-20240506-0001,oldest_ms,575157529
    "#);
}

#[test]
fn filters_narrow_it() {
    transcript!(in_may(), @r#"
    $ figures() { ledger stats --format csv --weeks 1 "$@" | tr -d '\r' | grep -E '^(requests|lead|cycle),'; }; figures --state closed
    requests,,all,2
    requests,,open,0
    requests,,damaged,0
    lead,,n,2
    lead,,median_ms,1263720
    lead,,p90_ms,2527440
    cycle,,n,2
    cycle,,median_ms,842480
    cycle,,p90_ms,1684960
    $ figures() { ledger stats --format csv --weeks 1 "$@" | tr -d '\r' | grep -E '^(requests|state),'; }; figures --to mail; figures --label nosuch
    requests,,all,2
    requests,,open,0
    requests,,damaged,0
    state,CLOSED,all,1
    state,CLOSED,open,0
    state,WITHDRAWN,all,1
    state,WITHDRAWN,open,0
    requests,,all,0
    requests,,open,0
    requests,,damaged,0
    $ ledger stats -q; ledger stats -q --type incident; ledger stats -q --priority p0; ledger stats -q --text faxes
    12 requests, 8 open
    1 request, 0 open
    2 requests, 1 open
    1 request, 0 open
    $ ledger stats --type incidnt
    ! no request matches
    ! incidnt is not a type of this ledger; did you mean incident?
    $ ledger stats --from nosuch --json | cut -c 1-60
    {"v":1,"data":{"at":"YYYY-MM-DDThh:mm:ss.mmmZ","requests":{"
    "#);
}

#[test]
fn it_tells_how_it_was() {
    transcript!(in_may(), @r#"
    $ figures() { ledger stats --format csv --weeks 1 "$@" | tr -d '\r' | grep -E ',(all|n|median_ms|ended),'; }; figures --at 2024-05-08T10:50:00Z
    requests,,all,6
    state,PROPOSED,all,1
    state,ACCEPTED,all,1
    state,IN_PROGRESS,all,1
    state,BLOCKED,all,1
    state,DELIVERED,all,2
    type,bug,all,4
    type,contract-change,all,1
    type,feature,all,1
    from,shop,all,5
    from,warehouse,all,1
    to,billing,all,5
    to,risk,all,1
    to,tax,all,1
    actor,ada@acme.example,all,6
    lead,,n,0
    lead,,median_ms,
    cycle,,n,0
    cycle,,median_ms,
    week,2024-W19,ended,0
    age,,median_ms,89093806
    $ ledger stats -q --at 2024-05-06T08:20:00Z; ledger stats -q --at 2024-05-09T09:10:00Z --state verified; ledger stats -q --state verified
    1 request, 1 open
    2 requests, 2 open
    1 request, 1 open
    $ ledger stats --at 2020-01-01
    ! no request matches
    "#);
}

#[test]
fn what_it_keeps_is_what_it_counts_whatever_is_written() {
    let sandbox = in_may();
    let figures = |options: &str| {
        let mut stats = sandbox.json(&format!("ledger stats --json --weeks 5 {options}"))["data"].take();
        stats["ages"].as_object_mut().unwrap().remove("median_ms");
        stats["ages"]["oldest"].as_object_mut().unwrap().remove("age_ms");
        stats.as_object_mut().unwrap().remove("at");
        stats
    };
    // The first counts what is kept, the others go through rows: all were asked by somebody.
    let agree = || assert_eq!(figures(""), figures("--at 0s"));
    agree();
    for line in [
        "ledger transition REQ-20240506-0001 accepted",
        "ledger transition REQ-20240508-0001 closed",
        "ledger new --title T --from shop --to billing --type bug --set details.impact=all",
        "ledger resolve REQ-20240509-0002 --keep REJECTED --reason 'we talked'",
        "ledger transition 1 withdrawn --reason 'it was tax'",
        "rm coordination/*/REQ-20240507-0002.json*",
    ] {
        sandbox.run(line);
        agree();
    }
    assert_eq!(figures("")["requests"], serde_json::json!({"all": 12, "open": 5}));
}

#[test]
fn a_damaged_request_counts_nowhere_and_is_told() {
    let sandbox = in_may();
    sandbox.run("echo '{' > coordination/events/REQ-20240506-0002.jsonl");
    transcript!(sandbox, @r#"
    $ ledger stats -q
    11 requests, 7 open
    [exit 9]
    $ ledger stats --format csv --weeks 1 --at 2024-05-13 | tr -d '\r' | grep '^requests'
    requests,,all,11
    requests,,open,7
    requests,,damaged,1
    ! REQ-20240506-0002 can't be read: coordination/events/REQ-20240506-0002.jsonl:1: the line does not end in its hash (ledger verify REQ-20240506-0002)
    $ ledger stats --json --state proposed --weeks 1 | grep -o '"damaged".*'
    "damaged":[{"id":"REQ-20240506-0002","what":"coordination/events/REQ-20240506-0002.jsonl:1: the line does not end in its hash"}]}}
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "REQ-20240506-0002 can't be read: coordination/events/REQ-20240506-0002.jsonl:1: the line does not end in its hash (ledger verify REQ-20240506-0002)"
    !   }
    ! }
    "#);
}

#[test]
fn it_prints_no_pictures_and_not_any_number_of_weeks() {
    transcript!(Sandbox::new(), @r#"
    $ ledger stats
    ! no request matches
    $ ledger stats --format svg
    ! error: figures are printed as text, json, jsonl or csv
    ! hint: ledger stats --help
    [exit 2]
    $ ledger stats --weeks 0
    ! error: invalid value '0' for '--weeks <N>': expected a number from 1 to 1040
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger stats --weeks 100000
    ! error: invalid value '100000' for '--weeks <N>': expected a number from 1 to 1040
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

/// What was taken over took the time that it took, not that of being taken over; what was not on record then was not there.
#[test]
fn what_was_taken_over_is_measured_by_when_it_occurred() {
    let sandbox = Sandbox::new();
    let new = r#"{"op":"new","title":"T","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"key":"KEY","occurred_at":"2025-01-06T10:00:00Z"}"#;
    let lines = [
        new.replace("KEY", "a"),
        r#"{"op":"transition","request":"key:a","to":"accepted","occurred_at":"2025-01-07T10:00:00Z"}"#.to_owned(),
        r#"{"op":"transition","request":"key:a","to":"in-progress","occurred_at":"2025-01-08T10:00:00Z"}"#.to_owned(),
        r#"{"op":"evidence","request":"key:a","evidence":[{"kind":"commit","value":"1a2b3c4"}],"occurred_at":"2025-01-10T10:00:00Z"}"#.to_owned(),
        r#"{"op":"transition","request":"key:a","to":"delivered","occurred_at":"2025-01-10T10:00:00Z"}"#.to_owned(),
        r#"{"op":"transition","request":"key:a","to":"verified","occurred_at":"2025-01-11T10:00:00Z"}"#.to_owned(),
        r#"{"op":"note","request":"key:a","text":"Thanks","occurred_at":"2025-01-11T11:00:00Z"}"#.to_owned(),
        new.replace("KEY", "b"),
    ];
    std::fs::write(sandbox.path("ops.jsonl"), lines.join("\n")).unwrap();
    transcript!(sandbox, @r#"
    $ ledger apply ops.jsonl -q | tail -1
    {
      "v": 1,
      "data": {"line": 8, "id": "REQ-YYYYMMDD-0002", "version": 1, "state": "PROPOSED", "deduplicated": false}
    }
    $ ledger stats --weeks 1 | grep time
    lead time       1      5d 0h      5d 0h
    cycle time      1      3d 0h      3d 0h
    $ ledger stats --weeks 1 --type bug | grep time
    lead time       1      5d 0h      5d 0h
    cycle time      1      3d 0h      3d 0h
    $ ledger stats --json --at 2025-02-01 | grep -o '"requests":{[^}]*}'
    "requests":{"all":0,"open":0}
    $ ledger sql "select lead_ms / 3600000 h, made_at < created_at earlier from requests"
    H    EARLIER
    120  1
         1
    $ ledger stats --json | grep -o '"made":[1-9]'
    [exit 1]
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v4  alice  evidence [commit=1a2b3c4]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v5  alice  IN_PROGRESS → DELIVERED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v6  alice  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v7  alice  note: Thanks  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger show 1
    REQ-YYYYMMDD-0001  VERIFIED  v7
    T
      type         bug, P2, tracked
      asked        shop → billing
      by           alice, YYYY-MM-DD hh:mm:ssZ (occurred YYYY-MM-DD hh:mm:ssZ)
      key          a
      since        alice, YYYY-MM-DD hh:mm:ssZ (v6), occurred YYYY-MM-DD hh:mm:ssZ

    Details
      - impact: all

    Evidence
      commit=1a2b3c4  alice, YYYY-MM-DD hh:mm:ssZ (v4), occurred YYYY-MM-DD hh:mm:ssZ

    Notes
      alice, YYYY-MM-DD hh:mm:ssZ (v7), occurred YYYY-MM-DD hh:mm:ssZ
        Thanks

    Next  for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger show 1 --fields id,occurred_at,since --json | grep -o '"occurred_at":"[^"]*"'
    "occurred_at":"YYYY-MM-DDThh:mm:ss.mmmZ"
    "occurred_at":"YYYY-MM-DDThh:mm:ss.mmmZ"
    "#);
    let day = 86_400_000;
    for options in ["", "--type bug"] {
        let stats = sandbox.json(&format!("ledger stats --json --weeks 520 {options}"));
        let of = |figure: &str| stats["data"][figure]["median_ms"].as_i64().unwrap() / day;
        assert_eq!((of("lead"), of("cycle")), (5, 3), "{options}");
        assert!(of("ages") > 180, "{options}");
        let weeks = stats["data"]["weeks"].as_array().unwrap();
        let busy = |week: &&serde_json::Value| week["made"] != 0 || week["ended"] != 0;
        let told: Vec<String> = weeks
            .iter()
            .filter(busy)
            .map(|week| format!("{} +{} -{}", week["week"], week["made"], week["ended"]))
            .collect();
        assert_eq!(told, ["\"2025-W02\" +2 -1"], "{options}");
    }
}

#[test]
fn some_figures_can_be_asked_for_alone() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger stats --fields requests,lead
    requests  {"all":1,"open":1}
    lead      {"n":0}
    $ ledger stats --fields requests,lead --json
    {"v": 1, "data": {"lead": {"n": 0}, "requests": {"all": 1, "open": 1}}}
    $ ledger stats --fields leed
    ! error: there is no field "leed", only at, requests, states, types, from, to, actors, lead, cycle, weeks, ages, damaged
    ! hint: did you mean lead?
    [exit 2]
    "#);
}
