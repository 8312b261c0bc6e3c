//! The commands that write, and what they are tried on.

use coordination_ledger::cli::exit::Exit;

use crate::clones;
use crate::found::Found;
use crate::ledger::Place;

/// What a command is tried on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    /// An empty folder.
    Nothing,
    /// Requests in several states, a diverged one among them, and contracts.
    Ledger,
    /// A clone that has something to publish, of a repository that has something new; one number is given twice.
    Clone,
    /// A clone in which two requests have one number, both of them published.
    Twins,
    /// A repository in the middle of a merge that git left to its people.
    Merge,
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
    /// What other clones wrote, all of it together, whatever is answered: to publish comes after it. What has a number that
    /// is another's gets another one.
    Exchanged,
    /// Settings of a clone's own, as a whole, whatever is answered: to set them again changes nothing.
    Settings,
    /// As records; one that has a number which is another's gets another one, and who asks again is told that it is done.
    Moved,
    /// Only what can be made anew.
    Derived,
}

impl Command {
    /// What of all this the command is called by: its name, and that of the one below it.
    pub(crate) fn name(&self) -> String {
        let words = if ["contract ", "ids "].iter().any(|above| self.line.starts_with(above)) { 2 } else { 1 };
        self.line.split(' ').take(words).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn adds_nothing(&self) -> bool {
        self.writes == Writes::Derived
    }

    pub(crate) fn is_one_by_one(&self) -> bool {
        matches!(self.writes, Writes::OneByOne | Writes::Checkpoints)
    }

    pub(crate) fn is_exchange(&self) -> bool {
        self.writes == Writes::Exchanged
    }

    /// Whether all may be there although it was answered that it failed.
    pub(crate) fn may_be_there(&self) -> bool {
        matches!(self.writes, Writes::Exchanged | Writes::Settings)
    }

    /// What is there of `found` and not of `known`; what only has another number is there in both.
    pub(crate) fn beyond(&self, found: &Found, known: &Found) -> Vec<String> {
        match self.writes {
            Writes::Exchanged | Writes::Moved => found.beyond_by_name(known),
            Writes::Records | Writes::Settings | Writes::OneByOne | Writes::Checkpoints | Writes::Derived => {
                found.beyond(known)
            }
        }
    }

    /// How it may end once it was done.
    pub(crate) fn may_end_again(&self, exit: Exit) -> bool {
        exit == Exit::Done || (self.writes == Writes::Moved && exit == Exit::Refused)
    }

    /// Whether each call takes so many other programs that the ordinary run tries some of them only.
    pub(crate) fn is_slow(&self) -> bool {
        match self.on {
            On::Nothing | On::Ledger => false,
            On::Clone | On::Twins | On::Merge => true,
        }
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
        self.on != On::Nothing
    }

    /// What the docs say to do after it was cut short, before anything else.
    pub(crate) fn first_after(&self) -> Option<&'static str> {
        matches!(self.on, On::Nothing | On::Merge).then_some(self.line)
    }
}

const fn exchanged(line: &'static str) -> Command {
    Command { on: On::Clone, line, writes: Writes::Exchanged }
}

const fn settings(line: &'static str) -> Command {
    Command { on: On::Clone, line, writes: Writes::Settings }
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
    records("claim REQ-20261120-0001 --key k"),
    records("heartbeat REQ-20261120-0004 --for 2h --key k"),
    records("release REQ-20261120-0004 --reason Ill --key k"),
    records("resolve REQ-20261120-0003 --keep ACCEPTED --reason It_is_ours --key k"),
    records("resolve REQ-20261120-0007 --keep <theirs --reason It_is_meant --key k"),
    records("resolve REQ-20261120-0006 --duplicate --key k"),
    records("resolve REQ-20261120-0006 --distinct --reason Another_one --key k"),
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
    // Git's own files are no part of this disk: what it wrote is there.
    exchanged("sync"),
    settings("ids lease 3"),
    settings("setup-git"),
    Command { on: On::Twins, line: "resolve-id REQ-20261120-0002 --keep theirs --reason First", writes: Writes::Moved },
    derived(On::Merge, "repair-merge"),
];

/// Commands that write, and are tried elsewhere or need no trial.
pub(crate) const NOT_HERE: &[(&str, &str)] = &[
    ("merge-driver", "it writes one file of git's, without the ledger: tests/faults/driver.rs"),
    ("config set", "it writes a person's file, which is no ledger's: tests/cli/config.rs"),
    ("config unset", "it writes a person's file, which is no ledger's: tests/cli/config.rs"),
    ("man", "it writes pages, from nothing but the program"),
    ("tui", "it writes by the use cases of transition, note, new and the others"),
    ("demo", "it writes to a folder of its own, by the other commands, and removes it"),
];

