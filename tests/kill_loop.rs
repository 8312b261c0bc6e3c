//! Processes that are killed at random moments: what they had acknowledged stays, what they had not is done once by a
//! retry, and whoever comes next can work.
//!
//! `LEDGER_KILL_SEED` plays a run's choices again; the scheduler still has a say in where a kill hits.

mod processes;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use processes::{Answer, Place, Random, answer, new, new_operation, text};

const KILLS: usize = 200;
const REQUESTS: usize = 6;
const OPERATIONS: usize = 6;
/// Repairs that verifying may ask for before the touched requests are written to again.
const MENDED_BY_A_WRITE: [&str; 6] =
    ["tail-torn", "tail-unfinished", "log-missing", "index-stale", "index-missing", "index-lags"];

#[test]
fn killed_processes_lose_nothing_that_they_acknowledged_and_a_retry_does_the_rest_once() {
    let seed = seed();
    say(&format!("LEDGER_KILL_SEED={seed}"));
    let mut play = Play::new(seed);
    while play.kills < KILLS {
        assert!(play.rounds < 5 * KILLS, "most processes end before they are killed");
        play.round();
    }
    play.settle();
    say(&format!(
        "{} kills in {} rounds: {:?} by kind; {} answers came before the kill",
        play.kills, play.rounds, play.kills_by_kind, play.acknowledged_then_killed
    ));
}

