//! What the index tells: whether it is current, and what it remembers that is gone.

use std::path::PathBuf;

use super::lost::WayBack;
use super::{Finding, Severity};
use crate::app::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::index::cache::sketch::{Doubts, Sketches};
use crate::index::cache::{Aside, Searched};
use crate::index::check::{Checked, Freshness, check_sketched};
use crate::index::refresh;
use crate::index::remembered::{Forgotten, Lost, forgotten_beside};
use crate::store::StoreError;

/// Where the index is, from the root.
const INDEX: &str = "coordination/index.json";

impl Ledger<'_> {
    /// What is wrong with the index and the cache, by what is known of these requests from a moment ago.
    pub(super) fn index_findings(
        &self,
        ids: &[RequestId],
        sketches: Sketches,
        searched: Searched,
    ) -> Result<Vec<Finding>, AppError> {
        let checked = check_sketched(self.store, self.scope(), (ids, sketches), searched, &self.progress());
        let Checked { freshness, doubts, sketches } = match checked {
            Err(StoreError::Damaged { id: None, path, what, .. }) if path.ends_with(INDEX) => {
                let fix = "ledger doctor --fix".to_owned();
                let severity = Severity::Violation;
                return Ok(vec![Finding { code: "index-not-a-file", severity, id: None, path, line: None, what, fix }]);
            }
            other => other?,
        };
        let mut findings = cache_finding(&doubts).into_iter().collect::<Vec<_>>();
        match self.known_format() {
            Ok(()) => findings.extend(self.freshness_findings(freshness, &sketches)?),
            // How a newer program has the index is for that one to say; what it remembers still counts.
            Err(AppError::Newer { what, format }) => {
                findings.extend(self.lost(&sketches)?);
                findings.push(newer(&what, format));
            }
            Err(other) => return Err(other),
        }
        Ok(findings)
    }

    fn freshness_findings(&self, freshness: Freshness, sketches: &Sketches) -> Result<Vec<Finding>, AppError> {
        let finding = |severity, code, what: String| Finding {
            code,
            severity,
            id: None,
            path: PathBuf::from(INDEX),
            line: None,
            what,
            fix: "ledger index".into(),
        };
        let small = sketches.len() as u64 <= refresh::SMALL;
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
                let (mut findings, _) = self.forgotten(sketches)?;
                findings.push(finding(Severity::Note, "index-lags", what));
                findings
            }
            (Freshness::Stale, _) => {
                let (mut findings, unread) = self.forgotten(sketches)?;
                let what = "index.json is not what the packets and events say".into();
                // Who merges by git leaves it behind; committed, it would be read by others.
                let severity = if self.settings.track_index { Severity::Violation } else { Severity::Note };
                let mut stale = finding(severity, "index-stale", what);
                if findings.iter().any(|finding| finding.severity != Severity::Note) {
                    stale.severity = Severity::Violation;
                    stale.fix = "first what is lost; then: ledger index".into();
                } else if let Some(unread) = unread {
                    stale.fix = format!(
                        "first what is wrong with {unread}, of which it remembers how far it had got; then: ledger index"
                    );
                }
                findings.push(stale);
                findings
            }
        })
    }

    /// What is remembered in the index and gone.
    pub(super) fn lost(&self, sketches: &Sketches) -> Result<Vec<Finding>, AppError> {
        Ok(self.forgotten(sketches)?.0)
    }

    /// The same, and a request that is remembered and can't be read.
    fn forgotten(&self, sketches: &Sketches) -> Result<(Vec<Finding>, Option<RequestId>), AppError> {
        let finding = |(before, Lost { id, head }): (usize, Lost)| {
            let (packet, log) = self.store.places(id);
            let WayBack { severity, whereabouts, fix } = self.way_back(id, head, before);
            let (code, path, missing) = match head {
                None => ("request-lost", packet, "this request, which is not here".to_owned()),
                Some(head) => ("event-lost", log, format!("event {}, which is not in the log", head.short())),
            };
            let (code, why) = match (whereabouts, head) {
                (Some(there), _) => ("not-on-this-branch", there),
                (None, None) => (code, "it was taken away".to_owned()),
                (None, Some(_)) => (code, "the newest events were dropped".to_owned()),
            };
            let what = format!("index.json remembers {missing}: {why}");
            let fix = format!("{fix}; if it is meant to be so: ledger index");
            Finding { code, severity, id: Some(id), path, line: None, what, fix }
        };
        let Forgotten { lost, unread } = forgotten_beside(self.store, sketches)?;
        Ok((lost.into_iter().enumerate().map(finding).collect(), unread))
    }
}

fn cache_finding(doubts: &Doubts) -> Option<Finding> {
    let of = match (doubts.contradicted.as_slice(), doubts.astray.first()) {
        ([], None) => return None,
        ([], Some(Aside::Counts)) => "how many requests there are of a kind".to_owned(),
        ([], Some(Aside::Waiting)) => "which requests wait for another".to_owned(),
        ([], Some(Aside::Duplicates)) => "which requests have the key of another".to_owned(),
        ([], Some(Aside::Words)) => "the words of texts".to_owned(),
        ([one], _) => one.to_string(),
        ([first, ..], _) => format!("{} requests, {first} first", doubts.contradicted.len()),
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
