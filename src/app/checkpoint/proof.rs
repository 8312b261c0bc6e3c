//! Checking a proof with nothing but itself and those whose signatures count.

use std::path::Path;

use super::super::AppError;
use super::super::verify::{Finding, Severity};
use super::GivenSignature;
use super::approvals::{SeenApproval, approvals};
use super::trust::{Seen, Trust};
use crate::domain::proof::{Proof, Shown};
use crate::domain::time::Timestamp;
use crate::store::Budget;

/// What came of checking a proof.
#[derive(Clone, Debug)]
pub struct ProofReport {
    /// What it shows; `None` if it does not hold.
    pub shown: Option<Shown>,
    /// The signatures of each of its checkpoints, the earlier one's first.
    pub signatures: Vec<Vec<Seen>>,
    /// The signatures of the approvals that it shows.
    pub approvals: Vec<SeenApproval>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Checks a proof.
///
/// # Errors
/// Failed machinery; a proof that does not hold is an answer.
pub fn check_proof(
    path: &Path,
    text: &str,
    trust: &Trust,
    now: Timestamp,
    budget: &Budget,
) -> Result<ProofReport, AppError> {
    let mut report = ProofReport { shown: None, signatures: Vec::new(), approvals: Vec::new(), findings: Vec::new() };
    let checked = Proof::parse(text).and_then(|proof| proof.check().map(|shown| (proof, shown)));
    let (proof, shown) = match checked {
        Ok(checked) => checked,
        Err(bad) => {
            report.findings.push(Finding {
                code: "proof-wrong",
                severity: Severity::Violation,
                id: None,
                path: path.to_owned(),
                line: None,
                what: bad.to_string(),
                fix: "ask for it anew: ledger prove makes it".to_owned(),
            });
            return Ok(report);
        }
    };
    for witnessed in proof.witnessed() {
        let given: Vec<GivenSignature> = witnessed
            .signatures
            .iter()
            .map(|text| GivenSignature { path: path.to_owned(), text: text.clone() })
            .collect();
        let (seen, findings) = trust.of_checkpoint(&witnessed.checkpoint, path, &given, now, budget)?;
        report.signatures.push(seen);
        report.findings.extend(findings);
    }
    let (approvals, findings) = approvals_of(&shown, path, trust, budget)?;
    report.approvals = approvals;
    report.findings.extend(findings);
    report.shown = Some(shown);
    Ok(report)
}

/// The signed approvals that a proof shows, and what is wrong with their signatures.
fn approvals_of(
    shown: &Shown,
    path: &Path,
    trust: &Trust,
    budget: &Budget,
) -> Result<(Vec<SeenApproval>, Vec<Finding>), AppError> {
    let finding = |code, severity, what: String, fix: &str| {
        let (path, fix) = (path.to_owned(), fix.to_owned());
        Finding { code, severity, id: None, path, line: None, what, fix }
    };
    let mut findings = Vec::new();
    let seen = match shown {
        Shown::Included { checkpoint, history: Some(history), .. } => {
            let seen = trust.of_approvals(checkpoint.ledger(), history, budget)?;
            let faults = seen.iter().filter_map(SeenApproval::fault);
            let fix =
                "name the key for whoever approved in the signers file, if it is theirs; else have it approved anew";
            findings.extend(faults.map(|(code, what)| finding(code, Severity::Violation, what, fix)));
            seen
        }
        Shown::Included { history: None, events, .. } => {
            let seen: Vec<SeenApproval> =
                approvals(events).filter_map(|(event, approved)| SeenApproval::at_a_glance(event, approved)).collect();
            for one in &seen {
                let what = format!(
                    "event {}: the signature of the approval as {} was not checked: it is over the packet too, which the proof of an event alone does not hold",
                    one.n, one.role
                );
                let fix = "ask for a proof of the request: ledger prove REQ";
                findings.push(finding("signature-unchecked", Severity::Note, what, fix));
            }
            seen
        }
        Shown::Consistent { .. } => Vec::new(),
    };
    Ok((seen, findings))
}
