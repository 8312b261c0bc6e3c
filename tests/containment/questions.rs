//! Third-party questions with known answers; skipped where they are not at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use coordination_ledger::contract::schema;
use coordination_ledger::contract::{Answer, Draft, Limits, OpenContent, Question, Resources, hunt};
use serde_json::Value;

use super::ask_within;

/// Debug builds are some twenty times slower than what the time limits are made for.
const PATIENCE: Duration = Duration::from_secs(20);

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/containment");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not at hand", folder.display());
    None
}

fn remotes(folder: &Path) -> Resources {
    let mut resources = Resources::default();
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let inside = entry.path().strip_prefix(folder).unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        resources.add(&format!("http://localhost:1234/{inside}"), serde_json::from_str(&text).unwrap());
    }
    resources
}

#[derive(Default)]
struct Tally {
    asked: usize,
    answered: usize,
    says_contained: Vec<String>,
    says_not: Vec<String>,
}

fn tally(file: &str, every: usize) -> Option<BTreeMap<String, Tally>> {
    let folder = folder()?;
    let remotes = remotes(&folder.join("remotes"));
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let lines: Vec<&str> = text.lines().step_by(every).collect();
    let next = AtomicUsize::new(0);
    let tallies: Mutex<BTreeMap<String, Tally>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let work = || {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    one(line, &remotes, &tallies);
                }
            };
            std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).unwrap();
        }
    });
    Some(tallies.into_inner().unwrap())
}

fn one(line: &str, remotes: &Resources, tallies: &Mutex<BTreeMap<String, Tally>>) {
    let case: Value = serde_json::from_str(line).unwrap();
    let none = Resources::default();
    let question = Question {
        sub: &case["sub"],
        sup: &case["super"],
        draft: case["draft"].as_str().unwrap().parse::<Draft>().unwrap(),
        formats: case["formats"].as_bool().unwrap_or(false),
        open_content: OpenContent::Strict,
        resources: if line.contains("http://localhost:1234") { remotes } else { &none },
    };
    // As the command reads a line: what would lose digits is not asked.
    let answer = match schema::read_to_ask(line, &[]) {
        Ok(_) => ask_within(&question, PATIENCE),
        Err(fault) => Answer::Unknown { reason: fault.what },
    };
    // Every fourth "contained" is attacked by whoever only tries documents.
    if matches!(answer, Answer::Contained { .. }) && line.len().is_multiple_of(4) {
        let begun = Instant::now();
        let limits = Limits { is_over: &|| begun.elapsed() > Duration::from_millis(300) };
        let found = hunt(&question, &limits);
        assert!(found.is_none(), "{}: said to be contained, and yet {:?}", case["id"], found);
    }
    let mut tallies = tallies.lock().unwrap();
    let tally = tallies.entry(case["group"].as_str().unwrap().to_owned()).or_default();
    tally.asked += 1;
    let id = case["id"].as_str().unwrap().to_owned();
    match (case["contained"].as_bool(), &answer) {
        (_, Answer::Unknown { .. }) => return,
        (Some(false), Answer::Contained { .. }) => tally.says_contained.push(id),
        (Some(true), Answer::NotContained { .. }) => tally.says_not.push(id),
        _ => {}
    }
    tally.answered += 1;
}

/// Labels that a witness refutes, which both validators confirm: by the text of the standards they are mistakes.
const REFUTED: [&str; 14] = [
    // The thirty-first of February is no date; a backslash is in no IRI.
    "sdbs/draft2019-09/unions/format/9:12",
    "sdbs/draft2019-09/unions/format/14:12",
    "sdbs/draft2020-12/unions/format/14:12",
    // The two halves were renamed apart only in part.
    "sdbs/draft2020-12/unsatisfiable/dynamicRef/9:12",
    "sdbs/draft7/unsatisfiable/ref/13:12",
    // `.` does not match a line break (ECMA-262 §22.2.2.7).
    "jsonsubschema-ibm/test_more::test_equiv_multiple_case:12",
    "jsonsubschema-ibm/test_more::test_equiv_multiple_case~2:12",
    "jsonsubschema-ibm/test_more::test_equiv_multiple_case~5:21",
    "jsonsubschema-ibm/test_more::test_equiv_multiple_case~6:21",
    "jsonsubschema-ibm/test_string::test_equiv_multiple_case~3:12",
    "jsonsubschema-ibm/test_string::test_equiv_multiple_case~6:12",
    "jsonsubschema-ibm/test_string::test_equiv_multiple_case~9:21",
    "jsonsubschema-ibm/test_string::test_equiv_multiple_case~10:21",
    // {"version": "2.0", "extensions": {"http": {"hsts": {}, "routePrefix": ""}}}
    "schemastore/host/c150321e27..b7f27959a5:21",
];
#[test]
fn known_answers_are_never_contradicted_and_few_are_left_open() {
    let Some(tallies) = tally("cases.jsonl", 1) else { return };
    let mut asked = 0;
    let mut answered = 0;
    for (group, tally) in &tallies {
        assert_eq!(tally.says_contained, Vec::<String>::new(), "{group}");
        let wrong: Vec<_> = tally.says_not.iter().filter(|id| !REFUTED.contains(&id.as_str())).collect();
        assert!(wrong.is_empty(), "{group}: says not contained: {wrong:?}");
        let share = tally.answered as f64 / tally.asked as f64;
        assert!(share >= 0.95, "{group}: only {} of {} answered", tally.answered, tally.asked);
        asked += tally.asked;
        answered += tally.answered;
    }
    assert!(answered as f64 / asked as f64 >= 0.99, "only {answered} of {asked} answered");
}

#[test]
fn real_histories_are_answered() {
    let Some(tallies) = tally("real.jsonl", 1) else { return };
    let asked: usize = tallies.values().map(|tally| tally.asked).sum();
    let answered: usize = tallies.values().map(|tally| tally.answered).sum();
    assert!(answered as f64 / asked as f64 >= 0.98, "only {answered} of {asked} answered");
    for tally in tallies.values() {
        assert_eq!(tally.says_contained, Vec::<String>::new());
        let wrong: Vec<_> = tally.says_not.iter().filter(|id| !REFUTED.contains(&id.as_str())).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
