//! `ledger note`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_note_is_put_on_record_from_wherever_it_comes() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger note 1 --text 'Seen.'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Seen.
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ printf 'Two\nlines.\n' | ledger note 1 --text - --kind review
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  review note: Two\nlines.
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ printf 'From a file.\r\n' > note.txt; ledger note 1 --text @note.txt --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 4, "state": "PROPOSED", "deduplicated": false, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 ACCEPTED",
          "why": "ACCEPTED follows PROPOSED"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 4, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "NOTED", "data": {"text": "From a file."},
          "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger note 1 --text 'Quiet.' -q
    REQ-YYYYMMDD-0001
    $ ledger show 1 | sed -n '/Notes/,$p'
    Notes
      alice, YYYY-MM-DD hh:mm:ssZ (v2)
        Seen.
      review, alice, YYYY-MM-DD hh:mm:ssZ (v3)
        Two
        lines.
      alice, YYYY-MM-DD hh:mm:ssZ (v4)
        From a file.
      alice, YYYY-MM-DD hh:mm:ssZ (v5)
        Quiet.

    Next  for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    "#);
}

#[test]
fn a_note_has_a_text_within_bounds() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger note 1 --text ''
    ! error: REQ-YYYYMMDD-0001: the note or its kind is blank or longer than 65536 bytes
    ! hint: ledger schema event tells how long a text may be, and what it is made of
    [exit 5]
    $ ledger note 1 --text x --kind ' '
    ! error: REQ-YYYYMMDD-0001: the note or its kind is blank or longer than 65536 bytes
    ! hint: ledger schema event tells how long a text may be, and what it is made of
    [exit 5]
    $ head -c 65537 /dev/zero | tr '\0' x | ledger note 1 --text -
    ! error: REQ-YYYYMMDD-0001: the note or its kind is blank or longer than 65536 bytes
    ! hint: ledger schema event tells how long a text may be, and what it is made of
    [exit 5]
    $ head -c 65536 /dev/zero | tr '\0' x | ledger note 1 --text - -q
    REQ-YYYYMMDD-0001
    $ printf 'a\000b' | ledger note 1 --text - --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "a text holds NUL", "hint": "ledger note --help", "retryable": false,
    !     "exit_status": 2
    !   }
    ! }
    [exit 2]
    "#);
}

#[test]
fn a_final_request_still_takes_notes() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger transition 1 rejected --reason 'not ours' -q
    REQ-YYYYMMDD-0001
    $ ledger note 1 --text 'Ask tax.'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  note: Ask tax.
    ");
}

#[test]
fn a_dry_run_and_a_stale_expectation_write_nothing() {
    let sandbox = Sandbox::with_bug();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger note 1 --text x --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: x (dry run: nothing was written)
    $ ledger note 1 --text x --expect-version 2
    ! error: REQ-YYYYMMDD-0001 is at version 1, not 2
    ! hint: ledger log REQ-YYYYMMDD-0001 shows what is on record here
    [exit 6]
    $ ledger note 1 --text x --expect-state closed --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "stale-state", "message": "REQ-YYYYMMDD-0001 is PROPOSED, not CLOSED",
    !     "hint": "ledger show REQ-YYYYMMDD-0001", "retryable": false, "exit_status": 6
    !   }
    ! }
    [exit 6]
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn a_text_may_begin_like_an_option() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger note 1 --text '- first, the log' --kind review
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  review note: - first, the log
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger transition 1 rejected --reason '--force is no reason' --quiet
    REQ-YYYYMMDD-0001
    $ ledger log 1 | tail -2
    YYYY-MM-DD hh:mm:ssZ  v2  alice  review note: - first, the log
    YYYY-MM-DD hh:mm:ssZ  v3  alice  PROPOSED → REJECTED: --force is no reason
    $ ledger note 1 --text
    ! error: a value is required for '--text <TEXT|-|@FILE>' but none was supplied
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
}
