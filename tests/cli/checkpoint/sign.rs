//! Signing checkpoints, and whose signatures count.

use super::{covered, finds, with_keys};
use crate::transcript;

const VERIFY: &str = "ledger verify --checkpoint latest --signers";

#[test]
fn a_signed_checkpoint_says_who_signed_it() {
    transcript!(with_keys(), @r#"
    $ ledger checkpoint --origin main --sign --key-file ~/a
    main/2  2 leaves, 2 new
      root   [hash]
      file   coordination/checkpoints/main/2.checkpoint
      signed SHA256:[key]
             coordination/checkpoints/main/2.checkpoint.[key].sig
    $ ledger verify --checkpoint latest
    main/2  signed by SHA256:[key], unchecked
    no signature was checked against anyone: name the signers with --signers FILE
    ok: 1 checkpoint, 2 leaves verified
    $ ledger verify --checkpoint latest --signers ~/only-a
    main/2  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 2 leaves verified
    $ ledger verify --checkpoint latest --signers ~/only-a --json
    {
      "v": 1,
      "data": {
        "ok": true, "signers": "[tmp]/home/only-a",
        "checkpoints": [
          {
            "ledger": "[uuid]", "origin": "main", "size": 2, "root": "[hash]",
            "file": "coordination/checkpoints/main/2.checkpoint",
            "signatures": [
              {
                "file": "coordination/checkpoints/main/2.checkpoint.[key].sig", "key": "SHA256:[key]",
                "verdict": "good", "signer": "a@x"
              }
            ]
          }
        ],
        "findings": []
      }
    }
    $ ledger checkpoint --origin main --sign --key-file ~/a
    main/2  2 leaves, nothing new since it was taken
      root   [hash]
      file   coordination/checkpoints/main/2.checkpoint
      signed SHA256:[key] (before)
             coordination/checkpoints/main/2.checkpoint.[key].sig
    $ ledger checkpoint --origin main --sign --key-file ~/b --json
    {
      "v": 1,
      "data": {
        "origin": "main", "size": 2, "new": 0, "root": "[hash]",
        "file": "coordination/checkpoints/main/2.checkpoint",
        "text": "coordination-ledger/[uuid]/main\n2\n[root]\n\n", "deduplicated": true, "dry_run": false,
        "signature": {
          "file": "coordination/checkpoints/main/2.checkpoint.[key].sig", "key": "SHA256:[key]",
          "deduplicated": false
        }
      }
    }
    $ ledger verify --checkpoint latest --signers ~/both
    main/2  signed by a@x (SHA256:[key]); signed by b@x (SHA256:[key])
    ok: 1 checkpoint, 2 leaves verified
    $ ledger verify --checkpoint latest --signers ~/only-b
    coordination/checkpoints/main/2.checkpoint.[key].sig: note signature-unknown-key: the signers file does not name SHA256:[key]
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    main/2  signed by b@x (SHA256:[key]); not counted: SHA256:[key]
    ok: 1 checkpoint, 2 leaves verified, 1 note
    "#);
}

#[test]
fn openssh_alone_can_check_it() {
    transcript!(covered(), @r#"
    $ cd ../kept; ssh-keygen -Y verify -f ~/only-a -I a@x -n ledger-checkpoint@v1 -s 6.checkpoint.*.sig < 6.checkpoint
    Good "ledger-checkpoint@v1" signature for a@x with ED25519 key SHA256:[key]
    "#);
}

#[test]
fn a_signature_that_openssh_alone_made_counts() {
    let sandbox = with_keys();
    sandbox.run("ledger checkpoint --origin main -q");
    sandbox.run("ssh-keygen -q -Y sign -f ~/b -n ledger-checkpoint@v1 coordination/checkpoints/main/2.checkpoint");
    finds(&sandbox, &format!("{VERIFY} ~/only-b"), &[]);
    finds(&sandbox, "ledger verify", &[]);
}

#[test]
fn the_key_of_git_serves() {
    let sandbox = with_keys();
    sandbox.run("git init -q .");
    transcript!(sandbox, @"
    $ ledger checkpoint --origin main --sign
    ! error: nobody says with which key to sign: git does not sign with SSH keys here (gpg.format)
    ! hint: with --key-file FILE, or once for all: git config gpg.format ssh && git config user.signingKey FILE
    [exit 2]
    $ git config gpg.format ssh; ledger checkpoint --origin main --sign
    ! error: nobody says with which key to sign: git has no user.signingKey
    ! hint: with --key-file FILE, or once for all: git config gpg.format ssh && git config user.signingKey FILE
    [exit 2]
    $ git config user.signingKey ~/a; ledger checkpoint --origin main --sign -q && ledger verify --checkpoint latest --signers ~/only-a
    coordination/checkpoints/main/2.checkpoint
    main/2  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 2 leaves verified
    $ git config user.signingKey '~/b'; ledger checkpoint --origin main --sign -q && ledger verify --checkpoint latest --signers ~/only-b | tail -1
    coordination/checkpoints/main/2.checkpoint
    ok: 1 checkpoint, 2 leaves verified, 1 note
    ");
}

#[test]
fn a_key_in_an_agent_serves() {
    let sandbox = with_keys();
    sandbox.run("git init -q . && git config gpg.format ssh && git config user.signingKey \"key::$(cat ~/a.pub)\"");
    sandbox.run("ssh-agent sh -c 'ssh-add -q ~/a ~/b && rm ~/a ~/b && ledger checkpoint --origin main --sign -q && ledger checkpoint --origin main --sign --key-file ~/b.pub -q'");
    transcript!(sandbox, @"
    $ ledger verify --checkpoint latest --signers ~/both
    main/2  signed by a@x (SHA256:[key]); signed by b@x (SHA256:[key])
    ok: 1 checkpoint, 2 leaves verified
    $ ledger checkpoint --origin main --sign
    ! error: ssh-keygen did not sign: Couldn't get agent socket
    ! hint: see the key and its agent; a passphrase is asked for at a terminal only: ssh-add FILE
    [exit 1]
    ");
}

#[test]
fn the_program_that_git_signs_with_serves() {
    let sandbox = with_keys();
    sandbox.run(
        "printf '#!/bin/sh\\necho \"$@\" >> ~/called\\nexec ssh-keygen \"$@\"\\n' > ~/signer && chmod +x ~/signer && git init -q . && \
         git config gpg.format ssh && git config user.signingKey ~/a && git config --global gpg.ssh.program ~/signer && \
         ledger checkpoint --origin main --sign -q",
    );
    finds(&sandbox, &format!("{VERIFY} ~/only-a"), &[]);
    assert!(sandbox.run("cat ~/called").starts_with("-Y sign -n ledger-checkpoint@v1 -f "));
}

#[test]
fn nobody_is_asked_for_a_passphrase_without_a_terminal() {
    transcript!(with_keys(), @r#"
    $ ledger checkpoint --origin main --sign --key-file ~/locked
    ! error: ssh-keygen did not sign: Load key "[tmp]/home/locked": incorrect passphrase supplied to decrypt private key
    ! hint: see the key and its agent; a passphrase is asked for at a terminal only: ssh-add FILE
    [exit 1]
    $ ledger checkpoint --origin main --sign --key-file ~/nowhere
    ! error: ssh-keygen did not sign: Couldn't load public key [tmp]/home/nowhere: No such file or directory
    ! hint: see the key and its agent; a passphrase is asked for at a terminal only: ssh-add FILE
    [exit 1]
    $ ledger verify --checkpoint latest
    main/2  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: 1 checkpoint, 2 leaves verified
    $ ledger verify --checkpoint latest --signers ~/only-a
    coordination/checkpoints/main/2.checkpoint: violation signature-missing: nobody has signed the checkpoint
      fix: ledger checkpoint --sign --origin main signs the newest one
    main/2  not signed
    1 finding
    [exit 3]
    "#);
}

#[test]
fn a_program_that_hangs_is_not_waited_for_without_end() {
    let sandbox = with_keys();
    sandbox.run("printf '#!/bin/sh\\nexec sleep 60\\n' > ~/signer && chmod +x ~/signer && git init -q . && git config gpg.format ssh && git config user.signingKey ~/a && git config --global gpg.ssh.program ~/signer");
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main --sign --timeout 500ms 2>&1 | sed "s|$HOME|~|"
    error: ~/signer did not end within the budget
    hint: try again, with a longer --timeout
    "#);
}

#[test]
fn a_key_that_does_not_count_is_found() {
    let sandbox = covered();
    sandbox.run(
        r#"cd ~ && key="$(cut -d' ' -f1,2 a.pub)" && echo "a@x valid-before=\"20200101\" $key" > expired &&
           echo "a@x valid-after=\"20990101\" $key" > future && echo "a@x namespaces=\"git\" $key" > git-only &&
           echo "a@x namespaces=\"git,ledger-*\",valid-after=\"20200101\" $key" > good && cp a.pub revoked && : > nobody"#,
    );
    for (signers, codes) in [
        ("only-a", [].as_slice()),
        ("good", &[]),
        ("only-b", &["signature-unknown-key"]),
        ("nobody", &["signature-unknown-key"]),
        ("expired", &["signature-key-expired"]),
        ("future", &["signature-key-not-yet-valid"]),
        ("git-only", &["signature-key-not-permitted"]),
        ("only-a --revoked ~/revoked", &["signature-key-revoked"]),
        ("only-a --revoked ~/b.pub", &[]),
    ] {
        finds(&sandbox, &format!("{VERIFY} ~/{signers}"), codes);
        finds(&sandbox, &format!("ledger verify --checkpoint ../kept/6.checkpoint --signers ~/{signers}"), codes);
    }
}

#[test]
fn a_certificate_counts_by_its_authority() {
    let sandbox = with_keys();
    sandbox.run(
        r#"cd ~ && ssh-keygen -q -s b -I team -n a@x a.pub && echo "*@x cert-authority $(cut -d' ' -f1,2 b.pub)" > authority &&
           cd - && ledger checkpoint --origin main --sign --key-file ~/a-cert.pub -q"#,
    );
    finds(&sandbox, &format!("{VERIFY} ~/authority"), &[]);
    finds(&sandbox, &format!("{VERIFY} ~/only-b"), &["signature-unknown-key"]);
}

#[test]
fn what_is_no_signature_of_this_checkpoint_is_found() {
    let sandbox = covered();
    let place = "coordination/checkpoints/main/6.checkpoint";
    sandbox.run(&format!("rm {place}.*.sig"));
    let verify = format!("{VERIFY} ~/only-a");
    finds(&sandbox, &verify, &["signature-missing"]);
    let sign = |namespace: &str, text: &str| {
        sandbox.run(&format!("printf '{text}' | ssh-keygen -q -Y sign -f ~/a -n {namespace} > {place}.x.sig"));
    };
    sign("git", "$(cat coordination/checkpoints/main/6.checkpoint)");
    finds(&sandbox, &verify, &["signature-other-namespace"]);
    sign("ledger-approval@v1", "x");
    finds(&sandbox, &verify, &["signature-other-namespace"]);
    sign("ledger-checkpoint@v1", "another text");
    finds(&sandbox, &verify, &["signature-other-text"]);
    sandbox.run(&format!("echo none > {place}.x.sig"));
    finds(&sandbox, &verify, &["signature-damaged"]);
    // One good one does not make up for one that was made for something else.
    sandbox.run(&format!("cp ../kept/*.sig {}", "coordination/checkpoints/main/"));
    finds(&sandbox, &verify, &["signature-damaged"]);
}

/// What is told about a signature is mended by what is told to do about it.
#[test]
fn what_is_to_be_done_about_a_signature_helps() {
    let sandbox = covered();
    let place = "coordination/checkpoints/main/6.checkpoint";
    sandbox.run(&format!("rm {place}.*.sig && echo none > {place}.x.sig"));
    sandbox.run("git config --global gpg.format ssh && git config --global user.signingKey ~/a.pub && git init -q");
    for code in ["signature-damaged", "signature-missing"] {
        let found = sandbox.json(&format!("{VERIFY} ~/only-a --json || true"));
        let finding = &found["data"]["findings"][0];
        assert_eq!(finding["code"], code, "{found}");
        let fix = finding["fix"].as_str().unwrap();
        let (remove, sign) = fix.split_once(", and ").unwrap_or(("", fix));
        sandbox.run(remove.strip_prefix("see where it comes from; then ").unwrap_or("true"));
        if code == "signature-missing" {
            sandbox.run(&format!("{} -q", sign.strip_suffix(" signs the newest one").unwrap()));
        }
    }
    finds(&sandbox, &format!("{VERIFY} ~/only-a"), &[]);
}

#[test]
fn a_key_that_the_ledger_does_not_let_sign_signs_no_checkpoint() {
    let sandbox = with_keys();
    sandbox.run("cp ~/only-a coordination/allowed_signers");
    transcript!(sandbox, @r#"
    $ ledger checkpoint --origin main --sign --key-file ~/b
    ! error: the signature would not count here: the signers file does not name SHA256:[key]
    ! hint: sign with a key that coordination/allowed_signers names: --key-file FILE; or have yours added there
    [exit 5]
    $ cp ~/a.pub coordination/revoked_signers; ledger checkpoint --origin main --sign --key-file ~/a
    ! error: the signature would not count here: SHA256:[key] was revoked
    ! hint: sign with a key that coordination/allowed_signers names: --key-file FILE; or have yours added there
    [exit 5]
    $ ls coordination/checkpoints/main
    2.checkpoint
    leaves
    "#);
}

#[test]
fn the_ledger_can_name_its_signers_itself() {
    transcript!(covered(), @"
    $ cp ~/only-a coordination/allowed_signers; ledger verify --checkpoint latest
    main/6  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 6 leaves verified
    $ cp ~/only-b coordination/allowed_signers; ledger verify --checkpoint latest
    coordination/checkpoints/main/6.checkpoint.[key].sig: violation signature-unknown-key: the signers file does not name SHA256:[key]
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    main/6  not counted: SHA256:[key]
    1 finding
    [exit 3]
    $ ledger verify --checkpoint latest --signers ~/only-a
    main/6  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 6 leaves verified
    $ cp ~/a.pub coordination/revoked_signers; ledger verify --checkpoint latest --signers ~/only-a
    coordination/checkpoints/main/6.checkpoint.[key].sig: violation signature-key-revoked: SHA256:[key] was revoked
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    main/6  not counted: SHA256:[key]
    1 finding
    [exit 3]
    $ ledger verify --checkpoint latest --signers ~/nowhere
    ! error: could not read [tmp]/home/nowhere: No such file or directory (os error 2)
    ! hint: ledger verify --help
    [exit 2]
    $ rm coordination/allowed_signers; mkfifo coordination/allowed_signers; ledger verify --checkpoint latest
    ! error: [tmp]/work/coordination/allowed_signers: it is not a plain file
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    ");
}

/// Also where nobody asks about checkpoints: who signed the newest is judged as soon as it is known who counts.
#[test]
fn a_plain_verify_looks_at_who_signed_the_newest_checkpoint() {
    transcript!(covered(), @"
    $ ledger verify --signers ~/only-a
    ok: 2 requests, 4 events, 1 checkpoint verified
    $ ledger verify --signers ~/only-b
    coordination/checkpoints/main/6.checkpoint.[key].sig: violation signature-unknown-key: the signers file does not name SHA256:[key]
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    1 finding: 2 requests, 4 events, 1 checkpoint verified
    [exit 3]
    $ cp ~/only-b coordination/allowed_signers; ledger doctor | grep signature-
    coordination/checkpoints/main/6.checkpoint.[key].sig: warning signature-unknown-key: the signers file does not name SHA256:[key]
    $ rm coordination/allowed_signers; ledger note 1 --text more -q; ledger checkpoint --origin main -q; ledger verify --signers ~/only-a
    REQ-YYYYMMDD-0001
    coordination/checkpoints/main/7.checkpoint
    coordination/checkpoints/main/7.checkpoint: note signature-missing: nobody has signed the checkpoint
      fix: ledger checkpoint --sign --origin main signs the newest one
    ok: 2 requests, 5 events, 2 checkpoints verified, 1 note
    $ ledger verify
    ok: 2 requests, 5 events, 2 checkpoints verified
    ");
}

/// ssh-keygen takes such a file for one that revokes every key, or names nobody.
#[test]
fn files_of_signers_that_are_none_are_told_apart_from_those_that_name_nobody() {
    transcript!(covered(), @r#"
    $ echo garbage > ~/garbage; ledger verify --checkpoint latest --signers ~/only-a --revoked ~/garbage
    ! error: [tmp]/home/garbage: line 1 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)
    ! hint: ledger verify --help
    [exit 2]
    $ ledger verify --revoked ~/garbage --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "input",
    !     "message": "[tmp]/home/garbage: line 1 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)",
    !     "hint": "ledger verify --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ cat ~/b.pub ~/garbage > ~/mixed; ledger verify --signers ~/only-a --revoked ~/mixed
    ! error: [tmp]/home/mixed: line 2 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)
    ! hint: ledger verify --help
    [exit 2]
    $ ledger prove 1 > ../proof.json; ledger verify --proof ../proof.json --signers ~/only-a --revoked ~/mixed
    ! error: [tmp]/home/mixed: line 2 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)
    ! hint: ledger verify --help
    [exit 2]
    $ ssh-keygen -q -k -f ~/list ~/b.pub && head -c -3 ~/list > ~/short; ledger verify --checkpoint latest --signers ~/only-a --revoked ~/list; ledger verify --checkpoint latest --signers ~/only-a --revoked ~/short
    main/6  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 6 leaves verified
    ! error: [tmp]/home/short: it begins as a key revocation list (KRL) and is none: it is cut short or was changed
    ! hint: ledger verify --help
    [exit 2]
    $ ssh-keygen -q -k -f ~/list ~/a.pub; ledger verify --checkpoint latest --signers ~/only-a --revoked ~/list
    coordination/checkpoints/main/6.checkpoint.[key].sig: violation signature-key-revoked: SHA256:[key] was revoked
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    main/6  not counted: SHA256:[key]
    1 finding
    [exit 3]
    $ : > ~/empty; ledger verify --checkpoint latest --signers ~/only-a --revoked ~/empty
    main/6  signed by a@x (SHA256:[key])
    ok: 1 checkpoint, 6 leaves verified
    $ ledger verify --checkpoint latest --signers ~/garbage
    ! error: [tmp]/home/garbage: line 1 names no signer: expected names, options if any, the type of a key and the key (ssh-keygen(1), ALLOWED SIGNERS)
    ! hint: ledger verify --help
    [exit 2]
    $ cat ~/only-a ~/b.pub > ~/mixed; ledger verify --signers ~/mixed
    ! error: [tmp]/home/mixed: line 2 names no signer: expected names, options if any, the type of a key and the key (ssh-keygen(1), ALLOWED SIGNERS)
    ! hint: ledger verify --help
    [exit 2]
    $ ledger verify --checkpoint latest --signers ~/empty
    coordination/checkpoints/main/6.checkpoint.[key].sig: violation signature-unknown-key: the signers file does not name SHA256:[key]
      fix: have it signed by a key that the signers file names: ledger checkpoint --sign --origin main
    main/6  not counted: SHA256:[key]
    1 finding
    [exit 3]
    $ sed 's/^a@x/*/' ~/only-a > ~/any; ledger verify --checkpoint latest --signers ~/any
    main/6  signed with a key of whoever is named * (SHA256:[key])
    ok: 1 checkpoint, 6 leaves verified
    # The ledger's own.
    $ cp ~/only-a coordination/allowed_signers; cp ~/garbage coordination/revoked_signers; ledger verify
    coordination/revoked_signers: damage bad-file: line 1 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)
      fix: mend it, or restore it from a copy, or from another clone
    1 finding: 2 requests, 4 events, 1 checkpoint verified
    [exit 9]
    $ ledger verify --checkpoint latest
    ! error: [tmp]/work/coordination/revoked_signers: line 1 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ ledger doctor | grep -A 1 signers
    coordination/revoked_signers: error bad-file: line 1 is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)
      fix: mend it, or restore it from a copy, or from another clone
    $ rm coordination/revoked_signers; cp ~/garbage coordination/allowed_signers; ledger verify; ledger approve 1 --as sponsor --sign --key-file ~/a
    coordination/allowed_signers: damage bad-file: line 1 names no signer: expected names, options if any, the type of a key and the key (ssh-keygen(1), ALLOWED SIGNERS)
      fix: mend it, or restore it from a copy, or from another clone
    1 finding: 2 requests, 4 events, 1 checkpoint verified
    ! error: [tmp]/work/coordination/allowed_signers: line 1 names no signer: expected names, options if any, the type of a key and the key (ssh-keygen(1), ALLOWED SIGNERS)
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    "#);
}
