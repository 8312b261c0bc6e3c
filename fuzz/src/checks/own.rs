//! A person's own files, and what the index remembers: the configuration, signers and revoked keys, `index.json`.

use std::io::{self, Cursor};
use std::path::Path;

use coordination_ledger::cli::config::{self, Config};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::id::RequestId;
use coordination_ledger::domain::signers::{BadSigners, check_allowed, check_revoked};
use coordination_ledger::index::remembered::suspects;
use coordination_ledger::index::snapshot::{Entries, Outline};

/// `config.toml`
pub(super) fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("/config.toml");
    let read = match config::of_text(text, path) {
        Ok(read) => read,
        Err(failure) => {
            let line = failure.message.strip_prefix("/config.toml:").and_then(|rest| rest.split_once(':'));
            let line: usize = line.and_then(|(line, _)| line.parse().ok()).expect("it is told by line");
            assert!((1..=1 + text.matches('\n').count()).contains(&line), "{}", failure.message);
            assert!(!failure.message.contains('\n'));
            return;
        }
    };
    for (key, entry) in &read.entries {
        assert_eq!(key.read(&entry.text).as_ref(), Ok(&entry.value));
        assert!((1..=1 + text.matches('\n').count()).contains(&entry.line));
    }
    assert!(read.aliases.values().all(|alias| alias.words.first().is_some_and(|word| !word.starts_with('-'))));
    let set = config::edit(text, path, "actor", Some("mia")).expect("what can be read can be changed");
    let again = config::of_text(&set, path).expect("what is written can be read");
    assert_eq!(again.actor().map(|actor| actor.as_str()), Some("mia"));
    assert_eq!(others(&again), others(&read), "a change changes something else");
    let unset = config::edit(&set, path, "actor", None).expect("what was set can be taken out");
    let without = config::of_text(&unset, path).expect("what is written can be read");
    assert!(without.actor().is_none());
    assert_eq!(others(&without), others(&read), "taking out changes something else");
}

/// What is set beside who acts.
fn others(config: &Config) -> Vec<String> {
    let entries = config.entries.iter().filter(|(key, _)| key.name() != "actor");
    let entries = entries.map(|(key, entry)| format!("{} {}", key.name(), entry.text));
    entries.chain(config.aliases.iter().map(|(name, alias)| format!("{name} {:?}", alias.words))).collect()
}

/// Files of signers and of revoked keys.
pub(super) fn signers(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').count();
    let below = [b"# a remark\n\n", data].concat();
    for check in [check_allowed, check_revoked] {
        let told = check(data);
        match &told {
            Ok(()) | Err(BadSigners::NoList) => {}
            Err(BadSigners::NoSigner(line) | BadSigners::NoKey(line)) => assert!((1..=lines).contains(line)),
        }
        // A list is one from its first byte on.
        if data.starts_with(b"SSHKRL\n\0") {
            continue;
        }
        let shifted = match told.clone() {
            Err(BadSigners::NoSigner(line)) => Err(BadSigners::NoSigner(line + 2)),
            Err(BadSigners::NoKey(line)) => Err(BadSigners::NoKey(line + 2)),
            other => other,
        };
        assert_eq!(check(&below), shifted, "a remark before it says something");
        let first = data.iter().position(|byte| *byte == b'\n').map_or(data, |end| &data[..end]);
        assert!(told.is_err() || check(first).is_ok(), "a line is worse without those after it");
    }
    if data.starts_with(b"SSHKRL\n\0") && check_revoked(data).is_ok() {
        let cut = [data, b"\x02\0\0"].concat();
        assert_eq!(check_revoked(&cut), Err(BadSigners::NoList), "what is cut short is taken for whole");
    }
}

/// What `index.json` remembers.
pub(super) fn remembered(data: &[u8]) {
    let all = suspected(data, &Heads(Vec::new()));
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "one request twice, or out of order");
    assert!(all.len() <= data.split(|byte| *byte == b'\n').count());
    // What the ledger has so, it does not miss.
    assert_eq!(suspected(data, &Heads(all.clone())), Vec::new());
    // And what it has otherwise, it does.
    let other: Vec<_> = all.iter().map(|(id, _)| (*id, vec![Hash::of(&[b"another"])])).collect();
    let differing = all.iter().zip(&other).filter(|(one, other)| one != other).map(|(one, _)| one.clone());
    assert_eq!(suspected(data, &Heads(other.clone())), differing.collect::<Vec<_>>());
}

fn suspected(index: &[u8], entries: &Heads) -> Vec<(RequestId, Vec<Hash>)> {
    suspects(Box::new(Cursor::new(index.to_vec())), entries).expect("nothing fails to be read")
}

/// Requests of which nothing is known but their heads.
struct Heads(Vec<(RequestId, Vec<Hash>)>);

impl Entries for Heads {
    fn outline(&self) -> io::Result<Outline> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn each_entry(&self, take: &mut dyn FnMut(RequestId, &str) -> io::Result<()>) -> io::Result<()> {
        self.0.iter().try_for_each(|(id, heads)| take(*id, &serde_json::json!({"heads": heads}).to_string()))
    }
}
