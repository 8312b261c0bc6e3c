//! Whose signatures count, and what those that were found are worth.

use std::path::PathBuf;

use super::super::verify::{Finding, Severity};
use super::super::{AppError, Ledger};
use super::GivenSignature;
use crate::domain::checkpoint::{self, Checkpoint};
use crate::domain::signature::Signature;
use crate::domain::signers::{check_allowed, check_revoked};
use crate::domain::time::Timestamp;
use crate::signing::{Signed, Signers, Verdict, Who};
use crate::store::Budget;
use crate::store::checkpoints::SignersFile;
use crate::sync::restore::quoted;

/// Whose signatures count.
#[derive(Debug, Default)]
pub struct Trust {
    signers: Option<Signers>,
    place: Option<PathBuf>,
}

/// A signature that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its file.
    pub path: PathBuf,
    /// The key that made it, if it is a signature.
    pub key: Option<String>,
    /// What it is; `None` if it was not held against anyone.
    pub verdict: Option<Verdict>,
}

impl Trust {
    /// Those whom a file names count.
    ///
    /// # Errors
    /// Temporary files can't be written.
    pub fn new(place: PathBuf, allowed: &[u8], revoked: Option<&[u8]>) -> Result<Self, AppError> {
        Ok(Self { signers: Some(Signers::new(allowed, revoked)?), place: Some(place) })
    }

    /// The file that names them.
    #[must_use]
    pub fn place(&self) -> Option<&PathBuf> {
        self.place.as_ref()
    }

    /// Those who count, if anybody does.
    pub(in crate::app) fn signers(&self) -> Option<&Signers> {
        self.signers.as_ref()
    }

    /// Looks at the signatures of a checkpoint, and tells what is wrong with them. One that is good is enough; others
    /// then only count against it if they were made for something else.
    pub(super) fn of_checkpoint(
        &self,
        text: &str,
        path: &std::path::Path,
        signatures: &[GivenSignature],
        at: Timestamp,
        budget: &Budget,
    ) -> Result<(Vec<Seen>, Vec<Finding>), AppError> {
        let mut seen = Vec::new();
        for GivenSignature { path, text: signature } in signatures {
            let signed = Signed { text, namespace: checkpoint::NAMESPACE, signature };
            let check = |signers: &Signers| signers.check(signed, Who::Anybody, at, budget);
            let verdict = self.signers.as_ref().map(check).transpose()?;
            let key = Signature::parse(signature).ok().map(|signature| signature.fingerprint());
            seen.push(Seen { path: path.clone(), key, verdict });
        }
        // Those that count first, by name: the order of files is that of their keys.
        seen.sort_by_cached_key(|one| match &one.verdict {
            Some(Verdict::Good(signer)) => (0, Some(signer.clone())),
            Some(_) | None => (1, one.key.clone()),
        });
        let is_good = seen.iter().any(|one| matches!(one.verdict, Some(Verdict::Good(_))));
        let sign = signing_of(text);
        let mut findings: Vec<Finding> = seen.iter().filter_map(|one| finding(one, is_good, &sign)).collect();
        if self.signers.is_some() && signatures.is_empty() {
            findings.push(Finding {
                code: "signature-missing",
                severity: Severity::Violation,
                id: None,
                path: path.to_owned(),
                line: None,
                what: "nobody has signed the checkpoint".to_owned(),
                fix: format!("{sign} signs the newest one"),
            });
        }
        Ok((seen, findings))
    }
}

/// The command that signs the newest checkpoint of the same origin.
fn signing_of(text: &str) -> String {
    match Checkpoint::parse(text) {
        Ok(checkpoint) => format!("ledger checkpoint --sign --origin {}", checkpoint.origin()),
        Err(_) => "ledger checkpoint --sign".to_owned(),
    }
}

/// What is wrong with a signature of a checkpoint.
fn finding(seen: &Seen, another_is_good: bool, sign: &str) -> Option<Finding> {
    let verdict = seen.verdict.as_ref()?;
    let (code, what) = fault(verdict, seen.key.as_deref())?;
    let severity = match verdict {
        Verdict::Good(_) | Verdict::Damaged | Verdict::OtherNamespace(_) | Verdict::OtherText => Severity::Violation,
        Verdict::Unknown | Verdict::Expired | Verdict::NotYetValid | Verdict::NotPermitted | Verdict::Revoked => {
            if another_is_good {
                Severity::Note
            } else {
                Severity::Violation
            }
        }
    };
    let fix = match verdict {
        // It would be told for ever: no signature that is put beside it takes it away.
        Verdict::Damaged | Verdict::OtherNamespace(_) | Verdict::OtherText => {
            format!("see where it comes from; then rm {}, and {sign}", quoted(&seen.path))
        }
        Verdict::Good(_)
        | Verdict::Unknown
        | Verdict::Expired
        | Verdict::NotYetValid
        | Verdict::NotPermitted
        | Verdict::Revoked => format!("have it signed by a key that the signers file names: {sign}"),
    };
    Some(Finding { code, severity, id: None, path: seen.path.clone(), line: None, what, fix })
}

/// The code and the words for a signature that does not count.
pub(in crate::app) fn fault(verdict: &Verdict, key: Option<&str>) -> Option<(&'static str, String)> {
    let key = key.unwrap_or("its key");
    Some(match verdict {
        Verdict::Good(_) => return None,
        Verdict::Damaged => ("signature-damaged", "it is no signature".to_owned()),
        Verdict::OtherNamespace(namespace) => {
            ("signature-other-namespace", format!("it was made for something else: its namespace is {namespace:?}"))
        }
        Verdict::OtherText => ("signature-other-text", format!("{key} signed another text")),
        Verdict::Unknown => ("signature-unknown-key", format!("the signers file does not name {key}")),
        Verdict::Expired => ("signature-key-expired", format!("{key} was valid no longer")),
        Verdict::NotYetValid => ("signature-key-not-yet-valid", format!("{key} was not valid yet")),
        Verdict::NotPermitted => {
            ("signature-key-not-permitted", format!("the signers file does not let {key} sign this"))
        }
        Verdict::Revoked => ("signature-key-revoked", format!("{key} was revoked")),
    })
}

impl Ledger<'_> {
    /// Those whose signatures count here: named by the ledger's own file, where it has one.
    ///
    /// # Errors
    /// Damage, and failed machinery.
    pub fn own_trust(&self, revoked: Option<&[u8]>) -> Result<Trust, AppError> {
        let place = self.store.signers_place(SignersFile::Allowed);
        let Some(allowed) = self.store.signers(SignersFile::Allowed)? else { return Ok(Trust::default()) };
        check_allowed(&allowed).map_err(|bad| AppError::bad_file(&place, bad))?;
        Trust::new(place, &allowed, revoked)
    }

    /// The keys that the ledger's own file revokes.
    ///
    /// # Errors
    /// Damage, and failed machinery.
    pub fn own_revoked(&self) -> Result<Option<Vec<u8>>, AppError> {
        let Some(revoked) = self.store.signers(SignersFile::Revoked)? else { return Ok(None) };
        let bad = |bad| AppError::bad_file(&self.store.signers_place(SignersFile::Revoked), bad);
        check_revoked(&revoked).map_err(bad)?;
        Ok(Some(revoked))
    }
}
