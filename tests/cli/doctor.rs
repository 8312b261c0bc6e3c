//! `ledger doctor`: what is wrong here, and what mends it.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_ledger_in_order_is_safe_and_says_what_it_stands_on() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && ledger doctor | sed -E 's/^on .* free;/on DISK;/'
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    on DISK; locks work; git keeps the files as they are
    ok: 1 request, 1 event examined, 1 note
    $ ledger doctor --json | sed -E 's/"free_bytes":[0-9]+/"free_bytes":0/; s/"file_system":"[^"]*"/"file_system":"NAME"/'
    {
      "v": 1,
      "data": {
        "ok": true, "file_system": "NAME", "free_bytes": 0, "locks": "work", "git": "ok", "requests": 1,
        "events": 1, "mended": [],
        "findings": [
          {
            "code": "no-merge-driver", "severity": "note",
            "message": "git unites the lines of logs here, and leaves the rest of the ledger to whoever merges",
            "fix": "ledger setup-git"
          }
        ],
        "has_more": false
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
    mended coordination/events/REQ-YYYYMMDD-0001.jsonl: the end of a write that was cut short was set aside
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
    coordination/requests/REQ-YYYYMMDD-0001.json: error packet-changed: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
      fix: restore it from a copy, or from another clone
    error local-tracked: coordination/.local/ is committed: clones share what must be their own
      fix: git rm -r --cached coordination/.local
    warning git-converts: git may convert the ends of lines in the ledger's files, and hashes are over bytes
      fix: move the lines about coordination/ and schemas/ to the end of .gitattributes: a later line overrules them, there or in .git/info/attributes
    warning local-not-ignored: coordination/.local/ is not ignored by git: it is this clone's own
      fix: ledger init
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    not safe to operate: 1 request, 0 events examined, 2 errors, 2 warnings, 2 notes
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
fn folders_that_everybody_may_write_to_are_told_with_what_closes_them() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ chmod 777 coordination coordination/events && ledger doctor | grep -v '^on '
    coordination: warning open-to-all: everybody on this machine may put, rename and remove files in it, and in another folder of the ledger
      fix: chmod o-w coordination coordination/events
    ok: 1 request, 1 event examined, 1 warning
    $ $(ledger doctor --json | jq -r '.data.findings[0].fix') && ledger doctor | grep -v '^on '
    ok: 1 request, 1 event examined
    $ chmod o+w coordination/.local/locks && ledger doctor | grep -v '^on '
    coordination/.local/locks: warning open-to-all: everybody on this machine may put, rename and remove files in it
      fix: chmod o-w coordination/.local/locks
    ok: 1 request, 1 event examined, 1 warning
    "#);
}

#[test]
fn the_gravest_are_told_where_there_is_a_limit() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ rm coordination/index.json && echo '{' > coordination/requests/REQ-$TODAY-0001.json
    $ ledger doctor --limit 1 | grep -v '^on '
    coordination/requests/REQ-YYYYMMDD-0001.json: error packet-damaged: the packet is not valid: EOF while parsing an object at line 2 column 0
      fix: restore it from a copy, or from another clone
    not safe to operate: 1 request, 0 events examined, 1 error, 1 note
    ! 1 of 2 findings shown; --limit N shows more
    $ ledger doctor --limit 1 --json | jq -c '[(.data.findings | map(.code)), .data.has_more]'
    [["packet-damaged"],true]
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

#[test]
fn what_writers_need_and_can_not_use_is_told_and_taken_out_of_the_way() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("git init -q .");
    let needed = ["writer", "clock", "changes", "locks/ledger.lock", "batch.journal", "locks", "tmp", "quarantine", ""];
    let aids = ["last", "marks", "keys.log", "keys.state", "index.gauge", "sweep", "cache.sqlite"];
    let all = needed.iter().map(|name| (name, "error")).chain(aids.iter().map(|name| (name, "warning")));
    for ((name, grade), spoil) in all.flat_map(|one| {
        let is_folder = ["locks", "tmp", "quarantine", ""].contains(one.0);
        let others: &[&str] = if is_folder { &["echo x >"] } else { &["mkdir"] };
        others.iter().chain(&["mkfifo", "ln -s /etc/passwd"]).map(move |spoil| (one, *spoil))
    }) {
        let path = format!("coordination/.local/{name}");
        let path = path.trim_end_matches('/');
        sandbox.run(&format!("rm -rf {path} && {spoil} {path}"));
        let context = format!("{spoil} {path}");
        let found = sandbox.json("ledger doctor --json");
        let findings = found["data"]["findings"].as_array().unwrap();
        let told = findings.iter().find(|finding| finding["file"] == path);
        let told = told.unwrap_or_else(|| panic!("{context} is not told: {found}"));
        assert_eq!((&told["code"], &told["severity"]), (&"local-unusable".into(), &grade.into()), "{context}: {found}");
        assert_eq!(told["fix"], "ledger doctor --fix", "{context}");
        assert_eq!(found["data"]["ok"], grade == "warning", "{context}");
        let mended = sandbox.json("ledger doctor --fix --json");
        assert_eq!(mended["data"]["ok"], true, "{context}: {mended}");
        let done = mended["data"]["mended"].as_array().unwrap();
        assert!(done.iter().any(|one| one["file"] == path), "{context}: {mended}");
        sandbox.run("ledger note 1 --text x -q && ledger verify -q && rm -rf coordination/.local/quarantine* coordination/.local.1");
    }
    transcript!(sandbox, @r#"
    $ head -c 4096 /dev/zero > coordination/.local/writer && ledger doctor | grep -v '^on '
    coordination/.local/writer: error local-unusable: it has 4096 bytes; the most is 64
      fix: ledger doctor --fix
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    not safe to operate: 1 request, 49 events examined, 1 error, 1 note
    $ ledger note 1 --text x
    ! error: [tmp]/work/coordination/.local/writer: it has 4096 bytes; the most is 64
    ! hint: ledger doctor --fix takes it out of the way
    [exit 9]
    $ ledger doctor --fix | grep -v '^on '
    mended coordination/.local/writer: removed, since nobody could use it
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 1 request, 49 events examined, 1 note
    $ ledger note 1 --text x -q
    REQ-YYYYMMDD-0001
    $ mkdir -p coordination/.local/cl/x && rm coordination/.local/clock && mv coordination/.local/cl coordination/.local/clock && ledger doctor --fix | grep -v '^on '
    mended coordination/.local/clock: set aside as coordination/.local/quarantine/clock.1
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    coordination/.local/quarantine/clock.1: note quarantined: it stood where something else should, and was set aside
      fix: look at it, then: rm -r coordination/.local/quarantine/clock.1
    ok: 1 request, 50 events examined, 2 notes
    "#);
}

#[test]
fn files_of_two_names_are_told_with_the_command_that_parts_them() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && ln coordination/events/REQ-$TODAY-0001.jsonl other && ln coordination/requests/REQ-$TODAY-0001.json another
    $ ledger note 1 --text x
    ! error: [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl: it has other names too (hard links), so that writing to it would change another file
    ! hint: ledger doctor tells the command that makes it a file of its own
    [exit 9]
    $ ledger doctor | grep -v '^on '
    coordination/events/REQ-YYYYMMDD-0001.jsonl: error hard-link: it has other names too (hard links): what changes one changes all
      fix: cp -p coordination/events/REQ-YYYYMMDD-0001.jsonl coordination/events/REQ-YYYYMMDD-0001.new && mv -f coordination/events/REQ-YYYYMMDD-0001.new coordination/events/REQ-YYYYMMDD-0001.jsonl
    coordination/requests/REQ-YYYYMMDD-0001.json: warning hard-link: it has other names too (hard links): what changes one changes all
      fix: cp -p coordination/requests/REQ-YYYYMMDD-0001.json coordination/requests/REQ-YYYYMMDD-0001.new && mv -f coordination/requests/REQ-YYYYMMDD-0001.new coordination/requests/REQ-YYYYMMDD-0001.json
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    not safe to operate: 1 request, 1 event examined, 1 error, 1 warning, 1 note
    $ eval "$(ledger doctor | sed -n 's/^ *fix: //p')" | grep -c written
    2
    $ ledger doctor -q && ledger note 1 --text x -q && ls -l coordination/requests | grep -c '^-r--r--r-- 1'
    REQ-YYYYMMDD-0001
    1
    $ ln coordination/.local/locks/ledger.lock lock; ledger doctor | grep -v '^on '
    coordination/.local/locks/ledger.lock: error local-unusable: it has other names too (hard links): what changes one changes all
      fix: while nobody is at work here, look at it, then: rm coordination/.local/locks/ledger.lock
    not safe to operate: 1 request, 2 events examined, 1 error
    "#);
}

#[test]
fn what_can_not_be_read_is_told_and_the_rest_is_looked_through() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Another", "");
    transcript!(sandbox, @r#"
    $ git init -q . && rm coordination/index.json && ln -s /etc/passwd coordination/index.json && printf '{"form' >> coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger doctor | grep -v '^on '
    coordination/events/REQ-YYYYMMDD-0001.jsonl: warning tail-torn: 6 bytes of a write that was cut short stand at its end
      fix: ledger doctor --fix
    coordination/index.json: warning index-not-a-file: it is a symbolic link; links are not followed here
      fix: ledger doctor --fix
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 2 requests, 2 events examined, 2 warnings, 1 note
    $ ledger doctor --fix 2> told | grep -v '^on '
    mended coordination/index.json: removed, since nobody could use it
    mended coordination/events/REQ-YYYYMMDD-0001.jsonl: the end of a write that was cut short was set aside
    mended coordination/index.json: made anew
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn: note quarantined: the end of a write that was cut short was set aside; nobody was told that it was done
      fix: look at it, then: rm coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    ok: 2 requests, 2 events examined, 2 notes
    $ mkfifo coordination/.local/batch.journal; ledger verify
    coordination/.local/batch.journal: violation local-unusable: it is not a plain file
      fix: ledger doctor --fix
    1 finding: 2 requests, 2 events verified
    [exit 3]
    $ ledger doctor --fix -q; cp coordination/workflow.json kept; echo '{' > coordination/workflow.json; sed -i 's/Another/Other/' coordination/requests/REQ-$TODAY-0002.json
    $ ledger doctor | grep -v '^on '
    coordination/requests/REQ-YYYYMMDD-0002.json: error packet-changed: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
      fix: restore it from a copy, or from another clone
    coordination/workflow.json: error bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn: note quarantined: the end of a write that was cut short was set aside; nobody was told that it was done
      fix: look at it, then: rm coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    not safe to operate: 2 requests, 1 event examined, 2 errors, 2 notes
    $ cp kept coordination/workflow.json; echo '{' > coordination/ledger.json; ledger doctor --fix | grep -v '^on '
    coordination/ledger.json: error bad-file: ledger.json is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    coordination/requests/REQ-YYYYMMDD-0002.json: error packet-changed: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
      fix: restore it from a copy, or from another clone
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn: note quarantined: the end of a write that was cut short was set aside; nobody was told that it was done
      fix: look at it, then: rm coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    not safe to operate: 2 requests, 1 event examined, 2 errors, 2 notes
    "#);
}

#[test]
fn a_folder_in_place_of_checkpoints_or_a_link_in_place_of_signers_ends_no_examination() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && mkfifo coordination/allowed_signers && echo x > coordination/checkpoints
    $ ledger doctor | grep -v '^on '
    coordination/allowed_signers: error not-usable: it is not a plain file
      fix: restore it from a copy, or from another clone
    coordination/checkpoints: error not-usable: it is not a folder
      fix: restore it from a copy, or from another clone
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    not safe to operate: 1 request, 1 event examined, 2 errors, 1 note
    $ rm coordination/allowed_signers coordination/checkpoints && mv coordination/events kept && ln -s ../kept coordination/events
    $ ledger doctor | grep -v '^on '
    coordination/events: error not-usable: a folder on the way to it is none
      fix: restore it from a copy, or from another clone
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    not safe to operate: 0 requests, 0 events examined, 1 error, 1 note
    $ ledger verify
    coordination/events: damage not-usable: a folder on the way to it is none
      fix: restore it from a copy, or from another clone
    1 finding: 0 requests, 0 events verified
    [exit 9]
    "#);
}

