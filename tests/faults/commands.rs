//! The commands that write, and what they are tried on.

use coordination_ledger::cli::exit::Exit;

use crate::ledger::Place;

/// What a command is tried on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    /// An empty folder.
    Nothing,
    /// Requests in several states, a diverged one among them, and contracts.
    Ledger,
}

/// A command, with keys as far as it takes them. Its words are parted by blanks; `_` stands for a blank in a word.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) on: On,
    pub(crate) line: &'static str,
    writes: Writes,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Writes {
    /// Packets, versions or events, which are there together or not at all.
    Records,
    /// As before, but one after the other: of a command that failed the first ones may be there.
    OneByOne,
    /// Checkpoints and their signatures, one after the other. One that is taken later covers what came meanwhile, and is
    /// another one.
    Checkpoints,
    /// Only what can be made anew.
    Derived,
}

impl Command {
    pub(crate) fn adds_nothing(&self) -> bool {
        self.writes == Writes::Derived
    }

    pub(crate) fn is_one_by_one(&self) -> bool {
        matches!(self.writes, Writes::OneByOne | Writes::Checkpoints)
    }

    /// Of what was found after it was run twice, what counts: the same things were taken as often as something came
    /// between.
    pub(crate) fn once(&self, mut added: Vec<String>) -> Vec<String> {
        if self.writes == Writes::Checkpoints {
            added.dedup();
        }
        added
    }

    /// Who finds nothing in the end, beside the ordinary `verify`.
    pub(crate) fn also_verified_by(&self) -> Option<&'static str> {
        (self.line.contains("--sign") && self.writes == Writes::Checkpoints).then_some("verify --checkpoint latest")
    }

    /// Whether it is tried on a ledger with requests.
    pub(crate) fn has_ledger(&self) -> bool {
        self.on == On::Ledger
    }

    /// What the docs say to do after it was cut short, before anything else.
    pub(crate) fn first_after(&self) -> Option<&'static str> {
        (self.on == On::Nothing).then_some(self.line)
    }
}

const fn records(line: &'static str) -> Command {
    Command { on: On::Ledger, line, writes: Writes::Records }
}

const fn one_by_one(line: &'static str) -> Command {
    Command { on: On::Ledger, line, writes: Writes::OneByOne }
}

const fn checkpoints(line: &'static str) -> Command {
    Command { on: On::Ledger, line, writes: Writes::Checkpoints }
}

const fn derived(on: On, line: &'static str) -> Command {
    Command { on, line, writes: Writes::Derived }
}

pub(crate) const COMMANDS: &[Command] = &[
    derived(On::Nothing, "init --name acme"),
    derived(On::Ledger, "init"),
    derived(On::Ledger, "index"),
    derived(On::Ledger, "contract matrix"),
    derived(On::Ledger, "list"),
    derived(On::Ledger, "doctor --fix"),
    records("new --title T --from shop --to billing --type bug --set details.impact=x --key k"),
    records("transition REQ-20261120-0001 ACCEPTED --key k"),
    records("transition REQ-20261120-0002 DELIVERED --evidence commit=1a2b3c4 --key k"),
    records("respond REQ-20261120-0002 --repo billing --status DELIVERED --evidence commit=1a2b3c4 --key k"),
    records("approve REQ-20261120-0001 --as billing --key k"),
    // ssh-keygen is no call of the disk: it gets a text and answers with another. Killed while it works is killed before
    // the next call.
    records("approve REQ-20261120-0001 --as billing --sign --key-file key --key k"),
    records("note REQ-20261120-0001 --text Looks_right --key k"),
    records("evidence REQ-20261120-0002 test=passed url=https://example.com/1 --key k"),
    records("resolve REQ-20261120-0003 --keep ACCEPTED --reason It_is_ours --key k"),
    records("contract add c v1.json --key k"),
    records("contract add a v2.json --key k"),
    records("contract mode a FULL --key k"),
    records("contract owner a web --key k"),
    records("contract formats a on --key k"),
    records("contract activate b@1 --key k"),
    records("contract deprecate a@1 --key k"),
    records("contract retire d@1 --key k"),
    records("contract pin a@1 --consumer web --needs v1.json --key k"),
    records("contract unpin a --consumer shop --key k"),
    records("contract propose a v3.json --from billing --key k"),
    records("contract waive a@2 --request REQ-20261120-0004 --reason Agreed --until 2999-12-31 --key k"),
    checkpoints("checkpoint --origin main"),
    checkpoints("checkpoint --origin main --sign --key-file key"),
    one_by_one("contract import flat"),
    // Batch by batch; what was answered of it is another test's.
    one_by_one("apply operations.jsonl"),
    // All of it shares a sync.
    records("adopt kept"),
    records("import --from jsonl issues.jsonl --origin shop --target billing --type bug --map map.json"),
];