/// Commands that write nothing but the cache, as `list` does.
pub(crate) const READING: &[&str] = &[
    "show",
    "log",
    "watch",
    "prime",
    "search",
    "ready",
    "blocked",
    "graph",
    "export",
    "stats",
    "sql",
    "verify",
    "prove",
    "conflicts",
    "ids list",
    "contract list",
    "contract show",
    "contract log",
    "contract diff",
    "contract compare",
    "contract lint",
    "contract status",
    "contract can-i-deploy",
    "contract validate",
    "contract check",
    "schema",
    "config list",
    "config get",
    "config path",
    "completions",
    "help",
];

const BUG: &str = "new --from shop --to billing --type bug --set details.impact=x --title";

/// The places, in the order of `On`.
pub(crate) fn prepared() -> [Place; 5] {
    [Place::empty(), ledger(), clones::clone(), clones::twins(), clones::merge()]
}

/// A folder with a ledger in which there is something of everything.
fn ledger() -> Place {
    let place = Place::empty();
    let all = |lines: &[&str]| place.all(lines);
    place.write("v1.json", &schema(r#""a":{"type":"string"}"#));
    place.write("v2.json", &schema(r#""a":{"type":"string"},"b":{"type":"string"}"#));
    place.write("v3.json", &schema(r#""a":{"type":"integer"}"#));
    std::fs::create_dir(place.root().join("flat")).unwrap();
    place.write("flat/e_v1.json", &schema(r#""a":{"type":"string"}"#));
    place.write("flat/e_v2.json", &schema(r#""a":{"type":"string"},"b":{"type":"string"}"#));
    std::fs::create_dir_all(place.root().join("kept/requests")).unwrap();
    for (name, text) in crate::kept::KEPT {
        place.write(name, text);
    }
    place.write("operations.jsonl", OPERATIONS);
    all(&[
        "init --name acme",
        &format!("{BUG} one --key one"),
        &format!("{BUG} two --key two"),
        "transition REQ-20261120-0002 ACCEPTED",
        "transition REQ-20261120-0002 IN_PROGRESS",
        &format!("{BUG} three --key three"),
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
    all(&[change, "transition REQ-20261120-0004 ACCEPTED", "approve REQ-20261120-0004 --as shop"]);
    all(&["claim REQ-20261120-0004 --for 1h", "claim REQ-20261120-0002 --for 1h"]);
    one_key_twice(&place);
    all(&["index", "verify"]);
    place
}

/// Two clones use one key: for two requests, and for two notes on one.
fn one_key_twice(place: &Place) {
    let clone = place.copy();
    clone.all(&[&format!("{BUG} filler"), &format!("{BUG} twice --key twice")]);
    place.all(&[&format!("{BUG} Twice --key twice")]);
    for name in ["requests/REQ-20261120-0006.json", "events/REQ-20261120-0006.jsonl"] {
        let name = format!("coordination/{name}");
        std::fs::copy(clone.root().join(&name), place.root().join(&name)).unwrap();
    }
    // On a request of its own: nothing moves one of which that is not settled.
    place.all(&[&format!("{BUG} spare --key spare")]);
    let clone = place.copy();
    clone.all(&["note REQ-20261120-0007 --text Theirs --key both"]);
    place.all(&["note REQ-20261120-0007 --text Ours --key both"]);
    let new = unite(place, &clone, "REQ-20261120-0007");
    place.write("theirs", &hash_of(&new));
}

/// The hash of the event on a line.
fn hash_of(line: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(line).unwrap();
    event["hash"].as_str().unwrap().to_owned()
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
    unite(place, &clone, id);
}

/// Puts the line that only a clone has into a log; answers with it.
fn unite(place: &Place, clone: &Place, id: &str) -> String {
    let log = format!("coordination/events/{id}.jsonl");
    let [ours, theirs] = [place, clone].map(|place| std::fs::read_to_string(place.root().join(&log)).unwrap());
    let new = theirs.lines().find(|line| !ours.contains(line)).unwrap();
    place.write(&log, &format!("{ours}{new}\n"));
    new.to_owned()
}

const OPERATIONS: &str = r#"{"op":"new","title":"A","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"x"},"key":"k1"}
{"op":"note","request":"REQ-20261120-0001","text":"One","key":"k2"}
{"op":"note","request":"key:k1","text":"Two","key":"k3"}
{"op":"transition","request":"REQ-20261120-0001","to":"ACCEPTED","key":"k4"}
{"op":"transition","request":"key:k1","to":"ACCEPTED","key":"k5"}
"#;