#[test]
fn what_is_cached_of_any_column_is_held_against_the_files() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("git init -q . && sleep 0.1; ledger list -q");
    let cache = rusqlite::Connection::open(sandbox.path("coordination/.local/cache.sqlite")).unwrap();
    cache.execute("UPDATE request SET state = 'CLOSED', is_final = 1, priority = 'P0'", []).unwrap();
    drop(cache);
    transcript!(sandbox, @r#"
    $ ledger list
    ! no request matches
    $ ledger verify
    coordination/.local/cache.sqlite: violation cache-wrong: what is cached of REQ-YYYYMMDD-0001 is not what the packets and events say: lists may be wrong
      fix: ledger doctor --fix
    1 finding: 1 request, 1 event verified
    [exit 3]
    $ ledger doctor | grep -v '^on '
    coordination/.local/cache.sqlite: warning cache-wrong: what is cached of REQ-YYYYMMDD-0001 is not what the packets and events say: lists may be wrong
      fix: ledger doctor --fix
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 1 request, 1 event examined, 1 warning, 1 note
    $ ledger doctor --fix | grep -v '^on '
    mended coordination/.local/cache.sqlite: made anew
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 1 request, 1 event examined, 1 note
    $ ledger list -q
    REQ-YYYYMMDD-0001
    "#);
}

