//! `ledger approve`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn an_approval_is_put_on_record() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger approve 1 --as sponsor --reason 'worth it'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor: worth it
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger approve 1 --as pm --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "PROPOSED", "deduplicated": false, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 ACCEPTED",
          "why": "ACCEPTED follows PROPOSED"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "APPROVED", "data": {"role": "pm"}, "parents": ["[hash]"],
          "hash": "[hash]"
        }
      }
    }
    $ ledger approve 1 --as acme/billing -q
    REQ-YYYYMMDD-0001
    $ ledger show 1 | grep -A3 Approvals
    Approvals
      as sponsor: worth it  alice, YYYY-MM-DD hh:mm:ssZ (v2)
      as pm  alice, YYYY-MM-DD hh:mm:ssZ (v3)
      as acme/billing  alice, YYYY-MM-DD hh:mm:ssZ (v4)
    "#);
}

#[test]
fn an_approval_that_nothing_asks_for_is_taken_and_told_of() {
    let sandbox = Sandbox::with_bug();
    sandbox.run(r#"sed -i 's/"roles": {}/"roles": {"security": ["alice"]}/' coordination/ledger.json"#);
    transcript!(sandbox, @r#"
    $ ledger approve 1 --as spnsor
    ! error: nothing asks for an approval as spnsor, and an approval can't be taken back; something asks for one as sponsor
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    $ ledger approve 1 --as invoices -q
    REQ-YYYYMMDD-0001
    $ ledger approve 1 --as billling --json | cut -c 1-60
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "mistyped-role",
    !     "message": "nothing asks for an approval as billling, and an approval can't be taken back; something asks for one as billing",
    !     "hint": "ledger approve REQ-YYYYMMDD-0001 --as billing", "retryable": false, "exit_status": 5
    !   }
    ! }
    $ for role in sponsor pm security shop billing; do ledger approve 1 --as $role -q; done
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger log 1 | grep -c approved
    6
    "#);
}

#[test]
fn a_packet_can_ask_for_a_sponsor_in_any_mode() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{"title":"T","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"sponsor_approval_required":true}' | ledger new --packet - -q
    REQ-YYYYMMDD-0001
    $ for state in accepted in-progress delivered; do ledger transition 1 $state --evidence commit=1 -q; done
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 verified
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  DELIVERED → VERIFIED
      next, for sponsor: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    $ ledger transition 1 closed
    ! error: REQ-YYYYMMDD-0001: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    $ ledger approve 1 --as sponsor
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  alice  approved as sponsor
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger transition 1 closed
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  alice  VERIFIED → CLOSED
    "#);
}

#[test]
fn a_dry_run_writes_nothing_and_a_role_is_a_name() {
    let sandbox = Sandbox::with_bug();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger approve 1 --as sponsor --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor (dry run: nothing was written)
    $ ledger approve 1 --as sponsor --dry-run --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": false, "dry_run": true,
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "APPROVED", "data": {"role": "sponsor"},
          "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger approve 1 --as sponsor --expect-version 2
    ! error: REQ-YYYYMMDD-0001 is at version 1, not 2
    ! hint: ledger log REQ-YYYYMMDD-0001 shows what is on record here
    [exit 6]
    $ ledger approve 1 --as 'two words'
    ! error: role "two words" is not valid: expected 1 to 200 bytes without blanks or control characters
    ! hint: ledger approve --help
    [exit 2]
    $ ledger approve 1 --as ''
    ! error: role "" is not valid: expected 1 to 200 bytes without blanks or control characters
    ! hint: ledger approve --help
    [exit 2]
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}
