//! What the JSON output holds: structs, so that the contract can be read off one page.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::failure::{OpenState, open_states};
use super::keys::{DistinctView, KeysView, StandingView};
use super::signature::WorthView;
use crate::app::checkpoint::Worth;
use crate::app::claim::{ClaimSeen, ClaimsSeen};
use crate::app::list::Row;
use crate::app::show::View;
use crate::app::write::state_word;
use crate::domain::claim::Expiry;
use crate::domain::event::{Event, PartStatus};
use crate::domain::hash::Hash;
use crate::domain::id::{Actor, RequestId, Role};
use crate::domain::outlook::Expectation;
use crate::domain::packet::Packet;
use crate::domain::state::{Record, Side, Status};
use crate::domain::time::Timestamp;
use crate::domain::workflow::StateName;
use crate::index::Entry;
use crate::index::project::{ClaimLine, EntryKey};
use crate::store::fs::log::CONFLICT_MARKER;

/// A request that was made, or would be.
#[derive(Serialize)]
pub struct MadeView {
    /// Its id; absent where a dry run would make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// Its uid; absent where a dry run would make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Its version.
    pub version: u64,
    /// Where it stands.
    pub state: String,
    /// Its packet's file; absent where a dry run would make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it was there before, with this key.
    pub deduplicated: bool,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Who is expected to act next; left out where nobody is, and where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedView>,
    /// Where a dry run would make it, the packet without its identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet: Option<Map<String, Value>>,
}

/// What a packet says of the request, without what makes it this one.
#[must_use]
pub fn without_identity(packet: &Packet) -> Map<String, Value> {
    let Ok(Value::Object(mut members)) = serde_json::to_value(packet) else { return Map::new() };
    for name in ["format", "request_id", "uid", "created_at"] {
        members.remove(name);
    }
    members
}

/// An event that was written, or would be.
#[derive(Serialize)]
pub struct WrittenView {
    /// The request.
    pub id: RequestId,
    /// Its version with the event.
    pub version: u64,
    /// Where it stands with the event.
    pub state: String,
    /// Whether it was there before, with this key.
    pub deduplicated: bool,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Of a claim: how it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    /// Who is expected to act next; left out where nobody is, and where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedView>,
    /// The event as it stands in the log.
    pub event: Box<RawValue>,
}

/// Where something was put on record.
#[derive(Serialize)]
pub struct RecordView {
    n: u64,
    event: Hash,
    by: Actor,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<Timestamp>,
}

impl From<&Record> for RecordView {
    fn from(on: &Record) -> Self {
        Self { n: on.event.n, event: on.event.hash, by: on.by.clone(), at: on.at, occurred_at: on.occurred_at }
    }
}

/// One way of a diverged request.
#[derive(Debug, Serialize)]
pub struct SideView {
    state: StateName,
    head: Hash,
    n: u64,
    by: Actor,
    at: Timestamp,
}

impl From<&Side> for SideView {
    fn from(side: &Side) -> Self {
        Self { state: side.state.clone(), head: side.event.hash, n: side.event.n, by: side.by.clone(), at: side.at }
    }
}

/// What a target said of its part.
#[derive(Serialize)]
pub struct PartView {
    repo: String,
    status: PartStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    on: RecordView,
}

/// A piece of evidence.
#[derive(Serialize)]
pub struct EvidenceView {
    kind: String,
    value: String,
    counts: bool,
    on: RecordView,
}

/// A note.
#[derive(Serialize)]
pub struct NoteView {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    on: RecordView,
}

/// An approval.
#[derive(Serialize)]
pub struct ApprovalView {
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<WorthView>,
    counts: bool,
    on: RecordView,
}

/// What a request depends on.
#[derive(Serialize)]
pub struct DependencyView {
    id: RequestId,
    state: Option<String>,
    settled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<RequestId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    key_conflict: bool,
}

/// Who is expected to act.
#[derive(Serialize)]
pub struct ExpectedView {
    who: Vec<String>,
    action: String,
    why: String,
}

impl ExpectedView {
    /// Who is expected to act on a request, and with which command.
    #[must_use]
    pub fn new(expectation: &Expectation, id: RequestId) -> Self {
        let Expectation { who, action, why } = expectation;
        Self { who: who.clone(), action: action.command(id), why: why.clone() }
    }
}

/// A claim.
#[derive(Serialize)]
pub struct ClaimSeenView {
    #[serde(flatten)]
    line: ClaimLine,
    expired: bool,
    /// Whether it is published; null where there is no remote.
    firm: Option<bool>,
}

