//! How many of the third-party containment questions are answered, and how fast, beside the bare `covers` of the
//! jsonschema crate in the same run.
//!
//! `cargo bench --bench containment` prints both columns by group. `-- --open` names the questions left open, `-- --only
//! TEXT` asks those whose id holds the text.

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark takes the time and prints it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use coordination_ledger::contract::schema;
use coordination_ledger::contract::{Answer, Draft, Limits, OpenContent, Question, Resources, compare};
use serde_json::Value;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Column {
    right: usize,
    says_contained: Vec<String>,
    says_not: Vec<String>,
    open: Vec<(String, String)>,
    times: Vec<Duration>,
}

impl Column {
    fn note(&mut self, id: &str, truth: Option<bool>, said: Option<bool>, why: &str, took: Duration) {
        self.times.push(took);
        match (truth, said) {
            (_, None) => self.open.push((id.to_owned(), why.to_owned())),
            (Some(true), Some(false)) => self.says_not.push(id.to_owned()),
            (Some(false), Some(true)) => self.says_contained.push(id.to_owned()),
            (None, Some(_)) | (Some(true), Some(true)) | (Some(false), Some(false)) => self.right += 1,
        }
    }

    fn asked(&self) -> usize {
        self.times.len()
    }

    fn at(&self, share: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = ((times.len() as f64 - 1.0) * share).round() as usize;
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let show_open = arguments.iter().any(|argument| argument == "--open");
    let only = arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/containment");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let remotes = read_remotes(&folder.join("remotes"));
    for file in ["cases.jsonl", "real.jsonl"] {
        let Ok(text) = std::fs::read_to_string(folder.join(file)) else { continue };
        let mut groups: BTreeMap<String, (Column, Column)> = BTreeMap::new();
        let mut all = (Column::default(), Column::default());
        let mut both: (Vec<Duration>, Vec<Duration>) = Default::default();
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).expect("the data are JSON");
            let id = case["id"].as_str().unwrap_or_default();
            if only.is_some_and(|only| !id.contains(only.as_str())) {
                continue;
            }
            let resources = if line.contains("http://localhost:1234") { remotes.clone() } else { Resources::default() };
            let question = Question {
                sub: &case["sub"],
                sup: &case["super"],
                draft: case["draft"].as_str().unwrap_or_default().parse().unwrap_or(Draft::DEFAULT),
                formats: case["formats"].as_bool().unwrap_or(false),
                open_content: OpenContent::Strict,
                resources: &resources,
            };
            if show_open {
                eprintln!("{id}");
            }
            let begun = Instant::now();
            // As the command reads a line: what would lose digits is not asked.
            let answer = match schema::read_to_ask(line, &[]) {
                Ok(_) => compare(&question, &Limits { is_over: &|| begun.elapsed() > PATIENCE }),
                Err(fault) => Answer::Unknown { reason: fault.what },
            };
            let took = begun.elapsed();
            if show_open && took > Duration::from_millis(300) {
                eprintln!("slow: {took:?} {id}");
            }
            let begun = Instant::now();
            let bare = bare(&question);
            let bare_took = begun.elapsed();
            let truth = case["contained"].as_bool();
            let said = match &answer {
                Answer::Contained { .. } => Some(true),
                Answer::NotContained { .. } => Some(false),
                Answer::Unknown { .. } => None,
            };
            if only.is_some() {
                println!("{id}: {truth:?}\n  sub   {}\n  super {}\n  {answer:?}", case["sub"], case["super"]);
            }
            if said.is_some() && bare.is_some() {
                both.0.push(took);
                both.1.push(bare_took);
            }
            let group = groups.entry(case["group"].as_str().unwrap_or_default().to_owned()).or_default();
            for (ours, theirs) in [(&mut group.0, &mut group.1), (&mut all.0, &mut all.1)] {
                ours.note(id, truth, said, answer.reason(), took);
                theirs.note(id, truth, bare, "", bare_took);
            }
        }
        print_table(file, &groups, &all);
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
        };
        println!("median on what both answer: {:.2} times the bare crate\n", median(&mut both.0) / median(&mut both.1));
        let (ours, _) = &all;
        for (what, ids) in [("contained", &ours.says_contained), ("not contained", &ours.says_not)] {
            ids.iter().for_each(|id| println!("WRONG, says {what}: {id}"));
        }
        if show_open {
            ours.open.iter().for_each(|(id, why)| println!("open: {id}: {why}"));
        }
    }
}

fn print_table(file: &str, groups: &BTreeMap<String, (Column, Column)>, all: &(Column, Column)) {
    println!("{file}");
    println!(
        "{:<30} {:>6} | {:>7} {:>5} {:>5} {:>6} {:>8} {:>8} {:>9} | {:>7} {:>5} {:>6} {:>8}",
        "group",
        "asked",
        "right",
        "wrong",
        "open",
        "%",
        "med ms",
        "p95 ms",
        "max ms",
        "bare",
        "wrong",
        "open",
        "med ms"
    );
    for (name, (ours, bare)) in groups.iter().chain([(&"all".to_owned(), all)]) {
        println!(
            "{name:<30} {:>6} | {:>7} {:>5} {:>5} {:>6.2} {:>8.3} {:>8.3} {:>9.3} | {:>7} {:>5} {:>6} {:>8.3}",
            ours.asked(),
            ours.right,
            ours.says_contained.len() + ours.says_not.len(),
            ours.open.len(),
            100.0 * ours.right as f64 / ours.asked() as f64,
            ours.at(0.5),
            ours.at(0.95),
            ours.at(1.0),
            bare.right,
            bare.says_contained.len() + bare.says_not.len(),
            bare.open.len(),
            bare.at(0.5),
        );
    }
}

/// What the crate alone says.
fn bare(question: &Question<'_>) -> Option<bool> {
    let mut registry = jsonschema::Registry::new();
    for (address, document) in question.resources.iter() {
        registry = registry.add(address, document).ok()?;
    }
    let registry = registry.prepare().ok()?;
    let canonical = |schema: &Value| {
        jsonschema::canonical::options()
            .with_draft(question.draft.as_jsonschema())
            .should_validate_formats(question.formats)
            .with_registry(&registry)
            .offline()
            .canonicalize(schema)
            .ok()
    };
    match canonical(question.sup)?.covers(&canonical(question.sub)?).ok()? {
        jsonschema::canonical::Containment::Yes => Some(true),
        jsonschema::canonical::Containment::No => Some(false),
        _ => None,
    }
}

fn read_remotes(folder: &Path) -> Resources {
    let mut resources = Resources::default();
    for path in files_below(folder) {
        let inside = path.strip_prefix(folder).expect("below the folder").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a file that was listed");
        if let Ok(document) = serde_json::from_str(&text) {
            resources.add(&format!("http://localhost:1234/{inside}"), document);
        }
    }
    resources
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}
