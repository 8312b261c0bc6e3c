//! Taking checkpoints.

use std::fs;

use super::{finds, found};
use crate::common::Sandbox;
use crate::transcript;

const LIST: &str = "coordination/checkpoints/main/leaves";

fn list(sandbox: &Sandbox) -> Vec<String> {
    fs::read_to_string(sandbox.path(LIST)).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_checkpoint_covers_what_is_on_record() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger checkpoint --origin main
    main/2  2 leaves, 2 new
      root   [hash]
      file   coordination/checkpoints/main/2.checkpoint
    $ cat coordination/checkpoints/main/2.checkpoint
    coordination-ledger/[uuid]/main
    2
    [root]

    $ cat coordination/checkpoints/main/leaves
    packet REQ-YYYYMMDD-0001 [hash]
    event REQ-YYYYMMDD-0001 [hash]
    $ ledger checkpoint --origin main
    main/2  2 leaves, nothing new since it was taken
      root   [hash]
      file   coordination/checkpoints/main/2.checkpoint
    $ ledger checkpoint --origin main --json
    {
      "v": 1,
      "data": {
        "origin": "main", "size": 2, "new": 0, "root": "[hash]",
        "file": "coordination/checkpoints/main/2.checkpoint",
        "text": "coordination-ledger/[uuid]/main\n2\n[root]\n\n", "deduplicated": true, "dry_run": false
      }
    }
    $ ledger verify
    ok: 1 request, 1 event, 1 checkpoint verified
    $ ledger verify --json
    {
      "v": 1,
      "data": {"ok": true, "requests": 1, "checkpoints": 1, "events": 1, "findings": [], "has_more": false}
    }
    "#);
}

#[test]
fn what_comes_later_is_put_after_what_was_covered() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Another", "");
    sandbox.run("ledger checkpoint --origin main -q");
    let before = list(&sandbox);
    sandbox.clone_to("other");
    // Both clones go on with the first request, and the other's events come in later.
    sandbox.run("ledger note 1 --text here -q && ledger checkpoint --origin main -q && ledger note 1 --text there --root ../other -q");
    sandbox.run("cat ../other/coordination/events/*-0001.jsonl | sort -u - coordination/events/*-0001.jsonl > both && cp both coordination/events/REQ-$TODAY-0001.jsonl && rm both");
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main
    main/6  6 leaves, 1 new
      root   [hash]
      file   coordination/checkpoints/main/6.checkpoint
    $ ledger verify --checkpoint latest
    main/6  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: 1 checkpoint, 6 leaves verified
    $ ls coordination/checkpoints/main
    4.checkpoint
    5.checkpoint
    6.checkpoint
    leaves
    $ ledger verify --checkpoint coordination/checkpoints/main/4.checkpoint
    coordination/checkpoints/main/leaves: note leaves-beyond: it has 2 more than main/4 covers: a checkpoint was cut short, or a newer one removed
      fix: ledger checkpoint --origin main, unless git or another clone has a newer one
    main/4  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: 1 checkpoint, 4 leaves verified, 1 note
    $ ledger prove --from coordination/checkpoints/main/4.checkpoint | ledger verify --proof -
    main/6 goes on from main/4: what that one covers is unchanged
    main/4  not signed
    main/6  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: the proof holds
    "#);
    assert_eq!(list(&sandbox)[..4], before);
    assert_eq!(list(&sandbox).len(), 6);
}

#[test]
fn contracts_are_covered_too() {
    let sandbox = Sandbox::new();
    sandbox.run("echo true > a.json && ledger contract add a a.json -q && ledger contract pin a@1 --consumer shop -q");
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main -q; cat coordination/checkpoints/main/leaves
    coordination/checkpoints/main/3.checkpoint
    version a@1 [hash]
    event contract:a [hash]
    event contract:a [hash]
    $ ledger verify --checkpoint latest
    main/3  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: 1 checkpoint, 3 leaves verified
    $ chmod u+w schemas/contracts/a/v1.json; echo '{}' > schemas/contracts/a/v1.json; ledger verify --checkpoint latest
    schemas/contracts/a/v1.json: violation covered-version-changed: it is not the file that checkpoint main/3 covers, whose SHA-256 is [hash]
      fix: restore it from a copy, or from another clone
    main/3  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    1 finding
    [exit 3]
    $ ledger checkpoint --origin main
    ! error: [tmp]/work/schemas/contracts/a/v1.json: it is not the file that was registered: ledger verify tells more
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ echo true > schemas/contracts/a/v1.json; sed -i '$d' schemas/contracts/a/events.jsonl; ledger verify --checkpoint latest
    schemas/contracts/a/events.jsonl: violation covered-event-lost: checkpoint main/3 covers event [head], which is not in the log: it was dropped or rewritten
      fix: restore it from a copy, or from another clone
    main/3  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    1 finding
    [exit 3]
    "#);
}

