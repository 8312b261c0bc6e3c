//! Whoever can write to the folder can change anything in it, and a checkpoint shows it.

use std::fs;

use super::{covered, finds, found, rewritten};
use crate::common::Sandbox;
use crate::transcript;

const LATEST: &str = "ledger verify --checkpoint latest";
const KEPT: &str = "ledger verify --checkpoint ../kept/6.checkpoint --signers ~/only-a";

/// What both checkpoints find, the ledger's and the one that is kept elsewhere.
#[track_caller]
fn both_find(sandbox: &Sandbox, codes: &[&str]) {
    finds(sandbox, LATEST, codes);
    finds(sandbox, KEPT, codes);
}

#[test]
fn nothing_is_found_where_nothing_was_changed() {
    let sandbox = covered();
    both_find(&sandbox, &[]);
    // What is new is nobody's fault.
    sandbox.run("ledger note 1 --text three -q");
    sandbox.bug("Third", "");
    both_find(&sandbox, &[]);
}

#[test]
fn dropped_newest_events_are_found() {
    let sandbox = covered();
    sandbox.run("sed -i '$d' coordination/events/*-0001.jsonl && ledger index -q");
    transcript!(sandbox, @"
    $ ledger verify --checkpoint latest --signers ~/only-a
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation covered-event-lost: checkpoint main/6 covers event [head], which is not in the log: it was dropped or rewritten
      fix: restore it from a copy, or from another clone
    main/6  signed by a@x (SHA256:[key])
    1 finding
    [exit 3]
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation covered-event-lost: checkpoint main/6 covers event [head], which is not in the log: it was dropped or rewritten
      fix: restore it from a copy, or from another clone
    1 finding: 2 requests, 3 events, 1 checkpoint verified
    [exit 3]
    $ ledger verify 1
    ok: 1 request, 2 events verified
    ");
    both_find(&sandbox, &["covered-event-lost"]);
    sandbox.run("sed -i '$d' coordination/events/*-0001.jsonl && ledger note 1 --text another -q");
    both_find(&sandbox, &["covered-event-lost"]);
}

#[test]
fn a_rewritten_history_is_found() {
    let sandbox = covered();
    let path = sandbox.path("coordination/events/REQ-TODAY-0001.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    fs::write(&path, rewritten(&log, "\"one\"", "\"won\"")).unwrap();
    sandbox.run("ledger index -q");
    // It is whole in itself: without the checkpoint nobody would know.
    finds(&sandbox, "ledger verify 1", &[]);
    transcript!(sandbox, @"
    $ ledger verify --checkpoint latest --signers ~/only-a
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation covered-event-lost: checkpoint main/6 covers 2 events that are not in the log, [head] first: they were dropped or rewritten
      fix: restore it from a copy, or from another clone
    main/6  signed by a@x (SHA256:[key])
    1 finding
    [exit 3]
    ");
    both_find(&sandbox, &["covered-event-lost"]);
    // Nor does it help to write the list and its checkpoint anew: whoever kept the old one sees it.
    sandbox.run("rm -rf coordination/checkpoints && ledger checkpoint --origin main -q");
    finds(&sandbox, LATEST, &[]);
    finds(&sandbox, KEPT, &["leaves-changed"]);
}

#[test]
fn swapped_requests_are_found() {
    let sandbox = covered();
    // Each under the other's name, consistently: packets, events and hashes.
    let name = |number: u32| format!("REQ-{}-000{number}", crate::common::today());
    let read = |number: u32| {
        let packet = fs::read_to_string(sandbox.path(&format!("coordination/requests/{}.json", name(number)))).unwrap();
        let log = fs::read_to_string(sandbox.path(&format!("coordination/events/{}.jsonl", name(number)))).unwrap();
        (packet, log)
    };
    let swapped = [(1, 2, read(1)), (2, 1, read(2))].map(|(from, to, (packet, log))| {
        let hash = |text: &str| coordination_ledger::domain::packet::Packet::hash_of(text.as_bytes()).to_string();
        let new = packet.replace(&name(from), &name(to));
        let log = log.replace(&name(from), &name(to));
        (to, new.clone(), rewritten(&log, &hash(&packet), &hash(&new)))
    });
    for (number, packet, log) in swapped {
        let path = sandbox.path(&format!("coordination/requests/{}.json", name(number)));
        fs::remove_file(&path).unwrap();
        fs::write(path, packet).unwrap();
        fs::write(sandbox.path(&format!("coordination/events/{}.jsonl", name(number))), log).unwrap();
    }
    sandbox.run("ledger index -q");
    finds(&sandbox, "ledger verify 1", &[]);
    finds(&sandbox, "ledger verify 2", &[]);
    both_find(
        &sandbox,
        &["covered-event-lost", "covered-event-lost", "covered-packet-changed", "covered-packet-changed"],
    );
}

#[test]
fn a_removed_request_is_found() {
    let sandbox = covered();
    sandbox.run("rm -f coordination/*/*-0002.json*; ledger index -q");
    transcript!(sandbox, @"
    $ ledger verify --checkpoint latest --signers ~/only-a
    coordination/requests/REQ-YYYYMMDD-0002.json: violation covered-request-lost: checkpoint main/6 covers this request, which is not here
      fix: restore it from a copy, or from another clone
    main/6  signed by a@x (SHA256:[key])
    1 finding
    [exit 3]
    $ ledger verify
    coordination/requests/REQ-YYYYMMDD-0002.json: violation covered-request-lost: checkpoint main/6 covers this request, which is not here
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 3 events, 1 checkpoint verified
    [exit 3]
    ");
    both_find(&sandbox, &["covered-request-lost"]);
}

#[test]
fn an_edited_list_is_found() {
    let sandbox = covered();
    let path = sandbox.path("coordination/checkpoints/main/leaves");
    let list = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = list.lines().collect();
    let mut swapped = lines.clone();
    swapped.swap(0, 1);
    let changed = list.replace("event", "Event");
    let first = list.replacen("packet REQ", "packet  REQ", 1);
    for edited in [
        lines[1..].join("\n") + "\n",
        lines[..5].join("\n") + "\n",
        list.trim_end().to_owned(),
        swapped.join("\n") + "\n",
        format!("{}\n{list}", lines[0]),
        changed,
        first,
        list.replace('\n', "\r\n"),
        String::new(),
        "x".repeat(3_000_000),
    ] {
        fs::write(&path, &edited).unwrap();
        assert_eq!(found(&sandbox, LATEST).0, 3, "{edited:.80}");
        assert!(found(&sandbox, LATEST).1.contains(&"leaves-changed".to_owned()), "{edited:.80}");
        assert!(found(&sandbox, KEPT).1.contains(&"leaves-changed".to_owned()), "{edited:.80}");
        assert!(found(&sandbox, "ledger verify").1.contains(&"leaves-changed".to_owned()), "{edited:.80}");
        assert_eq!(sandbox.shell("ledger checkpoint --origin main").status.code(), Some(9), "{edited:.80}");
    }
    fs::remove_file(&path).unwrap();
    both_find(&sandbox, &["leaves-changed"]);
}

#[test]
fn an_edited_checkpoint_is_found() {
    let sandbox = covered();
    let place = "coordination/checkpoints/main/6.checkpoint";
    let edit = |how: &str| sandbox.run(&format!("rm -f {place} && sed '{how}' ../kept/6.checkpoint > {place}"));
    let verify = "ledger verify --checkpoint latest --signers ~/only-a";
    // A root that is none of this list.
    edit("3s/.*/47DEQpj8HBSa+\\/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=/");
    finds(&sandbox, verify, &["signature-other-text", "leaves-changed"]);
    finds(&sandbox, "ledger verify", &["leaves-changed"]);
    // What is none.
    edit("2s/6/06/");
    finds(&sandbox, verify, &["checkpoint-damaged"]);
    finds(&sandbox, "ledger verify", &["checkpoint-damaged"]);
    // More than it was signed for.
    edit("3a\\and more");
    finds(&sandbox, verify, &["signature-other-text"]);
    // That of another ledger.
    edit("1s/ledger.[0-9a-f]*/ledger\\/00000000/");
    finds(&sandbox, verify, &["checkpoint-other-ledger"]);
    finds(&sandbox, "ledger verify", &["checkpoint-damaged"]);
    // Another size than its name says.
    edit("2s/6/5/");
    finds(&sandbox, "ledger verify", &["checkpoint-damaged"]);
    sandbox.run(&format!("rm -f {place} && cp ../kept/6.checkpoint {place}"));
    finds(&sandbox, verify, &[]);
}

/// A checkpoint of another origin would cover what stands there now as if it had always been so.
#[test]
fn what_one_origin_covers_no_other_covers_up() {
    let sandbox = covered();
    sandbox
        .run("ledger checkpoint --origin other -q && sed -i '$d' coordination/events/*-0001.jsonl && ledger index -q");
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin third
    ! error: 1 of what checkpoint main/6 covers is not here any more
    ! hint: ledger verify --checkpoint latest tells what; restore it from git
    [exit 9]
    $ ledger checkpoint
    ! error: 1 of what checkpoint main/6 covers is not here any more
    ! hint: ledger verify --checkpoint latest tells what; restore it from git
    [exit 9]
    $ ls coordination/checkpoints
    main
    other
    "#);
    // One that can't be read is told by verify, and in nobody's way.
    sandbox.run("echo x > coordination/checkpoints/main/leaves; echo x > coordination/checkpoints/other/leaves");
    sandbox.run("ledger checkpoint --origin third -q");
}

/// An older signed checkpoint holds for less: what stands after it can go unseen, but for a list that reaches further.
#[test]
fn an_older_checkpoint_in_place_of_the_newest_is_told_by_its_list() {
    let sandbox = covered();
    sandbox.run(
        "ledger note 1 --text more -q && ledger checkpoint --origin main --sign --key-file ~/a -q && \
         rm coordination/checkpoints/main/7.* && sed -i '$d' coordination/events/*-0001.jsonl && ledger index -q",
    );
    transcript!(sandbox, @r#"
    $ ledger verify --signers ~/only-a
    coordination/checkpoints/main/leaves: note leaves-beyond: it has 1 more than main/6 covers: a checkpoint was cut short, or a newer one removed
      fix: ledger checkpoint --origin main, unless git or another clone has a newer one
    ok: 2 requests, 4 events, 1 checkpoint verified, 1 note
    $ ledger verify --checkpoint latest --signers ~/only-a
    coordination/checkpoints/main/leaves: note leaves-beyond: it has 1 more than main/6 covers: a checkpoint was cut short, or a newer one removed
      fix: ledger checkpoint --origin main, unless git or another clone has a newer one
    main/6  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 6 leaves verified, 1 note
    "#);
}

#[test]
fn what_does_not_belong_is_told() {
    let sandbox = covered();
    sandbox
        .run("cd coordination/checkpoints && touch x main/y main/07.checkpoint main/9.checkpoint.k.sig && mkdir Main");
    finds(&sandbox, "ledger verify", &["stray", "stray", "stray", "stray", "stray"]);
}

#[test]
fn damage_elsewhere_does_not_hide_what_is_gone() {
    let sandbox = covered();
    sandbox.run("sed -i '2s/alice/mallory/' coordination/events/*-0001.jsonl");
    let (status, codes) = found(&sandbox, "ledger verify");
    assert_eq!(status, 9);
    assert!(
        codes.contains(&"line-damaged".to_owned()) && codes.contains(&"covered-event-lost".to_owned()),
        "{codes:?}"
    );
    both_find(&sandbox, &["covered-event-lost"]);
}

#[test]
fn without_a_checkpoint_there_is_nothing_to_hold_against() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger verify --checkpoint latest
    ! error: there is no checkpoint
    ! hint: ledger checkpoint
    [exit 4]
    $ ledger verify --checkpoint nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger verify --help
    [exit 2]
    $ echo hello > x; ledger verify --checkpoint x
    x: violation checkpoint-damaged: not a checkpoint: it does not end in a blank line
      fix: restore it from a copy, or from another clone
    nobody's signature is asked for: name the signers with --signers FILE
    1 finding
    [exit 3]
    $ ledger verify 1 --checkpoint latest
    ! error: the argument '[REQ]' cannot be used with '--checkpoint <FILE|latest>'
    !
    ! Usage: ledger verify <REQ>
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn an_event_that_two_origins_cover_is_lost_once() {
    let sandbox = covered();
    sandbox.run("ledger checkpoint --origin other -q && sed -i '$d' coordination/events/REQ-$TODAY-0001.jsonl");
    transcript!(sandbox, @"
    $ ledger verify | grep covered-
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation covered-event-lost: checkpoint main/6 covers event [head], which is not in the log: it was dropped or rewritten
    $ ledger doctor | grep covered-
    coordination/events/REQ-YYYYMMDD-0001.jsonl: error covered-event-lost: checkpoint main/6 covers event [head], which is not in the log: it was dropped or rewritten
    ");
}
