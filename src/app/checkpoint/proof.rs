//! Checking a proof with nothing but itself and those whose signatures count.

use std::path::Path;

use super::super::AppError;
use super::super::verify::{Finding, Severity};
use super::GivenSignature;
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
    let mut report = ProofReport { shown: None, signatures: Vec::new(), findings: Vec::new() };
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
    report.shown = Some(shown);
    Ok(report)
}
