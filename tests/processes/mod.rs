//! A ledger in a temporary folder, used by way of its real binary, and a reading of its files by other means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A ledger of its own in a temporary folder.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The exit status; `None` for a process that was killed.
    pub(crate) status: Option<i32>,
    /// `data` of what it printed; null if it printed no whole answer.
    pub(crate) data: Value,
    /// `error` of what it said on stderr; null if it said none.
    pub(crate) error: Value,
    /// All of stderr.
    pub(crate) told: String,
}

/// The events of each request, in the order of their lines.
pub(crate) type Logs = BTreeMap<String, Vec<Value>>;

impl Place {
    /// Makes a ledger.
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.ok("founder", &["init"]);
        place
    }

    /// A file beside the ledger.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes JSON lines into a file beside the ledger.
    #[expect(clippy::disallowed_methods, reason = "the file is beside the ledger")]
    pub(crate) fn write_beside(&self, name: &str, lines: &[Value]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(self.beside(name), text).unwrap();
    }

    /// A command with JSON answers, not started yet.
    pub(crate) fn command(&self, actor: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ledger"));
        command.arg("--json").args(arguments).current_dir(self.folder.path());
        command.env("LEDGER_ACTOR", actor).env_remove("LEDGER_ROOT");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, actor: &str, arguments: &[&str]) -> Answer {
        answer(&self.command(actor, arguments).output().unwrap())
    }

    /// Runs a command that must succeed; answers with its data.
    pub(crate) fn ok(&self, actor: &str, arguments: &[&str]) -> Value {
        let answer = self.run(actor, arguments);
        assert_eq!(answer.status, Some(0), "ledger {}: {}", arguments.join(" "), answer.told);
        answer.data
    }

    /// Makes a request that is in progress; answers with its id.
    pub(crate) fn request_in_progress(&self, title: &str) -> String {
        let made = self.ok("founder", &new(title, None));
        let id = text(&made["id"]);
        self.ok("founder", &["transition", &id, "ACCEPTED"]);
        self.ok("founder", &["transition", &id, "IN_PROGRESS"]);
        id
    }

    /// The packets by id.
    pub(crate) fn packets(&self) -> BTreeMap<String, Value> {
        let packets = self.files("coordination/requests", ".json");
        packets.into_iter().map(|(id, text)| (id, serde_json::from_str(&text).unwrap())).collect()
    }

    /// The whole lines of the logs.
    pub(crate) fn logs(&self) -> Logs {
        let events = |text: String| {
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            text[..whole].lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        self.files("coordination/events", ".jsonl").into_iter().map(|(id, text)| (id, events(text))).collect()
    }

    /// The logs, each a whole chain: versions from 1 on without a gap, each event with the one before as its parent, no
    /// event and no key twice.
    pub(crate) fn chains(&self) -> Logs {
        let mut seen = BTreeSet::new();
        let logs = self.logs();
        for (id, events) in &logs {
            let mut keys = BTreeSet::new();
            for (at, event) in events.iter().enumerate() {
                assert_eq!(event["n"], at + 1, "{id} has a gap in its versions");
                assert_eq!(event["stream"], id.as_str());
                assert!(seen.insert(event["hash"].to_string()), "{id} has an event twice");
                assert!(event["key"].is_null() || keys.insert(event["key"].to_string()), "{id} has a key twice");
                if at > 0 {
                    assert_eq!(event["parents"], Value::from(vec![events[at - 1]["hash"].clone()]), "{id} is no chain");
                }
            }
        }
        logs
    }

    /// The ledger is as good as new: every packet has its events, verifying finds nothing, the index can be made current.
    pub(crate) fn assert_sound(&self) {
        let (packets, logs) = (self.packets(), self.chains());
        assert!(packets.keys().eq(logs.keys()), "each packet has a log, and each log a packet");
        let uids: BTreeSet<String> = packets.values().map(|packet| packet["uid"].to_string()).collect();
        assert_eq!(uids.len(), packets.len(), "a uid was given twice");
        let verified = self.run("reader", &["verify"]);
        assert_eq!(verified.status, Some(0), "{} {}", verified.data, verified.told);
        assert_eq!(verified.data["requests"], packets.len());
    }

    fn files(&self, folder: &str, suffix: &str) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.beside(folder)).unwrap().map(Result::unwrap);
        let read = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().unwrap();
            let id = name.strip_suffix(suffix).unwrap_or_else(|| panic!("{folder}/{name} is a stray")).to_owned();
            (id, fs::read_to_string(entry.path()).unwrap())
        };
        entries.map(read).collect()
    }
}

/// The arguments that make a request.
pub(crate) fn new<'a>(title: &'a str, key: Option<&'a str>) -> Vec<&'a str> {
    let mut arguments = vec!["new", "--title", title, "--from", "shop", "--to", "billing", "--type", "bug"];
    arguments.extend(["--set", "details.impact=none"]);
    arguments.extend(key.into_iter().flat_map(|key| ["--key", key]));
    arguments
}

/// The operation that makes a request, for `apply`.
pub(crate) fn new_operation(title: &str, key: &str) -> Value {
    serde_json::json!({
        "op": "new", "title": title, "origin_repo_id": "shop", "target_repo_ids": ["billing"],
        "request_type": "bug", "details": {"impact": "none"}, "key": key,
    })
}

/// What a process left behind.
pub(crate) fn answer(output: &Output) -> Answer {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = told
        .lines()
        .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["error"].take()))
        .find(|error| !error.is_null());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    // An answer counts when its line is whole.
    let whole = printed.strip_suffix('\n').and_then(|line| serde_json::from_str::<Value>(line).ok());
    Answer {
        status: output.status.code(),
        data: whole.map(|mut line| line["data"].take()).unwrap_or_default(),
        error: error.unwrap_or_default(),
        told,
    }
}

/// A JSON string's text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A generator that a seed decides (splitmix64), so that a run can be played again as far as the scheduler lets it.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
