//! Packets that are not as they should be: everything that is wrong at once, each with its place.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    transcript!(Sandbox::new(), @r#"
    $ ledger new --title '' --from 'a b' --to '' --type feature --due 2026-13-40 --contract invoice --constraint '' --key ' k ' --set details.goal=1
    ! error: the packet is not valid
    !   /compatibility_constraints/0: "" is not valid: At most 256 texts, each of at most 16384 bytes of UTF-8 and not only blanks
    !   /contracts/0: "invoice" is not valid: A version of a contract as NAME@VERSION, for example billing.invoice@2. The name has at most 120 characters and no two dots in a row
    !   /due: "2026-13-40" is not valid: A UTC calendar day, for example 2026-11-20; years 1970 to 9999
    !   /key: " k " is not valid: Names an intent, so that a retry is recognised. At most 256 bytes of UTF-8, without control characters or blanks at either end
    !   /origin_repo_id: "a b" is not valid: A repository as teams name it, for example acme/billing. At most 200 bytes of UTF-8, without blanks or control characters
    !   /target_repo_ids/0: "" is not valid: A repository as teams name it, for example acme/billing. At most 200 bytes of UTF-8, without blanks or control characters
    !   /title: "" is not valid: What is asked, in a line: 1 to 300 characters, not only blanks
    !   /details/goal: 1 is not of type "string"
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ ledger new --title '' --from 'a b' --to '' --type feature --due 2026-13-40 --contract invoice --key ' k ' --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-packet", "message": "the packet is not valid",
    !     "hint": "ledger schema request tells what a packet holds", "retryable": false, "exit_status": 5,
    !     "errors": [
    !       {
    !         "pointer": "/contracts/0",
    !         "message": "\"invoice\" is not valid: A version of a contract as NAME@VERSION, for example billing.invoice@2. The name has at most 120 characters and no two dots in a row"
    !       },
    !       {
    !         "pointer": "/due",
    !         "message": "\"2026-13-40\" is not valid: A UTC calendar day, for example 2026-11-20; years 1970 to 9999"
    !       },
    !       {
    !         "pointer": "/key",
    !         "message": "\" k \" is not valid: Names an intent, so that a retry is recognised. At most 256 bytes of UTF-8, without control characters or blanks at either end"
    !       },
    !       {
    !         "pointer": "/origin_repo_id",
    !         "message": "\"a b\" is not valid: A repository as teams name it, for example acme/billing. At most 200 bytes of UTF-8, without blanks or control characters"
    !       },
    !       {
    !         "pointer": "/target_repo_ids/0",
    !         "message": "\"\" is not valid: A repository as teams name it, for example acme/billing. At most 200 bytes of UTF-8, without blanks or control characters"
    !       },
    !       {
    !         "pointer": "/title",
    !         "message": "\"\" is not valid: What is asked, in a line: 1 to 300 characters, not only blanks"
    !       }
    !     ]
    !   }
    ! }
    [exit 5]
    "#);
}

#[test]
fn a_packet_of_another_shape_is_refused_with_pointers() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{"title":"T","colour":1,"labels":"a","priority":"P7","dependencies":[1],"routing":[]}' | ledger new --packet -
    ! error: the packet is not valid
    !   /origin_repo_id: "origin_repo_id" is missing: The repository that asks
    !   /target_repo_ids: "target_repo_ids" is missing: The repositories that are asked, each once
    !   /request_type: "request_type" is missing: The kind of request; it decides what details must hold
    !   /dependencies/0: 1 is not of type "string"
    !   /labels: "a" is not of type "array"
    !   /priority: "P7" is not one of "P0", "P1", "P2", "P3"
    !   /routing: [] is not of types "null", "object"
    !   /colour: there is no such member
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ echo '{"title":"T","target_repo_ids":["a","a"],"origin_repo_id":"o","request_type":"bug","details":{"impact":7}}' | ledger new --packet - --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-packet", "message": "the packet is not valid",
    !     "hint": "a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are",
    !     "retryable": false, "exit_status": 5,
    !     "errors": [
    !       {"pointer": "/target_repo_ids", "message": "[\"a\",\"a\"] has non-unique elements"},
    !       {"pointer": "/details/impact", "message": "7 is not of type \"string\""}
    !     ]
    !   }
    ! }
    [exit 5]
    "#);
}

