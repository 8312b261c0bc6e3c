//! Random clones, random writes, and everything else that people do with git meanwhile. In the end all clones hold the
//! same, and everything that was acknowledged is there.
//!
//! `LEDGER_SIMULATIONS` says how many worlds are played [default: 6], `LEDGER_SIMULATION_SEED` which is the first;
//! `LEDGER_SIMULATION_TRACE` has the steps told. Of a world that fails the steps are told, and its folder stays.

use std::collections::BTreeMap;
use std::process::Stdio;

use coordination_ledger::domain::history::History;
use coordination_ledger::domain::packet::Packet;
use coordination_ledger::domain::state::{State, Status};
use coordination_ledger::domain::workflow::Workflow;
use coordination_ledger::store::fs::log;
use serde_json::Value;

use super::clones::Clones;

type Step = fn(&mut World<'_>, &str);

/// What somebody does: how often beside the rest, what it is called, and how it is done.
const STEPS: [(usize, &str, Step); 14] = [
    (9, "write", |world, clone| world.write(clone)),
    (4, "sync", |world, clone| world.sync(clone)),
    (1, "crash", |world, clone| world.crash(clone)),
    (1, "merge", |world, clone| world.merge(clone)),
    (1, "union merge", |world, clone| world.union_merge(clone)),
    (2, "merge without rules", |world, clone| world.merge_without_rules(clone)),
    (1, "rebase", |world, clone| world.rebase(clone)),
    (1, "pick", |world, clone| world.pick(clone)),
    (1, "stash", |world, clone| world.stash(clone)),
    (1, "lease", |world, clone| world.lease(clone)),
    (1, "force", |world, clone| world.force(clone)),
    (2, "claim", |world, clone| world.claim(clone)),
    (3, "share", |world, clone| world.share(clone)),
    (3, "decide", |world, clone| world.decide(clone)),
];

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A generator of numbers that are the same in every run (SplitMix64, Steele et al., 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

/// What happened in a world.
#[derive(Default, Debug)]
struct Counts {
    worlds: usize,
    writes: usize,
    refused: usize,
    syncs: usize,
    crashes: usize,
    merges: usize,
    conflicts: usize,
    rebases: usize,
    picks: usize,
    stashes: usize,
    leases: usize,
    forced: usize,
    restored: usize,
    renumbered: usize,
    resolved: usize,
    diverged: usize,
    twice: usize,
    edits: usize,
    claims: usize,
    shared: usize,
    decided: usize,
    marked: usize,
}

struct World<'a> {
    clones: Clones,
    names: &'a [&'a str],
    dice: Dice,
    /// Keys of events that were acknowledged, with the key of their request.
    written: BTreeMap<String, String>,
    requests: Vec<String>,
    counts: &'a mut Counts,
    seed: u64,
    step: usize,
    /// What was done so far.
    steps: Vec<String>,
    /// Whether somebody overwrote what was published.
    was_forced: bool,
}

#[test]
fn whatever_is_done_with_git_nothing_is_lost_and_all_agree() {
    let number = |name: &str, otherwise: u64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let first = number("LEDGER_SIMULATION_SEED", 1);
    let mut counts = Counts::default();
    for seed in first..first + number("LEDGER_SIMULATIONS", 6) {
        play(seed, &mut counts);
        counts.worlds += 1;
        if counts.worlds.is_multiple_of(50) {
            eprintln!("{counts:?}");
        }
    }
    eprintln!("{counts:?}");
    assert!(counts.syncs > 0 && counts.writes > 0, "{counts:?}");
}

