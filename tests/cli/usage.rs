//! Wrong command lines: exit 2, and JSON on stderr where JSON is asked for.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn clap_tells_what_is_wrong() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger frob
    ! error: unrecognized subcommand 'frob'
    !
    ! Usage: ledger [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger transit 1 accepted
    ! error: unrecognized subcommand 'transit'
    !
    !   tip: a similar subcommand exists: 'transition'
    !
    ! Usage: ledger [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger transition 1
    ! error: the following required arguments were not provided:
    !   <STATE>
    !
    ! Usage: ledger transition <REQ> <STATE>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger list --stat open
    ! error: unexpected argument '--stat' found
    !
    !   tip: a similar argument exists: '--state'
    !
    ! Usage: ledger list --state <STATE>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger list --limit 0
    ! error: invalid value '0' for '--limit <N>': expected a number from 1 on
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger transition 1 accepted --expect-version two
    ! error: invalid value 'two' for '--expect-version <N>': expected a version, a number such as 3
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger list --sort size
    ! error: invalid value 'size' for '--sort <id|updated|priority|due|title|state>': expected one of id, updated, priority, due, title, state
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger respond 1 --repo billing --status MAYBE
    ! error: invalid value 'MAYBE' for '--status <ACCEPTED|DECLINED|DELIVERED>': expected ACCEPTED, DECLINED or DELIVERED
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger new --title T --from shop --to billing --type bug --priority P9
    ! error: invalid value 'P9' for '--priority <P0..P3>': expected P0, P1, P2 or P3
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger list --ready --blocked
    ! error: the argument '--ready' cannot be used with '--blocked'
    !
    ! Usage: ledger list --ready
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger note 1 --text x --timeout 5parsecs
    ! error: invalid value '5parsecs' for '--timeout <TIME>': expected a length of time such as 500ms, 10s or 2m
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger init --mode loose
    ! error: invalid value 'loose' for '--mode <tracked|governed>': expected tracked or governed
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn a_switch_that_is_said_twice_means_what_it_means_once() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger -q list -q --quiet; ledger -qq list
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger list --json --json --fields id
    {"v": 1, "data": {"requests": [{"id": "REQ-YYYYMMDD-0001"}], "matched": 1, "has_more": false, "damaged": []}}
    $ ledger --json list --json --fields id
    {"v": 1, "data": {"requests": [{"id": "REQ-YYYYMMDD-0001"}], "matched": 1, "has_more": false, "damaged": []}}
    $ ledger -vv list -q -v
    REQ-YYYYMMDD-0001
    "#);
}

#[test]
fn asked_to_tell_more_it_tells_which_ledger_it_used_and_how_long_it_took() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("mkdir -p deep/down ../nowhere && mkdir ../other && ledger init -q --root ../other --name other");
    transcript!(sandbox, @r#"
    $ cd deep/down && ledger list -v --fields id
    ID
    REQ-YYYYMMDD-0001
    ! ledger: root [tmp]/work, [n] ms
    $ ledger note 1 --text x -v --json | cut -c 1-60
    {"v":1,"data":{"id":"REQ-YYYYMMDD-0001","version":2,"state":
    ! {"v": 1, "notice": {"message": "ledger: root [tmp]/work, [n] ms"}}
    $ ledger init -v --root ../other
    Ledger other (tracked) was there already in [tmp]/work/../other
    ! ledger: root [tmp]/work/../other, [n] ms
    $ ledger schema bug -v --root ../other | head -1
    {
    ! ledger: root [tmp]/work/../other, [n] ms
    # The error stays the last line.
    $ ledger transition 1 closed -v
    ! ledger: root [tmp]/work, [n] ms
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become CLOSED; open from PROPOSED: ACCEPTED; REJECTED with a reason (--reason TEXT); WITHDRAWN with a reason (--reason TEXT)
    ! hint: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    [exit 5]
    $ ledger show 2 -v --json
    ! {"v": 1, "notice": {"message": "ledger: root [tmp]/work, [n] ms"}}
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found", "message": "there is no request 2", "hint": "ledger list --all", "retryable": false,
    !     "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ cd ../nowhere && ledger list -v
    ! ledger: [n] ms
    ! error: there is no ledger in [tmp]/nowhere or above it
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    $ cd ../nowhere && ledger schema bug -v | head -1
    {
    ! ledger: [n] ms
    $ ledger show 1 -v -q | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v2
    "#);
}

#[test]
fn as_json_the_error_is_json_too() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger frob --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "unrecognized subcommand 'frob'", "hint": "ledger --help", "retryable": false,
    !     "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage",
    !     "message": "'ledger' requires a subcommand but one was not provided [subcommands: init, new, transition, respond, approve, note, evidence, claim, heartbeat, release, show, log, watch, prime, list, search, ready, blocked, graph, export, stats, sql, index, verify, doctor, checkpoint, prove, conflicts, resolve, sync, ids, setup-git, merge-driver, repair-merge, resolve-id, apply, adopt, import, contract, schema, tui, config, completions, man, demo, help]",
    !     "hint": "ledger --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger transition --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "the following required arguments were not provided: <REQ> <STATE>",
    !     "hint": "ledger transition --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger new --title T --format json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage",
    !     "message": "the following required arguments were not provided: --from <REPO> --to <REPO> --type <TYPE>",
    !     "hint": "ledger new --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger list --stat open --format=jsonl
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "unexpected argument '--stat' found",
    !     "hint": "a similar argument exists: '--state'", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger show 1 --at 2026-01-01 --version 1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "the argument '--at <TIME>' cannot be used with '--version <N>'",
    !     "hint": "ledger show --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger list --limit 0 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "invalid value '0' for '--limit <N>': expected a number from 1 on",
    !     "hint": "ledger list --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger list --cursor x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "that cursor is not one of this program's: take it from the page before",
    !     "hint": "ledger list --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger list --fields id,size --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage",
    !     "message": "there is no field \"size\", only id, state, version, heads, title, from, to, type, priority, labels, created_at, created_by, updated_at, updated_by, due, depends_on, parent, key, duplicate_of, parts, claim, waits_for",
    !     "hint": "ledger list --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger list --at noon --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-time",
    !     "message": "\"noon\" is not a time: expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)",
    !     "hint": "ledger list --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger note 1 --text ' ' --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-text",
    !     "message": "REQ-YYYYMMDD-0001: the note or its kind is blank or longer than 65536 bytes",
    !     "hint": "ledger schema event tells how long a text may be, and what it is made of", "retryable": false,
    !     "exit_status": 5
    !   }
    ! }
    [exit 5]
    $ ledger approve 1 --as 'a b' --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage",
    !     "message": "role \"a b\" is not valid: expected 1 to 200 bytes without blanks or control characters",
    !     "hint": "ledger approve --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger evidence 1 commit Kind=x url= --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-evidence",
    !     "message": "\"commit\" is not evidence: expected KIND=VALUE, for example commit=1a2b3c4; evidence kind \"Kind\": expected 1 to 40 characters of [a-z0-9_-]; evidence url: expected a value of 1 to 65536 bytes",
    !     "hint": "ledger evidence --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    "#);
}

#[test]
fn the_same_as_text() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger list --cursor x
    ! error: that cursor is not one of this program's: take it from the page before
    ! hint: ledger list --help
    [exit 2]
    $ ledger list --fields id,size
    ! error: there is no field "size", only id, state, version, heads, title, from, to, type, priority, labels, created_at, created_by, updated_at, updated_by, due, depends_on, parent, key, duplicate_of, parts, claim, waits_for
    ! hint: ledger list --help
    [exit 2]
    $ ledger list --at noon
    ! error: "noon" is not a time: expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)
    ! hint: ledger list --help
    [exit 2]
    $ ledger list --from 'a b'
    ! error: repository "a b" is not valid: expected 1 to 200 bytes without blanks or control characters
    ! hint: ledger list --help
    [exit 2]
    $ ledger note 1 --text ' '
    ! error: REQ-YYYYMMDD-0001: the note or its kind is blank or longer than 65536 bytes
    ! hint: ledger schema event tells how long a text may be, and what it is made of
    [exit 5]
    $ ledger note 1 --text @nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger note --help
    [exit 2]
    $ ledger transition 1 'no state!'
    ! error: "no state!" is not a state's name: expected [A-Z][A-Z0-9_]*, at most 40 characters
    ! hint: ledger transition --help
    [exit 2]
    $ ledger evidence 1 commit Kind=x url=
    ! error: "commit" is not evidence: expected KIND=VALUE, for example commit=1a2b3c4; evidence kind "Kind": expected 1 to 40 characters of [a-z0-9_-]; evidence url: expected a value of 1 to 65536 bytes
    ! hint: ledger evidence --help
    [exit 2]
    $ ledger note 1 --text x --key ' '
    ! error: key " " is not valid: expected 1 to 256 bytes without control characters or leading and trailing blanks
    ! hint: ledger note --help
    [exit 2]
    "#);
}

#[test]
fn nothing_at_all_is_answered_with_help() {
    transcript!(Sandbox::empty(), @"
    $ ledger 2>&1 | head -3
    An append-only coordination ledger for people, CI and agents that work across many repos

    Usage: ledger [OPTIONS] <COMMAND>
    $ ledger --version
    ledger 0.1.0
    $ ledger help | head -1
    An append-only coordination ledger for people, CI and agents that work across many repos
    $ ledger help evidence | head -3
    Put evidence on record

    Usage: ledger evidence [OPTIONS] <REQ> <KIND=VALUE>...
    $ ledger transition --help | head -8
    Bring a request into another state

    Usage: ledger transition [OPTIONS] <REQ> <STATE>

    Arguments:
      <REQ>
              The request: its id, key:K, 1120-1, or the number alone for today
    ");
}
