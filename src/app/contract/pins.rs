//! What a consumer states when it is pinned: it may need only what the version gives.

use serde_json::Value;

use super::super::{AppError, Ledger};
use super::Comparing;
use crate::contract::gate::{Asking, Both};
use crate::contract::schema;
use crate::domain::id::ContractRef;

impl Ledger<'_> {
    /// Whether all that a version allows is what a consumer says it needs.
    ///
    /// # Errors
    /// The version or what is needed can't be read, or failed machinery.
    pub fn meets(&self, reference: &ContractRef, needs: &Value, comparing: Comparing<'_>) -> Result<Both, AppError> {
        let (shelf, version) = self.schema_at(reference)?;
        let resources = self.reachable(&[&version, needs], comparing.resources)?;
        self.still_reads(&reference.to_string(), &version, &resources)?;
        let faults = schema::faults(needs, &resources);
        if !faults.is_empty() {
            return Err(AppError::BadSchema { file: "what it needs".to_owned(), faults });
        }
        let asking = Asking { formats: shelf.state.formats, resources: &resources };
        let mut both = None;
        comparing.within(&mut |limits| both = Some(Both::ask(comparing.compare, &version, needs, asking, limits)));
        both.ok_or_else(|| AppError::Usage("a question was not asked".to_owned()))
    }
}