#[test]
fn every_clone_keeps_a_list_of_its_own() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger checkpoint -q");
    sandbox.clone_to("other");
    sandbox.run("ledger checkpoint -q --root ../other");
    let lists = sandbox.run("ls ../other/coordination/checkpoints | wc -l");
    assert_eq!(lists.trim(), "2");
    let own = sandbox.run("cat coordination/.local/writer");
    assert!(sandbox.path(&format!("coordination/checkpoints/{}/2.checkpoint", own.trim())).exists());
}

#[test]
fn an_empty_ledger_has_a_checkpoint_and_a_name_is_one_part_of_a_path() {
    transcript!(Sandbox::new(), @r#"
    $ ledger checkpoint --origin main; ledger verify --checkpoint latest
    main/0  0 leaves, 0 new
      root   [hash]
      file   coordination/checkpoints/main/0.checkpoint
    main/0  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: 1 checkpoint, 0 leaves verified
    $ ledger checkpoint --origin ../x
    ! error: origin "../x" is not valid: expected [a-z0-9][a-z0-9._-]*, at most 64 characters, without two dots in a row or a dot at the end
    ! hint: ledger checkpoint --help
    [exit 2]
    $ ledger checkpoint --origin Main
    ! error: origin "Main" is not valid: expected [a-z0-9][a-z0-9._-]*, at most 64 characters, without two dots in a row or a dot at the end
    ! hint: ledger checkpoint --help
    [exit 2]
    $ ledger checkpoint --origin ''
    ! error: origin "" is not valid: expected [a-z0-9][a-z0-9._-]*, at most 64 characters, without two dots in a row or a dot at the end
    ! hint: ledger checkpoint --help
    [exit 2]
    $ ledger checkpoint --key-file x
    ! error: the following required arguments were not provided:
    !   --sign
    !
    ! Usage: ledger checkpoint --sign --key-file <FILE>
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn a_dry_run_writes_nothing() {
    let sandbox = Sandbox::with_bug();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main --dry-run
    main/2  2 leaves, 2 new (dry run: nothing was written)
      root   [hash]
      file   coordination/checkpoints/main/2.checkpoint
    $ ledger checkpoint --origin main --dry-run --json | cut -c 1-42
    {"v":1,"data":{"origin":"main","size":2,"n
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn nothing_new_writes_nothing() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger checkpoint --origin main -q");
    let before = sandbox.fingerprint();
    sandbox.run("ledger checkpoint --origin main -q");
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn what_is_gone_or_damaged_is_not_covered_up() {
    let sandbox = Sandbox::with_bug();
    sandbox.run(
        "ledger note 1 --text one -q && ledger checkpoint --origin main -q && sed -i '$d' coordination/events/*.jsonl",
    );
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main
    ! error: 1 of what checkpoint main/3 covers is not here any more
    ! hint: ledger verify --checkpoint latest tells what; restore it from git
    [exit 9]
    $ ledger note 1 --text other -q; ledger checkpoint --origin main
    REQ-YYYYMMDD-0001
    ! error: 1 of what checkpoint main/3 covers is not here any more
    ! hint: ledger verify --checkpoint latest tells what; restore it from git
    [exit 9]
    $ ls coordination/checkpoints/main
    3.checkpoint
    leaves
    $ sed -i s/alice/mallory/ coordination/events/*.jsonl; ledger checkpoint --origin other
    ! error: [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    $ ls coordination/checkpoints
    main
    "#);
}

/// Killed after the list was written and before the checkpoint was: what no checkpoint covers is taken over.
#[test]
fn lines_without_a_checkpoint_are_taken_over() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger note 1 --text one -q && ledger checkpoint --origin main -q");
    let lines = list(&sandbox);
    // The last one before the others, as another order than the canonical one.
    let other = format!("{}\n{}\n", lines[2], lines[0]);
    sandbox.run("rm -f coordination/checkpoints/main/3.checkpoint");
    fs::write(sandbox.path(LIST), &other).unwrap();
    finds(&sandbox, "ledger verify", &[]);
    sandbox.run("ledger checkpoint --origin main -q");
    assert_eq!(list(&sandbox), [&lines[2], &lines[0], &lines[1]].map(String::clone));
    finds(&sandbox, "ledger verify --checkpoint latest", &[]);
}

/// Killed in the middle of the list: the part of a line is set aside, as are lines about what is not here.
#[test]
fn a_torn_or_foreign_tail_is_set_aside() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger checkpoint --origin main -q");
    let lines = list(&sandbox);
    let nothing = format!("event REQ-20200101-0001 {}", "0".repeat(64));
    for tail in ["event REQ-2", &format!("{nothing}\nevent"), "garbage\n", &format!("{}\n", lines[0]), "\n"] {
        let size = list(&sandbox).len();
        let mut bytes = list(&sandbox).join("\n").into_bytes();
        bytes.extend_from_slice(b"\n");
        bytes.extend_from_slice(tail.as_bytes());
        fs::write(sandbox.path(LIST), bytes).unwrap();
        // Whole lines after it are told, and no violation; a part of one is nothing yet.
        let (status, codes) = found(&sandbox, "ledger verify --checkpoint latest");
        assert!(status == 0 && codes.iter().all(|code| code == "leaves-beyond"), "{tail:?}: {codes:?}");
        assert_eq!(found(&sandbox, "ledger verify"), (status, codes), "{tail:?}");
        let told = sandbox.shell("ledger note 1 --text more -q; ledger checkpoint --origin main");
        assert_eq!(told.status.code(), Some(0), "{tail:?}");
        assert!(String::from_utf8_lossy(&told.stderr).contains("repaired"), "{tail:?}");
        assert_eq!(list(&sandbox).len(), size + 1, "{tail:?}");
        finds(&sandbox, "ledger verify --checkpoint latest", &[]);
    }
    assert_eq!(sandbox.run("ls coordination/.local/quarantine | wc -l").trim(), "5");
}

/// Killed after the checkpoint had its name and before anybody was told: the same command gives the same answer.
#[test]
fn the_same_command_again_gives_the_same_checkpoint() {
    let sandbox = Sandbox::with_bug();
    let first = sandbox.json("ledger checkpoint --origin main --json");
    let again = sandbox.json("ledger checkpoint --origin main --json");
    assert_eq!(first["data"]["text"], again["data"]["text"]);
    assert_eq!((&first["data"]["deduplicated"], &again["data"]["deduplicated"]), (&false.into(), &true.into()));
}

#[test]
fn links_and_folders_in_the_way_are_refused() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("mkdir ../elsewhere && ln -s ../../elsewhere coordination/checkpoints");
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main
    ! error: [tmp]/work/coordination/checkpoints: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm coordination/checkpoints; mkdir coordination/checkpoints; ln -s /tmp coordination/checkpoints/main; ledger checkpoint --origin main
    ! error: [tmp]/work/coordination/checkpoints/main: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm coordination/checkpoints/main; mkdir -p coordination/checkpoints/main/leaves; ledger checkpoint --origin main
    ! error: [tmp]/work/coordination/checkpoints/main/leaves: it is not a plain file
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rmdir coordination/checkpoints/main/leaves; ln -s /etc/passwd coordination/checkpoints/main/leaves; ledger checkpoint --origin main
    ! error: [tmp]/work/coordination/checkpoints/main/leaves: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm coordination/checkpoints/main/leaves; mkfifo coordination/checkpoints/main/leaves; ledger checkpoint --origin main
    ! error: [tmp]/work/coordination/checkpoints/main/leaves: it is not a plain file
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm coordination/checkpoints/main/leaves; mkdir coordination/checkpoints/main/2.checkpoint; ledger checkpoint --origin main
    ! error: [tmp]/work/coordination/checkpoints/main/2.checkpoint: it is not a plain file
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ find ../elsewhere -type f
    "#);
}

#[test]
fn waiting_for_others_is_bounded() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger checkpoint --origin main -q
    coordination/checkpoints/main/2.checkpoint
    $ flock coordination/.local/locks/checkpoint.lock ledger checkpoint --origin main --timeout 100ms
    ! error: gave up after [n] ms waiting for the making of checkpoints
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ ledger note 1 --text more -q; flock --shared coordination/.local/locks/ledger.lock ledger checkpoint --origin main --timeout 100ms
    REQ-YYYYMMDD-0001
    ! error: gave up after [n] ms waiting for the ledger
    ! hint: try again, with a longer --timeout if it goes on; nothing was written
    [exit 7]
    $ flock coordination/.local/locks/checkpoint.lock ledger note 1 --text 'notes go on' -q
    REQ-YYYYMMDD-0001
    $ ls coordination/checkpoints/main
    2.checkpoint
    leaves
    "#);
}

#[test]
fn a_request_whose_making_was_cut_short_is_not_covered_yet() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Cut short", "");
    sandbox.run("rm coordination/events/*-0002.jsonl && ledger checkpoint --origin main -q");
    assert_eq!(list(&sandbox).len(), 2);
    sandbox.run("ledger note 2 --text on -q && ledger checkpoint --origin main -q");
    assert_eq!(list(&sandbox).len(), 5);
}
