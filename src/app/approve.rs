//! Approving with a signature: what is signed is the request as the approver saw it.

use super::checkpoint::Trust;
use super::checkpoint::trust::fault;
use super::write::{Conditions, Written};
use super::{AppError, Ledger, Session};
use crate::domain::approval::{NAMESPACE, signed_text};
use crate::domain::decide::Command;
use crate::domain::event::Approved;
use crate::domain::id::RequestId;
use crate::domain::signature::Signature;
use crate::signing::{Asking, Signed, SigningKey, Who};

/// With what an approval is signed, and whose signatures count.
#[derive(Clone, Copy)]
pub struct Signing<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// Whether a passphrase may be asked for.
    pub asking: Asking,
    /// Those whose signatures count in this ledger.
    pub trust: &'a Trust,
}

impl Ledger<'_> {
    /// Puts a signed approval on record. Nobody is kept waiting while a key is asked for; if the request changes
    /// meanwhile, the signature is over something else, and that is a conflict. A signature of somebody whom the ledger's own
    /// signers file does not name is refused.
    ///
    /// # Errors
    /// [`AppError`]: the key can't be had, stale, refused, unknown, or failed machinery.
    pub fn approve_signed(
        &self,
        id: RequestId,
        approved: &Approved,
        signing: Signing<'_>,
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
            let signature = signing.key.sign(&text, NAMESPACE, signing.asking, &session.budget)?.text().to_owned();
            self.refuse_stranger(&text, &signature, signing.trust, session)?;
            signature
        };
        let command = Command::Approve(Approved { signature: Some(signature), ..approved.clone() });
        // Nothing has no newest event at all: what was written before with the key is answered, and else nothing done.
        let heads = if seen_before { Vec::new() } else { history.next_parents() };
        let conditions = Conditions { expect_heads: Some(heads), ..conditions.clone() };
        self.write(self.store, id, &command, &conditions, session)
    }

    /// Refuses a signature that the ledger's own signers file would not let count: it could never be taken back.
    fn refuse_stranger(&self, text: &str, signature: &str, trust: &Trust, session: &Session) -> Result<(), AppError> {
        let Some(signers) = trust.signers() else { return Ok(()) };
        let signed = Signed { text, namespace: NAMESPACE, signature };
        let verdict = signers.check(signed, Who::Actor(&session.by), self.world.now(), &session.budget)?;
        let key = Signature::parse(signature).ok().map(|signature| signature.fingerprint());
        match fault(&verdict, key.as_deref()) {
            None => Ok(()),
            Some((_, what)) => Err(AppError::Stranger(format!("{what} for {}", session.by))),
        }
    }
}
