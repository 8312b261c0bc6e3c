//! Signed approvals: whose signature each bears, in the ledger and in a proof.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::super::verify::Severity;
use super::super::{AppError, Ledger};
use super::trust::{Trust, fault};
use crate::domain::approval::{NAMESPACE, Subject, signed_text};
use crate::domain::event::{Approved, Body, Event};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Actor, Role};
use crate::domain::packet::Mode;
use crate::domain::settings::Signatures;
use crate::domain::signature::Signature;
use crate::domain::workflow::StateName;
use crate::signing::{Signed, Verdict, Who};
use crate::store::Budget;

/// Something about an approval: its code, how grave it is, which event, what, and what to do.
pub(in crate::app) type ApprovalFinding = (&'static str, Severity, Hash, String, String);

/// The signature of an approval that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenApproval {
    /// The event.
    pub event: Hash,
    /// Its number.
    pub n: u64,
    /// Who approved, as the event says.
    pub by: Actor,
    /// In which role.
    pub role: Role,
    /// What its signature is worth.
    pub worth: Worth,
}

/// What the signature of an approval is worth, as far as it was looked into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Worth {
    /// The key that is said to have made it; `None` if it is no signature.
    pub key: Option<String>,
    /// What it is; `None` if it was not held against anyone.
    pub verdict: Option<Verdict>,
}

impl Worth {
    /// What a signature says of itself. Whether the key made it, and whose the key is, takes OpenSSH to know.
    #[must_use]
    pub fn at_a_glance(signature: &str) -> Self {
        match Signature::parse(signature) {
            Err(_) => Self { key: None, verdict: Some(Verdict::Damaged) },
            Ok(read) => {
                let verdict =
                    (read.namespace() != NAMESPACE).then(|| Verdict::OtherNamespace(read.namespace().to_owned()));
                Self { key: Some(read.fingerprint()), verdict }
            }
        }
    }
}

impl SeenApproval {
    /// An approval of which nothing is known but what it says; `None` if it is not signed.
    pub(super) fn at_a_glance(event: &Event, approved: &Approved) -> Option<Self> {
        let worth = Worth::at_a_glance(approved.signature.as_ref()?);
        Some(Self { event: event.hash(), n: event.n(), by: event.by().clone(), role: approved.role.clone(), worth })
    }

    /// What is wrong with it, if something is.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        let (code, what) = fault(self.worth.verdict.as_ref()?, self.worth.key.as_deref())?;
        let whose = if code == "signature-unknown-key" { format!(" for {}", self.by) } else { String::new() };
        Some((code, format!("event {}: the approval as {}: {what}{whose}", self.n, self.role)))
    }
}

impl Trust {
    /// Looks at the signatures of a request's approvals. Without signers they are held against nobody.
    pub(super) fn of_approvals(
        &self,
        ledger: Uuid,
        history: &History,
        budget: &Budget,
    ) -> Result<Vec<SeenApproval>, AppError> {
        let mut seen = Vec::new();
        for (event, approved) in approvals(history.events()) {
            let Some(mut one) = SeenApproval::at_a_glance(event, approved) else { continue };
            if let (Some(signers), Some(signature)) = (self.signers(), &approved.signature) {
                let text = signed_text(subject(ledger, history, event.by(), event.parents()), approved);
                let signed = Signed { text: &text, namespace: NAMESPACE, signature };
                // By the clock of the event, as git judges commits by theirs: a key that runs out later has signed well.
                one.worth.verdict = Some(signers.check(signed, Who::Actor(event.by()), event.clock().at, budget)?);
            }
            seen.push(one);
        }
        Ok(seen)
    }
}

/// The approvals among events.
pub(super) fn approvals(events: &[Event]) -> impl Iterator<Item = (&Event, &Approved)> {
    events.iter().filter_map(|event| match event.body() {
        Body::Approved(approved) => Some((event, approved)),
        Body::Created(_)
        | Body::Transitioned(_)
        | Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Resolved(_)
        | Body::Renumbered(_)
        | Body::IdResolved(_)
        | Body::Claimed(_)
        | Body::Released(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_)
        | Body::Contract(_)
        | Body::Other(_) => None,
    })
}

/// What an approval is about.
fn subject<'a>(ledger: Uuid, history: &History, by: &'a Actor, heads: &'a [Hash]) -> Subject<'a> {
    Subject { ledger, request: history.packet().request_id, packet: history.packet_hash(), heads, by }
}

