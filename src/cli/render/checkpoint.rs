//! Checkpoints and proofs, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::value::RawValue;

use super::safe;
use super::signature::{WorthView, signed_by, verdict_words, worth_text};
use super::text::{BOLD, DIM, GREEN, PLAIN, RED, WithStream, count, event_text, findings, relative, styled};
use super::verify::FindingView;
use super::views::raw;
use crate::app::checkpoint::{
    CheckpointReport, ProofReport, SeenApproval, SeenSignature, Signed, Taken, Trust, name_of,
};
use crate::app::verify::{Finding, Severity};
use crate::app::write::Novelty;
use crate::domain::checkpoint::Checkpoint;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Actor, RequestId, Role};
use crate::domain::leaf::Leaf;
use crate::domain::proof::Shown;

/// How much is told of a checkpoint that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Telling {
    /// All.
    All,
    /// Its file.
    FileOnly,
}

/// A checkpoint that was taken.
#[derive(Serialize)]
pub struct CheckpointView {
    origin: String,
    size: u64,
    new: u64,
    root: Hash,
    file: String,
    text: String,
    deduplicated: bool,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<SignedView>,
}

#[derive(Serialize)]
struct SignedView {
    file: String,
    key: String,
    deduplicated: bool,
}

impl CheckpointView {
    /// What became of it.
    #[must_use]
    pub fn new(taken: &Taken, signed: Option<&Signed>, root: &Path) -> Self {
        Self {
            origin: taken.checkpoint.origin().to_string(),
            size: taken.checkpoint.size(),
            new: taken.new,
            root: taken.checkpoint.head().root,
            file: relative(&taken.path, root),
            text: taken.checkpoint.to_string(),
            deduplicated: taken.novelty == Novelty::Deduplicated,
            dry_run: taken.novelty == Novelty::Tried,
            signature: signed.map(|signed| SignedView {
                file: relative(&signed.path, root),
                key: signed.key.clone(),
                deduplicated: signed.novelty == Novelty::Deduplicated,
            }),
        }
    }
}

/// A checkpoint that was taken, for people.
#[must_use]
pub fn taken(taken: &Taken, signed: Option<&Signed>, root: &Path, telling: Telling) -> String {
    let file = relative(&taken.path, root);
    if telling == Telling::FileOnly {
        return format!("{}\n", safe::line(&file));
    }
    let what = match taken.novelty {
        Novelty::New | Novelty::Tried => format!("{} new", taken.new),
        Novelty::Deduplicated => "nothing new since it was taken".to_owned(),
    };
    let tried = if taken.novelty == Novelty::Tried { " (dry run: nothing was written)" } else { "" };
    let leaves = leaves_of(taken.checkpoint.size());
    let mut text = format!("{BOLD}{}{PLAIN}  {leaves}, {what}{tried}\n", taken.name());
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(text, "  {DIM}{name:<6}{PLAIN} {}", safe::line(value));
    };
    field("root", &taken.checkpoint.head().root.to_string());
    field("file", &file);
    if let Some(signed) = signed {
        let before = if signed.novelty == Novelty::Deduplicated { " (before)" } else { "" };
        field("signed", &format!("{}{before}", signed.key));
        field("", &relative(&signed.path, root));
    }
    text
}

/// What a signature is worth.
#[derive(Serialize)]
struct SignatureView {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
}

impl SignatureView {
    fn new(seen: &SeenSignature, root: &Path) -> Self {
        let (verdict, signer) = verdict_words(seen.verdict.as_ref());
        Self { file: relative(&seen.path, root), key: seen.key.clone(), verdict, signer }
    }
}

/// A signed approval that a proof shows.
#[derive(Serialize)]
struct SeenApprovalView {
    n: u64,
    event: Hash,
    by: Actor,
    role: Role,
    signature: WorthView,
}

impl From<&SeenApproval> for SeenApprovalView {
    fn from(seen: &SeenApproval) -> Self {
        let SeenApproval { event, n, by, role, worth } = seen;
        Self { n: *n, event: *event, by: by.clone(), role: role.clone(), signature: worth.into() }
    }
}

