//! What was taken over from elsewhere, for people and programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::safe;
use super::text::{DIM, GREEN, YELLOW, count, styled};
use crate::app::AppError;
use crate::app::intake::Taken;
use crate::app::write::Effect;
use crate::intake::{Fault, Skipped, Told};

/// The most that is told of one kind to people; programs get all.
const SHOWN_MAX: usize = 200;

/// Where it comes from.
pub enum Source {
    /// A tracker, by its name in keys.
    Tracker(String),
    /// A folder.
    Folder(String),
}

/// What was taken over.
#[derive(Serialize)]
pub struct IntakeView {
    source: String,
    dry_run: bool,
    counts: Counts,
    records: Vec<RecordView>,
    skipped: Vec<SkippedView>,
    told: Vec<ToldView>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unread: BTreeMap<String, usize>,
}

#[derive(Serialize, Default)]
struct Counts {
    made: usize,
    moved: usize,
    noted: usize,
    known: usize,
    skipped: usize,
}

/// A request that was made or written to.
#[derive(Serialize)]
struct RecordView {
    done: &'static str,
    name: String,
    key: String,
    id: String,
    title: String,
    states: Vec<String>,
    notes: usize,
}

/// A record that was left out, or the rest of which was.
#[derive(Serialize)]
struct SkippedView {
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    is_fault: bool,
    #[serde(flatten)]
    why: Why,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Why {
    Unread { message: String },
    Failed(Box<Failure>),
}

#[derive(Serialize)]
struct ToldView {
    place: String,
    what: String,
    became: String,
}

impl IntakeView {
    /// Nothing yet.
    #[must_use]
    pub fn new(source: Source, effect: Effect) -> Self {
        let (Source::Tracker(source) | Source::Folder(source)) = source;
        Self {
            source,
            dry_run: effect == Effect::DryRun,
            counts: Counts::default(),
            records: Vec::new(),
            skipped: Vec::new(),
            told: Vec::new(),
            unread: BTreeMap::new(),
        }
    }

    /// A record that made no wish.
    pub fn skip(&mut self, skipped: &Skipped) {
        let Skipped { place, name, why, fault } = skipped.clone();
        self.counts.skipped += 1;
        let why = Why::Unread { message: why };
        self.skipped.push(SkippedView { place, name, is_fault: fault == Fault::Bad, why });
    }

    /// A member that nothing was read from.
    pub fn unread(&mut self, name: String, records: usize) {
        self.unread.insert(name, records);
    }

    /// What became of a wish; answers with how that ends the command.
    pub fn take(&mut self, taken: Taken, failure: impl FnOnce(AppError) -> Failure) -> Exit {
        let is_changed = taken.is_changed();
        let Taken { place, name, key, title, id, is_new, states, notes, failed, told } = taken;
        // What was told when it was taken over is on record by now.
        let told = told.into_iter().filter(|_| is_changed || failed.is_some());
        let told = told.map(|Told { place, what, became }| ToldView { place, what, became });
        self.told.extend(told);
        let done = if is_new {
            self.counts.made += 1;
            "made"
        } else if states.len() > 1 {
            self.counts.moved += 1;
            "moved"
        } else if notes > 0 {
            self.counts.noted += 1;
            "noted"
        } else {
            self.counts.known += usize::from(failed.is_none());
            "known"
        };
        if is_changed {
            let (key, id) = (key.to_string(), id.map(|id| id.to_string()).unwrap_or_default());
            self.records.push(RecordView { done, name: name.clone(), key, id, title, states, notes });
        }
        let Some(failed) = failed.map(failure) else { return Exit::Done };
        let exit = failed.exit;
        self.counts.skipped += 1;
        self.skipped.push(SkippedView { place, name: Some(name), is_fault: true, why: Why::Failed(Box::new(failed)) });
        exit
    }
}

/// What was taken over, as text.
#[must_use]
pub fn intake(view: &IntakeView, quiet: bool) -> String {
    let mut text = String::new();
    if !quiet {
        view.records.iter().for_each(|record| line(&mut text, record));
        told(&mut text, view);
    }
    skipped(&mut text, view);
    let Counts { made, moved, noted, known, skipped } = view.counts;
    let begin = if view.dry_run { "nothing was written; it would be: " } else { "" };
    let _ = writeln!(text, "{begin}{made} made, {moved} moved, {noted} noted, {known} known before, {skipped} skipped");
    text
}

fn line(text: &mut String, record: &RecordView) {
    let RecordView { done, name, id, title, states, notes, .. } = record;
    let word = styled(if *done == "noted" { DIM } else { GREEN }, &format!("{done:<5}"));
    let way = match (states.first(), states.last()) {
        (Some(first), Some(last)) if states.len() > 1 && *done != "made" => format!("{first} → {last}"),
        (_, Some(last)) => last.clone(),
        (_, None) => String::new(),
    };
    let notes = if *notes > 0 { format!("  {}", count(*notes as u64, "note")) } else { String::new() };
    let _ = writeln!(text, "{word}  {id}  {}  {way}{notes}  {}", safe::line(name), safe::line(title));
}

fn told(text: &mut String, view: &IntakeView) {
    for ToldView { place, what, became } in view.told.iter().take(SHOWN_MAX) {
        let _ = writeln!(
            text,
            "{}  {}: {} → {}",
            styled(YELLOW, "told "),
            safe::line(place),
            safe::line(what),
            safe::line(became)
        );
    }
    more(text, view.told.len());
    if !view.unread.is_empty() && view.counts.made > 0 {
        let named =
            |(name, records): (&String, &usize)| format!("{} ({})", safe::line(name), count(*records as u64, "record"));
        let all: Vec<String> = view.unread.iter().take(SHOWN_MAX).map(named).collect();
        let _ = writeln!(text, "{}  nothing is read from: {}", styled(YELLOW, "told "), all.join(", "));
    }
}

fn skipped(text: &mut String, view: &IntakeView) {
    for SkippedView { place, name, why, is_fault } in view.skipped.iter().take(SHOWN_MAX) {
        let name = name.as_ref().map(|name| format!(" ({})", safe::line(name))).unwrap_or_default();
        let colour = if *is_fault { super::text::RED } else { DIM };
        let _ = write!(text, "{}  {}{name}: ", styled(colour, "skip "), safe::line(place));
        match why {
            Why::Unread { message } => {
                let _ = writeln!(text, "{}", safe::line(message));
            }
            Why::Failed(failure) => {
                let _ = writeln!(text, "{}", safe::line(&failure.message));
                for error in &failure.detail.errors {
                    let _ = writeln!(text, "       {}: {}", safe::line(&error.pointer), safe::line(&error.message));
                }
                if let Some(hint) = &failure.hint {
                    let _ = writeln!(text, "       hint: {}", safe::line(hint));
                }
            }
        }
    }
    more(text, view.skipped.len());
}

fn more(text: &mut String, all: usize) {
    if all > SHOWN_MAX {
        let _ = writeln!(text, "       and {} more: --json tells all", all - SHOWN_MAX);
    }
}
