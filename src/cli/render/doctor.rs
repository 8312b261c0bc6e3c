//! What the doctor found, for people and programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::safe;
use super::text::{DIM, GREEN, RED, YELLOW, count, from_root, relative, styled};
use crate::app::doctor::{Diagnosis, Examined, Grade, Locks};
use crate::store::fs::health::{End, Mended, Rest};
use crate::sync::standing::Standing;

/// What the doctor found.
#[derive(Serialize)]
pub struct ExaminedView {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_bytes: Option<u64>,
    locks: &'static str,
    git: &'static str,
    requests: usize,
    events: usize,
    mended: Vec<MendedView>,
    findings: Vec<DiagnosisView>,
    has_more: bool,
    /// How many errors, warnings and notes there are, also of those that are not printed.
    #[serde(skip)]
    totals: [u64; 3],
}

/// One thing that is not as it should be.
#[derive(Serialize)]
struct DiagnosisView {
    code: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    message: String,
    fix: String,
}

/// One thing that was mended.
#[derive(Serialize)]
pub struct MendedView {
    file: String,
    what: String,
}

impl MendedView {
    /// What the store mended.
    #[must_use]
    pub fn all(mended: &[Mended], root: &Path) -> Vec<Self> {
        let of = |path: &Path, what: String| Self { file: relative(path, root), what };
        let view = |one: &Mended| match one {
            Mended::Removed(path) => of(path, "removed, left behind by a command that was killed".to_owned()),
            Mended::Cleared(path) => of(path, "removed, since nobody could use it".to_owned()),
            Mended::SetAside { path, aside } => of(path, format!("set aside as {}", relative(aside, root))),
            Mended::Synced(stream) => {
                Self { file: stream.to_string(), what: "written once more and synced".to_owned() }
            }
            Mended::End(path, End::SetAside) => {
                of(path, "the end of a write that was cut short was set aside".to_owned())
            }
            Mended::End(path, End::Completed) => of(path, "the last line got its line end".to_owned()),
            Mended::Batch(path, Rest::CarriedOut) => of(path, "a batch that was cut short was carried out".to_owned()),
            Mended::Batch(path, Rest::ClearedAway) => {
                of(path, "a batch of which nothing was begun was cleared away".to_owned())
            }
        };
        mended.iter().map(view).collect()
    }

    /// The cache.
    #[must_use]
    pub fn cache() -> Self {
        Self { file: "coordination/.local/cache.sqlite".to_owned(), what: "made anew".to_owned() }
    }

    /// The index.
    #[must_use]
    pub fn index() -> Self {
        Self { file: "coordination/index.json".to_owned(), what: "made anew".to_owned() }
    }
}

impl ExaminedView {
    /// What was found and mended; of what was found, the gravest `most`.
    #[must_use]
    pub fn new(found: &Examined, mended: Vec<MendedView>, root: &Path, most: usize) -> Self {
        let diagnosis = |one: &Diagnosis| DiagnosisView {
            code: one.code,
            severity: one.grade.name(),
            file: one.path.as_ref().map(|path| relative(path, root)),
            line: one.line,
            message: from_root(&one.what, root),
            fix: from_root(&one.fix, root),
        };
        Self {
            ok: found.is_safe(),
            file_system: found.ground.as_ref().map(|ground| ground.name.clone()),
            free_bytes: found.ground.as_ref().map(|ground| ground.free_bytes),
            locks: match found.locks {
                Locks::Work => "work",
                Locks::ExcludeNobody => "broken",
                Locks::Hang(_) => "hang",
                Locks::Fail(_) => "fail",
                Locks::Untried(_) => "untried",
            },
            git: match &found.standing {
                Standing::Outside => "none",
                Standing::Inside(troubles) if troubles.iter().all(|one| one.is_note()) => "ok",
                Standing::Inside(_) => "trouble",
            },
            requests: found.requests,
            events: found.events,
            mended,
            findings: found.diagnoses.iter().take(most).map(diagnosis).collect(),
            has_more: found.diagnoses.len() > most,
            totals: [Grade::Error, Grade::Warning, Grade::Note]
                .map(|grade| found.diagnoses.iter().filter(|one| one.grade == grade).count() as u64),
        }
    }
}

/// What was found, as text.
#[must_use]
pub fn examined(view: &ExaminedView) -> String {
    let mut text = String::new();
    for one in &view.mended {
        let _ = writeln!(text, "mended {}: {}", safe::line(&one.file), one.what);
    }
    for one in &view.findings {
        let place = match (&one.file, one.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", safe::line(file)),
            (Some(file), None) => format!("{}: ", safe::line(file)),
            (None, _) => String::new(),
        };
        let color = match one.severity {
            "error" => RED,
            "warning" => YELLOW,
            _ => DIM,
        };
        let _ = writeln!(text, "{place}{} {}: {}", styled(color, one.severity), one.code, safe::line(&one.message));
        let _ = writeln!(text, "  {}", styled(DIM, &format!("fix: {}", safe::line(&one.fix))));
    }
    let ground = match (&view.file_system, view.free_bytes) {
        (Some(name), Some(free)) => format!("{name} with {} MiB free", free >> 20),
        (_, _) => "a file system that is not known".to_owned(),
    };
    let git = match view.git {
        "ok" => "git keeps the files as they are",
        "trouble" => "git does not keep the files as it should",
        _ => "no git here",
    };
    let _ = writeln!(text, "on {ground}; locks {}; {git}", view.locks);
    let checked =
        format!("{}, {} examined", count(view.requests as u64, "request"), count(view.events as u64, "event"));
    let numbers: Vec<String> = view
        .totals
        .into_iter()
        .zip(["error", "warning", "note"])
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| count(number, what))
        .collect();
    let numbers = if numbers.is_empty() { String::new() } else { format!(", {}", numbers.join(", ")) };
    let verdict = if view.ok { styled(GREEN, "ok") } else { styled(RED, "not safe to operate") };
    let _ = writeln!(text, "{verdict}: {checked}{numbers}");
    text
}