#[test]
fn how_git_stands_to_the_files_is_told_with_what_mends_it() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ git init -q . && cp .gitattributes kept && sed -i s/merge=union// .gitattributes && ledger doctor | grep -v '^on '
    warning git-merges-badly: git does not unite the lines of logs when it merges
      fix: ledger init
    ok: 1 request, 1 event examined, 1 warning
    $ cp kept .gitattributes && echo '*.jsonl text -merge' >> .gitattributes && ledger doctor | grep -v '^on '
    warning git-converts: git may convert the ends of lines in the ledger's files, and hashes are over bytes
      fix: move the lines about coordination/ and schemas/ to the end of .gitattributes: a later line overrules them, there or in .git/info/attributes
    warning git-merges-badly: git does not unite the lines of logs when it merges
      fix: move the lines about coordination/ and schemas/ to the end of .gitattributes: a later line overrules them, there or in .git/info/attributes
    ok: 1 request, 1 event examined, 2 warnings
    $ rm .gitattributes && ledger doctor | grep -v '^on '
    warning git-converts: git may convert the ends of lines in the ledger's files, and hashes are over bytes
      fix: ledger init
    warning git-merges-badly: git does not unite the lines of logs when it merges
      fix: ledger init
    ok: 1 request, 1 event examined, 2 warnings
    $ cp kept .gitattributes && git add -A 2> git.log && git -c user.name=a -c user.email=a@b commit -qm one && git checkout -q -b other
    $ sed -i 's/"acme"/"theirs"/' coordination/ledger.json && git -c user.name=a -c user.email=a@b commit -qam theirs && git checkout -q -
    $ sed -i 's/"acme"/"ours"/' coordination/ledger.json && git -c user.name=a -c user.email=a@b commit -qam ours && git -c user.name=a -c user.email=a@b merge -q other > git.log; git checkout -q --ours coordination/ledger.json 2> git.log
    $ ledger doctor | grep -v '^on '
    error unmerged: files of the ledger wait for a merge to be settled
      fix: ledger repair-merge
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    not safe to operate: 1 request, 1 event examined, 1 error, 1 note
    "#);
}

