//! `ledger evidence`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn evidence_is_put_on_record() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger evidence 1 commit=1a2b3c4 'test=all 212 passed'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  evidence [commit=1a2b3c4, test=all 212 passed]
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger evidence 1 url=https://ci.example.org/run?id=7 --json
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
          "writer": "[writer]", "by": "alice", "type": "EVIDENCE_ADDED",
          "data": {"evidence": [{"kind": "url", "value": "https://ci.example.org/run?id=7"}]},
          "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger evidence 1 ci=7 -q
    REQ-YYYYMMDD-0001
    $ ledger show 1 | grep -A4 Evidence
    Evidence
      commit=1a2b3c4  alice, YYYY-MM-DD hh:mm:ssZ (v2)
      test=all 212 passed  alice, YYYY-MM-DD hh:mm:ssZ (v2)
      url=https://ci.example.org/run?id=7  alice, YYYY-MM-DD hh:mm:ssZ (v3)
      ci=7  alice, YYYY-MM-DD hh:mm:ssZ (v4)
    "#);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger evidence 1
    ! error: the following required arguments were not provided:
    !   <KIND=VALUE>...
    !
    ! Usage: ledger evidence <REQ> <KIND=VALUE>...
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger evidence 1 commit Kind=x url=
    ! error: "commit" is not evidence: expected KIND=VALUE, for example commit=1a2b3c4; evidence kind "Kind": expected 1 to 40 characters of [a-z0-9_-]; evidence url: expected a value of 1 to 65536 bytes
    ! hint: ledger evidence --help
    [exit 2]
    $ ledger transition 1 accepted --evidence commit --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-evidence",
    !     "message": "\"commit\" is not evidence: expected KIND=VALUE, for example commit=1a2b3c4",
    !     "hint": "ledger transition --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    "#);
}

#[test]
fn a_dry_run_and_a_stale_expectation_write_nothing() {
    let sandbox = Sandbox::with_bug();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger evidence 1 commit=1 --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  evidence [commit=1] (dry run: nothing was written)
    $ ledger evidence 1 commit=1 --dry-run --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": false, "dry_run": true,
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "EVIDENCE_ADDED",
          "data": {"evidence": [{"kind": "commit", "value": "1"}]}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger evidence 1 commit=1 --expect-version 2
    ! error: REQ-YYYYMMDD-0001 is at version 1, not 2
    ! hint: ledger log REQ-YYYYMMDD-0001 shows what is on record here
    [exit 6]
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}