/// Who has claimed a request.
#[derive(Serialize)]
#[serde(untagged)]
pub enum ClaimView {
    /// One actor.
    Held(ClaimSeenView),
    /// Several at once: nobody holds it.
    Contested {
        /// The claim of each.
        contested: Vec<ClaimSeenView>,
    },
}

impl From<&ClaimsSeen> for ClaimView {
    fn from(claims: &ClaimsSeen) -> Self {
        let one = |claim: &ClaimSeen| ClaimSeenView {
            line: claim.line.clone(),
            expired: claim.expiry == Expiry::Past,
            firm: claim.firm,
        };
        match claims {
            ClaimsSeen::Held(claim) => Self::Held(one(claim)),
            ClaimsSeen::Contested(claims) => Self::Contested { contested: claims.iter().map(one).collect() },
        }
    }
}

/// A request that had the same number.
#[derive(Serialize)]
struct NamesakeView {
    uid: uuid::Uuid,
    id: RequestId,
}

/// Everything there is to see of a request.
#[derive(Serialize)]
pub struct ShowView<'a> {
    id: RequestId,
    version: u64,
    state: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<SideView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<RequestId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    namesakes: Vec<NamesakeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<RequestId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    distinct: Vec<DistinctView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    key_conflicts: Vec<EntryKey>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_counted: Vec<StandingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimView>,
    since: Option<RecordView>,
    last: Option<RecordView>,
    heads: Vec<Hash>,
    packet_hash: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<Timestamp>,
    packet: &'a Packet,
    details: &'a Map<String, Value>,
    parts: Vec<PartView>,
    evidence: Vec<EvidenceView>,
    notes: Vec<NoteView>,
    approvals: Vec<ApprovalView>,
    dependencies: Vec<DependencyView>,
    open: Vec<OpenState>,
    expected: Option<ExpectedView>,
}

impl<'a> From<&'a View> for ShowView<'a> {
    fn from(view: &'a View) -> Self {
        let state = &view.state;
        let part = |(repo, said): (&crate::domain::id::RepoId, &Vec<crate::domain::state::Statement>)| {
            let repo = repo.to_string();
            let one = |s: &crate::domain::state::Statement| PartView {
                repo: repo.clone(),
                status: s.status,
                summary: s.summary.clone(),
                branch: s.branch.clone(),
                on: (&s.on).into(),
            };
            said.iter().map(one).collect::<Vec<_>>()
        };
        Self {
            id: view.history.packet().request_id,
            version: view.history.version(),
            state: state_word(state),
            sides: match &state.status {
                Status::At(_) => Vec::new(),
                Status::Diverged(sides) => sides.iter().map(SideView::from).collect(),
            },
            aliases: state.aliases.clone(),
            namesakes: state.namesakes.iter().map(|one| NamesakeView { uid: one.uid, id: one.id }).collect(),
            duplicate_of: view.duplicate.map(|(first, _)| first),
            distinct: state.distinct.iter().map(DistinctView::from).collect(),
            key_conflicts: state.key_conflicts.iter().map(EntryKey::from).collect(),
            not_counted: StandingView::of_events(view.history.events(), &view.keyed),
            claim: view.claim.as_ref().map(ClaimView::from),
            since: state.since.as_ref().map(RecordView::from),
            last: state.last.as_ref().map(RecordView::from),
            heads: view.history.heads().iter().map(|head| head.hash).collect(),
            packet_hash: view.history.packet_hash(),
            occurred_at: view.occurred_at(),
            packet: view.history.packet(),
            details: &state.details,
            parts: state.parts.iter().flat_map(part).collect(),
            evidence: state
                .evidence
                .iter()
                .map(|e| EvidenceView {
                    kind: e.evidence.kind.clone(),
                    value: e.evidence.value.clone(),
                    counts: e.counts,
                    on: (&e.on).into(),
                })
                .collect(),
            notes: state
                .notes
                .iter()
                .map(|n| NoteView { text: n.text.clone(), kind: n.kind.clone(), on: (&n.on).into() })
                .collect(),
            approvals: state
                .approvals
                .iter()
                .map(|a| ApprovalView {
                    role: a.role.clone(),
                    reason: a.reason.clone(),
                    signature: a.signature.as_deref().map(|text| (&Worth::at_a_glance(text)).into()),
                    counts: a.counts,
                    on: (&a.on).into(),
                })
                .collect(),
            dependencies: view
                .dependencies
                .iter()
                .map(|d| DependencyView {
                    id: d.id,
                    state: d.state.clone(),
                    settled: d.settled,
                    duplicate_of: d.duplicate_of,
                    key_conflict: d.key_conflict,
                })
                .collect(),
            open: open_states(&view.open),
            expected: view.expectation.as_ref().map(|e| ExpectedView::new(e, view.history.packet().request_id)),
        }
    }
}

