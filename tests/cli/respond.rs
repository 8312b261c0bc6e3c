//! `ledger respond`

use crate::common::Sandbox;
use crate::transcript;

fn with_two_targets() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(
        "ledger new --title 'Send the currency' --from shop --to billing --to tax --type bug --set details.impact=all",
    );
    sandbox
}

#[test]
fn with_several_targets_each_delivers_its_part() {
    transcript!(with_two_targets(), @r#"
    $ ledger respond 1 --repo billing --status accepted --summary 'Next week'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  billing says ACCEPTED: Next week
      next, for billing, tax: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  ACCEPTED → IN_PROGRESS
      next, for billing, tax: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 delivered
    ! error: REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs evidence (--evidence KIND=VALUE); the parts of billing, tax (ledger respond REQ --repo REPO --status DELIVERED --evidence KIND=VALUE)
    ! hint: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status DELIVERED --evidence KIND=VALUE
    [exit 5]
    $ ledger respond 1 --repo billing --status DELIVERED --evidence commit=1 --branch currency
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  billing says DELIVERED [commit=1]
      next, for tax: ledger respond REQ-YYYYMMDD-0001 --repo tax --status DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 delivered
    ! error: REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs the part of tax (ledger respond REQ --repo tax --status DELIVERED --evidence KIND=VALUE)
    ! hint: ledger respond REQ-YYYYMMDD-0001 --repo tax --status DELIVERED --evidence KIND=VALUE
    [exit 5]
    $ ledger transition 1 delivered --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "guard",
    !     "message": "REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs the part of tax (ledger respond REQ --repo tax --status DELIVERED --evidence KIND=VALUE)",
    !     "hint": "ledger respond REQ-YYYYMMDD-0001 --repo tax --status DELIVERED --evidence KIND=VALUE",
    !     "retryable": false, "exit_status": 5,
    !     "needs": [
    !       {
    !         "code": "parts",
    !         "text": "the part of tax (ledger respond REQ --repo tax --status DELIVERED --evidence KIND=VALUE)",
    !         "names": ["tax"]
    !       }
    !     ]
    !   }
    ! }
    [exit 5]
    $ ledger respond 1 --repo tax --status delivered --evidence commit=2
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  alice  tax says DELIVERED [commit=2]
      next, for billing, tax: ledger transition REQ-YYYYMMDD-0001 DELIVERED
    $ ledger transition 1 delivered
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  alice  IN_PROGRESS → DELIVERED
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger show 1
    REQ-YYYYMMDD-0001  DELIVERED  v7
    Send the currency
      type         bug, P2, tracked
      asked        shop → billing, tax
      by           alice, YYYY-MM-DD hh:mm:ssZ
      since        alice, YYYY-MM-DD hh:mm:ssZ (v7)

    Details
      - impact: all

    Parts
      billing DELIVERED on currency  alice, YYYY-MM-DD hh:mm:ssZ (v5)
      tax DELIVERED  alice, YYYY-MM-DD hh:mm:ssZ (v6)

    Evidence
      commit=1  alice, YYYY-MM-DD hh:mm:ssZ (v5)
      commit=2  alice, YYYY-MM-DD hh:mm:ssZ (v6)

    Next  for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    "#);
}

#[test]
fn as_json_it_answers_with_the_event() {
    transcript!(with_two_targets(), @r#"
    $ ledger respond 1 --repo tax --status declined --summary 'Not ours' --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": false, "dry_run": false,
        "expected": {
          "who": ["billing", "tax"], "action": "ledger transition REQ-YYYYMMDD-0001 ACCEPTED",
          "why": "ACCEPTED follows PROPOSED"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "RESPONDED",
          "data": {"repo": "tax", "status": "DECLINED", "summary": "Not ours"}, "parents": ["[hash]"],
          "hash": "[hash]"
        }
      }
    }
    $ ledger respond 1 --repo tax --status accepted -q
    REQ-YYYYMMDD-0001
    $ ledger list --json | grep -o 'parts":{[^}]*}'
    parts":{"tax":"ACCEPTED"}
    $ ledger list --fields id,parts
    ID                 PARTS
    REQ-YYYYMMDD-0001  tax: ACCEPTED
    "#);
}

