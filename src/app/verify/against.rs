//! Verifying against a commit: all that is there replays, and nothing that the commit held is edited or gone.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::{Finding, Report, Severity, Unknown, Whole};
use crate::app::checkpoint::Trust;
use crate::app::{AppError, Ledger};
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::registry::git::Point;
use crate::store::fs::carried::CarriedFile;
use crate::sync::against::{self, Asked, Breach, Compared, Place, WorkflowIs};

/// With which commit a ledger is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order<'a> {
    /// Where the ledger lies in its repository.
    pub place: &'a Place,
    /// The commit that its files are of, or that they were last committed to.
    pub head: &'a str,
    /// As it was asked for.
    pub reference: &'a str,
    /// Which commit is meant by it.
    pub point: Point,
}

/// With which commit a ledger was compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Against {
    /// Its hash.
    pub commit: String,
    /// What it is, in words.
    pub told: String,
    /// How many files that only ever grow it held.
    pub files: usize,
}

impl Ledger<'_> {
    /// Verifies the whole ledger, and compares it with a commit. What is computed, the index and the cache, has no say.
    ///
    /// # Errors
    /// Failed machinery, and what of the commit can't be read; whatever is wrong with the ledger is part of the answer.
    pub fn verify_against(
        &self,
        order: Order<'_>,
        trust: &Trust,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Report, AppError> {
        let root = self.store.root();
        let Order { place, head, reference, point } = order;
        // A copy of a commit that is looked at and gone again is no place to work in.
        let elsewhere = self.world.restoring().elsewhere().filter(|root| is_in(root, &place.repo));
        let asked = Asked { place, files: &root, head, reference, point, elsewhere };
        let compared = against::compare(asked)?;
        let mut report = self.verify_as(None, Whole::Sources, (trust, Unknown::default()), progress)?;
        if compared.files == 0 {
            let what = format!("{} holds no ledger here: there is nothing to compare", compared.told);
            let fix = "nothing, if the ledger is new".to_owned();
            let path = root.join("coordination");
            report.findings.push(Finding {
                code: "nothing-compared",
                severity: Severity::Note,
                id: None,
                path,
                line: None,
                what,
                fix,
            });
        }
        if compared.workflow == WorkflowIs::Another {
            report.findings.push(Finding {
                code: "workflow-changed",
                severity: Severity::Note,
                id: None,
                path: root.join(CarriedFile::Workflow.path()),
                line: None,
                what: format!("it is not the workflow of {}: what is new was judged by this one", compared.told),
                fix: "have somebody look who may change the workflow; what is new may break the one that it replaces"
                    .to_owned(),
            });
        }
        self.demote(&mut report, place, &compared)?;
        tell(&mut report, compared);
        Ok(report)
    }

    /// What the commit held already is not held against the change: whoever could have kept it out let it in, and nobody
    /// can take it back.
    fn demote(&self, report: &mut Report, place: &Place, compared: &Compared) -> Result<(), AppError> {
        let mut held: BTreeMap<RequestId, HashSet<Hash>> = BTreeMap::new();
        for finding in &mut report.findings {
            let is_judged = JUDGED.contains(&finding.code) && finding.severity == Severity::Violation;
            let Some(id) = finding.id.filter(|_| is_judged && compared.files > 0) else { continue };
            let Some(event) = self.event_of(finding)? else { continue };
            let known = match held.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(against::held_events(place, &compared.commit, id)?),
            };
            if known.contains(&event) {
                finding.severity = Severity::Note;
                finding.what = format!("{}; it was on record at {} already", finding.what, compared.told);
            }
        }
        Ok(())
    }
}

/// The codes of findings about steps that were not allowed: of events that are whole.
const JUDGED: [&str; 6] =
    ["illegal-transition", "claim-illegal", "unknown-workflow", "clock-behind", "clock-ahead", "distinct-from-nothing"];

/// Compares a folder that holds no ledger any more with a commit; `None` if that held none there either.
///
/// # Errors
/// What of the commit can't be read.
pub fn of_removed(files: &Path, order: Order<'_>) -> Result<Option<Report>, AppError> {
    let Order { place, head, reference, point } = order;
    let compared = against::compare(Asked { place, files, head, reference, point, elsewhere: None })?;
    let mut report = Report::default();
    let held_one = compared.files > 0;
    tell(&mut report, compared);
    Ok(held_one.then_some(report))
}

fn is_in(root: &Path, repo: &Path) -> bool {
    root.canonicalize().is_ok_and(|root| repo.canonicalize().is_ok_and(|repo| root.starts_with(repo)))
}

/// Adds what came of comparing to what was found.
fn tell(report: &mut Report, compared: Compared) {
    let Compared { commit, told, files, breaches, workflow: _ } = compared;
    report.findings.extend(breaches.into_iter().map(finding));
    report.findings.sort_by(|a, b| (&a.path, a.line, a.code).cmp(&(&b.path, b.line, b.code)));
    report.against = Some(Against { commit, told, files });
}

fn finding(breach: Breach) -> Finding {
    let Breach { code, id, path, line, what, fix } = breach;
    Finding { code, severity: Severity::Violation, id, path, line, what, fix }
}
