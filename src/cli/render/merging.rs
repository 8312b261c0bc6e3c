//! What came of setting git up and of settling a merge, for people and programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::safe;
use super::text::{DIM, GREEN, YELLOW, count, relative, styled};
use crate::app::repair_merge::{Doing, Left, Mended, Repaired};
use crate::app::setup_git::{Effect, SetUp};

/// How the clone stands.
#[derive(Serialize)]
pub struct SetUpView {
    attributes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<String>,
    changed: bool,
    dry_run: bool,
}

impl SetUpView {
    /// What was set up.
    #[must_use]
    pub fn new(done: &SetUp, effect: Effect, root: &Path) -> Self {
        Self {
            attributes: relative(&done.attributes, root),
            driver: done.driver.clone(),
            changed: done.attributes_changed || done.config_changed,
            dry_run: effect == Effect::Told,
        }
    }
}

/// How the clone stands, as text.
#[must_use]
pub fn set_up(view: &SetUpView) -> String {
    let verb = match (view.changed, view.dry_run) {
        (false, _) => "is as it should be",
        (true, true) => "would be written",
        (true, false) => "written",
    };
    let mut text = String::new();
    let what = match &view.driver {
        Some(_) => "git merges the ledger's files in this clone by way of this program",
        None => "git merges the ledger's files in this clone by .gitattributes alone",
    };
    let what = if view.dry_run && view.changed { what.replacen("merges", "would merge", 1) } else { what.to_owned() };
    let _ = writeln!(text, "{what}");
    let _ = writeln!(text, "  {verb}: {}", safe::line(&view.attributes));
    if let Some(driver) = &view.driver {
        let _ = writeln!(text, "  {verb}: merge.ledger.driver = {}", safe::line(driver));
    }
    text
}

/// What came of settling a merge.
#[derive(Serialize)]
pub struct RepairedView {
    dry_run: bool,
    mended: Vec<MendedFile>,
    left: Vec<LeftFile>,
}

#[derive(Serialize)]
struct MendedFile {
    file: String,
    what: String,
}

#[derive(Serialize)]
struct LeftFile {
    file: String,
    message: String,
    fix: String,
}

impl RepairedView {
    /// What was mended, and what is left.
    #[must_use]
    pub fn new(repaired: &Repaired, doing: Doing) -> Self {
        let mended = |one: &Mended| MendedFile { file: one.file.clone(), what: one.what.clone() };
        let left = |one: &Left| LeftFile { file: one.file.clone(), message: one.what.clone(), fix: one.fix.clone() };
        Self {
            dry_run: doing == Doing::Telling,
            mended: repaired.mended.iter().map(mended).collect(),
            left: repaired.left.iter().map(left).collect(),
        }
    }
}

/// What came of settling a merge, as text.
#[must_use]
pub fn repaired(view: &RepairedView) -> String {
    let mut text = String::new();
    let verb = if view.dry_run { "would mend" } else { "mended" };
    for one in &view.mended {
        let _ = writeln!(text, "{} {}: {}", styled(GREEN, verb), safe::line(&one.file), safe::line(&one.what));
    }
    for one in &view.left {
        let _ = writeln!(text, "{} {}: {}", styled(YELLOW, "left"), safe::line(&one.file), safe::line(&one.message));
        let _ = writeln!(text, "  {}", styled(DIM, &format!("fix: {}", safe::line(&one.fix))));
    }
    let (mended, left) = (view.mended.len() as u64, view.left.len() as u64);
    let verb = if view.dry_run { "to mend" } else { "mended" };
    let _ = match (mended, left) {
        (0, 0) => writeln!(text, "nothing to mend"),
        (_, 0) => writeln!(text, "{} {verb}, nothing left to decide", count(mended, "file")),
        (_, _) => writeln!(text, "{} {verb}, {left} left to decide", count(mended, "file")),
    };
    text
}
