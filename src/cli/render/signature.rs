//! What signatures are worth, in words.

use serde::Serialize;

use super::safe;
use crate::app::checkpoint::Worth;
use crate::signing::Verdict;

/// What the signature of an approval is worth.
#[derive(Serialize)]
pub struct WorthView {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
}

impl From<&Worth> for WorthView {
    fn from(worth: &Worth) -> Self {
        let (verdict, signer) = verdict_words(worth.verdict.as_ref());
        Self { key: worth.key.clone(), verdict, signer }
    }
}

/// What a signature is, in a word, and of whom if it is good.
#[must_use]
pub fn verdict_words(verdict: Option<&Verdict>) -> (&'static str, Option<String>) {
    match verdict {
        None => ("unchecked", None),
        Some(Verdict::Good(signer)) => ("good", Some(signer.clone())),
        Some(Verdict::Damaged) => ("damaged", None),
        Some(Verdict::OtherNamespace(_)) => ("other-namespace", None),
        Some(Verdict::OtherText) => ("other-text", None),
        Some(Verdict::Unknown) => ("unknown-key", None),
        Some(Verdict::Expired) => ("key-expired", None),
        Some(Verdict::NotYetValid) => ("key-not-yet-valid", None),
        Some(Verdict::NotPermitted) => ("key-not-permitted", None),
        Some(Verdict::Revoked) => ("key-revoked", None),
    }
}

/// Whose signature an approval bears, for people.
#[must_use]
pub fn worth_text(worth: &Worth) -> String {
    signed_by(worth.key.as_deref(), worth.verdict.as_ref())
}

/// Whose signature it is, for people.
#[must_use]
pub fn signed_by(key: Option<&str>, verdict: Option<&Verdict>) -> String {
    let key = key.unwrap_or("what is no signature");
    match verdict {
        // A pattern names nobody: it says whom the file lets sign with the key.
        Some(Verdict::Good(signer)) if signer.contains(['*', '?']) => {
            format!("signed with a key of whoever is named {} ({key})", safe::line(signer))
        }
        Some(Verdict::Good(signer)) => format!("signed by {} ({key})", safe::line(signer)),
        None => format!("signed by {key}, unchecked"),
        Some(
            Verdict::Damaged
            | Verdict::OtherNamespace(_)
            | Verdict::OtherText
            | Verdict::Unknown
            | Verdict::Expired
            | Verdict::NotYetValid
            | Verdict::NotPermitted
            | Verdict::Revoked,
        ) => format!("not counted: {key}"),
    }
}
