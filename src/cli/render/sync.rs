//! What came in and what went out, for people and programs.

use std::path::Path;

use serde::Serialize;

use super::keys::{DuplicateView, KeyConflictView};
use super::text::count;
use crate::app::sync::{Flow, Synced};
use crate::app::write::Effect;
use crate::domain::id::RequestId;
use crate::domain::outlook::Action;
use crate::sync::giving_back::Untaken;
use crate::sync::publish::Followed;
use crate::sync::remote::Branch;

/// How many requests are named to people.
const NAMED_MAX: usize = 20;

/// An exchange.
#[derive(Serialize)]
pub struct SyncView<'a> {
    remote: &'a str,
    reference: &'a str,
    new_branch: bool,
    commit: Option<&'a str>,
    incoming: FlowView<'a>,
    outgoing: FlowView<'a>,
    renumbered: Vec<RenumberingView>,
    claims_given_up: Vec<ConcededView<'a>>,
    diverged: &'a [RequestId],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    key_conflicts: Vec<KeyConflictView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    duplicates: Vec<DuplicateView>,
    overtaken: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_out: Option<&'static str>,
    findings: Vec<FindingView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_taken: Vec<UntakenView<'a>>,
    dry_run: bool,
}

#[derive(Serialize)]
struct FlowView<'a> {
    requests: Vec<RequestView<'a>>,
    contracts: Vec<String>,
    files: Vec<&'a str>,
    events: usize,
}

#[derive(Serialize)]
struct RequestView<'a> {
    id: RequestId,
    new: bool,
    events: &'a [String],
}

#[derive(Serialize)]
struct RenumberingView {
    was: RequestId,
    id: RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_key_of: Option<RequestId>,
    approvals_to_sign_again: usize,
}

#[derive(Serialize)]
struct ConcededView<'a> {
    id: RequestId,
    by: &'a str,
    to: &'a str,
}

#[derive(Serialize)]
struct UntakenView<'a> {
    path: String,
    line: Option<usize>,
    what: &'a str,
}

#[derive(Serialize)]
struct FindingView<'a> {
    code: &'static str,
    severity: &'static str,
    id: Option<RequestId>,
    path: String,
    line: Option<usize>,
    what: &'a str,
    fix: &'a str,
}

impl<'a> SyncView<'a> {
    /// What programs see.
    #[must_use]
    pub fn new(synced: &'a Synced, effect: Effect, root: &Path) -> Self {
        let finding = |finding: &'a crate::app::verify::Finding| FindingView {
            code: finding.code,
            severity: finding.severity.name(),
            id: finding.id,
            path: finding.path.strip_prefix(root).unwrap_or(&finding.path).display().to_string(),
            line: finding.line,
            what: &finding.what,
            fix: &finding.fix,
        };
        let renumbering = |one: &crate::sync::join::Renumbering| RenumberingView {
            was: one.was,
            id: one.is,
            has_key_of: one.after,
            approvals_to_sign_again: one.unsigned,
        };
        let conceded =
            |one: &'a crate::app::sync::Conceded| ConcededView { id: one.id, by: one.by.as_str(), to: one.to.as_str() };
        Self {
            remote: &synced.target.remote,
            reference: &synced.target.reference,
            new_branch: synced.branch == Branch::New,
            commit: synced.commit.as_deref(),
            incoming: FlowView::of(&synced.incoming),
            outgoing: FlowView::of(&synced.outgoing),
            renumbered: synced.renumbered.iter().map(renumbering).collect(),
            claims_given_up: synced.conceded.iter().map(conceded).collect(),
            diverged: &synced.diverged,
            key_conflicts: synced.key_conflicts.iter().map(KeyConflictView::from).collect(),
            duplicates: synced.duplicates.iter().map(DuplicateView::from).collect(),
            overtaken: synced.overtaken,
            checked_out: synced.followed.as_ref().map(|followed| match followed {
                Followed::Whole => "whole",
                Followed::LedgerOnly(_) => "ledger-only",
                Followed::Not(_) | Followed::Locked { .. } => "not",
            }),
            findings: synced.findings.iter().map(finding).collect(),
            not_taken: synced.untaken.iter().map(UntakenView::of).collect(),
            dry_run: effect == Effect::DryRun,
        }
    }
}

