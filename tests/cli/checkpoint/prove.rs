//! Proofs: made in a ledger, checked without one.

use std::fs;

use serde_json::Value;

use super::approvals::governed;
use super::{covered, finds, rewritten};
use crate::common::Sandbox;
use crate::transcript;

/// A proof in the sandbox's `proof.json`, and as JSON.
fn proof(sandbox: &Sandbox, line: &str) -> Value {
    sandbox.run(&format!("{line} > ../proof.json"));
    serde_json::from_str(&fs::read_to_string(sandbox.path("../proof.json")).unwrap()).unwrap()
}

fn check(sandbox: &Sandbox, proof: &Value, codes: &[&str]) {
    fs::write(sandbox.path("../proof.json"), proof.to_string()).unwrap();
    finds(sandbox, "cd .. && ledger verify --proof proof.json", codes);
}

#[test]
fn a_request_is_proved_with_all_that_led_to_it() {
    let sandbox = covered();
    sandbox.run("ledger note 1 --text three -q");
    transcript!(sandbox, @r#"
    $ ledger prove 1 > ../proof.json; mv coordination away
    $ cd ..; ledger verify --proof proof.json
    REQ-YYYYMMDD-0001  Totals are wrong
    checkpoint main/6 of ledger [uuid] covers at least this of it:
      YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
      YYYY-MM-DD hh:mm:ssZ  v2  alice  note: one
      YYYY-MM-DD hh:mm:ssZ  v3  alice  note: two
    main/6  signed by SHA256:[key], unchecked
    no signature was checked against anyone: name the signers with --signers FILE
    ok: the proof holds
    $ cd ..; ledger verify --proof proof.json --signers ~/only-a
    REQ-YYYYMMDD-0001  Totals are wrong
    checkpoint main/6 of ledger [uuid] covers at least this of it:
      YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
      YYYY-MM-DD hh:mm:ssZ  v2  alice  note: one
      YYYY-MM-DD hh:mm:ssZ  v3  alice  note: two
    main/6  signed by a@x (SHA256:[key])
    ok: the proof holds
    $ cd ..; ledger verify --proof proof.json --signers ~/only-b
    proof.json: violation signature-unknown-key: the signers file does not name SHA256:[key]
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    REQ-YYYYMMDD-0001  Totals are wrong
    checkpoint main/6 of ledger [uuid] covers at least this of it:
      YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
      YYYY-MM-DD hh:mm:ssZ  v2  alice  note: one
      YYYY-MM-DD hh:mm:ssZ  v3  alice  note: two
    main/6  not counted: SHA256:[key]
    1 finding
    [exit 3]
    $ cd ..; ledger verify --proof proof.json --signers ~/only-a --json
    {
      "v": 1,
      "data": {
        "ok": true, "proof": "inclusion", "id": "REQ-YYYYMMDD-0001", "leaves": ["event REQ-YYYYMMDD-0001 [hash]"],
        "events": [
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 1, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "REQUEST_CREATED", "to": "PROPOSED",
            "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
          },
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "NOTED", "data": {"text": "one"}, "parents": ["[hash]"],
            "hash": "[hash]"
          },
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "NOTED", "data": {"text": "two"}, "parents": ["[hash]"],
            "hash": "[hash]"
          }
        ],
        "at_least": true, "signers": "[tmp]/home/only-a",
        "checkpoints": [
          {
            "ledger": "[uuid]", "origin": "main", "size": 6, "root": "[hash]",
            "signatures": [{"file": "proof.json", "key": "SHA256:[key]", "verdict": "good", "signer": "a@x"}]
          }
        ],
        "findings": []
      }
    }
    $ cd ..; ledger verify --proof - -q < proof.json
    "#);
}

