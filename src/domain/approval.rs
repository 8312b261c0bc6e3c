//! What an approver signs: a text that names the ledger, the request as it stood, who approves and in which role.

use uuid::Uuid;

use super::event::Approved;
use super::hash::Hash;
use super::id::{Actor, RequestId};

/// The namespace in which approvals are signed.
pub const NAMESPACE: &str = "ledger-approval@v1";

/// What an approval is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The ledger.
    pub ledger: Uuid,
    /// The request.
    pub request: RequestId,
    /// Its packet.
    pub packet: Hash,
    /// The newest events that the approver had seen: the parents of the event that holds the approval.
    pub heads: &'a [Hash],
    /// Who approves.
    pub by: &'a Actor,
}

/// The text that is signed. It is made anew from the event when the signature is checked; nothing that could be made to
/// differ stands in it.
#[must_use]
pub fn signed_text(subject: Subject<'_>, approved: &Approved) -> String {
    let Subject { ledger, request, packet, heads, by } = subject;
    let mut heads = heads.to_vec();
    heads.sort_unstable();
    let heads: String = heads.iter().map(|head| format!("head {head}\n")).collect();
    // A reason may be long and may have lines of its own.
    let reason = approved.reason.as_ref().map(|text| format!("reason {}\n", Hash::of(&[text.as_bytes()])));
    format!(
        "{NAMESPACE}\nledger {ledger}\nrequest {request}\npacket {packet}\n{heads}by {by}\nas {}\n{}",
        approved.role,
        reason.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_binds_all_of_it_and_the_order_of_heads_does_not_matter() {
        let (one, other) = (Hash::of(&[b"1"]), Hash::of(&[b"2"]));
        let by: Actor = "mia".parse().unwrap();
        let text = |heads: &[Hash], reason: Option<&str>| {
            let subject = Subject {
                ledger: Uuid::nil(),
                request: "REQ-20261120-0001".parse().unwrap(),
                packet: Hash::of(&[]),
                heads,
                by: &by,
            };
            let reason = reason.map(str::to_owned);
            signed_text(subject, &Approved { role: "sponsor".parse().unwrap(), reason, signature: None })
        };
        assert_eq!(text(&[one, other], None), text(&[other, one], None));
        assert_eq!(
            text(&[one], Some("fine")),
            "ledger-approval@v1\n\
             ledger 00000000-0000-0000-0000-000000000000\n\
             request REQ-20261120-0001\n\
             packet e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             head 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\n\
             by mia\n\
             as sponsor\n\
             reason d14a58bae804a2b80b5b76a010239c88ffca1fc7951a90f8e9131beda1e23c1b\n"
        );
    }
}
