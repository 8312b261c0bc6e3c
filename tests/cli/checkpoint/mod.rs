//! `ledger checkpoint`, `ledger prove`, and what `ledger verify` makes of both.

mod approvals;
mod prove;
mod scale;
mod sign;
mod take;
mod tampering;

use std::collections::HashMap;

use coordination_ledger::domain::event::DOMAIN_TAG;
use coordination_ledger::domain::hash::Hash;

use crate::common::Sandbox;

/// Keys `a`, `b`, and `locked` with a passphrase, in the home folder; and files that name them as signers.
const KEYS: &str = r#"cd ~ && for key in a b; do ssh-keygen -q -t ed25519 -N '' -C '' -f $key; done &&
    ssh-keygen -q -t ed25519 -N secret -C '' -f locked &&
    for key in a b; do echo "$key@x $(cut -d' ' -f1,2 $key.pub)" > only-$key; done && cat only-* > both"#;

/// A ledger with a bug, and keys.
fn with_keys() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.run(KEYS);
    sandbox
}

/// Two bugs, of which the first one has two notes, covered by the signed checkpoint main/6, which is kept elsewhere too.
fn covered() -> Sandbox {
    let sandbox = with_keys();
    sandbox.bug("Another", "");
    sandbox.run(
        "ledger note 1 --text one -q && ledger note 1 --text two -q && \
         ledger checkpoint --origin main --sign --key-file ~/a -q && \
         mkdir ../kept && cp coordination/checkpoints/main/6.checkpoint* ../kept/",
    );
    sandbox
}

/// How a command ends, and the codes of what it finds.
#[track_caller]
fn found(sandbox: &Sandbox, line: &str) -> (i32, Vec<String>) {
    let output = sandbox.shell(&format!("{line} --json"));
    let told = format!("$ {line}\n{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&told);
    let findings = answer["data"]["findings"].as_array().expect(&told);
    let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    (output.status.code().unwrap(), codes)
}

/// Checks what a command finds: nothing, or what makes it say no.
#[track_caller]
fn finds(sandbox: &Sandbox, line: &str, codes: &[&str]) {
    let status = if codes.is_empty() { 0 } else { 3 };
    assert_eq!(found(sandbox, line), (status, codes.iter().map(|code| (*code).to_owned()).collect()), "$ {line}");
}

/// A log whose texts are changed and whose hashes are all made anew, so that it is whole in itself.
fn rewritten(log: &str, from: &str, to: &str) -> String {
    let mut names: HashMap<String, String> = HashMap::new();
    let mut lines = String::new();
    for line in log.lines() {
        let (head, tail) = line.rsplit_once(",\"hash\":\"").unwrap();
        let before = tail.strip_suffix("\"}").unwrap();
        let mut head = head.replace(from, to);
        for (old, new) in &names {
            head = head.replace(old, new);
        }
        let hash = Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]).to_string();
        lines.push_str(&format!("{head},\"hash\":\"{hash}\"}}\n"));
        names.insert(before.to_owned(), hash);
    }
    lines
}