#[test]
fn an_event_is_proved_alone() {
    let sandbox = covered();
    let log = sandbox.json("ledger log 1 --json");
    let hash = log["data"]["events"][1]["hash"].as_str().unwrap();
    let made = proof(&sandbox, &format!("ledger prove {}", &hash[..12]));
    assert_eq!(made["leaves"][0]["leaf"].as_str().unwrap().rsplit(' ').next(), Some(hash));
    assert_eq!((made["events"].as_array().unwrap().len(), made.get("packet")), (1, None));
    transcript!(sandbox, @"
    $ ledger verify --proof ../proof.json --signers ~/only-a
    in checkpoint main/6 of ledger [uuid]:
      YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  note: one
    main/6  signed by a@x (SHA256:[key])
    ok: the proof holds
    ");
    assert_eq!(proof(&sandbox, &format!("ledger prove {hash}")), made);
}

#[test]
fn what_is_not_covered_is_not_proved() {
    let sandbox = covered();
    sandbox.bug("Third", "");
    transcript!(sandbox, @"
    $ ledger prove 3
    ! error: checkpoint main/6 does not cover REQ-YYYYMMDD-0003
    ! hint: ledger checkpoint covers what is on record by now
    [exit 4]
    $ ledger prove 000000000000
    ! error: checkpoint main/6 does not cover an event [head]
    ! hint: ledger checkpoint covers what is on record by now
    [exit 4]
    $ ledger prove 99
    ! error: there is no request 99
    ! hint: ledger list --all
    [exit 4]
    $ ledger prove 1 --origin other
    ! error: there is no checkpoint of other
    ! hint: ledger checkpoint
    [exit 4]
    $ ledger prove 1 --checkpoint nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger prove --help
    [exit 2]
    $ ledger prove
    ! error: the following required arguments were not provided:
    !   <REQ|EVENT>
    !
    ! Usage: ledger prove <REQ|EVENT>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger prove 1 --from x
    ! error: the argument '[REQ|EVENT]' cannot be used with '--from <FILE>'
    !
    ! Usage: ledger prove <REQ|EVENT>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ sed -i '$d' coordination/events/*-0001.jsonl; ledger prove 1
    ! error: 1 of what checkpoint main/6 covers is not here any more
    ! hint: ledger verify --checkpoint latest tells what; restore it from git
    [exit 9]
    ");
}

#[test]
fn whose_checkpoint_is_asked_where_it_is_not_clear() {
    let sandbox = covered();
    sandbox.run("ledger checkpoint --origin other -q");
    transcript!(sandbox, @"
    $ ledger prove 1
    ! error: whose newest checkpoint? --origin main or --origin other
    ! hint: ledger prove --help
    [exit 2]
    $ ledger prove 1 --origin other | ledger verify --proof - | tail -3
    other/6  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: the proof holds
    $ ledger checkpoint -q | wc -l; ledger prove 1 | grep -c inclusion
    1
    1
    ");
}

#[test]
fn any_change_to_a_proof_shows() {
    let sandbox = covered();
    let good = proof(&sandbox, "ledger prove 1");
    check(&sandbox, &good, &[]);
    let other = proof(&sandbox, "ledger prove 2");
    let wrong = ["proof-wrong"];
    let with = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    check(&sandbox, &with("/leaves/0/index", 4.into()), &wrong);
    check(&sandbox, &with("/leaves/0/path/0", good["leaves"][0]["path"][1].clone()), &wrong);
    check(&sandbox, &with("/leaves/0/path", Value::Array(Vec::new())), &wrong);
    check(&sandbox, &with("/leaves", Value::Array(Vec::new())), &wrong);
    check(&sandbox, &with("/leaves/0/leaf", other["leaves"][0]["leaf"].clone()), &wrong);
    check(&sandbox, &with("/packet", other["packet"].clone()), &wrong);
    check(&sandbox, &with("/events", other["events"].clone()), &wrong);
    check(&sandbox, &with("/format", 2.into()), &wrong);
    check(&sandbox, &with("/proof", "other".into()), &wrong);
    let text = |pointer: &str| good.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    check(&sandbox, &with("/events/1", text("/events/1").replace("one", "won").into()), &wrong);
    check(&sandbox, &with("/packet", text("/packet").replace("wrong", "right").into()), &wrong);
    // A path can't tell sizes apart between which it does not change; the signature over the checkpoint does.
    for size in ["3", "9"] {
        let other = text("/of/checkpoint").replace("\n6\n", &format!("\n{size}\n"));
        check(&sandbox, &with("/of/checkpoint", other.into()), &wrong);
    }
    let other = with("/of/checkpoint", text("/of/checkpoint").replace("\n6\n", "\n7\n").into());
    fs::write(sandbox.path("../proof.json"), other.to_string()).unwrap();
    finds(&sandbox, "ledger verify --proof ../proof.json --signers ~/only-a", &["signature-other-text"]);
    let mut shorter = good.clone();
    shorter["events"].as_array_mut().unwrap().pop();
    check(&sandbox, &shorter, &wrong);
    let repeated = |mut proof: Value, list: &str| {
        let first = proof[list][0].clone();
        proof[list].as_array_mut().unwrap().push(first);
        proof
    };
    for list in ["events", "leaves"] {
        check(&sandbox, &repeated(good.clone(), list), &wrong);
    }
    let log = fs::read_to_string(sandbox.path("coordination/events/REQ-TODAY-0001.jsonl")).unwrap();
    let hash = log.lines().next().unwrap().rsplit_once("\"hash\":\"").unwrap().1[..12].to_owned();
    let alone = proof(&sandbox, &format!("ledger prove {hash}"));
    check(&sandbox, &alone, &[]);
    check(&sandbox, &repeated(alone.clone(), "events"), &wrong);
    check(&sandbox, &repeated(alone, "leaves"), &wrong);
    let mut more = good.clone();
    more["more"] = 1.into();
    check(&sandbox, &more, &wrong);
    let mut enveloped = Value::Null;
    enveloped["v"] = 1.into();
    enveloped["data"] = good.clone();
    check(&sandbox, &enveloped, &[]);
    fs::write(sandbox.path("../proof.json"), "hello").unwrap();
    finds(&sandbox, "ledger verify --proof ../proof.json", &wrong);
}

#[test]
fn a_checkpoint_is_proved_to_go_on_from_another() {
    let sandbox = covered();
    sandbox.run("ledger note 2 --text more -q && ledger checkpoint --origin main --sign --key-file ~/a -q");
    let good = proof(&sandbox, "ledger prove --from ../kept/6.checkpoint");
    transcript!(sandbox, @r#"
    $ cd ..; ledger verify --proof proof.json --signers ~/only-a
    main/7 goes on from main/6: what that one covers is unchanged
    main/6  signed by a@x (SHA256:[key])
    main/7  signed by a@x (SHA256:[key])
    ok: the proof holds
    $ cd ..; ledger verify --proof proof.json --signers ~/only-a --json
    {
      "v": 1,
      "data": {
        "ok": true, "proof": "consistency", "signers": "[tmp]/home/only-a",
        "checkpoints": [
          {
            "ledger": "[uuid]", "origin": "main", "size": 6, "root": "[hash]",
            "signatures": [{"file": "proof.json", "key": "SHA256:[key]", "verdict": "good", "signer": "a@x"}]
          },
          {
            "ledger": "[uuid]", "origin": "main", "size": 7, "root": "[hash]",
            "signatures": [{"file": "proof.json", "key": "SHA256:[key]", "verdict": "good", "signer": "a@x"}]
          }
        ],
        "findings": []
      }
    }
    $ ledger prove --from ../kept/6.checkpoint --to ../kept/6.checkpoint | ledger verify --proof - --signers ~/only-a
    main/6 goes on from main/6: what that one covers is unchanged
    main/6  signed by a@x (SHA256:[key])
    main/6  signed by a@x (SHA256:[key])
    ok: the proof holds
    $ ledger prove --from coordination/checkpoints/main/7.checkpoint --to ../kept/6.checkpoint
    ! error: main/7 covers more than main/6: give the earlier one as --from
    ! hint: ledger prove --help
    [exit 2]
    $ ledger checkpoint --origin other -q; ledger prove --from ../kept/6.checkpoint --to coordination/checkpoints/other/7.checkpoint
    coordination/checkpoints/other/7.checkpoint
    ! error: main/6 and other/7 are checkpoints of different lists
    ! hint: ledger prove --help
    [exit 2]
    "#);
    let mut backwards = good.clone();
    (backwards["from"], backwards["to"]) = (good["to"].clone(), good["from"].clone());
    check(&sandbox, &backwards, &["proof-wrong"]);
    let mut changed = good.clone();
    changed["path"][0] = good["path"][1].clone();
    check(&sandbox, &changed, &["proof-wrong"]);
    // A list that was made anew does not go on from what was kept.
    sandbox
        .run("rm -rf coordination/checkpoints && ledger note 1 --text late -q && ledger checkpoint --origin main -q");
    assert_eq!(sandbox.shell("ledger prove --from ../kept/6.checkpoint").status.code(), Some(9));
}

#[test]
fn the_signed_approvals_of_a_request_are_checked_with_its_proof() {
    let sandbox = governed();
    sandbox.run("ledger approve 1 --as sponsor --sign --key-file ~/a -q");
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b --actor bob -q");
    sandbox.run("ledger checkpoint --origin main --sign --key-file ~/a -q");
    transcript!(sandbox, @r#"
    $ ledger prove 1 > ../proof.json; mv coordination away
    $ cd ..; ledger verify --proof proof.json | tail -6
      YYYY-MM-DD hh:mm:ssZ  v3  bob  approved as pm, signed
    main/4  signed by SHA256:[key], unchecked
    approval v2 as sponsor  signed by SHA256:[key], unchecked
    approval v3 as pm  signed by SHA256:[key], unchecked
    no signature was checked against anyone: name the signers with --signers FILE
    ok: the proof holds
    $ cd ..; ledger verify --proof proof.json --signers ~/signers | tail -4
    main/4  signed by alice (SHA256:[key])
    approval v2 as sponsor  signed by alice (SHA256:[key])
    approval v3 as pm  signed by bob (SHA256:[key])
    ok: the proof holds
    $ cd ..; ledger verify --proof proof.json --signers ~/signers --json | sed -n '/approvals/,/signers/p'
    {
      "v": 1,
      "data": {
        "ok": true, "proof": "inclusion", "id": "REQ-YYYYMMDD-0001", "leaves": ["event REQ-YYYYMMDD-0001 [hash]"],
        "events": [
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 1, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "REQUEST_CREATED", "to": "PROPOSED",
            "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
          },
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "APPROVED",
            "data": {"role": "sponsor", "signature": "[signature]\n"}, "parents": ["[hash]"], "hash": "[hash]"
          },
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "bob", "type": "APPROVED",
            "data": {"role": "pm", "signature": "[signature]\n"}, "parents": ["[hash]"], "hash": "[hash]"
          }
        ],
        "at_least": true,
        "approvals": [
          {
            "n": 2, "event": "[hash]", "by": "alice", "role": "sponsor",
            "signature": {"key": "SHA256:[key]", "verdict": "good", "signer": "alice"}
          },
          {
            "n": 3, "event": "[hash]", "by": "bob", "role": "pm",
            "signature": {"key": "SHA256:[key]", "verdict": "good", "signer": "bob"}
          }
        ],
        "signers": "[tmp]/home/signers",
        "checkpoints": [
          {
            "ledger": "[uuid]", "origin": "main", "size": 4, "root": "[hash]",
            "signatures": [{"file": "proof.json", "key": "SHA256:[key]", "verdict": "good", "signer": "alice"}]
          }
        ],
        "findings": []
      }
    }
    $ cd ..; grep alice ~/signers > ~/only-alice; ledger verify --proof proof.json --signers ~/only-alice
    proof.json: violation signature-unknown-key: event 3: the approval as pm: the signers file does not name SHA256:[key] for bob
      fix: name the key for whoever approved in the signers file, if it is theirs; else have it approved anew
    REQ-YYYYMMDD-0001  Totals are wrong
    checkpoint main/4 of ledger [uuid] covers at least this of it:
      YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
      YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor, signed
      YYYY-MM-DD hh:mm:ssZ  v3  bob  approved as pm, signed
    main/4  signed by alice (SHA256:[key])
    approval v2 as sponsor  signed by alice (SHA256:[key])
    approval v3 as pm  not counted: SHA256:[key]
    1 finding
    [exit 3]
    "#);
    finds(&sandbox, "ledger verify --proof ../proof.json", &[]);
    finds(&sandbox, "ledger verify --proof ../proof.json --signers ~/signers", &[]);
    finds(
        &sandbox,
        "ledger verify --proof ../proof.json --signers ~/signers --revoked ~/b.pub",
        &["signature-key-revoked"],
    );
}

#[test]
fn an_approval_that_is_not_of_who_it_says_is_found_in_a_proof() {
    let sandbox = governed();
    let check = "ledger prove 1 | ledger verify --proof - --signers ~/signers";
    // Alice's name, Bob's key.
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b -q");
    sandbox.run("ledger checkpoint --origin main --sign --key-file ~/a -q");
    finds(&sandbox, check, &["signature-unknown-key"]);
    // Bob's own, but of what the request was before somebody wrote it anew.
    let sandbox = governed();
    sandbox.run("ledger note 1 --text before -q");
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b --actor bob -q");
    let path = sandbox.path("coordination/events/REQ-TODAY-0001.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    fs::write(&path, rewritten(&log, "\"before\"", "\"after\"")).unwrap();
    sandbox.run("ledger checkpoint --origin main --sign --key-file ~/a -q");
    finds(&sandbox, check, &["signature-other-text"]);
}

#[test]
fn the_proof_of_an_event_alone_does_not_say_what_an_approval_was_over() {
    let sandbox = governed();
    sandbox.run("ledger approve 1 --as sponsor --sign --key-file ~/a -q");
    sandbox.run("ledger checkpoint --origin main --sign --key-file ~/a -q");
    let log = sandbox.json("ledger log 1 --json --limit 1");
    let hash = log["data"]["events"][0]["hash"].as_str().unwrap();
    proof(&sandbox, &format!("ledger prove {hash}"));
    transcript!(sandbox, @"
    $ ledger verify --proof ../proof.json --signers ~/signers
    ../proof.json: note signature-unchecked: event 2: the signature of the approval as sponsor was not checked: it is over the packet too, which the proof of an event alone does not hold
      fix: ask for a proof of the request: ledger prove REQ
    in checkpoint main/3 of ledger [uuid]:
      YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  approved as sponsor, signed
    main/3  signed by alice (SHA256:[key])
    approval v2 as sponsor  signed by SHA256:[key], unchecked
    ok: the proof holds, 1 note
    ");
}

/// Whoever makes a proof of a request may leave out what came last: it shows what is on record at least, and says so.
#[test]
fn a_proof_without_the_newest_events_claims_no_more_than_it_shows() {
    let sandbox = covered();
    let mut cut = proof(&sandbox, "ledger prove 1");
    let hash = |event: &Value| serde_json::from_str::<Value>(event.as_str().unwrap()).unwrap()["hash"].clone();
    let events = cut["events"].as_array().unwrap().clone();
    let second = hash(&events[1]);
    let of_second = proof(&sandbox, &format!("ledger prove {}", second.as_str().unwrap()));
    cut["events"] = events[..2].to_vec().into();
    cut["leaves"] = of_second["leaves"].clone();
    fs::write(sandbox.path("../proof.json"), cut.to_string()).unwrap();
    transcript!(sandbox, @"
    $ cd ..; ledger verify --proof proof.json --signers ~/only-a
    REQ-YYYYMMDD-0001  Totals are wrong
    checkpoint main/6 of ledger [uuid] covers at least this of it:
      YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
      YYYY-MM-DD hh:mm:ssZ  v2  alice  note: one
    main/6  signed by a@x (SHA256:[key])
    ok: the proof holds
    ");
}
