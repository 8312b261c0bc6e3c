//! What can't be read while all is looked through, as findings: the rest is looked through all the same.

use std::path::PathBuf;

use super::{Finding, Severity, Unknown, from_fault};
use crate::app::AppError;
use crate::store::{Fault, StoreError, unread, unread_code};
use crate::sync::restore::Restoring;

/// The code of what is below `.local/` and can't be used as it is.
pub(in crate::app) const LOCAL_UNUSABLE: &str = "local-unusable";

/// Findings, with what could not be read among them.
#[derive(Debug)]
pub(in crate::app) struct Told<'a> {
    pub(in crate::app) found: Vec<Finding>,
    restoring: &'a Restoring,
}

impl<'a> Told<'a> {
    /// Nothing so far.
    pub(in crate::app) fn new(restoring: &'a Restoring) -> Self {
        Self { found: Vec::new(), restoring }
    }

    /// Faults as findings; nothing where they can't be read, which is one then.
    ///
    /// # Errors
    /// What is no fault of the ledger's files.
    pub(in crate::app) fn faults(&mut self, read: Result<Vec<Fault>, StoreError>) -> Result<Vec<Finding>, AppError> {
        let faults = self.or_nothing(read)?;
        Ok(faults.into_iter().map(|fault| from_fault(fault, self.restoring)).collect())
    }

    /// Tells what the ledger goes by and can't be read.
    ///
    /// # Errors
    /// What is no fault of the ledger's files.
    pub(super) fn broken(&mut self, unknown: Unknown) -> Result<(), AppError> {
        let Unknown { settings, workflow, signers } = unknown;
        for error in [settings, workflow, signers].into_iter().flatten() {
            self.found.push(finding(error, self.restoring)?);
        }
        Ok(())
    }

    /// What was read; nothing where it can't be, which is a finding then.
    ///
    /// # Errors
    /// What is no fault of the ledger's files.
    pub(in crate::app) fn or_nothing<T: Default, E: Into<AppError>>(
        &mut self,
        read: Result<T, E>,
    ) -> Result<T, AppError> {
        match read {
            Ok(read) => Ok(read),
            Err(error) => {
                self.found.push(finding(error.into(), self.restoring)?);
                Ok(T::default())
            }
        }
    }
}

/// Whether a finding says again what the one before it says: what can't be read is met by whoever needs it.
pub(in crate::app) fn says_again(one: &Finding, before: &Finding) -> bool {
    let is_unread = matches!(one.code, "not-usable" | "not-readable" | "read-failed" | LOCAL_UNUSABLE);
    let is_same = (&one.path, one.line, one.code) == (&before.path, before.line, before.code);
    is_same && (is_unread || (&one.what, one.id) == (&before.what, before.id))
}

/// What can't be read, as a finding.
///
/// # Errors
/// What is no fault of the ledger's files: a budget that ran out, a program that can't be run.
fn finding(error: AppError, restoring: &Restoring) -> Result<Finding, AppError> {
    if let AppError::BadFile { file, what } = error {
        let path = PathBuf::from(file);
        let fix = format!("mend it, or {}", restoring.newest(&path));
        return Ok(Finding { code: "bad-file", severity: Severity::Damage, id: None, path, line: None, what, fix });
    }
    let AppError::Store(error) = error else { return Err(error) };
    match error {
        StoreError::Damaged { id, path, line, what } => {
            let is_local = path.components().any(|part| part.as_os_str() == ".local");
            let code = if is_local { LOCAL_UNUSABLE } else { "not-usable" };
            Ok(from_fault(Fault { code, id, path, line, what }, restoring))
        }
        StoreError::Io { path, source, .. } => {
            let (code, what) = (unread_code(&source), unread(&source));
            Ok(from_fault(Fault { code, id: None, path, line: None, what }, restoring))
        }
        StoreError::NotALedger(_)
        | StoreError::Busy { .. }
        | StoreError::Unwritable(_)
        | StoreError::Newer(_)
        | StoreError::Begun(_) => Err(error.into()),
    }
}
