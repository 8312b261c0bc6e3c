//! Signed approvals.

use std::fs;

use super::{KEYS, finds, rewritten, with_keys};
use crate::common::Sandbox;
use crate::transcript;

/// A ledger in which approvals must be signed, and Alice and Bob hold roles.
pub(super) fn governed() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.run("ledger init --name acme --mode governed");
    sandbox.run(
        r#"sed -i 's/"roles": {}/"roles": {"sponsor": ["alice"], "pm": ["alice", "bob"]}, "approvals": {"signatures": "required"}/' coordination/ledger.json"#,
    );
    sandbox.run(KEYS);
    sandbox.run(
        r#"cd ~ && echo "alice $(cut -d' ' -f1,2 a.pub)" > signers && echo "bob $(cut -d' ' -f1,2 b.pub)" >> signers"#,
    );
    sandbox.bug("Totals are wrong", "");
    sandbox
}

#[test]
fn an_approval_is_signed_over_the_request_as_it_stands() {
    transcript!(governed(), @r#"
    $ ledger approve 1 --as sponsor
    ! error: REQ-YYYYMMDD-0001: an approval of a governed request must be signed here
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign
    [exit 5]
    $ ledger approve 1 --as sponsor --sign --key-file ~/a --reason fine --key k
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor, signed: fine
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger approve 1 --as sponsor --sign --key-file ~/a --reason fine --key k
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor, signed: fine (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger approve 1 --as sponsor --reason fine --key k
    ! error: the key "k" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor, signed: fine
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger log 1 --json --limit 1
    {
      "v": 1,
      "data": {
        "events": [
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "APPROVED", "key": "k",
            "data": {"role": "sponsor", "reason": "fine", "signature": "[signature]\n"}, "parents": ["[hash]"],
            "hash": "[hash]"
          }
        ],
        "has_more": true, "damaged": []
      }
    }
    $ ledger verify
    coordination/allowed_signers: note signature-unchecked: there is no such file: 1 signed approval was not checked against anyone
      fix: name those whose signatures count in it, or in another file: --signers FILE
    ok: 1 request, 2 events verified, 1 note
    $ ledger verify --signers ~/signers
    ok: 1 request, 2 events verified
    $ cp ~/signers coordination/allowed_signers; ledger verify
    ok: 1 request, 2 events verified
    "#);
}

#[test]
fn openssh_alone_can_check_it() {
    let sandbox = governed();
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b --actor bob -q");
    let event = sandbox.json("ledger log 1 --json --limit 1")["data"]["events"][0].clone();
    let shown = sandbox.json("ledger show 1 --json");
    let settings: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path("coordination/ledger.json")).unwrap()).unwrap();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let text = format!(
        "ledger-approval@v1\nledger {}\nrequest {}\npacket {}\nhead {}\nby bob\nas pm\n",
        word(&settings["ledger_id"]),
        word(&event["stream"]),
        word(&shown["data"]["packet_hash"]),
        word(&event["parents"][0]),
    );
    fs::write(sandbox.path("text"), text).unwrap();
    fs::write(sandbox.path("sig"), word(&event["data"]["signature"])).unwrap();
    sandbox.run("ssh-keygen -Y verify -f ~/signers -I bob -n ledger-approval@v1 -s sig < text");
}