impl Ledger<'_> {
    /// What is wrong with the signatures of a request's approvals. The second part is how many were not held against
    /// anyone.
    pub(in crate::app) fn approval_findings(
        &self,
        history: &History,
        trust: &Trust,
    ) -> Result<(Vec<ApprovalFinding>, usize), AppError> {
        let mut findings = self.unsigned(history);
        let seen = trust.of_approvals(self.settings.ledger_id, history, &Budget::endless())?;
        let request = history.packet().request_id;
        let is_good = |one: &SeenApproval| one.worth.verdict.is_some() && one.fault().is_none();
        for one in &seen {
            let Some((code, what)) = one.fault() else { continue };
            let (severity, fix) = match seen.iter().find(|other| other.role == one.role && is_good(other)) {
                Some(good) => {
                    let late = self.went_on_between(history, one, good);
                    let late = late.map(|n| format!(", though event {n} came before it")).unwrap_or_default();
                    (Severity::Note, format!("nothing: the approval as {} of event {} counts{late}", good.role, good.n))
                }
                None => {
                    let fix = format!("ledger approve {request} --as {} --sign, by whoever holds the role", one.role);
                    (Severity::Violation, fix)
                }
            };
            findings.push((code, severity, one.event, what, fix));
        }
        let unchecked = seen.iter().filter(|one| one.worth.verdict.is_none()).count();
        Ok((findings, unchecked))
    }

    /// The number of a transition that needed an approval and was made with the bad one only.
    fn went_on_between(&self, history: &History, bad: &SeenApproval, good: &SeenApproval) -> Option<u64> {
        let needs = |to: &StateName| {
            let rules = self.workflow.transitions().iter().filter(|rule| rule.to == *to);
            rules.flat_map(|rule| &rule.guards).any(|guard| guard.role.as_ref() == Some(&bad.role))
        };
        let is_such = |event: &&Event| {
            let Body::Transitioned(transitioned) = event.body() else { return false };
            let (on_bad, on_good) = (bad.event, good.event);
            needs(&transitioned.to)
                && history.is_ancestor(on_bad, event.hash())
                && !history.is_ancestor(on_good, event.hash())
        };
        history.events().iter().find(is_such).map(Event::n)
    }

    /// The approvals whose signatures are worth nothing, of a request whose approvals must be signed. They are held against
    /// those whose signatures count here, where the ledger names any.
    ///
    /// # Errors
    /// OpenSSH is not to be had, or the ledger's own files of signers can't be used.
    pub(in crate::app) fn worthless(&self, history: &History, budget: &Budget) -> Result<BTreeSet<Hash>, AppError> {
        let is_asked = self.demands_signatures(history);
        if !is_asked || !approvals(history.events()).any(|(_, approved)| approved.signature.is_some()) {
            return Ok(BTreeSet::new());
        }
        let trust = self.own_trust(self.own_revoked()?.as_deref())?;
        let seen = trust.of_approvals(self.settings.ledger_id, history, budget)?;
        Ok(seen.into_iter().filter(|one| one.fault().is_some()).map(|one| one.event).collect())
    }

    /// The same as far as it is plain from the signatures themselves, where more can't be known.
    pub(in crate::app) fn worthless_or_plainly_so(&self, history: &History, budget: &Budget) -> BTreeSet<Hash> {
        self.worthless(history, budget).unwrap_or_else(|_| {
            let seen = approvals(history.events()).filter_map(|(event, one)| SeenApproval::at_a_glance(event, one));
            seen.filter(|one| one.fault().is_some()).map(|one| one.event).collect()
        })
    }

    /// The same, and all that are signed where more can't be known: for what lets something pass.
    pub(in crate::app) fn worthless_or_unknown(&self, history: &History, budget: &Budget) -> BTreeSet<Hash> {
        self.worthless(history, budget)
            .unwrap_or_else(|_| approvals(history.events()).map(|(event, _)| event.hash()).collect())
    }

    fn demands_signatures(&self, history: &History) -> bool {
        match (history.packet().coordination_mode, self.settings.approvals.signatures) {
            (Mode::Governed, Signatures::Required) => true,
            (Mode::Tracked | Mode::Governed, Signatures::Optional | Signatures::Required) => false,
        }
    }

    /// The roles of a governed request in which nobody approved with a signature, where the settings demand one.
    fn unsigned(&self, history: &History) -> Vec<ApprovalFinding> {
        if !self.demands_signatures(history) {
            return Vec::new();
        }
        let all: Vec<(&Event, &Approved)> = approvals(history.events()).collect();
        let is_signed = |role: &Role| all.iter().any(|(_, one)| one.role == *role && one.signature.is_some());
        let finding = |(event, approved): &(&Event, &Approved)| {
            let (n, role) = (event.n(), &approved.role);
            let what = format!("event {n}: nobody approved as {role} with a signature, which the settings demand");
            let fix = format!("ledger approve {} --as {role} --sign", event.stream());
            ("approval-unsigned", Severity::Violation, event.hash(), what, fix)
        };
        all.iter().filter(|(_, approved)| !is_signed(&approved.role)).map(finding).collect()
    }

    /// What an approval is about.
    pub(in crate::app) fn subject<'a>(&self, history: &History, by: &'a Actor, heads: &'a [Hash]) -> Subject<'a> {
        subject(self.settings.ledger_id, history, by, heads)
    }
}