#[test]
fn what_a_type_demands_is_demanded() {
    transcript!(Sandbox::new(), @r#"
    $ ledger new --title T --from shop --to billing --type bug
    ! error: the packet is not valid
    !   /details/impact: "impact" is missing: Whom it hurts, and how much
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=
    ! error: the packet is not valid
    !   /details/impact: "" is not valid: Whom it hurts, and how much
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ ledger new --title T --from shop --to billing --type incident
    ! error: the packet is not valid
    !   /details/severity: "severity" is missing: How bad it is; SEV1 is the worst
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ ledger new --title T --from shop --to billing --type contract-change
    ! error: the packet is not valid
    !   /contracts: a contract-change request names at least one contract (--contract NAME@V)
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bugg
    ! error: the packet is not valid
    !   /request_type: "bugg" is not a request type of this ledger: expected one of bug, feature, incident, contract-change; did you mean bug?
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type feature
    REQ-YYYYMMDD-0001  PROPOSED
      next, for pm: ledger transition REQ-YYYYMMDD-0001 ACCEPTED --set details.goal=VALUE --set details.metric=VALUE --set details.scope=VALUE --set details.trade_offs=VALUE
    "#);
}

#[test]
fn a_ledgers_own_schema_of_a_type_holds() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{"properties":{"impact":{"enum":["some","all"]}},"required":["team"]}' > schemas/ledger/types/bug.schema.json
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=few
    ! error: the packet is not valid
    !   /details/team: "team" is missing
    !   /details/impact: "few" is not one of "some", "all"
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ echo '{' > schemas/ledger/types/bug.schema.json
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=few
    ! error: schemas/ledger/types/bug.schema.json: EOF while parsing an object at line 2 column 0
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ echo '{"type":7}' > schemas/ledger/types/bug.schema.json
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=few --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-file",
    !     "message": "schemas/ledger/types/bug.schema.json: 7 is not valid under any of the schemas listed in the 'anyOf' keyword",
    !     "hint": "mend it, or restore it from a copy, or from another clone", "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    "#);
}

#[test]
fn json_that_readers_could_take_for_something_else_is_refused() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{"title":"T","title":"U"}' | ledger new --packet -
    ! error: standard input: the key "title" stands twice in one object at line 1 column 20
    ! hint: ledger schema request
    [exit 5]
    $ echo '{"details":{"n":9007199254740993}}' | ledger new --packet -
    ! error: standard input: the integer 9007199254740993 is beyond 2^53 at line 1 column 32
    ! hint: ledger schema request
    [exit 5]
    $ echo '{"details":{"n":1e400}}' | ledger new --packet -
    ! error: standard input: number out of range at line 1 column 21
    ! hint: ledger schema request
    [exit 5]
    $ echo '{"title":"a\u0000b"}' | ledger new --packet -
    ! error: standard input: a text holds NUL at line 1 column 19
    ! hint: ledger schema request
    [exit 5]
    $ printf '{"details":%0100d%0100d}' 0 0 | tr 0 '[' | ledger new --packet -
    ! error: standard input: nested deeper than 64 levels at line 1 column 75
    ! hint: ledger schema request
    [exit 5]
    $ echo '["T"]' | ledger new --packet -
    ! error: standard input: the packet is not a JSON object
    ! hint: ledger schema request
    [exit 5]
    $ echo '{"title":' | ledger new --packet - --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-packet", "message": "standard input: EOF while parsing a value at line 2 column 0",
    !     "hint": "ledger schema request", "retryable": false, "exit_status": 5
    !   }
    ! }
    [exit 5]
    $ printf '\377' | ledger new --packet -
    ! error: could not read standard input: it is not UTF-8
    ! hint: ledger new --help
    [exit 2]
    $ head -c 5000000 /dev/zero | ledger new --packet -
    ! error: could not read standard input: it has more than 4194304 bytes
    ! hint: ledger new --help
    [exit 2]
    $ ledger new --packet nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger new --help
    [exit 2]
    "#);
}

