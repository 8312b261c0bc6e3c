//! Files of a newer format: read as far as they are known, never written.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_newer_ledger_is_read_and_not_written() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("sed -i 's/\"format\": 1/\"format\": 2,\\n  \"shards\": 7/' coordination/ledger.json");
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger list -q
    REQ-YYYYMMDD-0001
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v1
    $ ledger log 1 | cut -c 23-
    v1  alice  created, PROPOSED
    $ ledger verify
    coordination/ledger.json: note newer-format: it is of format 2: what this program knows of the ledger was looked through, and its index was not
      fix: use a newer ledger
    ok: 1 request, 1 event verified, 1 note
    $ ledger index --check
    coordination/index.json is current: 1 request, 1 event
    $ ledger note 1 --text x
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ ledger note 1 --text x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "newer-format",
    !     "message": "coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written",
    !     "hint": "use a newer ledger; this one is: ledger --version", "retryable": false, "exit_status": 5
    !   }
    ! }
    [exit 5]
    $ ledger note 1 --text x --dry-run
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --dry-run
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ echo '{"op":"note","request":"key:k1","text":"x"}' | ledger apply -
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ ledger index
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ ledger init
    ! error: coordination/ledger.json is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn a_newer_packet_is_read_and_not_written_to() {
    let sandbox = Sandbox::with_bug();
    sandbox.run(
        "cd coordination && chmod u+w requests/* && sed -i 's/\"format\": 1/\"format\": 2,\\n  \"colour\": \"red\"/' requests/* && rm events/*",
    );
    transcript!(sandbox, @"
    $ ledger show 1 | head -2
    REQ-YYYYMMDD-0001  PROPOSED  v0
    Totals are wrong
    $ ledger note 1 --text x
    ! error: REQ-YYYYMMDD-0001 is of format 2, which is newer than this program: it can be read and not written
    ! hint: use a newer ledger; this one is: ledger --version
    [exit 5]
    $ ledger list -q
    REQ-YYYYMMDD-0001
    ");
}

#[test]
fn an_event_of_an_unknown_type_is_kept_and_shown() {
    let sandbox = Sandbox::with_bug();
    let path = sandbox.path("coordination/events/REQ-TODAY-0001.jsonl");
    let log = std::fs::read_to_string(&path).unwrap();
    let line = crate::common::old::of_unknown_type(log.lines().next().unwrap());
    std::fs::write(&path, format!("{log}{line}\n")).unwrap();
    transcript!(sandbox, @r#"
    $ ledger index -q; ledger verify
    ok: 1 request, 2 events verified
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  zoe  TELEPORTED
    $ ledger transition 1 accepted -q
    REQ-YYYYMMDD-0001
    $ ledger log 1 --type teleported --json
    {
      "v": 1,
      "data": {
        "events": [
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "newer1", "by": "zoe", "type": "TELEPORTED", "data": {"to": "mars"}, "parents": ["[hash]"],
            "hash": "[hash]"
          }
        ],
        "has_more": false, "damaged": []
      }
    }
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  ACCEPTED  v3
    "#);
}