#[derive(Serialize)]
struct HeadView {
    ledger: String,
    origin: String,
    size: u64,
    root: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    signatures: Vec<SignatureView>,
}

impl HeadView {
    fn new(checkpoint: &Checkpoint, file: Option<String>, signatures: &[SeenSignature], root: &Path) -> Self {
        Self {
            ledger: checkpoint.ledger().to_string(),
            origin: checkpoint.origin().to_string(),
            size: checkpoint.size(),
            root: checkpoint.head().root,
            file,
            signatures: signatures.iter().map(|seen| SignatureView::new(seen, root)).collect(),
        }
    }
}

/// Checkpoints that were held against the ledger.
#[derive(Serialize)]
pub struct CheckedView<'a> {
    ok: bool,
    signers: Option<String>,
    checkpoints: Vec<HeadView>,
    findings: Vec<FindingView<'a>>,
}

impl<'a> CheckedView<'a> {
    /// A report; `ok` where nothing is worse than a note.
    #[must_use]
    pub fn new(report: &'a CheckpointReport, trust: &Trust, ok: bool, root: &Path) -> Self {
        let head = |one: &crate::app::checkpoint::Checked| {
            HeadView::new(&one.checkpoint, Some(relative(&one.path, root)), &one.signatures, root)
        };
        Self {
            ok,
            signers: trust.place().map(|place| relative(place, root)),
            checkpoints: report.checked.iter().map(head).collect(),
            findings: report.findings.iter().map(|finding| FindingView::new(finding, root)).collect(),
        }
    }
}

/// Checkpoints that were held against the ledger, for people.
#[must_use]
pub fn checked(report: &CheckpointReport, trust: &Trust, root: &Path) -> String {
    let mut text = findings(&report.findings, root);
    let mut leaves = 0;
    for one in &report.checked {
        leaves += one.checkpoint.size();
        let _ = writeln!(text, "{}  {}", name_of(&one.checkpoint), who_signed(&one.signatures));
    }
    text.push_str(&whom(report.checked.iter().map(|one| one.signatures.len()).sum(), trust));
    let checked = format!("{}, {} verified", count(report.checked.len() as u64, "checkpoint"), leaves_of(leaves));
    text.push_str(&outcome(&report.findings, &checked));
    text
}

/// What a proof shows.
#[derive(Serialize)]
pub struct ProofView<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RequestId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leaves: Vec<Leaf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Box<RawValue>>,
    /// Whether the checkpoint may cover newer events, which whoever made the proof left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    approvals: Vec<SeenApprovalView>,
    signers: Option<String>,
    checkpoints: Vec<HeadView>,
    findings: Vec<FindingView<'a>>,
}

impl<'a> ProofView<'a> {
    /// A report; `ok` where nothing is worse than a note.
    #[must_use]
    pub fn new(report: &'a ProofReport, trust: &Trust, ok: bool) -> Self {
        let nowhere = Path::new("");
        let signatures = |at: usize| report.signatures.get(at).map(Vec::as_slice).unwrap_or_default();
        let head = |checkpoint: &Checkpoint, at| HeadView::new(checkpoint, None, signatures(at), nowhere);
        let mut view = Self {
            ok,
            proof: None,
            id: None,
            leaves: Vec::new(),
            events: Vec::new(),
            at_least: false,
            approvals: report.approvals.iter().map(SeenApprovalView::from).collect(),
            signers: trust.place().map(|place| place.display().to_string()),
            checkpoints: Vec::new(),
            findings: report.findings.iter().map(|finding| FindingView::new(finding, nowhere)).collect(),
        };
        match &report.shown {
            None => {}
            Some(Shown::Included { checkpoint, leaves, history, events }) => {
                view.proof = Some("inclusion");
                view.leaves.clone_from(leaves);
                view.at_least = history.is_some();
                view.id = history.as_ref().map(|history| history.packet().request_id);
                let vouched = history.as_ref().map_or(events.as_slice(), |history| history.events());
                view.events = vouched.iter().map(raw).collect();
                view.checkpoints = vec![head(checkpoint, 0)];
            }
            Some(Shown::Consistent { from, to }) => {
                view.proof = Some("consistency");
                view.checkpoints = vec![head(from, 0), head(to, 1)];
            }
        }
        view
    }
}