fn play(seed: u64, counts: &mut Counts) {
    let mut dice = Dice(seed);
    let names = &NAMES[..3 + dice.roll(3)];
    let mut world = World {
        clones: Clones::new(names),
        names,
        dice,
        written: BTreeMap::new(),
        requests: vec!["first".to_owned()],
        counts,
        seed,
        step: 0,
        steps: Vec::new(),
        was_forced: false,
    };
    for name in names {
        // Some have set git up for the ledger, and some have not.
        if world.dice.roll(3) == 0 {
            world.clones.ledger(name, &["setup-git"]).ok();
        }
    }
    let steps = 8 + world.dice.roll(10);
    for step in 0..steps {
        world.step = step;
        world.act();
    }
    world.settle();
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, in {}: {}", self.seed, self.clones.folder().display(), self.steps.join(", "));
            self.clones.keep();
        }
    }
}

impl World<'_> {
    fn any(&mut self) -> &'static str {
        let at = self.dice.roll(self.names.len());
        NAMES[at]
    }

    fn act(&mut self) {
        let clone = self.any();
        let mut what = self.dice.roll(STEPS.iter().map(|(weight, ..)| weight).sum());
        let chosen = STEPS.iter().find(|(weight, ..)| {
            let is_it = what < *weight;
            what = what.saturating_sub(*weight);
            is_it
        });
        let (_, name, step) = chosen.unwrap();
        if std::env::var_os("LEDGER_SIMULATION_TRACE").is_some() {
            let held: Vec<String> = self.names.iter().map(|name| self.held(name)).collect();
            eprintln!("{}; step {}: {clone} {name}", held.join("; "), self.step);
        }
        self.steps.push(format!("{clone} {name}"));
        step(self, clone);
    }

    /// Which requests a clone has, by the last digit of their numbers and the first of their uids.
    fn held(&self, clone: &str) -> String {
        let files = self.clones.files(clone);
        let packets = files.iter().filter(|(path, _)| path.contains("/requests/"));
        let told = packets.map(|(path, bytes)| {
            let packet: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
            let uid = packet["uid"].as_str().unwrap_or("?").rsplit('-').next().unwrap_or_default().get(..4);
            format!("{}:{}", &path[path.len() - 6..path.len() - 5], uid.unwrap_or("?"))
        });
        format!("{clone} {}", told.collect::<Vec<_>>().join(" "))
    }

    fn write(&mut self, clone: &str) {
        let key = format!("s{}-{}", self.seed, self.step);
        let request = self.requests[self.dice.roll(self.requests.len())].clone();
        let on = format!("key:{request}");
        let reason = ["--reason", "because", "--key", key.as_str()];
        let ended = match self.dice.roll(6) {
            0 | 1 => {
                let depends = self.dice.roll(3) == 0;
                let ids = self.clones.ledger(clone, &["show", &on, "--json"]);
                let more: Vec<String> = if depends && ids.status == Some(0) {
                    vec!["--depends-on".into(), ids.data()["id"].as_str().unwrap().to_owned()]
                } else {
                    Vec::new()
                };
                let more: Vec<&str> = more.iter().map(String::as_str).collect();
                self.clones.made(clone, &key, &more);
                self.requests.push(key.clone());
                self.written.insert(key.clone(), key);
                self.counts.writes += 1;
                return;
            }
            2 => self.clones.ledger(clone, &[&["transition", &on, "accepted"], &reason[..]].concat()),
            3 => self.clones.ledger(clone, &[&["transition", &on, "withdrawn"], &reason[..]].concat()),
            4 => self.clones.ledger(clone, &["evidence", &on, &format!("note={key}"), "--key", &key]),
            _ => self.clones.ledger(clone, &["note", &on, "--text", &key, "--key", &key]),
        };
        match ended.status {
            Some(0) => {
                self.counts.writes += 1;
                self.written.insert(key, request);
            }
            // Not here yet, not allowed from where it stands, or diverged.
            Some(4..=6) => self.counts.refused += 1,
            _ => panic!("seed {}, step {}: {ended:?}", self.seed, self.step),
        }
    }

    fn sync(&mut self, clone: &str) {
        self.counts.syncs += 1;
        let mut ended = self.clones.sync(clone);
        for _ in 0..8 {
            // What people do then.
            let more: &[&str] = match ended.status {
                Some(9) if ended.code() == "remote-rewritten" => {
                    self.counts.restored += 1;
                    &["--restore"]
                }
                Some(6) if ended.code() == "unmerged" => {
                    self.repair(clone);
                    &[]
                }
                Some(6) if ended.code() == "id-clash" => {
                    let id =
                        ended.err.split('"').find_map(|text| text.find("REQ-").map(|at| text[at..at + 17].to_owned()));
                    self.resolve_id(clone, &id.unwrap());
                    &["--restore"]
                }
                _ => break,
            };
            ended = self.clones.ledger(clone, &[&["sync", "--json"], more].concat());
        }
        assert_eq!(ended.status, Some(0), "seed {}, step {}, {clone}: {ended:?}", self.seed, self.step);
        let data = ended.data();
        self.counts.renumbered += data["renumbered"].as_array().unwrap().len();
        self.counts.diverged += data["diverged"].as_array().unwrap().len();
    }

    /// Somebody takes a request for his own, or gives it back.
    fn claim(&mut self, clone: &str) {
        let on = format!("key:{}", self.requests[self.dice.roll(self.requests.len())]);
        let actor = format!("{clone}-agent");
        let command = ["claim", "claim", "heartbeat", "release"][self.dice.roll(4)];
        let ended = self.clones.ledger(clone, &[command, &on, "--actor", &actor]);
        assert!(matches!(ended.status, Some(0 | 3..=6)), "seed {}, step {}: {ended:?}", self.seed, self.step);
        self.counts.claims += usize::from(ended.status == Some(0));
    }

    /// A job that runs in several clones makes its request with one key.
    fn share(&mut self, clone: &str) {
        let key = format!("shared{}-{}", self.seed, self.dice.roll(2));
        let ended = self.clones.ledger(
            clone,
            &[
                "new",
                "--title",
                &key,
                "--from",
                "shop",
                "--to",
                "billing",
                "--type",
                "bug",
                "--set",
                "details.impact=x",
                "--key",
                &key,
            ],
        );
        // Two can have become one under a number, and wait for a word.
        assert!(matches!(ended.status, Some(0 | 6 | 9)), "seed {}, step {}: {ended:?}", self.seed, self.step);
        if ended.status == Some(0) {
            self.counts.shared += 1;
            self.written.insert(key.clone(), key.clone());
            if !self.requests.contains(&key) {
                self.requests.push(key);
            }
        }
    }

    /// Somebody settles what clones disagree about, by what he sees.
    fn decide(&mut self, clone: &str) {
        let ended = self.clones.ledger(clone, &["conflicts", "--json"]);
        if !matches!(ended.status, Some(0 | 3)) {
            return;
        }
        let found = ended.data()["conflicts"].as_array().unwrap().clone();
        if found.is_empty() {
            return;
        }
        let one = &found[self.dice.roll(found.len())];
        let id = one["id"].as_str().unwrap_or_default();
        let way = self.dice.roll(2);
        let reason = format!("decided in {clone}");
        let with = |more: &[&str]| {
            self.clones.ledger(clone, &[&["resolve", id], more, &["--reason", &reason, "--json"]].concat())
        };
        let decided = match one["kind"].as_str() {
            Some("diverged") => {
                let sides: Vec<&str> =
                    one["sides"].as_array().unwrap().iter().filter_map(|side| side["state"].as_str()).collect();
                with(&["--keep", sides[way % sides.len()]])
            }
            Some("duplicate") if way == 0 => with(&["--duplicate"]),
            Some("duplicate") => with(&["--distinct"]),
            _ => return,
        };
        assert!(matches!(decided.status, Some(0 | 4..=6)), "seed {}, step {}: {one} {decided:?}", self.seed, self.step);
        self.counts.decided += usize::from(decided.status == Some(0));
    }

    /// A merge by somebody whose git goes by nothing that the ledger says: it leaves its marks in the files.
    fn merge_without_rules(&mut self, clone: &str) {
        self.commit(clone);
        self.counts.merges += 1;
        let attributes = self.clones.path(clone).join(".git/info/attributes");
        let before = std::fs::read(&attributes).ok();
        std::fs::write(&attributes, "coordination/** merge\n").unwrap();
        let merged = self.clones.git(clone, &["merge", "-q", "--no-edit", "origin/main"]);
        match &before {
            Some(before) => std::fs::write(&attributes, before).unwrap(),
            None => std::fs::remove_file(&attributes).unwrap(),
        }
        if merged.status == Some(1) {
            self.counts.marked += 1;
            self.settle_merge(clone);
            return;
        }
        self.abort_unless(merged.status == Some(0), clone, &["merge", "--abort"]);
    }

    /// A sync that is killed on the way.
    fn crash(&mut self, clone: &str) {
        self.counts.crashes += 1;
        let mut command = self.clones.command(clone, &["sync"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(self.dice.roll(250) as u64));
        let _ = child.kill();
        child.wait().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(40));
        let _ = std::fs::remove_file(self.clones.path(clone).join(".git/index.lock"));
    }

    /// What somebody does who commits by hand before he lets git do something.
    fn commit(&self, clone: &str) {
        self.clones.git(clone, &["add", "-A"]).ok();
        self.clones.git(clone, &["commit", "-qm", "by hand"]);
        self.clones.git(clone, &["fetch", "-q"]).ok();
    }

    /// Git's own merge, with what the attributes say.
    fn merge(&mut self, clone: &str) {
        self.commit(clone);
        self.counts.merges += 1;
        let merged = self.clones.git(clone, &["merge", "-q", "--no-edit", "origin/main"]);
        if merged.status == Some(1) && self.dice.roll(2) == 0 {
            self.settle_merge(clone);
            return;
        }
        self.abort_unless(merged.status == Some(0), clone, &["merge", "--abort"]);
    }

    /// Settles a merge that stopped: two requests may have one number.
    fn settle_merge(&mut self, clone: &str) {
        self.counts.conflicts += 1;
        let left = self.clones.ledger(clone, &["repair-merge", "--json"]).data();
        let files = left["left"].as_array().unwrap().iter().map(|left| left["file"].as_str().unwrap().to_owned());
        let is_packet = |file: &String| file.contains("/requests/");
        for packet in files.filter(is_packet).collect::<Vec<_>>() {
            let at = packet.find("REQ-").unwrap();
            self.resolve_id(clone, &packet[at..at + 17]);
        }
        let repaired = self.clones.ledger(clone, &["repair-merge"]);
        assert_eq!(repaired.status, Some(0), "seed {}, step {}: {repaired:?}", self.seed, self.step);
        self.clones.git(clone, &["commit", "-qm", "settled"]).ok();
    }

    fn resolve_id(&mut self, clone: &str, id: &str) {
        let keep = ["ours", "theirs"][self.dice.roll(2)];
        let mut ended = self.clones.ledger(clone, &["resolve-id", id, "--keep", keep, "--json"]);
        if ended.status == Some(5) && ended.code() == "resolved" {
            ended = self.clones.ledger(clone, &["resolve-id", id, "--json"]);
        }
        assert_eq!(ended.status, Some(0), "seed {}, step {}, {clone}: {ended:?}", self.seed, self.step);
        self.counts.resolved += 1;
    }

    /// As a hosting site merges: nothing but the attributes.
    fn union_merge(&mut self, clone: &str) {
        self.commit(clone);
        self.counts.merges += 1;
        let merged = self.clones.git(clone, &["merge", "-q", "--no-edit", "-X", "patience", "origin/main"]);
        self.abort_unless(merged.status == Some(0), clone, &["merge", "--abort"]);
        if self.dice.roll(2) == 0 {
            self.clones.git(clone, &["push", "-q", "origin", "HEAD:main"]);
        }
    }

    fn rebase(&mut self, clone: &str) {
        self.commit(clone);
        self.counts.rebases += 1;
        let rebased = self.clones.git(clone, &["rebase", "-q", "origin/main"]);
        self.abort_unless(rebased.status == Some(0), clone, &["rebase", "--abort"]);
    }

    /// Takes over a single commit of the other side.
    fn pick(&mut self, clone: &str) {
        self.commit(clone);
        self.counts.picks += 1;
        let picked = self.clones.git(clone, &["cherry-pick", "--allow-empty", "origin/main"]);
        self.abort_unless(picked.status == Some(0), clone, &["cherry-pick", "--abort"]);
    }

    fn stash(&mut self, clone: &str) {
        self.counts.stashes += 1;
        self.clones.git(clone, &["stash", "push", "-q", "--include-untracked"]);
        if self.clones.git(clone, &["stash", "list"]).ok().out.is_empty() {
            return;
        }
        self.clones.git(clone, &["fetch", "-q"]).ok();
        self.clones.git(clone, &["merge", "-q", "--ff-only", "origin/main"]);
        let popped = self.clones.git(clone, &["stash", "pop", "-q"]);
        if popped.status != Some(0) {
            // What was stashed is still there; it goes back to where it fits.
            self.counts.conflicts += 1;
            self.clones.git(clone, &["reset", "-q", "--hard"]).ok();
            self.clones.git(clone, &["clean", "-qfd"]).ok();
            let based = self.clones.git(clone, &["rev-parse", "stash@{0}^"]).ok().out;
            self.clones.git(clone, &["reset", "-q", "--hard", based.trim()]).ok();
            self.clones.git(clone, &["stash", "pop", "-q"]).ok();
        }
    }

    /// Reserves numbers, which the next requests of the clone get.
    fn lease(&mut self, clone: &str) {
        let count = (1 + self.dice.roll(4)).to_string();
        let ended = self.clones.ledger(clone, &["ids", "lease", &count]);
        let is_done = ended.status == Some(0) || ended.err.contains("merge to be settled");
        assert!(is_done, "seed {}, step {}: {ended:?}", self.seed, self.step);
        self.counts.leases += 1;
    }

    /// Somebody overwrites what the other side has with what he has.
    fn force(&mut self, clone: &str) {
        self.counts.forced += 1;
        self.was_forced = true;
        self.clones.git(clone, &["push", "-q", "--force", "origin", "HEAD:main"]);
    }

    fn abort_unless(&mut self, is_done: bool, clone: &str, abort: &[&str]) {
        if !is_done {
            self.counts.conflicts += 1;
            // Some of them never began.
            self.clones.git(clone, abort);
            let status = self.clones.git(clone, &["status", "--porcelain"]).ok().out;
            assert!(!status.contains("UU ") && !status.contains("AA "), "seed {}: {status}", self.seed);
        }
    }

    fn repair(&mut self, clone: &str) {
        self.clones.ledger(clone, &["repair-merge"]);
    }

    /// That nothing is wrong with a clone. Where somebody overwrote what was published, a number that was published can have
    /// been given away anew, and a request be there under two: that is told, and for people to settle.
    fn assert_sound(&mut self, name: &str) {
        let verified = self.clones.ledger(name, &["verify", "--json"]);
        let data = verified.data();
        let codes: Vec<&str> = data["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["severity"] != "note")
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        let is_told = |code: &&str| self.was_forced && ["uid-twice", "key-twice"].contains(code);
        self.counts.twice += usize::from(!codes.is_empty());
        assert!(codes.iter().all(is_told), "seed {}, {name}: {verified:?}", self.seed);
    }

    /// Everybody exchanges until nothing moves; then all must agree.
    fn settle(&mut self) {
        for _ in 0..2 {
            for name in self.names {
                self.sync(name);
                // Two can decide at once, and otherwise.
                self.decide(name);
            }
        }
        for _ in 0..2 {
            for name in self.names {
                self.sync(name);
            }
        }
        self.clones.assert_same(self.names);
        for name in self.names {
            self.assert_sound(name);
            let files = self.clones.files(name);
            let texts: String = files.values().map(|bytes| String::from_utf8_lossy(bytes)).collect();
            for key in self.written.keys() {
                let is_there = [format!("\"key\":\"{key}\""), format!("\"key\": \"{key}\"")];
                let is_there = is_there.iter().any(|found| texts.contains(found.as_str()));
                assert!(is_there, "seed {}: {key} of {} is not in {name}", self.seed, self.written[key]);
            }
        }
        let listed = |name: &str| self.clones.ledger(name, &["list", "--all", "--json"]).ok().out;
        let first = listed(self.names[0]);
        for name in self.names {
            assert_eq!(listed(name), first, "seed {}: {name}", self.seed);
        }
        self.assert_as_the_model(&first);
        self.edit_by_hand();
    }

    /// What is listed is what the domain makes of the packets and events themselves, in whatever order they are given.
    fn assert_as_the_model(&mut self, listed: &str) {
        let listed: Value = serde_json::from_str(listed).unwrap();
        let files = self.clones.files(self.names[0]);
        for row in listed["data"]["requests"].as_array().unwrap() {
            let id = row["id"].as_str().unwrap();
            let packet = &files[&format!("coordination/requests/{id}.json")];
            let mut events = log::events_in(&files[&format!("coordination/events/{id}.jsonl")]);
            for place in (1..events.len()).rev() {
                let other = self.dice.roll(place + 1);
                events.swap(place, other);
            }
            let hash = Packet::hash_of(packet);
            let history = History::new(Packet::parse(packet).unwrap(), hash, events).unwrap();
            let state = State::replay(&history, &Workflow::default());
            let model = match &state.status {
                Status::At(state) => state.to_string(),
                Status::Diverged(_) => "DIVERGED".to_owned(),
            };
            assert_eq!(row["state"], model.as_str(), "seed {}: {id}", self.seed);
            assert_eq!(row["version"], history.version(), "seed {}: {id}", self.seed);
        }
    }

    /// Somebody changes a byte of what is on record: it is found, and goes nowhere.
    fn edit_by_hand(&mut self) {
        let clone = self.any();
        let files = self.clones.files(clone);
        let is_record = |name: &&String| name.contains("/requests/") || name.contains("/events/");
        let names: Vec<&String> = files.keys().filter(is_record).collect();
        let name = names[self.dice.roll(names.len())];
        let mut bytes = files[name].clone();
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_alphanumeric()).collect();
        let at = places[self.dice.roll(places.len())];
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let path = self.clones.path(clone).join(name);
        let packed = std::fs::metadata(&path).unwrap().permissions();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let published = self.clones.git_in(&self.clones.path("hub.git"), &["rev-parse", "main"]).ok().out;
        for asked in [&["verify", "--json"][..], &["verify", "--json", "--against", "HEAD"]] {
            let found = self.clones.ledger(clone, asked);
            assert!(matches!(found.status, Some(3 | 9)), "seed {}: {name}, byte {at}: {found:?}", self.seed);
            let findings = found.data()["findings"].clone();
            let is_told = findings.as_array().unwrap().iter().any(|finding| finding["file"] == name.as_str());
            assert!(is_told, "seed {}: {name}, byte {at}: {findings}", self.seed);
        }
        let synced = self.clones.sync(clone);
        assert_ne!(synced.status, Some(0), "seed {}: {name}, byte {at}: {synced:?}", self.seed);
        let after = self.clones.git_in(&self.clones.path("hub.git"), &["rev-parse", "main"]).ok().out;
        assert_eq!(published, after, "seed {}: {name}, byte {at}", self.seed);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &files[name]).unwrap();
        std::fs::set_permissions(&path, packed).unwrap();
        self.assert_sound(clone);
        self.counts.edits += 1;
    }
}
