//! `ledger doctor`: what is wrong here, and what mends it.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_ledger_in_order_is_safe_and_says_what_it_stands_on() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && ledger doctor | sed -E 's/^on .* free;/on DISK;/'
    on DISK; locks work; git keeps the files as they are
    ok: 1 request, 1 event examined
    $ ledger doctor --json | sed -E 's/"free_bytes":[0-9]+/"free_bytes":0/; s/"file_system":"[^"]*"/"file_system":"NAME"/'
    {
      "v": 1,
      "data": {
        "ok": true, "file_system": "NAME", "free_bytes": 0, "locks": "work", "git": "ok", "requests": 1,
        "events": 1, "mended": [], "findings": []
      }
    }
    $ ledger doctor --quiet
    "#);
}

#[test]
fn what_was_cut_short_is_mended_and_nothing_else_is_touched() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ cat coordination/requests/*.json coordination/events/*.jsonl | sha256sum > before
    $ printf '{"format":1,"str' >> coordination/events/REQ-$TODAY-0001.jsonl
    $ touch -d '2 hours ago' coordination/.local/tmp/1-1-1.tmp && rm coordination/index.json
    $ ledger doctor | grep -v '^on '
    coordination/events/REQ-YYYYMMDD-0001.jsonl: warning tail-torn: 16 bytes of a write that was cut short stand at its end
      fix: ledger doctor --fix
    coordination/index.json: note index-missing: there is no index.json; it is derived and can be made
      fix: ledger index
    coordination/.local/tmp/1-1-1.tmp: note leftover: a command that was killed left it behind
      fix: ledger doctor --fix
    ok: 1 request, 1 event examined, 1 warning, 2 notes
    $ ledger doctor --fix | grep -v '^on '
    mended coordination/.local/tmp/1-1-1.tmp: removed, left behind by a command that was killed
    mended coordination/events/REQ-YYYYMMDD-0001.jsonl: the end of a write that was cut short was set aside or completed
    mended coordination/index.json: made anew
    coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn: note quarantined: the end of a write that was cut short was set aside; nobody was told that it was done
      fix: look at it, then: rm coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    ok: 1 request, 1 event examined, 1 note
    ! ledger: repaired [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl: 16 bytes of a write that was cut short are kept in [tmp]/work/coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    $ cat coordination/requests/*.json coordination/events/*.jsonl | sha256sum | cmp - before
    $ ledger doctor --fix | grep -v '^on ' && ledger verify
    coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn: note quarantined: the end of a write that was cut short was set aside; nobody was told that it was done
      fix: look at it, then: rm coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    ok: 1 request, 1 event examined, 1 note
    ok: 1 request, 1 event verified
    "#);
}

#[test]
fn what_would_lose_something_is_an_error_and_is_not_mended_by_itself() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && printf '*.jsonl text eol=crlf\n' >> .gitattributes && sed -i /local/d .gitignore && git add -f coordination 2> git.log
    $ sed -i 's/Totals/Numbers/' coordination/requests/REQ-$TODAY-0001.json 2>&1
    $ ledger doctor --fix | grep -v '^on '
    mended coordination/index.json: made anew
    coordination/requests/REQ-YYYYMMDD-0001.json: error packet-changed: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
      fix: restore it: git checkout HEAD -- coordination/requests/REQ-YYYYMMDD-0001.json
    error local-tracked: coordination/.local/ is committed: clones share what must be their own
      fix: git rm -r --cached coordination/.local
    warning git-converts: git may convert the ends of lines in the ledger's files, and hashes are over bytes
      fix: ledger init adds the lines that .gitattributes lacks; they must stand after others that match
    not safe to operate: 1 request, 0 events examined, 2 errors, 1 warning
    "#);
}

#[test]
fn a_clock_that_fell_back_and_a_folder_that_can_not_be_written_are_told() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ printf '2999-01-01T00:00:00.000Z 0\n' > coordination/.local/clock
    $ ledger doctor | grep -v '^on ' | sed -E 's/says [^,]*,/says TIME,/; s/written [0-9]+ minutes/written N minutes/'
    warning clock-fell-back: the clock says TIME, and this clone has written N minutes after that: what is written now gets later times than the clock's
      fix: set the clock, for example: timedatectl set-ntp true
    ok: 1 request, 1 event examined, 1 warning
    "#);
}

#[test]
fn a_pipe_in_place_of_a_file_of_gits_is_told_and_not_waited_for() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && rm .gitattributes && mkfifo .gitattributes && ledger doctor | grep -v '^on '
    warning git-silent: git gives no answer: something that is no plain file may stand in place of one that it reads
      fix: ls -l .gitattributes .gitignore coordination, and remove what is no plain file
    ok: 1 request, 1 event examined, 1 warning
    "#);
}