/// What a proof shows, for people.
#[must_use]
pub fn proof(report: &ProofReport, trust: &Trust) -> String {
    let mut text = findings(&report.findings, Path::new(""));
    if let Some(shown) = &report.shown {
        text.push_str(&shows(shown));
        let checkpoints = match shown {
            Shown::Included { checkpoint, .. } => vec![checkpoint],
            Shown::Consistent { from, to } => vec![from, to],
        };
        for (checkpoint, signatures) in checkpoints.into_iter().zip(&report.signatures) {
            let _ = writeln!(text, "{}  {}", name_of(checkpoint), who_signed(signatures));
        }
        for one in &report.approvals {
            let role = safe::line(one.role.as_str());
            let _ = writeln!(text, "approval v{} as {role}  {}", one.n, worth_text(&one.worth));
        }
        let signed = report.signatures.iter().flatten().count() + report.approvals.len();
        text.push_str(&whom(signed, trust));
    }
    text.push_str(&outcome(&report.findings, "the proof holds"));
    text
}

fn shows(shown: &Shown) -> String {
    let list = |events: &[Event], with: WithStream| {
        events.iter().map(|event| format!("  {}\n", event_text(event, with))).collect::<String>()
    };
    match shown {
        Shown::Included { checkpoint, leaves, history, events } => {
            let of = format!("checkpoint {} of ledger {}", name_of(checkpoint), checkpoint.ledger());
            match history {
                Some(history) => whole(history, &of) + &list(history.events(), WithStream::No),
                None if events.is_empty() => {
                    let leaves: String = leaves.iter().map(|leaf| format!("  {leaf}\n")).collect();
                    format!("in {of}:\n{leaves}")
                }
                None => format!("in {of}:\n{}", list(events, WithStream::Yes)),
            }
        }
        Shown::Consistent { from, to } => {
            let (from, to) = (name_of(from), name_of(to));
            format!("{to} goes on from {from}: what that one covers is unchanged\n")
        }
    }
}

fn whole(history: &History, of: &str) -> String {
    let packet = history.packet();
    let title = safe::line(&packet.title);
    // Newer ones that it covers too may have been left out: nobody can see that from a proof.
    format!("{BOLD}{}{PLAIN}  {title}\n{of} covers at least this of it:\n", packet.request_id)
}

fn who_signed(signatures: &[SeenSignature]) -> String {
    if signatures.is_empty() {
        return "not signed".to_owned();
    }
    let one = |seen: &SeenSignature| signed_by(seen.key.as_deref(), seen.verdict.as_ref());
    signatures.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Says that signatures were not held against anyone, where that is so.
fn whom(signatures: usize, trust: &Trust) -> String {
    match (trust.place(), signatures) {
        (Some(_), _) => String::new(),
        (None, 1..) => "no signature was checked against anyone: name the signers with --signers FILE\n".to_owned(),
        (None, 0) => "nobody's signature is asked for: name the signers with --signers FILE\n".to_owned(),
    }
}

fn outcome(findings: &[Finding], checked: &str) -> String {
    let notes = findings.iter().filter(|finding| finding.severity == Severity::Note).count();
    let grave = findings.len() - notes;
    let and_notes = if notes == 0 { String::new() } else { format!(", {}", count(notes as u64, "note")) };
    match grave {
        0 => format!("{}: {checked}{and_notes}\n", styled(GREEN, "ok")),
        more => format!("{}{and_notes}\n", styled(RED, &count(more as u64, "finding"))),
    }
}

fn leaves_of(number: u64) -> String {
    if number == 1 { "1 leaf".to_owned() } else { format!("{number} leaves") }
}
