//! `ledger new`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_bug_is_made_and_says_what_comes_next() {
    transcript!(Sandbox::new(), @r#"
    $ ledger new --title 'Add a currency' --from shop --to billing --type bug --set details.impact='Wrong totals'
    REQ-YYYYMMDD-0001  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger new --title 'Round up' --from shop --to billing --type bug --set details.impact=cents -q
    REQ-YYYYMMDD-0002
    $ ledger new --title 'Round down' --from shop --to billing --type bug --set details.impact=cents --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0003", "uid": "[uuid]", "version": 1, "state": "PROPOSED",
        "path": "coordination/requests/REQ-YYYYMMDD-0003.json", "deduplicated": false, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0003 ACCEPTED",
          "why": "ACCEPTED follows PROPOSED"
        }
      }
    }
    "#);
}

#[test]
fn everything_can_be_said_on_the_command_line() {
    transcript!(Sandbox::with_bug(), @r#"
    $ printf 'It matters.\nA lot.\n' > why.txt
    $ ledger new --title 'Send the currency' --from shop --to billing --to tax --type contract-change --description @why.txt --priority p1 --label money --label eu --success 'Totals add up' --artifact 'A migration guide' --contract billing.invoice@2 --constraint 'Old readers go on' --depends-on 1 --parent key:k1 --due 2026-12-24 --set details.summary='A field more' --set details.consumers='["shop"]' --key k2
    REQ-YYYYMMDD-0002  PROPOSED
      next, for billing, tax: ledger transition REQ-YYYYMMDD-0002 ACCEPTED
    $ cat coordination/requests/REQ-$TODAY-0002.json
    {
      "format": 1,
      "request_id": "REQ-YYYYMMDD-0002",
      "uid": "[uuid]",
      "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ",
      "created_by": "alice",
      "origin_repo_id": "shop",
      "target_repo_ids": [
        "billing",
        "tax"
      ],
      "request_type": "contract-change",
      "title": "Send the currency",
      "description": "It matters.\nA lot.",
      "success_criteria": [
        "Totals add up"
      ],
      "required_artifacts": [
        "A migration guide"
      ],
      "contracts": [
        "billing.invoice@2"
      ],
      "compatibility_constraints": [
        "Old readers go on"
      ],
      "dependencies": [
        "REQ-YYYYMMDD-0001"
      ],
      "parent": "REQ-YYYYMMDD-0001",
      "priority": "P1",
      "labels": [
        "money",
        "eu"
      ],
      "due": "2026-12-24",
      "sponsor_approval_required": false,
      "coordination_mode": "tracked",
      "details": {
        "consumers": [
          "shop"
        ],
        "summary": "A field more"
      },
      "key": "k2"
    }
    $ stat -c %A coordination/requests/REQ-$TODAY-0002.json
    -r--r--r--
    "#);
}

#[test]
fn a_description_can_come_from_standard_input() {
    transcript!(Sandbox::new(), @"
    $ echo 'From a pipe.' | ledger new --title T --from shop --to billing --type bug --set details.impact=all --description - -q
    REQ-YYYYMMDD-0001
    $ ledger show 1 | grep -A1 Description
    Description
      From a pipe.
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --description @nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger new --help
    [exit 2]
    ");
}

#[test]
fn a_value_that_reads_as_json_is_json_and_names_nest() {
    let sandbox = Sandbox::new();
    sandbox.run("ledger new --title T --from a --to b --type bug --set details.impact=all --set details.a.b=1 --set details.a.c=x -q");
    let shown = sandbox.json("ledger show 1 --json");
    assert_eq!(shown["data"]["packet"]["details"], serde_json::json!({"impact": "all", "a": {"b": 1, "c": "x"}}));
}

#[test]
fn a_whole_packet_can_be_handed_in() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{"title":"T","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"timeout_budget":"a week","routing":{"team":"core"},"sponsor_approval_required":true}' > packet.json
    $ ledger new --packet packet.json
    REQ-YYYYMMDD-0001  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger new --packet - --key k1 < packet.json
    REQ-YYYYMMDD-0002  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0002 ACCEPTED
    $ ledger new --packet packet.json --title other
    ! error: the argument '--packet <FILE|->' cannot be used with '--title <TITLE>'
    !
    ! Usage: ledger new --packet <FILE|->
    !
    ! For more information, try '--help'.
    [exit 2]
    $ sed -i 's/{/{"key":"k1",/' packet.json; ledger new --packet packet.json --key k2
    ! error: --key k2 is not the key in packet.json, k1
    ! hint: ledger new --help
    [exit 2]
    $ ledger new --packet packet.json
    REQ-YYYYMMDD-0002  PROPOSED (made before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0002 ACCEPTED
    "#);
}

#[test]
fn who_made_it_may_be_another_in_a_packet() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{"title":"T","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"created_by":"bob"}' | ledger new --packet - -q
    REQ-YYYYMMDD-0001
    $ ledger log
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  bob  created, PROPOSED
    "#);
}

#[test]
fn a_dry_run_checks_everything_and_writes_nothing() {
    let sandbox = Sandbox::with_bug();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --dry-run
    valid: a request would be made (dry run: nothing was written)
    T
      type         bug, P2, tracked
      asked        shop → billing
      by           alice

    Details
      - impact: all
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --dry-run -q
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --dry-run --json
    {
      "v": 1,
      "data": {
        "version": 1, "state": "PROPOSED", "deduplicated": false, "dry_run": true,
        "packet": {
          "compatibility_constraints": [], "contracts": [], "coordination_mode": "tracked", "created_by": "alice",
          "dependencies": [], "description": "", "details": {"impact": "all"}, "labels": [],
          "origin_repo_id": "shop", "priority": "P2", "request_type": "bug", "required_artifacts": [],
          "sponsor_approval_required": false, "success_criteria": [], "target_repo_ids": ["billing"], "title": "T"
        }
      }
    }
    $ ledger new --title T --from shop --to billing --type bug --dry-run
    ! error: the packet is not valid
    !   /details/impact: "impact" is missing: Whom it hurts, and how much
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ ledger new --title 'Totals are wrong' --from shop --to billing --type bug --set details.impact=all --key k1 --dry-run
    REQ-YYYYMMDD-0001  PROPOSED (made before with this key; dry run: nothing was written)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger new --title 'Totals are wrong' --from shop --to billing --type bug --set details.impact=all --key k1 --dry-run --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "uid": "[uuid]", "version": 1, "state": "PROPOSED",
        "path": "coordination/requests/REQ-YYYYMMDD-0001.json", "deduplicated": true, "dry_run": true,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 ACCEPTED",
          "why": "ACCEPTED follows PROPOSED"
        }
      }
    }
    $ ledger new --title 'All of it' --from shop --to billing --to tax --type feature --description "$(printf 'one\ntwo')" --priority P0 --label eu --success seen --artifact PDF --contract invoice@2 --constraint 'no new columns' --depends-on 1 --parent key:k1 --due 2027-01-31 --set details.goal=money --key k2 --dry-run
    valid: a request would be made (dry run: nothing was written)
    All of it
      type         feature, P0, tracked
      asked        shop → billing, tax
      by           alice
      labels       eu
      due          2027-01-31
      contracts    invoice@2
      parent       REQ-YYYYMMDD-0001
      key          k2
      depends on   REQ-YYYYMMDD-0001

    Description
      one
      two

    Details
      - goal: money

    Success criteria
      - seen

    Required artifacts
      - PDF

    Must stay compatible
      - no new columns
    $ ledger list -q
    REQ-YYYYMMDD-0001
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn labels_are_tidied() {
    transcript!(Sandbox::new(), @"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --label ' eu ' --label eu --label '' -q
    REQ-YYYYMMDD-0001
    $ ledger list --fields id,labels
    ID                 LABELS
    REQ-YYYYMMDD-0001  eu
    ");
}
