//! What is done on the device that logs: every command that writes, one after the other.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::device::{Logged, quick_folder};
use crate::found::Found;
use crate::ledger::Ledger;

/// How much of a step may be there if it was not acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parts {
    /// All or nothing.
    Whole,
    /// Any of its records, each whole: batch by batch, version by version, a checkpoint and then its signature.
    OneByOne,
}

/// Something that was done, and acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The command; `None` for what git would do.
    pub(crate) line: Option<String>,
    pub(crate) parts: Parts,
    /// How many entries the device's log had at least when the answer was there.
    pub(crate) acknowledged: usize,
    /// What was on record then.
    pub(crate) found: Found,
}

/// The command lines; `IN` stands for the folder of their inputs.
const LINES: &[&str] = &[
    "init --name acme",
    "new --from shop --to billing --type bug --set details.impact=x --title one --key one",
    "note key:one --text Looks_right --key k1",
    "transition key:one ACCEPTED --key k2",
    "new --from shop --to billing --type bug --set details.impact=x --title two --key two",
    "transition key:two ACCEPTED --key k1",
    "transition key:two IN_PROGRESS --key k2",
    "evidence key:two test=passed url=https://example.com/1 --key k3",
    "respond key:two --repo billing --status DELIVERED --evidence commit=1a2b3c4 --key k4",
    "checkpoint --origin main --sign --key-file IN/key",
    "transition key:one IN_PROGRESS --key k3",
    "transition key:one DELIVERED --evidence commit=1a2b3c4 --key k4",
    "approve key:one --as billing --key k5",
    "approve key:one --as shop --sign --key-file IN/key --key k6",
    "contract add a IN/v1.json --owner billing --key c1",
    "contract activate a@1 --key c2",
    "contract pin a@1 --consumer shop --key c3",
    "contract add a IN/v2.json --key c4",
    "contract propose a IN/v3.json --from billing --key c5",
    "contract mode a FULL --key c6",
    "contract pin a@1 --consumer web --needs IN/v1.json --key c7",
    "contract unpin a --consumer web --key c8",
    "contract formats a on --key c9",
    "contract deprecate a@1 --key c10",
    "contract add d IN/v1.json --owner billing --key d1",
    "contract activate d@1 --key d2",
    "contract deprecate d@1 --key d3",
    "contract retire d@1 --key d4",
    "new --from billing --to shop --type contract-change --contract a@2 --set details.migration=none --title Change --key change",
    "transition key:change ACCEPTED --key k1",
    "approve key:change --as shop --key k2",
    "contract waive a@2 --request key:change --reason Agreed --until 2999-12-31 --key c11",
    "contract owner a web --key c12",
    "contract import IN/flat",
    "contract matrix",
    "new --from shop --to billing --type bug --set details.impact=x --title three --key three",
    "MERGE key:three",
    "resolve key:three --keep ACCEPTED --reason It_is_ours --key k2",
    "APPLY",
    "claim key:two --for 1h --key k5",
    "heartbeat key:two --for 2h --key k6",
    "release key:two --reason Ill --key k7",
    "BOTH key:one",
    "resolve key:one --keep <theirs --reason It_is_meant --key k8",
    "adopt IN/kept",
    "import --from jsonl IN/issues.jsonl --origin shop --target billing --type bug --map IN/map.json",
    "index",
    "checkpoint --origin main --sign --key-file IN/key",
    "doctor --fix",
    "init",
    "new --from shop --to billing --type bug --set details.impact=x --title four --key four",
    "note key:four --text The_last_word --key k1",
];