#[test]
fn a_signature_that_does_not_count_is_found() {
    let sandbox = governed();
    let verify = "ledger verify --signers ~/signers";
    // Alice's name, Bob's key.
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b -q");
    finds(&sandbox, verify, &["signature-unknown-key"]);
    transcript!(sandbox, @"
    $ ledger verify --signers ~/signers
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: violation signature-unknown-key: event 2: the approval as pm: the signers file does not name SHA256:[key] for alice
      fix: ledger approve REQ-YYYYMMDD-0001 --as pm --sign, by whoever holds the role
    1 finding: 1 request, 2 events verified
    [exit 3]
    ");
}

#[test]
fn an_approval_that_was_changed_is_found() {
    let sandbox = governed();
    sandbox.run("ledger note 1 --text before -q");
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b --actor bob --reason fine -q");
    let verify = "ledger verify 1 --signers ~/signers";
    finds(&sandbox, verify, &[]);
    let path = sandbox.path("coordination/events/REQ-TODAY-0001.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    for (from, to, code) in [
        ("\"fine\"", "\"mine\"", "signature-other-text"),
        ("\"pm\"", "\"sponsor\"", "signature-other-text"),
        ("\"by\":\"bob\"", "\"by\":\"alice\"", "signature-other-text"),
        // The request before it, and with it the head that was signed.
        ("\"before\"", "\"after\"", "signature-other-text"),
        ("BEGIN SSH", "BEGIN SSS", "signature-damaged"),
    ] {
        fs::write(&path, rewritten(&log, from, to)).unwrap();
        finds(&sandbox, verify, &[code]);
    }
    fs::write(&path, rewritten(&log, "\"approved\"", "\"x\"")).unwrap();
    finds(&sandbox, verify, &[]);
}

#[test]
fn a_key_counts_at_the_time_of_the_approval() {
    let sandbox = governed();
    sandbox.run("ledger approve 1 --as pm --sign --key-file ~/b --actor bob -q");
    for (options, codes) in [
        ("valid-before=\"20200101\"", ["signature-key-expired"].as_slice()),
        ("valid-after=\"20990101\"", &["signature-key-not-yet-valid"]),
        ("namespaces=\"git\"", &["signature-key-not-permitted"]),
        ("namespaces=\"ledger-approval@v1\"", &[]),
    ] {
        sandbox.run(&format!("echo \"bob {} $(cut -d' ' -f1,2 ~/b.pub)\" > ~/some", options.replace('"', "\\\"")));
        finds(&sandbox, "ledger verify 1 --signers ~/some", codes);
    }
    finds(&sandbox, "ledger verify 1 --signers ~/signers --revoked ~/b.pub", &["signature-key-revoked"]);
}

#[test]
fn unsigned_approvals_from_before_are_told_until_there_is_a_signed_one() {
    let sandbox = governed();
    sandbox.run("sed -i s/required/optional/ coordination/ledger.json && ledger approve 1 --as pm -q && sed -i s/optional/required/ coordination/ledger.json");
    transcript!(sandbox, @"
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: violation approval-unsigned: event 2: nobody approved as pm with a signature, which the settings demand
      fix: ledger approve REQ-YYYYMMDD-0001 --as pm --sign
    1 finding: 1 request, 2 events verified
    [exit 3]
    $ ledger approve 1 --as pm --sign --key-file ~/a -q; ledger verify --signers ~/signers
    REQ-YYYYMMDD-0001
    ok: 1 request, 3 events verified
    ");
}

#[test]
fn only_governed_requests_must_be_approved_with_a_signature() {
    let sandbox = with_keys();
    sandbox.run(
        r#"sed -i 's/"roles": {}/"roles": {}, "approvals": {"signatures": "required"}/' coordination/ledger.json"#,
    );
    transcript!(sandbox, @"
    $ ledger approve 1 --as sponsor -q; ledger verify
    REQ-YYYYMMDD-0001
    ok: 1 request, 2 events verified
    ");
}

#[test]
fn what_changed_while_a_key_was_asked_for_is_a_conflict() {
    let sandbox = governed();
    // A program of git's that takes its time: meanwhile somebody else writes.
    sandbox.run(
        "printf '#!/bin/sh\\nunset LEDGER_ROOT\\nledger note 1 --text meanwhile -q >/dev/null\\nexec ssh-keygen \"$@\"\\n' > ~/signer && chmod +x ~/signer && git init -q . && \
         git config gpg.format ssh && git config user.signingKey ~/a && git config --global gpg.ssh.program ~/signer",
    );
    transcript!(sandbox, @"
    $ ledger approve 1 --as sponsor --sign
    ! error: REQ-YYYYMMDD-0001 is at version 2, not 1
    !   since then:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  note: meanwhile
    ! hint: ledger show REQ-YYYYMMDD-0001 tells how it is now: decide anew, with --expect-version 2
    [exit 6]
    ");
}

#[test]
fn a_dry_run_of_a_signed_approval_writes_nothing() {
    let sandbox = governed();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger approve 1 --as sponsor --sign --key-file ~/a --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  approved as sponsor, signed (dry run: nothing was written)
    $ ledger approve 1 --as sponsor --sign --key-file ~/locked
    ! error: ssh-keygen did not sign: Load key "[tmp]/home/locked": incorrect passphrase supplied to decrypt private key
    ! hint: see the key and its agent; a passphrase is asked for at a terminal only: ssh-add FILE
    [exit 1]
    $ ledger approve 1 --as sponsor --sign
    ! error: nobody says with which key to sign: git does not sign with SSH keys here (gpg.format)
    ! hint: with --key-file FILE, or once for all: git config gpg.format ssh && git config user.signingKey FILE
    [exit 2]
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn who_looks_at_a_request_sees_which_approvals_are_signed() {
    let sandbox = governed();
    sandbox.run("sed -i s/required/optional/ coordination/ledger.json && ledger approve 1 --as pm --actor bob -q");
    sandbox.run("ledger approve 1 --as sponsor --sign --key-file ~/a --reason fine -q");
    transcript!(sandbox, @r#"
    $ ledger show 1 | sed -n '/Approvals/,/^$/p'
    Approvals
      as pm  bob, YYYY-MM-DD hh:mm:ssZ (v2)
      as sponsor: fine  alice, YYYY-MM-DD hh:mm:ssZ (v3)
        signed by SHA256:[key], unchecked: ledger verify REQ-YYYYMMDD-0001 checks it

    $ ledger show 1 --json | tr ',' '\n' | grep -A2 '"signature"'
    "signature":{"key":"SHA256:[key]"
    "verdict":"unchecked"}
    "counts":true
    "#);
    // What is no signature at all, or was made for something else, shows without a look at anybody's key.
    let path = sandbox.path("coordination/events/REQ-TODAY-0001.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    fs::write(&path, rewritten(&log, "BEGIN SSH", "BEGIN SSS")).unwrap();
    transcript!(sandbox, @r#"
    $ ledger show 1 | sed -n '/Approvals/,/^$/p'
    Approvals
      as pm  bob, YYYY-MM-DD hh:mm:ssZ (v2)
      as sponsor: fine  alice, YYYY-MM-DD hh:mm:ssZ (v3)
        not counted: what is no signature

    $ ledger show 1 --json | tr ',' '\n' | grep -A1 '"signature"'
    "signature":{"verdict":"damaged"}
    "counts":true
    $ ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: violation signature-damaged: event 3: the approval as sponsor: it is no signature
      fix: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign, by whoever holds the role
    1 finding: 1 request, 3 events verified
    [exit 3]
    "#);
    sandbox.run("printf x | ssh-keygen -q -Y sign -f ~/a -n git > ~/other");
    let made = fs::read_to_string(sandbox.path("../home/other")).unwrap().replace('\n', "\\n");
    let (before, after) = log.rsplit_once("\"signature\":\"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    fs::write(&path, rewritten(&format!("{before}\"signature\":\"{made}\"{after}"), "", "")).unwrap();
    transcript!(sandbox, @r#"
    $ ledger show 1 | sed -n '/Approvals/,/^$/p'
    Approvals
      as pm  bob, YYYY-MM-DD hh:mm:ssZ (v2)
      as sponsor: fine  alice, YYYY-MM-DD hh:mm:ssZ (v3)
        not counted: SHA256:[key]

    $ ledger show 1 --json | tr ',' '\n' | grep -A1 '"signature"'
    "signature":{"key":"SHA256:[key]"
    "verdict":"other-namespace"}
    $ ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: violation signature-other-namespace: event 3: the approval as sponsor: it was made for something else: its namespace is "git"
      fix: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign, by whoever holds the role
    1 finding: 1 request, 3 events verified
    [exit 3]
    "#);
}

/// An approval from before the settings asked for signatures opens no gate any more.
#[test]
fn an_unsigned_approval_closes_nothing_where_it_must_be_signed() {
    let sandbox = governed();
    sandbox.run("sed -i s/required/optional/ coordination/ledger.json && ledger approve 1 --as sponsor -q && sed -i s/optional/required/ coordination/ledger.json");
    for step in ["accepted", "in-progress", "delivered --evidence commit=1", "verified --actor bob"] {
        sandbox.run(&format!("ledger transition 1 {step} -q"));
    }
    transcript!(sandbox, @"
    $ ledger transition 1 closed
    ! error: REQ-YYYYMMDD-0001: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor --sign)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign
    [exit 5]
    $ ledger approve 1 --as sponsor --sign --key-file ~/a -q; ledger transition 1 closed
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v8  alice  VERIFIED → CLOSED
    ");
}

/// Nor does one whose signature is worth nothing, whether that was known when it was put on record or not.
#[test]
fn a_signature_that_is_worth_nothing_closes_nothing() {
    let steps = ["accepted", "in-progress", "delivered --evidence commit=1", "verified --actor bob"];
    let sandbox = governed();
    sandbox.run("ledger approve 1 --as sponsor --sign --key-file ~/b -q");
    for step in steps {
        sandbox.run(&format!("ledger transition 1 {step} -q"));
    }
    sandbox.run("cp ~/signers coordination/allowed_signers");
    transcript!(sandbox, @r#"
    $ ledger transition 1 closed
    ! error: REQ-YYYYMMDD-0001: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor --sign)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign
    [exit 5]
    $ ledger show 1 | sed -n '/Approvals/,/^$/p'
    Approvals
      as sponsor (not counted)  alice, YYYY-MM-DD hh:mm:ssZ (v2)
        signed by SHA256:[key], unchecked: ledger verify REQ-YYYYMMDD-0001 checks it

    $ ledger show 1 --json | grep -o '"counts":false'
    "counts":false
    $ ledger approve 1 --as sponsor --sign --key-file ~/a -q; ledger transition 1 closed
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v8  alice  VERIFIED → CLOSED
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: note signature-unknown-key: event 2: the approval as sponsor: the signers file does not name SHA256:[key] for alice
      fix: nothing: the approval as sponsor of event 7 counts, though event 6 came before it
    ok: 1 request, 8 events verified, 1 note
    "#);
    // What was never a signature.
    let sandbox = governed();
    sandbox.run("ledger approve 1 --as sponsor --sign --key-file ~/a -q");
    for step in steps {
        sandbox.run(&format!("ledger transition 1 {step} -q"));
    }
    let log = sandbox.path("coordination/events/REQ-TODAY-0001.jsonl");
    let forged = rewritten(&fs::read_to_string(&log).unwrap(), "BEGIN SSH SIGNATURE", "nonsense");
    fs::write(&log, forged).unwrap();
    transcript!(sandbox, @r#"
    $ ledger transition 1 closed
    ! error: REQ-YYYYMMDD-0001: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor --sign)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign
    [exit 5]
    $ ledger show 1 | sed -n '/Approvals/,$p'
    Approvals
      as sponsor (not counted)  alice, YYYY-MM-DD hh:mm:ssZ (v2)
        not counted: what is no signature

    Next  for sponsor: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign
    "#);
}

/// Once somebody whose signature counts has approved what went on without it, that is told and no violation.
#[test]
fn what_went_on_before_an_approval_that_counts_is_told() {
    let sandbox = governed();
    sandbox.run("sed -i s/required/optional/ coordination/ledger.json && ledger approve 1 --as sponsor --sign --key-file ~/b -q");
    for step in ["accepted", "in-progress", "delivered --evidence commit=1", "verified --actor bob", "closed"] {
        sandbox.run(&format!("ledger transition 1 {step} -q"));
    }
    sandbox.run("sed -i s/optional/required/ coordination/ledger.json && cp ~/signers coordination/allowed_signers");
    transcript!(sandbox, @r#"
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: violation signature-unknown-key: event 2: the approval as sponsor: the signers file does not name SHA256:[key] for alice
      fix: ledger approve REQ-YYYYMMDD-0001 --as sponsor --sign, by whoever holds the role
    1 finding: 1 request, 7 events verified
    [exit 3]
    $ ledger approve 1 --as sponsor --sign --key-file ~/a -q; ledger verify
    REQ-YYYYMMDD-0001
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: note signature-unknown-key: event 2: the approval as sponsor: the signers file does not name SHA256:[key] for alice
      fix: nothing: the approval as sponsor of event 8 counts, though event 6 came before it
    ok: 1 request, 8 events verified, 1 note
    "#);
}

#[test]
fn a_signature_that_would_not_count_is_not_taken() {
    let sandbox = governed();
    sandbox.run("cp ~/signers coordination/allowed_signers");
    transcript!(sandbox, @r#"
    $ ledger approve 1 --as pm --sign --key-file ~/b
    ! error: the signature would not count here: the signers file does not name SHA256:[key] for alice
    ! hint: sign with a key that coordination/allowed_signers names: --key-file FILE; or have yours added there
    [exit 5]
    $ ledger approve 1 --as pm --sign --key-file ~/b --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "unknown-signer",
    !     "message": "the signature would not count here: the signers file does not name SHA256:[key] for alice",
    !     "hint": "sign with a key that coordination/allowed_signers names: --key-file FILE; or have yours added there",
    !     "retryable": false, "exit_status": 5
    !   }
    ! }
    [exit 5]
    $ ledger approve 1 --as pm --sign --key-file ~/b --actor bob
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  bob  approved as pm, signed
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger verify
    ok: 1 request, 2 events verified
    "#);
}

/// What is on record stays: once somebody whose signature counts has approved, one that does not count is no fault.
#[test]
fn a_strangers_approval_is_no_more_than_a_note_beside_one_that_counts() {
    let sandbox = governed();
    sandbox
        .run("ledger approve 1 --as pm --sign --key-file ~/b -q && ledger approve 1 --as pm --sign --key-file ~/a -q");
    transcript!(sandbox, @"
    $ ledger verify --signers ~/signers
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: note signature-unknown-key: event 2: the approval as pm: the signers file does not name SHA256:[key] for alice
      fix: nothing: the approval as pm of event 3 counts
    ok: 1 request, 3 events verified, 1 note
    ");
}
