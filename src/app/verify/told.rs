//! What can't be read while all is looked through, as findings: the rest is looked through all the same.

use super::{Finding, from_fault};
use crate::app::AppError;
use crate::store::{Fault, StoreError, unread, unread_code};

/// The code of what is below `.local/` and can't be used as it is.
pub(in crate::app) const LOCAL_UNUSABLE: &str = "local-unusable";

/// Findings, with what could not be read among them.
#[derive(Debug, Default)]
pub(in crate::app) struct Told(pub(in crate::app) Vec<Finding>);

impl Told {
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
                self.0.push(finding(error.into())?);
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
pub(in crate::app) fn finding(error: AppError) -> Result<Finding, AppError> {
    let AppError::Store(error) = error else { return Err(error) };
    match error {
        StoreError::Damaged { id, path, line, what } => {
            let is_local = path.components().any(|part| part.as_os_str() == ".local");
            let code = if is_local { LOCAL_UNUSABLE } else { "not-usable" };
            Ok(from_fault(Fault { code, id, path, line, what }))
        }
        StoreError::Io { path, source, .. } => {
            let (code, what) = (unread_code(&source), unread(&source));
            Ok(from_fault(Fault { code, id: None, path, line: None, what }))
        }
        StoreError::NotALedger(_) | StoreError::Busy { .. } | StoreError::Unwritable(_) | StoreError::Newer(_) => {
            Err(error.into())
        }
    }
}