/// What is applied, in pieces: each is sent when the one before was answered.
const PIECES: [&str; 4] = [
    r#"{"op":"new","title":"A","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"x"},"key":"a1"}
{"op":"note","request":"key:one","text":"One","key":"n1"}
{"op":"note","request":"key:a1","text":"Two","key":"n2"}
"#,
    r#"{"op":"transition","request":"key:a1","to":"ACCEPTED","key":"n3"}
"#,
    r#"{"op":"new","title":"B","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"x"},"key":"a2"}
{"op":"new","title":"C","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"x"},"key":"a3"}
{"op":"evidence","request":"key:a2","evidence":[{"kind":"commit","value":"1a2b3c4"}],"key":"n4"}
"#,
    r#"{"op":"note","request":"key:a3","text":"Three","key":"n5"}
{"op":"note","request":"key:a2","text":"Four","key":"n6"}
"#,
];

/// Writes what the commands read into a folder.
pub(crate) fn write_inputs(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let schema = |properties: &str| {
        let head = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"#;
        format!("{head}{properties}}}}}\n")
    };
    let one = schema(r#""a":{"type":"string"}"#);
    let two = schema(r#""a":{"type":"string"},"b":{"type":"string"}"#);
    std::fs::create_dir(folder.join("flat")).unwrap();
    std::fs::create_dir_all(folder.join("kept/requests")).unwrap();
    for (name, text) in crate::kept::KEPT {
        write(name, text);
    }
    for (name, text) in [("v1.json", &one), ("v2.json", &two), ("flat/c_v1.json", &one), ("flat/c_v2.json", &two)] {
        write(name, text);
    }
    write("v3.json", &schema(r#""a":{"type":"integer"}"#));
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "mia", "-f"]).arg(folder.join("key"));
    assert!(keygen.status().unwrap().success(), "ssh-keygen");
    let key = std::fs::read_to_string(folder.join("key.pub")).unwrap();
    write("signers", &format!("mia {key}"));
    for (at, piece) in PIECES.iter().enumerate() {
        write(&format!("piece-{at}.jsonl"), piece);
    }
}

/// Does it all, by the program `binary`.
pub(crate) fn play(binary: &Path, logged: &Logged, inputs: &Path) -> Vec<Step> {
    let mut playing = Playing { ledger: Ledger::new(binary, &logged.root(), inputs), logged, steps: Vec::new() };
    for line in LINES {
        match line.split_once(' ') {
            Some(("MERGE", request)) => playing.merge(request),
            Some(("BOTH", request)) => playing.use_one_key_twice(request),
            None if *line == "APPLY" => playing.apply(),
            Some(_) | None => playing.command(line),
        }
    }
    playing.steps
}

struct Playing<'a> {
    ledger: Ledger,
    logged: &'a Logged,
    steps: Vec<Step>,
}

impl Playing<'_> {
    fn command(&mut self, line: &str) {
        let ended = self.ledger.run(line);
        let is_one_by_one = ["contract import", "checkpoint"].iter().any(|command| line.starts_with(command));
        let parts = if is_one_by_one { Parts::OneByOne } else { Parts::Whole };
        self.acknowledged(Some(line), parts);
        assert!(ended.is_done(), "{line}: {}", ended.said);
    }

    /// Takes down what holds from now on. The log's length is read once the answer is there, so that whatever the answer
    /// rests on stands before it.
    fn acknowledged(&mut self, line: Option<&str>, parts: Parts) {
        let acknowledged = self.logged.entries_so_far();
        let found = Found::below(self.ledger.root());
        self.steps.push(Step { line: line.map(str::to_owned), parts, acknowledged, found });
    }

    /// Sends operations piece by piece, each once the one before is answered.
    fn apply(&mut self) {
        let mut command = self.ledger.command("apply - --json");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut stdin, mut stdout) = ends(&mut child);
        for (at, piece) in PIECES.iter().enumerate() {
            stdin.write_all(piece.as_bytes()).unwrap();
            for _ in piece.lines() {
                let mut answer = String::new();
                stdout.read_line(&mut answer).unwrap();
                assert!(answer.contains("\"id\":"), "{answer}");
            }
            self.acknowledged(Some(&format!("apply IN/piece-{at}.jsonl")), Parts::OneByOne);
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }

    /// A clone decides otherwise; then git unites the logs.
    fn merge(&mut self, request: &str) {
        self.unite(
            &format!("transition {request} REJECTED --reason No --key elsewhere"),
            &format!("transition {request} ACCEPTED --key k1"),
        );
    }

    /// A clone says something else with one key; then git unites the logs.
    fn use_one_key_twice(&mut self, request: &str) {
        let theirs = self.unite(
            &format!("note {request} --text Theirs --key both"),
            &format!("note {request} --text Ours --key both"),
        );
        let event: serde_json::Value = serde_json::from_str(&theirs).unwrap();
        self.ledger.write_input("theirs", event["hash"].as_str().unwrap());
    }

    /// A clone runs one command and this one another; then git unites the logs. Answers with what the clone wrote.
    fn unite(&mut self, theirs: &str, ours: &str) -> String {
        let clone = quick_folder();
        let copied = Command::new("cp").arg("-a").arg(self.ledger.root().join(".")).arg(clone.path()).status().unwrap();
        assert!(copied.success());
        let clone = self.ledger.at(clone.path());
        let ended = clone.run(theirs);
        assert!(ended.is_done(), "{}", ended.said);
        self.command(ours);
        let mut all = String::new();
        let logs = std::fs::read_dir(self.ledger.root().join("coordination/events")).unwrap();
        for log in logs.map(|log| log.unwrap().path()) {
            let there = clone.root().join("coordination/events").join(log.file_name().unwrap());
            let [ours, theirs] = [&log, &there].map(|log| std::fs::read_to_string(log).unwrap());
            let new: String = theirs.split_inclusive('\n').filter(|line| !ours.contains(line)).collect();
            if !new.is_empty() {
                let mut log = std::fs::OpenOptions::new().append(true).open(log).unwrap();
                log.write_all(new.as_bytes()).unwrap();
                log.sync_all().unwrap();
                all.push_str(&new);
            }
        }
        self.acknowledged(None, Parts::Whole);
        all
    }
}

fn ends(child: &mut Child) -> (ChildStdin, BufReader<ChildStdout>) {
    (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()))
}
