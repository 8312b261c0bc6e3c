//! What the index tells: whether it is current, and what it remembers that is gone.

use std::path::PathBuf;

use super::{Finding, Seen, Severity};
use crate::app::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::index::cache::{Aside, Projection, is_doubtful};
use crate::index::refresh::{self, Freshness};
use crate::index::remembered::{Lost, lost};
use crate::store::StoreError;

/// Where the index is, from the root.
const INDEX: &str = "coordination/index.json";

impl Ledger<'_> {
    /// What is wrong with the index and the cache, after `seen` of these requests.
    pub(super) fn index_findings(&self, ids: &[RequestId], seen: Vec<Seen>) -> Result<Vec<Finding>, AppError> {
        let (freshness, projection) = match self.index_now(ids, seen) {
            Err(StoreError::Damaged { id: None, path, what, .. }) if path.ends_with(INDEX) => {
                let fix = "ledger doctor --fix".to_owned();
                let severity = Severity::Violation;
                return Ok(vec![Finding { code: "index-not-a-file", severity, id: None, path, line: None, what, fix }]);
            }
            other => other?,
        };
        let mut findings = self.cache_finding(&projection).into_iter().collect::<Vec<_>>();
        match self.known_format() {
            Ok(()) => findings.extend(self.freshness_findings(freshness, &projection)?),
            // How a newer program has the index is for that one to say; what it remembers still counts.
            Err(AppError::Newer { what, format }) => {
                findings.extend(self.lost(&projection)?);
                findings.push(newer(&what, format));
            }
            Err(other) => return Err(other),
        }
        Ok(findings)
    }

    /// What is remembered in the index and gone, where nobody can tell what the rest of it should be.
    pub(super) fn remembered_findings(&self, seen: Vec<Seen>) -> Result<Vec<Finding>, AppError> {
        let entries = seen.into_iter().filter_map(|one| one.entry.map(|(entry, _)| (one.id, entry)));
        let projection = Projection { entries: entries.collect(), ..Projection::default() };
        self.lost(&projection)
    }

    /// What the index is worth, by what was read a moment ago; where that leaves a doubt, all is read once more: somebody
    /// may have written meanwhile. The cache is not believed.
    fn index_now(&self, ids: &[RequestId], seen: Vec<Seen>) -> Result<(Freshness, Projection), StoreError> {
        let mut projection =
            Projection { events: seen.iter().map(|one| one.events as u64).sum(), ..Projection::default() };
        let mut rows = Vec::with_capacity(seen.len());
        for (id, entry, row) in seen.into_iter().filter_map(|one| one.entry.map(|(entry, row)| (one.id, entry, row))) {
            projection.entries.insert(id, entry);
            rows.push((id, row));
        }
        // Where one can't be read, all of this is made anew below.
        projection.find_duplicates(Vec::new());
        if projection.entries.len() == ids.len() {
            let freshness = refresh::compare(self.store, self.scope(), &projection)?;
            if freshness != Freshness::Stale && !is_doubtful(self.store, self.scope(), &rows)? {
                return Ok((freshness, projection));
            }
        }
        refresh::check(self.store, self.scope(), &self.progress())
    }

    fn cache_finding(&self, projection: &Projection) -> Option<Finding> {
        let of = match (projection.contradicted.as_slice(), projection.astray.first()) {
            ([], None) => return None,
            ([], Some(Aside::Counts)) => "how many requests there are of a kind".to_owned(),
            ([], Some(Aside::Waiting)) => "which requests wait for another".to_owned(),
            ([], Some(Aside::Duplicates)) => "which requests have the key of another".to_owned(),
            ([], Some(Aside::Words)) => "the words of texts".to_owned(),
            ([one], _) => one.to_string(),
            ([first, ..], _) => format!("{} requests, {first} first", projection.contradicted.len()),
        };
        Some(Finding {
            code: "cache-wrong",
            severity: Severity::Violation,
            id: None,
            path: PathBuf::from("coordination/.local/cache.sqlite"),
            line: None,
            what: format!("what is cached of {of} is not what the packets and events say: lists may be wrong"),
            fix: "ledger doctor --fix".to_owned(),
        })
    }

    fn freshness_findings(&self, freshness: Freshness, projection: &Projection) -> Result<Vec<Finding>, AppError> {
        let finding = |severity, code, what: String| Finding {
            code,
            severity,
            id: None,
            path: PathBuf::from(INDEX),
            line: None,
            what,
            fix: "ledger index".into(),
        };
        let small = projection.entries.len() as u64 <= refresh::SMALL;
        let lag = refresh::lag(self.store)?;
        Ok(match (freshness, lag) {
            (Freshness::Current, _) => Vec::new(),
            (Freshness::Missing, _) => {
                vec![finding(
                    Severity::Note,
                    "index-missing",
                    "there is no index.json; it is derived and can be made".into(),
                )]
            }
            (Freshness::Stale, Some(lag)) if !small && lag > 0 => {
                let what = format!("index.json lags behind by up to {lag} writes, as it may");
                let mut findings = self.lost(projection)?;
                findings.push(finding(Severity::Note, "index-lags", what));
                findings
            }
            (Freshness::Stale, _) => {
                let mut findings = self.lost(projection)?;
                let what = "index.json is not what the packets and events say".into();
                let mut stale = finding(Severity::Violation, "index-stale", what);
                if !findings.is_empty() {
                    stale.fix = "first what is lost; then: ledger index".into();
                }
                findings.push(stale);
                findings
            }
        })
    }

    fn lost(&self, projection: &Projection) -> Result<Vec<Finding>, AppError> {
        let finding = |Lost { id, head }: Lost| {
            let (packet, log) = self.store.places(id);
            let (code, path, what) = match head {
                None => ("request-lost", packet, "index.json remembers this request, which is not here".to_owned()),
                Some(head) => {
                    let head = head.short();
                    let what = "which is not in the log: the newest events were dropped";
                    ("event-lost", log, format!("index.json remembers event {head}, {what}"))
                }
            };
            let fix = format!("{}; if it is meant to be so: ledger index", self.world.restoring().newest(&path));
            Finding { code, severity: Severity::Violation, id: Some(id), path, line: None, what, fix }
        };
        Ok(lost(self.store, projection)?.into_iter().map(finding).collect())
    }
}

fn newer(file: &str, format: u32) -> Finding {
    Finding {
        code: "newer-format",
        severity: Severity::Note,
        id: None,
        path: PathBuf::from(file),
        line: None,
        what: format!(
            "it is of format {format}: what this program knows of the ledger was looked through, and its index was not"
        ),
        fix: "use a newer ledger".to_owned(),
    }
}