impl<'a> UntakenView<'a> {
    fn of(untaken: &'a Untaken) -> Self {
        Self { path: untaken.file.path(), line: untaken.line, what: &untaken.what }
    }
}

impl<'a> FlowView<'a> {
    fn of(flow: &'a Flow) -> Self {
        let request = |(id, touched): (&RequestId, &'a crate::app::sync::Touched)| RequestView {
            id: *id,
            new: touched.is_new,
            events: &touched.events,
        };
        Self {
            requests: flow.requests.iter().map(request).collect(),
            contracts: flow.contracts.iter().map(ToString::to_string).collect(),
            files: flow.files.iter().map(String::as_str).collect(),
            events: flow.events,
        }
    }
}

/// What people see.
#[must_use]
pub fn told(synced: &Synced, effect: Effect) -> String {
    let tried = effect == Effect::DryRun;
    let [came, went] = if tried { ["would come in", "would go out"] } else { ["in", "out"] };
    let new = match synced.branch {
        Branch::There => "",
        Branch::New => " (new)",
    };
    let (name, came_in, went_out) = (synced.target.name(), summed(&synced.incoming), summed(&synced.outgoing));
    let mut text = format!("{name}{new}  {came}: {came_in}; {went}: {went_out}");
    if synced.overtaken > 0 {
        text.push_str(&format!("; others were quicker {}", times(synced.overtaken)));
    }
    text.push('\n');
    for (sign, flow) in [('<', &synced.incoming), ('>', &synced.outgoing)] {
        for (id, touched) in flow.requests.iter().take(NAMED_MAX) {
            text.push_str(&format!("  {sign} {id}  {}\n", super::safe::line(&touched.told())));
        }
        if flow.requests.len() > NAMED_MAX {
            text.push_str(&format!(
                "  {sign} and {} more\n",
                count((flow.requests.len() - NAMED_MAX) as u64, "request")
            ));
        }
        for name in &flow.contracts {
            text.push_str(&format!("  {sign} contract {name}\n"));
        }
        for path in &flow.files {
            text.push_str(&format!("  {sign} {path}\n"));
        }
    }
    for one in &synced.untaken {
        let line = one.line.map(|line| format!(", line {line}")).unwrap_or_default();
        let path = one.file.path();
        text.push_str(&format!("  not taken: {path}{line}: {}\n", super::safe::line(&one.what)));
    }
    for one in &synced.renumbered {
        let is = if tried { "would be" } else { "is now" };
        let why = match one.after {
            None => "that number is another clone's".to_owned(),
            Some(first) => format!("{first} has its key, and was published first"),
        };
        text.push_str(&format!("  {} {is} {}: {why}", one.was, one.is));
        if one.unsigned > 0 {
            let them = if one.unsigned == 1 { "an approval has" } else { "its approvals have" };
            text.push_str(&format!("; {them} to be signed again: ledger approve {} --sign", one.is));
        }
        text.push('\n');
    }
    for one in &synced.conceded {
        let (by, to) = (super::safe::line(one.by.as_str()), super::safe::line(one.to.as_str()));
        text.push_str(&format!("  {} is {to}'s, who published a claim first: {by}'s is given up\n", one.id));
    }
    for id in &synced.diverged {
        text.push_str(&format!(
            "  {id} has diverged: ledger show {id}; ledger resolve {id} --keep STATE --reason TEXT\n"
        ));
    }
    for (id, conflict) in &synced.key_conflicts {
        text.push_str(&format!("  {}\n", super::keys::conflict(*id, conflict)));
    }
    for (id, first) in &synced.duplicates {
        text.push_str(&format!("  {id} is a duplicate of {first}: {}\n", Action::SettleDuplicate.command(*id)));
    }
    text
}

fn summed(flow: &Flow) -> String {
    if flow.is_empty() {
        return "nothing".to_owned();
    }
    let new = flow.requests.values().filter(|touched| touched.is_new).count();
    let mut parts = Vec::new();
    if new > 0 {
        parts.push(count(new as u64, "new request"));
    }
    if flow.events > 0 {
        parts.push(count(flow.events as u64, "event"));
    }
    if !flow.files.is_empty() {
        parts.push(count(flow.files.len() as u64, "other file"));
    }
    if parts.is_empty() {
        parts.push(count((flow.requests.len() + flow.contracts.len()) as u64, "file"));
    }
    parts.join(", ")
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}
