//! Approving with a signature: what is signed is the request as the approver saw it.

use super::write::{Conditions, Written};
use super::{AppError, Ledger, Session};
use crate::domain::approval::{NAMESPACE, signed_text};
use crate::domain::decide::Command;
use crate::domain::event::Approved;
use crate::domain::id::RequestId;
use crate::signing::{Asking, SigningKey};

impl Ledger<'_> {
    /// Puts a signed approval on record. Nobody is kept waiting while a key is asked for; if the request changes
    /// meanwhile, the signature is over something else, and that is a conflict.
    ///
    /// # Errors
    /// [`AppError`]: the key can't be had, stale, refused, unknown, or failed machinery.
    pub fn approve_signed(
        &self,
        id: RequestId,
        approved: &Approved,
        key: &SigningKey,
        asking: Asking,
        conditions: &Conditions,
        session: &Session,
    ) -> Result<Written, AppError> {
        self.writable()?;
        let history =
            self.store.history(id)?.ok_or_else(|| AppError::NotFound { name: id.to_string(), suggestion: None })?;
        let seen_before = conditions.key.as_ref().is_some_and(|key| history.with_key(key).is_some());
        let signature = if seen_before {
            // What is on record answers; a placeholder says that a signature was wanted.
            String::from("-")
        } else {
            let text = signed_text(self.subject(&history, &session.by, &history.next_parents()), approved);
            key.sign(&text, NAMESPACE, asking, &session.budget)?.text().to_owned()
        };
        let command = Command::Approve(Approved { signature: Some(signature), ..approved.clone() });
        // Nothing has no newest event at all: what was written before with the key is answered, and else nothing done.
        let heads = if seen_before { Vec::new() } else { history.next_parents() };
        let conditions = Conditions { expect_heads: Some(heads), ..conditions.clone() };
        self.write(self.store, id, &command, &conditions, session)
    }
}