/// A folder without a ledger and one with.
/// A folder that was kept by hand: an id of the ledger's own form, and another one.
const KEPT: [(&str, &str); 3] = [
    (
        "kept/requests/REQ-20260112-0001.json",
        r#"{"request_id":"REQ-20260112-0001","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","title":"Kept","details":{"impact":"x"}}"#,
    ),
    (
        "kept/requests/OPS-7.json",
        r#"{"request_id":"OPS-7","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","title":"Other","details":{"impact":"x"}}"#,
    ),
    (
        "kept/events.jsonl",
        "{\"timestamp\":\"2026-01-12T14:00:00Z\",\"actor\":\"ben\",\"action\":\"accepted\",\"request_id\":\"REQ-20260112-0001\"}\n",
    ),
];

pub(crate) fn prepared() -> [Place; 2] {
    let place = Place::empty();
    let all = |lines: &[&str]| {
        for line in lines {
            assert_eq!(place.run(line), Exit::Done, "{line}: {}", place.said());
        }
    };
    let bug = "new --from shop --to billing --type bug --set details.impact=x --title";
    place.write("v1.json", &schema(r#""a":{"type":"string"}"#));
    place.write("v2.json", &schema(r#""a":{"type":"string"},"b":{"type":"string"}"#));
    place.write("v3.json", &schema(r#""a":{"type":"integer"}"#));
    std::fs::create_dir(place.root().join("flat")).unwrap();
    place.write("flat/e_v1.json", &schema(r#""a":{"type":"string"}"#));
    place.write("flat/e_v2.json", &schema(r#""a":{"type":"string"},"b":{"type":"string"}"#));
    std::fs::create_dir_all(place.root().join("kept/requests")).unwrap();
    for (name, text) in KEPT {
        place.write(name, text);
    }
    place.write("operations.jsonl", OPERATIONS);
    place.write("issues.jsonl", ISSUES);
    place.write("map.json", r#"{"defaults":{"details":{"bug":{"impact":"x"}}}}"#);
    all(&[
        "init --name acme",
        &format!("{bug} one --key one"),
        &format!("{bug} two --key two"),
        "transition REQ-20261120-0002 ACCEPTED",
        "transition REQ-20261120-0002 IN_PROGRESS",
        &format!("{bug} three --key three"),
        "contract add a v1.json --owner billing",
        "contract activate a@1",
        "contract pin a@1 --consumer shop",
        "contract add b v1.json --owner billing",
        "contract add d v1.json --owner billing",
        "contract activate d@1",
        "contract deprecate d@1",
    ]);
    sign(&place);
    diverge(&place, "REQ-20261120-0003");
    let change = "new --title Change --from billing --to shop --type contract-change --contract a@2 --set details.migration=none --key four";
    all(&[change, "transition REQ-20261120-0004 ACCEPTED", "approve REQ-20261120-0004 --as shop", "verify"]);
    [Place::empty(), place]
}

fn schema(properties: &str) -> String {
    let head = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"#;
    format!("{head}{properties}}}}}\n")
}

/// A key, a request that was approved with it, and a checkpoint before all that is tried.
fn sign(place: &Place) {
    place.make_key("key");
    let key = std::fs::read_to_string(place.root().join("key.pub")).unwrap();
    place.write("coordination/allowed_signers", &format!("mia {key}"));
    for line in ["checkpoint --origin main --sign --key-file key", "verify --checkpoint latest"] {
        assert_eq!(place.run(line), Exit::Done, "{line}: {}", place.said());
    }
}

/// Two clones decide on one request; then their logs are united.
fn diverge(place: &Place, id: &str) {
    let clone = place.copy();
    assert_eq!(clone.run(&format!("transition {id} REJECTED --reason No")), Exit::Done);
    assert_eq!(place.run(&format!("transition {id} ACCEPTED")), Exit::Done);
    let log = format!("coordination/events/{id}.jsonl");
    let [ours, theirs] = [place, &clone].map(|place| std::fs::read_to_string(place.root().join(&log)).unwrap());
    let new = theirs.lines().find(|line| !ours.contains(line)).unwrap();
    place.write(&log, &format!("{ours}{new}\n"));
}

const ISSUES: &str = r#"{"id":1,"title":"A","status":"done","depends_on":[2],"comments":["One"]}
{"id":2,"title":"B","status":"on hold"}
"#;

const OPERATIONS: &str = r#"{"op":"new","title":"A","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"x"},"key":"k1"}
{"op":"note","request":"REQ-20261120-0001","text":"One","key":"k2"}
{"op":"note","request":"key:k1","text":"Two","key":"k3"}
{"op":"transition","request":"REQ-20261120-0001","to":"ACCEPTED","key":"k4"}
{"op":"transition","request":"key:k1","to":"ACCEPTED","key":"k5"}
"#;