#[test]
fn only_targets_speak_and_only_of_what_can_be() {
    transcript!(with_two_targets(), @r#"
    $ ledger respond 1 --repo mail --status accepted
    ! error: REQ-YYYYMMDD-0001: mail is not a target of this request, which asks billing and tax
    ! hint: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status STATUS
    [exit 5]
    $ ledger respond 1 --repo tax --status delivered --evidence commit=1
    ! error: REQ-YYYYMMDD-0001: no target's part can be DELIVERED while the request is PROPOSED: while it is PROPOSED, a target may say ACCEPTED or DECLINED
    ! hint: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status ACCEPTED
    [exit 5]
    $ ledger transition 1 accepted -q
    REQ-YYYYMMDD-0001
    $ ledger respond 1 --repo tax --status delivered
    ! error: REQ-YYYYMMDD-0001: a DELIVERED part needs evidence (--evidence KIND=VALUE)
    ! hint: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status DELIVERED --evidence KIND=VALUE
    [exit 5]
    $ ledger respond 1 --repo tax --status delivered --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "guard", "message": "REQ-YYYYMMDD-0001: a DELIVERED part needs evidence (--evidence KIND=VALUE)",
    !     "hint": "ledger respond REQ-YYYYMMDD-0001 --repo REPO --status DELIVERED --evidence KIND=VALUE",
    !     "retryable": false, "exit_status": 5,
    !     "needs": [{"code": "evidence", "text": "evidence (--evidence KIND=VALUE)"}]
    !   }
    ! }
    [exit 5]
    $ ledger transition 1 withdrawn --reason 'no longer needed' -q
    REQ-YYYYMMDD-0001
    $ ledger respond 1 --repo tax --status accepted
    ! error: REQ-YYYYMMDD-0001: no target's part can be ACCEPTED while the request is WITHDRAWN
    ! hint: ledger note REQ-YYYYMMDD-0001 --text TEXT still puts a word on record
    [exit 5]
    $ ledger respond 1 --repo 'a b' --status accepted
    ! error: repository "a b" is not valid: expected 1 to 200 bytes without blanks or control characters
    ! hint: ledger respond --help
    [exit 2]
    "#);
}

#[test]
fn rework_opens_every_part_again() {
    transcript!(with_two_targets(), @"
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger respond 1 --repo billing --status delivered --evidence commit=1 -q
    REQ-YYYYMMDD-0001
    $ ledger respond 1 --repo tax --status delivered --evidence commit=2 -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 delivered -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 in-progress --reason 'Cents are lost'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  alice  DELIVERED → IN_PROGRESS: Cents are lost
      next, for billing, tax: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 delivered
    ! error: REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs evidence (--evidence KIND=VALUE); the parts of billing, tax (ledger respond REQ --repo REPO --status DELIVERED --evidence KIND=VALUE)
    ! hint: ledger respond REQ-YYYYMMDD-0001 --repo REPO --status DELIVERED --evidence KIND=VALUE
    [exit 5]
    ");
}

#[test]
fn a_dry_run_and_a_stale_version_write_nothing() {
    let sandbox = with_two_targets();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @"
    $ ledger respond 1 --repo tax --status accepted --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  tax says ACCEPTED (dry run: nothing was written)
    $ ledger respond 1 --repo tax --status accepted --expect-version 7
    ! error: REQ-YYYYMMDD-0001 is at version 1, not 7
    ! hint: ledger log REQ-YYYYMMDD-0001 shows what is on record here
    [exit 6]
    $ ledger respond 1 --repo tax --status accepted --expect-state accepted
    ! error: REQ-YYYYMMDD-0001 is PROPOSED, not ACCEPTED
    ! hint: ledger show REQ-YYYYMMDD-0001
    [exit 6]
    ");
    assert_eq!(sandbox.fingerprint(), before);
}