#[test]
fn a_log_whose_writer_was_killed_before_its_sync_is_told_and_synced() {
    let sandbox = Sandbox::with_bug();
    // The note that a writer leaves in its lock file until its sync is through.
    transcript!(sandbox, @r#"
    $ git init -q . && lock=$(ls coordination/.local/locks/[0-9a-f][0-9a-f].lock) && printf '%-80s%s' x REQ-$TODAY-0001 > $lock
    $ ledger doctor | grep -v '^on '
    coordination/events/REQ-YYYYMMDD-0001.jsonl: warning unsynced: its last writer was killed, or could not sync: what it wrote may be in memory alone
      fix: ledger doctor --fix
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 1 request, 1 event examined, 1 warning, 1 note
    $ ledger doctor --fix | grep -v '^on '
    mended REQ-YYYYMMDD-0001: written once more and synced
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 1 request, 1 event examined, 1 note
    $ ledger doctor -q
    "#);
}

#[test]
fn a_lock_that_somebody_holds_says_nothing_of_whether_locks_work() {
    let sandbox = Sandbox::with_bug();
    let held: Vec<std::fs::File> = ["doctor", "ledger", "gate", "create", "index"]
        .iter()
        .map(|name| {
            let file = std::fs::File::create(sandbox.path(&format!("coordination/.local/locks/{name}.lock"))).unwrap();
            fs2::FileExt::lock_exclusive(&file).unwrap();
            file
        })
        .collect();
    transcript!(sandbox, @r#"
    $ git init -q . && ledger doctor | sed -E 's/^on .* free;/on DISK;/'
    coordination/.local/locks/gate.lock: warning lock-held: somebody holds it, for longer than a write takes: nobody else can write meanwhile
      fix: fuser -v coordination/.local/locks/gate.lock tells which process it is: wait for it, or end it
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    on DISK; locks work; git keeps the files as they are
    ok: 1 request, 1 event examined, 1 warning, 1 note
    $ ls coordination/.local/tmp
    "#);
    drop(held);
}

#[test]
fn local_files_that_may_be_committed_are_told() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("git init -q . 2>&1");
    let told = |sandbox: &Sandbox| String::from_utf8(sandbox.shell("ledger doctor").stdout).unwrap();
    assert!(!told(&sandbox).contains("local-not-ignored"), "{}", told(&sandbox));
    sandbox.run(": > .gitignore");
    assert!(told(&sandbox).contains("local-not-ignored"), "{}", told(&sandbox));
}

/// What a command would end with is no surprise to whoever was told that the ledger is safe.
#[test]
fn it_is_not_safe_where_a_command_would_be_refused_or_a_loss_go_unseen() {
    let schema = "schemas/ledger/types/bug.schema.json";
    for (spoil, file, codes) in [
        (format!("echo garbage > {schema}"), schema, &["bad-file"][..]),
        (format!("rm -f {schema} && mkfifo {schema}"), schema, &["not-usable"]),
        (format!("truncate -s 10G {schema}"), schema, &["not-usable"]),
        ("rm -rf schemas/ledger && ln -s /tmp schemas/ledger".to_owned(), "schemas/ledger", &["not-usable"]),
        (
            "echo x > coordination/checkpoints/main/3.checkpoint".to_owned(),
            "coordination/checkpoints/main/3.checkpoint",
            &["checkpoint-damaged"],
        ),
        (
            "truncate -s 10G coordination/checkpoints/main/leaves".to_owned(),
            "coordination/checkpoints/main/leaves",
            &["leaves-changed", "not-usable"],
        ),
        (
            "sed -i '$d' coordination/events/*.jsonl && rm coordination/checkpoints/main/leaves && ledger index -q"
                .to_owned(),
            "coordination/checkpoints/main/leaves",
            &["leaves-changed"],
        ),
    ] {
        let sandbox = Sandbox::with_bug();
        sandbox.run("ledger note 1 --text x -q && ledger checkpoint --origin main -q && chmod -R u+w coordination");
        sandbox.run(&spoil);
        let examined = sandbox.json("ledger doctor --json");
        assert_eq!(examined["data"]["ok"], false, "{spoil}: {examined}");
        let findings = examined["data"]["findings"].as_array().unwrap();
        let told = |finding: &&serde_json::Value| codes.iter().any(|code| finding["code"] == *code);
        let told = findings.iter().find(told).unwrap_or_else(|| panic!("{spoil}: {examined}"));
        assert_eq!(told["severity"], "error", "{spoil}: {examined}");
        assert!(told["file"].as_str().unwrap().starts_with(file), "{spoil}: {examined}");
    }
}

#[test]
fn what_is_no_file_in_place_of_the_settings_is_told() {
    for spoil in ["mkfifo", "mkdir", "ln -s /nowhere"] {
        let sandbox = Sandbox::with_bug();
        sandbox.run(&format!("rm coordination/ledger.json && {spoil} coordination/ledger.json"));
        for command in ["doctor", "verify"] {
            let answer = sandbox.json(&format!("ledger {command} --json"));
            let findings = answer["data"]["findings"].as_array().unwrap();
            assert!(findings.iter().any(|one| one["code"] == "not-usable"), "{spoil}, {command}: {answer}");
        }
        for command in ["prime", "list", "note 1 --text x"] {
            assert_eq!(sandbox.shell(&format!("ledger {command}")).status.code(), Some(9), "{spoil}: {command}");
        }
    }
    transcript!(Sandbox::with_bug(), @r#"
    $ git init -q; git add -A; git -c user.name=a -c user.email=a@x commit -qm all; rm coordination/ledger.json; ledger --root . verify
    ! error: no ledger: [tmp]/work/./coordination/ledger.json is missing
    ! hint: restore it: git checkout HEAD -- coordination/ledger.json
    [exit 4]
    "#);
}

#[test]
fn a_journal_without_end_is_set_aside() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("truncate -s 10G coordination/.local/batch.journal");
    transcript!(sandbox, @r#"
    $ ledger note 1 --text x
    ! error: [tmp]/work/coordination/.local/batch.journal: it has 10737418240 bytes; the most is 1073741824
    ! hint: ledger doctor --fix takes it out of the way
    [exit 9]
    $ ledger doctor --fix | grep -v '^on '
    mended coordination/.local/batch.journal: set aside as coordination/.local/quarantine/batch.journal.1
    coordination/.local/quarantine/batch.journal.1: note quarantined: it stood where something else should, and was set aside
      fix: look at it, then: rm -r coordination/.local/quarantine/batch.journal.1
    ok: 1 request, 1 event examined, 1 note
    $ ledger note 1 --text x -q
    REQ-YYYYMMDD-0001
    "#);
}

/// The index is tracked in some ledgers, so it comes from others too.
#[test]
fn an_index_without_end_makes_nobody_wait() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("truncate -s 1T coordination/index.json");
    for command in ["note 1 --text x", "list", "verify", "doctor"] {
        let status = sandbox.shell(&format!("timeout -s KILL 20 ledger {command} -q")).status;
        assert!(status.code().is_some_and(|code| code == 0 || code == 3), "{command}: {status}");
    }
    // Nor one of short lines.
    sandbox.run("rm coordination/index.json; (yes x | head -c 3000000; sed -n 1p coordination/events/*) > coordination/index.json");
    sandbox.run("ledger note 1 --text x -q; ledger index -q; ledger verify -q");
}