#[test]
fn a_packet_that_is_too_large_is_refused() {
    transcript!(Sandbox::new(), @r#"
    $ head -c 300000 /dev/zero | tr '\0' x | ledger new --title T --from shop --to billing --type bug --set details.impact=all --description -
    ! error: the packet has 300583 bytes; the most is 262144
    ! hint: ledger schema packet and ledger schema event tell the bounds
    [exit 5]
    $ ledger new --title $(printf '%0301d' 0) --from shop --to billing --type bug --set details.impact=all
    ! error: the packet is not valid
    !   /title: "0000000000000000000000000000000000000000000000000000000000000000000000000000000… is not valid: What is asked, in a line: 1 to 300 characters, not only blanks
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger list --all
    ! no request matches
    "#);
}

#[test]
fn what_a_packet_refers_to_must_be_there() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --depends-on REQ-20200101-4711
    ! error: the packet is not valid
    !   /dependencies/0: there is no request REQ-20200101-4711
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --parent key:none --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-packet", "message": "the packet is not valid",
    !     "hint": "ledger schema request tells what a packet holds", "retryable": false, "exit_status": 5,
    !     "errors": [{"pointer": "/parent", "message": "there is no request key:none"}]
    !   }
    ! }
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --depends-on 1 --depends-on key:k1
    ! error: the packet is not valid
    !   /dependencies: ["REQ-YYYYMMDD-0001","REQ-YYYYMMDD-0001"] has non-unique elements
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    "#);
}

#[test]
fn a_detail_is_set_by_its_name() {
    transcript!(Sandbox::new(), @r#"
    $ ledger new --title T --from shop --to billing --type bug --set impact=all
    ! error: --set "impact=all": expected details.NAME=VALUE
    ! hint: ledger new --help
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact
    ! error: --set "details.impact": expected details.NAME=VALUE
    ! hint: ledger new --help
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set details.=x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "--set \"details.=x\": expected details.NAME=VALUE",
    !     "hint": "ledger new --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set details.a=1 --set details.a.b=2
    ! error: --set "details.a.b=2": expected details.NAME=VALUE
    ! hint: ledger new --help
    [exit 2]
    "#);
}

#[test]
fn days_and_references_are_told_with_the_rest() {
    transcript!(Sandbox::with_bug(), @r#"
    $ echo '{"title":"","origin_repo_id":"shop","target_repo_ids":["b","b"],"request_type":"bug","due":"2026-02-30","dependencies":["key:nope","1","9"],"parent":"key:none"}' | ledger new --packet -
    ! error: the packet is not valid
    !   /target_repo_ids: ["b","b"] has non-unique elements
    !   /title: "" is not valid: What is asked, in a line: 1 to 300 characters, not only blanks
    !   /due: "2026-02-30" is not a time: expected a date as YYYY-MM-DD
    !   /details/impact: "impact" is missing: Whom it hurts, and how much
    !   /dependencies/0: there is no request key:nope
    !   /dependencies/2: there is no request 9
    !   /parent: there is no request key:none
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    "#);
}

#[test]
fn a_detail_that_is_json_against_the_rules_is_not_taken_for_a_text() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=9007199254740993
    ! error: --set "details.impact=9007199254740993": the integer 9007199254740993 is beyond 2^53
    ! hint: to give it as a text: --set 'details.impact="9007199254740993"'
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --set 'details.n={"a":1,"a":2}'
    ! error: --set "details.n={\"a\":1,\"a\":2}": the key "a" stands twice in one object
    ! hint: to give it as a text: --set 'details.n="{\"a\":1,\"a\":2}"'
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --set details.n=1e400
    ! error: --set "details.n=1e400": number out of range
    ! hint: to give it as a text: --set 'details.n="1e400"'
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --set details.impact=none
    ! error: --set: details.impact is given twice
    ! hint: ledger new --help
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --set 'details.impact=9007199254740993 euros' -q
    REQ-YYYYMMDD-0002
    "#);
}

#[test]
fn details_given_at_a_transition_are_held_to_the_types_schema() {
    transcript!(Sandbox::new(), @r#"
    $ ledger new --title T --from shop --to billing --type incident --set details.severity=SEV2 --set details.note=x -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 in-progress --set details.severity=SEV1
    ! error: REQ-YYYYMMDD-0001: details.severity is on record already, or is given as null: a transition only adds details
    ! hint: to correct it: ledger note REQ-YYYYMMDD-0001 --text 'details.severity: …'
    [exit 5]
    $ ledger transition 1 in-progress --set details.impact=7
    ! error: the packet is not valid
    !   /details/impact: 7 is not of type "string"
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ ledger transition 1 in-progress --set details.impact=all --set details.severity=SEV2 -q
    REQ-YYYYMMDD-0001
    "#);
}