#[test]
fn a_batch_whose_process_was_killed_half_way_is_no_damage_and_the_next_write_completes_it() {
    const HALVES: usize = 4;
    const ATTEMPTS_MAX: usize = 60;
    const OPERATIONS_EACH: usize = 40;
    let seed = seed();
    say(&format!("LEDGER_KILL_SEED={seed}"));
    let (place, mut random) = (Place::new(), Random(seed));
    let journal = place.beside("coordination/.local/batch.journal");
    place.request_in_progress("There before");
    let (mut halves, mut attempts) = (0, 0);
    while halves < HALVES {
        assert!(attempts < ATTEMPTS_MAX, "most batches are through before they are killed");
        let large = |n: usize| large_operations(&format!("{attempts}-{n}"));
        let operations: Vec<Value> = (0..OPERATIONS_EACH).flat_map(large).collect();
        attempts += 1;
        place.write_beside("operations.jsonl", &operations);
        let mut child = place.command("victim", &["apply", "operations.jsonl"]).spawn().unwrap();
        while !journal.exists() && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(random.below(4_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        if journal.exists() {
            halves += 1;
            look_at_half_a_batch(&place);
        }
        // The same again: what was done is known, the rest is done.
        let again = place.command("follower", &["apply", "operations.jsonl"]).output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        // One that was killed between its last event and the index leaves that behind, and the follower has nothing to write.
        assert_eq!(place.run("reader", &["index"]).status, Some(0));
        place.assert_sound();
    }
    let (packets, logs) = (place.packets(), place.chains());
    let keys = |kept: &mut dyn Iterator<Item = &Value>| -> Vec<String> {
        kept.filter(|kept| !kept["key"].is_null()).map(|kept| text(&kept["key"])).collect()
    };
    let (made, noted) = (keys(&mut packets.values()), keys(&mut logs.values().flatten()));
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len(), "a key made two requests");
    assert_eq!((made.len(), noted.len()), (attempts * OPERATIONS_EACH, attempts * OPERATIONS_EACH));
}

/// Readers see no damage, and a write to any request that they see works.
fn look_at_half_a_batch(place: &Place) {
    let verified = place.run("reader", &["verify"]);
    assert_eq!(verified.status, Some(3), "{}", verified.told);
    let findings = verified.data["findings"].as_array().unwrap();
    let codes: BTreeSet<String> = findings.iter().map(|finding| text(&finding["code"])).collect();
    assert!(codes.contains("batch-unfinished"), "{codes:?}");
    let expected = ["batch-unfinished", "index-stale", "index-missing"];
    assert!(codes.iter().all(|code| expected.contains(&code.as_str())), "{findings:?}");
    let listed = place.ok("reader", &["list", "--all", "--sort", "id"]);
    let last = text(&listed["requests"].as_array().unwrap().last().unwrap()["id"]);
    place.ok("reader", &["show", &last]);
    place.ok("follower", &["note", &last, "--text", "carry on"]);
    place.ok("reader", &["verify"]);
}

/// A request and a note on it, large enough that a kill finds the time between their writes.
fn large_operations(name: &str) -> [Value; 2] {
    let mut make = new_operation(name, name);
    make["description"] = "some words of a description ".repeat(200).into();
    let key = format!("note-{name}");
    [make, json!({"op": "note", "request": format!("key:{name}"), "text": "y".repeat(9_000), "key": key})]
}

#[expect(clippy::disallowed_methods, reason = "a test is played again from outside")]
fn seed() -> u64 {
    let random = || {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    };
    std::env::var("LEDGER_KILL_SEED").ok().map_or_else(random, |seed| seed.parse().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "kills are spread over the time that a command takes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_macros, reason = "the seed is shown with a failure")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// What a process is asked to do: an operation under a key.
#[derive(Clone, Debug)]
struct Intent {
    key: String,
    doing: Doing,
}

#[derive(Clone, Debug)]
enum Doing {
    Make,
    Note { id: String },
    Transition { id: String, to: &'static str },
}

/// What was acknowledged for an intent.
#[derive(Clone, Debug)]
struct Acknowledged {
    id: String,
    /// The event's version; a second answer by `apply` tells only the request's.
    version: Option<u64>,
    /// The event's hash, or the packet's uid; `apply` tells neither.
    identity: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    New,
    Transition,
    Note,
    ApplyAtOnce,
    ApplyOneByOne,
}

impl Kind {
    const ALL: [Self; 5] = [Self::New, Self::Transition, Self::Note, Self::ApplyAtOnce, Self::ApplyOneByOne];
}

impl Intent {
    fn arguments(&self) -> Vec<&str> {
        match &self.doing {
            Doing::Make => new(&self.key, Some(&self.key)),
            Doing::Note { id } => vec!["note", id, "--text", &self.key, "--key", &self.key],
            Doing::Transition { id, to } => vec!["transition", id, to, "--reason", &self.key, "--key", &self.key],
        }
    }

    fn operation(&self) -> Value {
        let Self { key, doing } = self;
        match doing {
            Doing::Make => new_operation(key, key),
            Doing::Note { id } => json!({"op": "note", "request": id, "text": key, "key": key}),
            Doing::Transition { id, to } => {
                json!({"op": "transition", "request": id, "to": to, "reason": key, "key": key})
            }
        }
    }
}

struct Play {
    place: Place,
    random: Random,
    ids: Vec<String>,
    usual: BTreeMap<Kind, Duration>,
    rounds: usize,
    kills: usize,
    kills_by_kind: BTreeMap<Kind, usize>,
    acknowledged_then_killed: usize,
    intents: Vec<Intent>,
    acknowledged: BTreeMap<String, Acknowledged>,
    pending: Vec<Intent>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let place = Place::new();
        let ids = (0..REQUESTS).map(|n| place.request_in_progress(&format!("Contested {n}"))).collect();
        let mut play = Self {
            place,
            random: Random(seed),
            ids,
            usual: BTreeMap::new(),
            rounds: 0,
            kills: 0,
            kills_by_kind: BTreeMap::new(),
            acknowledged_then_killed: 0,
            intents: Vec::new(),
            acknowledged: BTreeMap::new(),
            pending: Vec::new(),
        };
        for kind in Kind::ALL {
            let intents = play.intents_of(kind);
            let started = now();
            assert!(play.attempt(kind, &intents, None).is_none(), "nobody kills it");
            play.usual.insert(kind, started.elapsed());
        }
        play
    }

    /// One process, killed at a random moment of its life; what follows must work.
    fn round(&mut self) {
        self.rounds += 1;
        let kind = Kind::ALL[self.pick(Kind::ALL.len())];
        let intents = self.intents_of(kind);
        let usual = self.usual[&kind];
        let lives = usual.mul_f64(self.random.below(1_000) as f64 / 1_000.0);
        let started = now();
        let bystander = self.random.below(4) == 0;
        let bystander = bystander.then(|| self.bystander());
        let killed = self.attempt(kind, &intents, Some(lives));
        if let Some(child) = bystander {
            let answer = answer(&child.wait_with_output().unwrap());
            assert_eq!(answer.status, Some(0), "a write beside the kill: {}", answer.told);
            self.record_last(&answer);
        }
        let Some(answered) = killed else {
            // It was through before: the next one of its kind is killed sooner.
            self.usual.insert(kind, (usual + started.elapsed().min(usual)) / 2);
            return;
        };
        self.usual.insert(kind, usual.mul_f64(1.02));
        self.kills += 1;
        *self.kills_by_kind.entry(kind).or_default() += 1;
        self.acknowledged_then_killed += answered;
        self.go_on(kind, &intents);
        if self.kills.is_multiple_of(20) {
            self.verify_nothing_grave();
        }
    }

    /// Whatever comes next works: the same again, or something else, for which the retry waits to the end.
    fn go_on(&mut self, kind: Kind, intents: &[Intent]) {
        match self.random.below(6) {
            0 => {
                self.leave(intents);
                let next = self.intent(Kind::Note, 0);
                self.carry_out(&next);
            }
            1 => {
                self.leave(intents);
                let next = self.intent(Kind::New, 0);
                self.carry_out(&next);
            }
            _ if matches!(kind, Kind::ApplyAtOnce | Kind::ApplyOneByOne) => {
                assert!(self.attempt(Kind::ApplyAtOnce, intents, None).is_none());
            }
            _ => intents.iter().for_each(|intent| self.carry_out(intent)),
        }
    }

    fn leave(&mut self, intents: &[Intent]) {
        let open = intents.iter().filter(|intent| !self.acknowledged.contains_key(&intent.key));
        self.pending.extend(open.cloned());
    }

    fn pick(&mut self, end: usize) -> usize {
        usize::try_from(self.random.below(end as u64)).unwrap()
    }

    fn intents_of(&mut self, kind: Kind) -> Vec<Intent> {
        let count = if matches!(kind, Kind::ApplyAtOnce | Kind::ApplyOneByOne) { OPERATIONS } else { 1 };
        let (chosen, mut state) = match kind {
            Kind::New | Kind::Note => (self.pick(REQUESTS), String::new()),
            Kind::Transition | Kind::ApplyAtOnce | Kind::ApplyOneByOne => {
                let chosen = self.pick(REQUESTS);
                (chosen, self.state(chosen))
            }
        };
        let mut intents = Vec::new();
        for at in 0..count {
            let kind = match kind {
                Kind::ApplyAtOnce | Kind::ApplyOneByOne => {
                    [Kind::Transition, Kind::New, Kind::Note, Kind::Note][at % 4]
                }
                Kind::New | Kind::Transition | Kind::Note => kind,
            };
            let mut intent = self.intent(kind, chosen);
            if let Doing::Transition { to, .. } = &mut intent.doing {
                *to = if state == "IN_PROGRESS" { "BLOCKED" } else { "IN_PROGRESS" };
                state = (*to).to_owned();
            }
            intents.push(intent);
        }
        intents
    }

    fn intent(&mut self, kind: Kind, chosen: usize) -> Intent {
        let key = format!("intent-{}", self.intents.len());
        let id = self.ids[chosen].clone();
        let doing = match kind {
            Kind::New => Doing::Make,
            Kind::Note => Doing::Note { id },
            Kind::Transition | Kind::ApplyAtOnce | Kind::ApplyOneByOne => Doing::Transition { id, to: "BLOCKED" },
        };
        let intent = Intent { key, doing };
        self.intents.push(intent.clone());
        intent
    }

    fn state(&self, chosen: usize) -> String {
        text(&self.place.ok("reader", &["show", &self.ids[chosen]])["state"])
    }

    fn bystander(&mut self) -> Child {
        let chosen = self.pick(REQUESTS);
        let kind = [Kind::New, Kind::Note][self.pick(2)];
        let intent = self.intent(kind, chosen);
        self.place.command("bystander", &intent.arguments()).spawn().unwrap()
    }

    /// Takes the answer down for the intent that was made last.
    fn record_last(&mut self, answer: &Answer) {
        let key = self.intents.last().unwrap().key.clone();
        self.record(&key, &answer.data);
    }

    /// Runs a process, for as long as it may live. Answers with how much it acknowledged if it was killed.
    fn attempt(&mut self, kind: Kind, intents: &[Intent], lives: Option<Duration>) -> Option<usize> {
        match kind {
            Kind::New | Kind::Transition | Kind::Note => self.attempt_one(&intents[0], lives),
            Kind::ApplyAtOnce => self.attempt_stream(intents, intents.len(), lives),
            Kind::ApplyOneByOne => self.attempt_stream(intents, 1, lives),
        }
    }

    fn attempt_one(&mut self, intent: &Intent, lives: Option<Duration>) -> Option<usize> {
        let mut child = self.place.command("victim", &intent.arguments()).spawn().unwrap();
        if let Some(lives) = lives {
            thread::sleep(lives);
            child.kill().unwrap();
        }
        let answer = answer(&child.wait_with_output().unwrap());
        if !answer.data.is_null() {
            self.record(&intent.key, &answer.data);
        }
        if answer.status.is_none() {
            return Some(usize::from(!answer.data.is_null()));
        }
        assert_eq!(answer.status, Some(0), "{intent:?}: {}", answer.told);
        None
    }

    fn attempt_stream(&mut self, intents: &[Intent], lot: usize, lives: Option<Duration>) -> Option<usize> {
        let mut command = self.place.command("victim", &["apply", "-"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let lots: Vec<String> = intents
            .chunks(lot)
            .map(|lot| lot.iter().map(|intent| format!("{}\n", intent.operation())).collect())
            .collect();
        let talk = thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut answers = Vec::new();
            'lots: for text in lots {
                // A broken pipe: it was killed.
                if stdin.write_all(text.as_bytes()).is_err() {
                    break;
                }
                for _ in 0..lot {
                    let mut line = String::new();
                    stdout.read_line(&mut line).unwrap();
                    if !line.ends_with('\n') {
                        break 'lots;
                    }
                    answers.push(line);
                }
            }
            answers
        });
        if let Some(lives) = lives {
            thread::sleep(lives);
            child.kill().unwrap();
        }
        let answers = talk.join().unwrap();
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        let status = child.wait().unwrap();
        for (intent, line) in intents.iter().zip(&answers) {
            let mut answer: Value = serde_json::from_str(line).unwrap();
            assert!(answer["error"].is_null(), "{intent:?}: {line}");
            self.record(&intent.key, &answer["data"].take());
        }
        if status.code().is_none() {
            return Some(answers.len());
        }
        assert!(status.success(), "{told}");
        assert_eq!(answers.len(), intents.len());
        None
    }

    /// Runs a command that nobody kills and that must succeed, whatever was killed before it.
    fn carry_out(&mut self, intent: &Intent) {
        let data = self.place.ok("follower", &intent.arguments());
        self.record(&intent.key, &data);
    }

    /// Takes down what was acknowledged. Told of an intent again, it must be the same result.
    fn record(&mut self, key: &str, data: &Value) {
        let identity = [&data["event"]["hash"], &data["uid"]].into_iter().find_map(Value::as_str).map(str::to_owned);
        let id = text(&data["id"]);
        let first = (data["deduplicated"] == false).then_some(&data["version"]);
        let version = data["event"]["n"].as_u64().or_else(|| first?.as_u64());
        let Some(before) = self.acknowledged.get_mut(key) else {
            self.acknowledged.insert(key.to_owned(), Acknowledged { id, version, identity });
            return;
        };
        assert_eq!(data["deduplicated"], true, "{key} was acknowledged before, and is done again");
        assert_eq!(before.id, id, "{key}");
        if let (Some(before), Some(identity)) = (&before.identity, &identity) {
            assert_eq!(before, identity, "{key}");
        }
        before.identity = before.identity.take().or(identity);
    }

    /// Even before anything is mended, no stored byte is wrong.
    fn verify_nothing_grave(&self) {
        let verified = self.place.run("reader", &["verify"]);
        let findings = verified.data["findings"].as_array().unwrap_or_else(|| panic!("{}", verified.told));
        for finding in findings {
            assert!(MENDED_BY_A_WRITE.contains(&finding["code"].as_str().unwrap()), "{finding}");
        }
    }

    /// Carries out what is still open, and looks whether everything is there, once.
    fn settle(&mut self) {
        self.all_acknowledged_is_there();
        for intent in std::mem::take(&mut self.pending) {
            self.retry(&intent);
        }
        let all = self.acknowledged.len();
        assert_eq!(all, self.intents.len(), "each intent has an answer now");
        self.mend();
        self.place.ok("mender", &["index"]);
        self.place.assert_sound();
        self.place.ok("reader", &["index", "--check"]);
        self.all_acknowledged_is_there();
        self.each_intent_has_one_effect();
    }

    /// The documented recovery: one write to each request.
    fn mend(&mut self) {
        let ids = self.place.packets().into_keys();
        let mut intents = Vec::new();
        for id in ids {
            let key = format!("intent-{}", self.intents.len());
            let intent = Intent { key, doing: Doing::Note { id } };
            self.intents.push(intent.clone());
            intents.push(intent);
        }
        let (contested, made): (Vec<_>, Vec<_>) =
            intents.into_iter().partition(|intent| self.ids.iter().any(|id| intent.arguments().contains(&id.as_str())));
        contested.iter().for_each(|intent| self.carry_out(intent));
        assert!(self.attempt(Kind::ApplyAtOnce, &made, None).is_none());
    }

    /// Retries an intent. A transition that was not carried out may no longer be open; then the way is made free for it.
    fn retry(&mut self, intent: &Intent) {
        let answer = self.place.run("follower", &intent.arguments());
        if let (Some(5), Doing::Transition { id, to }) = (answer.status, &intent.doing) {
            assert_eq!(answer.error["code"], "illegal-transition", "{}", answer.told);
            let back = if *to == "BLOCKED" { "IN_PROGRESS" } else { "BLOCKED" };
            self.place.ok("follower", &["transition", id, back, "--reason", "to make way"]);
            return self.carry_out(intent);
        }
        assert_eq!(answer.status, Some(0), "{intent:?}: {}", answer.told);
        self.record(&intent.key, &answer.data);
    }

    fn all_acknowledged_is_there(&self) {
        let (packets, logs) = (self.place.packets(), self.place.logs());
        for (key, Acknowledged { id, version, identity }) in &self.acknowledged {
            let keyed = |kept: &&Value| kept["key"] == key.as_str();
            let (packet, mut log) = (packets.get(id).filter(keyed), logs[id].iter());
            let name = if packet.is_some() { "uid" } else { "hash" };
            let kept = packet.or_else(|| log.find(keyed)).unwrap_or_else(|| panic!("{key} is lost from {id}"));
            assert!(identity.as_ref().is_none_or(|identity| kept[name] == identity.as_str()), "{key}: {kept}");
            let n = kept["n"].as_u64();
            assert!(n.is_none() || version.is_none() || n == *version, "{key} has moved: {kept}");
        }
    }

    fn each_intent_has_one_effect(&self) {
        let (packets, logs) = (self.place.packets(), self.place.chains());
        let keyed = packets.values().chain(logs.values().flatten()).filter_map(|kept| kept["key"].as_str());
        let mut effects: BTreeMap<&str, usize> = BTreeMap::new();
        keyed.for_each(|key| *effects.entry(key).or_default() += 1);
        for intent in &self.intents {
            assert_eq!(effects.remove(intent.key.as_str()), Some(1), "{intent:?}");
        }
        assert!(effects.is_empty(), "nobody asked for these: {effects:?}");
    }
}