/// A request that can't be read.
#[derive(Serialize)]
pub struct DamagedView {
    /// Which.
    pub id: RequestId,
    /// Where, as seen from the ledger's root, and what is wrong.
    pub what: String,
}

impl DamagedView {
    /// Requests that can't be read, each with what is wrong.
    #[must_use]
    pub fn all<'a>(
        damaged: impl IntoIterator<Item = (&'a RequestId, &'a String)>,
        root: &std::path::Path,
    ) -> Vec<Self> {
        let one = |(id, what): (&RequestId, &String)| Self { id: *id, what: super::text::from_root(what, root) };
        damaged.into_iter().map(one).collect()
    }

    /// The same for people.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { id, what } = self;
        let next = if what.ends_with(CONFLICT_MARKER) {
            "ledger repair-merge".to_owned()
        } else {
            format!("ledger verify {id}")
        };
        format!("{id} can't be read: {} ({next})", super::safe::line(what))
    }
}

/// Events.
#[derive(Serialize)]
pub struct LogView {
    /// The events as they stand in their logs.
    pub events: Vec<Box<RawValue>>,
    /// Whether the limit left some out.
    pub has_more: bool,
    /// What keys make of some of them.
    #[serde(flatten)]
    pub keys: KeysView,
    /// Requests that can't be read.
    pub damaged: Vec<DamagedView>,
}

/// One listed request.
#[derive(Serialize)]
pub struct RowView<'a> {
    id: RequestId,
    #[serde(flatten)]
    entry: &'a Entry,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimView>,
    waits_for: &'a [RequestId],
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for_states: Option<BTreeMap<RequestId, Option<String>>>,
}

impl<'a> RowView<'a> {
    /// A row of its parts.
    #[must_use]
    pub fn new(row: &'a Row, waits_for_states: Option<BTreeMap<RequestId, Option<String>>>) -> Self {
        let Row { id, entry, claim, waits_for } = row;
        Self { id: *id, entry, claim: claim.as_ref().map(ClaimView::from), waits_for, waits_for_states }
    }
}

/// A page of a list.
#[derive(Serialize)]
pub struct ListView<T: Serialize> {
    /// The rows.
    pub requests: Vec<T>,
    /// How many matched in all.
    pub matched: usize,
    /// Whether there is another page.
    pub has_more: bool,
    /// Where it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Requests that can't be read.
    pub damaged: Vec<DamagedView>,
}

/// The state of `index.json`.
#[derive(Serialize)]
pub struct IndexView {
    /// Whether it is current now.
    pub current: bool,
    /// Whether it was written just now.
    pub written: bool,
    /// Whether nothing was to be written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// How many requests.
    pub requests: usize,
    /// How many events.
    pub events: u64,
    /// Requests that can't be read.
    pub damaged: Vec<DamagedView>,
}

/// A founded ledger.
#[derive(Serialize)]
pub struct InitView {
    /// The folder.
    pub root: String,
    /// The ledger's identity.
    pub ledger_id: String,
    /// Its name.
    pub name: String,
    /// Its mode.
    pub mode: String,
    /// The files, and what became of them.
    pub files: Vec<FileView>,
    /// Whether nothing was written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A file, and what became of it.
#[derive(Serialize)]
pub struct FileView {
    /// The file.
    pub path: String,
    /// `written`, `changed` or `kept`.
    pub outcome: &'static str,
}

/// An event's line as JSON.
#[must_use]
pub fn raw(event: &Event) -> Box<RawValue> {
    RawValue::from_string(event.line().to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The settings.
#[derive(Debug, Serialize)]
pub struct ConfigView {
    /// Each.
    pub settings: Vec<SettingView>,
}

/// A setting as it is here.
#[derive(Debug, Serialize)]
pub struct SettingView {
    /// Its name.
    pub key: String,
    /// The value.
    pub value: Option<String>,
    /// What it comes from: flag, environment, file, ledger, git, built-in; empty where nobody says it; shadowed for an
    /// alias that a built-in command stands before.
    pub origin: &'static str,
    /// The option, the variable, the file and its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}
