//! What the index tells: whether it is current, and what it remembers that is gone.

use std::path::PathBuf;

use super::{Finding, Seen, Severity};
use crate::app::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::index::cache::{Projection, is_doubtful};
use crate::index::refresh::{self, Freshness};
use crate::index::snapshot;
use crate::store::{Derived, StoreError};

/// How many lost requests and events are told one by one.
const LOST_MAX: usize = 100;

impl Ledger<'_> {
    /// What is wrong with the index and the cache, after `seen` of these requests.
    pub(super) fn index_findings(&self, ids: &[RequestId], seen: Vec<Seen>) -> Result<Vec<Finding>, AppError> {
        let (freshness, projection) = match self.index_now(ids, seen) {
            Err(StoreError::Damaged { id: None, path, what, .. }) => {
                let fix = format!("remove {}, then: ledger index", path.display());
                let severity = Severity::Violation;
                return Ok(vec![Finding { code: "index-not-a-file", severity, id: None, path, line: None, what, fix }]);
            }
            other => other?,
        };
        let mut findings = self.cache_finding(&projection).into_iter().collect::<Vec<_>>();
        findings.extend(self.freshness_findings(freshness, &projection)?);
        Ok(findings)
    }

    /// What the index is worth, by what was read a moment ago; where that leaves a doubt, all is read once more: somebody
    /// may have written meanwhile. The cache is not believed.
    fn index_now(&self, ids: &[RequestId], seen: Vec<Seen>) -> Result<(Freshness, Projection), StoreError> {
        let mut projection =
            Projection { events: seen.iter().map(|one| one.events as u64).sum(), ..Projection::default() };
        projection.entries.extend(seen.into_iter().filter_map(|one| Some((one.id, one.entry?))));
        if projection.entries.len() == ids.len() {
            let freshness = refresh::compare(self.store, self.scope(), &projection)?;
            if freshness != Freshness::Stale && !is_doubtful(self.store, self.scope(), &projection.entries)? {
                return Ok((freshness, projection));
            }
        }
        refresh::check(self.store, self.scope(), &|_, _| {})
    }

    fn cache_finding(&self, projection: &Projection) -> Option<Finding> {
        let first = projection.contradicted.first()?;
        let of = match projection.contradicted.len() {
            1 => first.to_string(),
            more => format!("{more} requests, {first} first"),
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
            path: PathBuf::from("coordination/index.json"),
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
                findings.push(finding(Severity::Violation, "index-stale", what));
                findings
            }
        })
    }

    /// What a stale index remembers and the ledger no longer holds. A log without its newest lines is a shorter log that
    /// is whole: its hashes can't show that something is missing, but whoever saw the heads can.
    fn lost(&self, projection: &Projection) -> Result<Vec<Finding>, AppError> {
        let bytes = self.store.derived(Derived::Index)?.unwrap_or_default();
        let mut findings = Vec::new();
        for (id, remembered) in snapshot::heads(&bytes) {
            if findings.len() == LOST_MAX {
                break;
            }
            let (packet, log) = self.store.places(id);
            let mut lost = |code, path: PathBuf, what: String| {
                let fix = "find the commit that dropped it with git log, and restore it; if it is meant to be so: ledger index";
                let fix = fix.to_owned();
                findings.push(Finding {
                    code,
                    severity: Severity::Violation,
                    id: Some(id),
                    path,
                    line: None,
                    what,
                    fix,
                });
            };
            let Some(entry) = projection.entries.get(&id) else {
                if !self.store.contains(id)? {
                    lost("request-lost", packet, "index.json remembers this request, which is not here".into());
                }
                continue;
            };
            if entry.heads == remembered {
                continue;
            }
            let Some(history) = self.store.history(id)? else { continue };
            if let Some(head) = remembered.iter().find(|head| history.event(**head).is_none()) {
                let what = format!(
                    "index.json remembers event {}, which is not in the log: the newest events were dropped",
                    head.short()
                );
                lost("event-lost", log, what);
            }
        }
        Ok(findings)
    }
}
