//! Output for people.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

use super::super::failure::Failure;
use super::super::times::Times;
use super::keys::marked_as;
use super::safe;
use super::signature::worth_text;
use super::verify::Totals;
use crate::app::checkpoint::Worth;
use crate::app::claim::{ClaimSeen, ClaimsSeen};
use crate::app::show::View;
use crate::app::verify::{Finding, Report, Severity};
use crate::app::write::{Effect, state_word};
use crate::domain::event::{Body, Event, Evidence};
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::domain::state::{Record, Status};
use crate::domain::time::Timestamp;

pub(super) const BOLD: &str = "\u{1b}[1m";
pub(super) const DIM: &str = "\u{1b}[2m";
pub(super) const RED: &str = "\u{1b}[31m";
pub(super) const GREEN: &str = "\u{1b}[32m";
pub(super) const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";
pub(super) const PLAIN: &str = "\u{1b}[0m";

pub(super) fn styled(style: &str, text: &str) -> String {
    format!("{style}{}{PLAIN}", safe::line(text))
}

/// A state in its colour.
#[must_use]
pub fn state(name: &str) -> String {
    let style = match name {
        "CLOSED" | "VERIFIED" | "DELIVERED" => GREEN,
        "BLOCKED" => YELLOW,
        "DIVERGED" | "DAMAGED" | "REJECTED" => RED,
        "WITHDRAWN" => DIM,
        _ => CYAN,
    };
    styled(style, name)
}

/// A moment to the second, in UTC.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    Times::Absolute.moment(at)
}

/// A path as seen from the ledger's root.
#[must_use]
pub fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// A text with its paths as seen from the ledger's root.
#[must_use]
pub fn from_root(text: &str, root: &Path) -> String {
    // Nothing is seen from nowhere.
    if root.as_os_str().is_empty() { text.to_owned() } else { text.replace(&format!("{}/", root.display()), "") }
}

pub use crate::domain::count;

/// A failure on stderr.
#[must_use]
pub fn failure(failure: &Failure) -> String {
    let mut text = format!("{RED}{BOLD}error:{PLAIN} {}\n", safe::line(&failure.message));
    for place in &failure.detail.errors {
        let pointer = if place.pointer.is_empty() { "(the whole)" } else { &place.pointer };
        let _ = writeln!(text, "  {}: {}", safe::line(pointer), safe::line(&place.message));
    }
    if !failure.detail.events.is_empty() {
        text.push_str(if failure.code == "key-reused" { "  it stands for:\n" } else { "  since then:\n" });
    }
    for event in &failure.detail.events {
        let _ = writeln!(text, "    {}", event_line_of(event.get()));
    }
    if let Some(hint) = &failure.hint {
        let _ = writeln!(text, "{BOLD}hint:{PLAIN} {}", safe::line(hint));
    }
    text
}

fn event_line_of(line: &str) -> String {
    Event::parse(line).map_or_else(|_| safe::line(line).into_owned(), |event| event_text(&event, WithStream::No))
}

/// Whether an event's line names its request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WithStream {
    /// It does.
    Yes,
    /// It is clear from the place.
    No,
}

/// An event in one line.
#[must_use]
pub fn event_text(event: &Event, with_stream: WithStream) -> String {
    event_at(event, with_stream, Times::Absolute)
}

/// The same, with its time told in a way of choice.
#[must_use]
pub fn event_at(event: &Event, with_stream: WithStream, times: Times) -> String {
    let mut text = format!("{DIM}{}{PLAIN}  ", times.moment(event.clock().at));
    if with_stream == WithStream::Yes {
        let _ = write!(text, "{BOLD}{}{PLAIN}  ", safe::line(&event.stream().to_string()));
    }
    // A contract has versions of its own, which its events don't count.
    let mark = match event.stream() {
        Stream::Contract(_) => '#',
        Stream::Request(_) => 'v',
    };
    let _ = write!(text, "{mark}{}  {}  {}", event.n(), safe::line(event.by().as_str()), what_happened(event.body()));
    if let Some(at) = event.occurred_at() {
        let _ = write!(text, "  {DIM}({}){PLAIN}", occurred(at, times));
    }
    text
}

fn what_happened(body: &Body) -> String {
    let reason = |reason: &Option<String>| reason.as_ref().map(|r| format!(": {}", safe::line(r))).unwrap_or_default();
    match body {
        Body::Created(created) => format!("created, {}", state(created.to.as_str())),
        Body::Transitioned(t) => format!(
            "{} → {}{}{}",
            state(t.from.as_str()),
            state(t.to.as_str()),
            reason(&t.data.reason),
            evidence_list(&t.data.evidence)
        ),
        Body::Responded(r) => format!(
            "{} says {}{}{}",
            safe::line(r.repo.as_str()),
            state(&r.status.to_string()),
            reason(&r.summary),
            evidence_list(&r.evidence)
        ),
        Body::Noted(note) => {
            let kind =
                note.kind.as_ref().map_or_else(|| "note".to_owned(), |kind| format!("{} note", safe::line(kind)));
            format!("{kind}: {}", safe::line(&note.text))
        }
        Body::EvidenceAdded(added) => format!("evidence{}", evidence_list(&added.evidence)),
        Body::Approved(approved) => {
            let signed = if approved.signature.is_some() { ", signed" } else { "" };
            format!("approved as {}{signed}{}", safe::line(approved.role.as_str()), reason(&approved.reason))
        }
        Body::Resolved(resolved) => format!(
            "resolved: {} holds ({}): {}",
            state(resolved.to.as_str()),
            resolved.data.keep.short(),
            safe::line(&resolved.data.reason)
        ),
        Body::Renumbered(renumbered) => format!("renumbered: it was {} before it was published", renumbered.was),
        Body::IdResolved(resolved) => {
            let (uid, is) = (resolved.uid, resolved.moved_to);
            format!("another request of this number, {uid}, is {is} now{}", reason(&resolved.reason))
        }
        Body::Distinct(distinct) => format!("no duplicate of {}: {}", distinct.from, safe::line(&distinct.reason)),
        Body::KeyResolved(resolved) => format!(
            "resolved: of the key {}, {} holds: {}",
            safe::line(resolved.key.as_str()),
            resolved.keep.short(),
            safe::line(&resolved.reason)
        ),
        Body::Claimed(claimed) => super::claim::claimed(claimed),
        Body::Released(released) => super::claim::released(released),
        Body::Contract(body) => super::contract::event::happened(body),
        Body::Other(other) => match (&other.from, &other.to) {
            (Some(from), Some(to)) => {
                format!("{} {} → {}", safe::line(&other.kind), state(from.as_str()), state(to.as_str()))
            }
            (_, Some(to)) => format!("{} {}", safe::line(&other.kind), state(to.as_str())),
            (_, None) => safe::line(&other.kind).into_owned(),
        },
    }
}

fn evidence_list(evidence: &[Evidence]) -> String {
    if evidence.is_empty() {
        return String::new();
    }
    let items: Vec<String> =
        evidence.iter().map(|e| format!("{}={}", safe::line(&e.kind), safe::line(&e.value))).collect();
    format!(" [{}]", items.join(", "))
}

/// Whether to say why it is whose turn, and what each transition needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Explain {
    /// Say it.
    Yes,
    /// Only whose turn it is.
    No,
}

/// Everything there is to see of a request.
#[must_use]
pub fn show(view: &View, explain: Explain, times: Times) -> String {
    let (packet, seen) = (view.history.packet(), &view.state);
    let duplicate = view.duplicate.map(|(first, _)| format!(", duplicate of {first}")).unwrap_or_default();
    let mut text = format!(
        "{BOLD}{}{PLAIN}  {}{duplicate}  v{}\n{BOLD}{}{PLAIN}\n",
        packet.request_id,
        state(&state_word(seen)),
        view.history.version(),
        safe::line(&packet.title)
    );
    let made = view.occurred_at().map(|at| format!(" ({})", occurred(at, times))).unwrap_or_default();
    let by = format!("{}, {}{made}", safe::line(packet.created_by.as_str()), times.moment(packet.created_at));
    let depends = view.dependencies.iter().map(|d| {
        let state = marked_as(d.state.as_deref().unwrap_or("not here"), d.duplicate_of.is_some(), d.key_conflict);
        format!("{} ({state}, {})", d.id, if d.settled { "settled" } else { "not settled" })
    });
    text.push_str(&fields(packet, &by, depends.collect()));
    let was: Vec<String> = seen.aliases.iter().map(ToString::to_string).collect();
    text.push_str(&field("was", &was.join(", ")));
    let namesakes: Vec<String> = seen.namesakes.iter().map(|one| format!("{} ({})", one.id, one.uid)).collect();
    text.push_str(&field("namesakes", &namesakes.join(", ")));
    for said in &seen.distinct {
        let (from, reason) = (said.distinct.from, safe::line(&said.distinct.reason));
        text.push_str(&field(
            "distinct",
            &format!("from {from}: {reason}  {DIM}{}{PLAIN}", on_record(&said.on, times)),
        ));
    }
    if let Some(since) = &seen.since {
        text.push_str(&field("since", &on_record(since, times)));
    }
    if let Some(ClaimsSeen::Held(claim)) = &view.claim {
        text.push_str(&field("claimed", &super::claim::held(claim, view.at)));
    }
    text.push_str(&asked(packet, &seen.details));
    text.push_str(&sections(view, times));
    text.push_str(&whose_turn(view, explain));
    text
}

/// A request that would be made: what `show` would show of it.
#[must_use]
pub fn draft(packet: &Packet) -> String {
    let by = safe::line(packet.created_by.as_str());
    let depends = packet.dependencies.iter().map(ToString::to_string).collect();
    let title = safe::line(&packet.title);
    format!("{BOLD}{title}{PLAIN}\n{}{}", fields(packet, &by, depends), asked(packet, &packet.details))
}

fn field(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("  {DIM}{name:<12}{PLAIN} {value}\n") }
}

/// What a packet says in a line each.
fn fields(packet: &Packet, by: &str, depends: Vec<String>) -> String {
    let list = |items: &mut dyn Iterator<Item = String>| {
        items.map(|item| safe::line(&item).into_owned()).collect::<Vec<_>>().join(", ")
    };
    let from = safe::line(packet.origin_repo_id.as_str());
    let to = list(&mut packet.target_repo_ids.iter().map(ToString::to_string));
    [
        field("type", &format!("{}, {}, {}", packet.request_type, packet.priority, packet.coordination_mode)),
        field("asked", &format!("{from} → {to}")),
        field("by", by),
        field("labels", &list(&mut packet.labels.iter().map(ToString::to_string))),
        field("due", &packet.due.map(|due| due.to_string()).unwrap_or_default()),
        field("contracts", &list(&mut packet.contracts.iter().map(ToString::to_string))),
        field("parent", &packet.parent.map(|parent| parent.to_string()).unwrap_or_default()),
        field("key", &packet.key.as_ref().map(|key| safe::line(key.as_str()).into_owned()).unwrap_or_default()),
        field("depends on", &depends.join(", ")),
    ]
    .concat()
}

fn section(heading: &str, body: String) -> String {
    if body.is_empty() { body } else { format!("\n{BOLD}{heading}{PLAIN}\n{body}") }
}

/// What a packet asks at length.
fn asked(packet: &Packet, details: &Map<String, Value>) -> String {
    let bullets = |items: &[String]| items.iter().map(|item| bullet(item)).collect::<String>();
    let details = details.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        bullet(&format!("{name}: {value}"))
    });
    [
        section("Description", safe::block(&packet.description, "  ")),
        section("Details", details.collect()),
        section("Success criteria", bullets(&packet.success_criteria)),
        section("Required artifacts", bullets(&packet.required_artifacts)),
        section("Must stay compatible", bullets(&packet.compatibility_constraints)),
    ]
    .concat()
}

/// What came of it since.
fn sections(view: &View, times: Times) -> String {
    let seen = &view.state;
    let mut text = String::new();
    let mut section = |heading: &str, body: String| text.push_str(&section(heading, body));
    if let Status::Diverged(sides) = &seen.status {
        let side = |side: &crate::domain::state::Side| {
            format!(
                "  {} {}  v{}  {}, {}\n",
                side.event.hash.short(),
                state(side.state.as_str()),
                side.event.n,
                safe::line(side.by.as_str()),
                times.moment(side.at)
            )
        };
        section("Diverged: two clones wrote at once", sides.iter().map(side).collect());
    }
    for conflict in &seen.key_conflicts {
        let heading = format!("Key {} says different things", safe::line(conflict.key.as_str()));
        section(&heading, super::keys::said(conflict));
    }
    if let Some(ClaimsSeen::Contested(claims)) = &view.claim {
        let claim = |claim: &ClaimSeen| format!("  {}\n", super::claim::held(claim, view.at));
        section("Contested: two clones claimed it at once", claims.iter().map(claim).collect());
    }
    let part = |(repo, said): (&crate::domain::id::RepoId, &Vec<crate::domain::state::Statement>)| {
        let one = |s: &crate::domain::state::Statement| {
            let summary = s.summary.as_ref().map(|text| format!(": {}", safe::line(text))).unwrap_or_default();
            let branch = s.branch.as_ref().map(|branch| format!(" on {}", safe::line(branch))).unwrap_or_default();
            format!(
                "  {} {}{branch}{summary}  {DIM}{}{PLAIN}\n",
                safe::line(repo.as_str()),
                state(&s.status.to_string()),
                on_record(&s.on, times)
            )
        };
        said.iter().map(one).collect::<String>()
    };
    section("Parts", seen.parts.iter().map(part).collect());
    let evidence = |e: &crate::domain::state::EvidenceOnRecord| {
        let void = if e.counts { "" } else { " (before the rework)" };
        format!(
            "  {}={}{void}  {DIM}{}{PLAIN}\n",
            safe::line(&e.evidence.kind),
            safe::line(&e.evidence.value),
            on_record(&e.on, times)
        )
    };
    section("Evidence", seen.evidence.iter().map(evidence).collect());
    let approval = |a: &crate::domain::state::ApprovalOnRecord| {
        let void = match (a.counts, a.is_worthless) {
            (true, _) => "",
            (false, false) => " (before the rework)",
            (false, true) if a.signature.is_none() => " (not counted: it must be signed)",
            (false, true) => " (not counted)",
        };
        let reason = a.reason.as_ref().map(|text| format!(": {}", safe::line(text))).unwrap_or_default();
        let signed = a.signature.as_deref().map(|text| {
            let worth = Worth::at_a_glance(text);
            let id = view.history.packet().request_id;
            let more = if worth.verdict.is_none() { format!(": ledger verify {id} checks it") } else { String::new() };
            format!("    {}{more}\n", worth_text(&worth))
        });
        let record = on_record(&a.on, times);
        let role = safe::line(a.role.as_str());
        format!("  as {role}{void}{reason}  {DIM}{record}{PLAIN}\n{}", signed.unwrap_or_default())
    };
    section("Approvals", seen.approvals.iter().map(approval).collect());
    let note = |n: &crate::domain::state::NoteOnRecord| {
        let kind = n.kind.as_ref().map(|kind| format!("{}, ", safe::line(kind))).unwrap_or_default();
        format!("  {DIM}{kind}{}{PLAIN}\n{}", on_record(&n.on, times), safe::block(&n.text, "    "))
    };
    section("Notes", seen.notes.iter().map(note).collect());
    section("Not counted", super::keys::not_counted(view));
    text
}

fn whose_turn(view: &View, explain: Explain) -> String {
    let mut text = String::new();
    if let Some(expected) = &view.expectation {
        let who: Vec<_> = expected.who.iter().map(|who| safe::line(who)).collect();
        let command = expected.action.command(view.history.packet().request_id);
        let _ = writeln!(text, "\n{BOLD}Next{PLAIN}  for {}: {}", who.join(", "), safe::line(&command));
        if explain == Explain::Yes {
            let _ = writeln!(text, "  because {}", safe::line(&expected.why));
        }
    }
    if explain == Explain::Yes && !view.open.is_empty() {
        let _ = writeln!(text, "\n{BOLD}Open from here{PLAIN}");
        for open in &view.open {
            let needs: Vec<String> = open.needs.iter().map(ToString::to_string).collect();
            let needs =
                if needs.is_empty() { String::new() } else { format!("  needs {}", safe::line(&needs.join("; "))) };
            let _ = writeln!(text, "  {}{needs}", state(open.to.as_str()));
        }
    }
    text
}

fn bullet(item: &str) -> String {
    format!("  - {}\n", safe::line(item))
}

fn on_record(on: &Record, times: Times) -> String {
    let occurred = on.occurred_at.map(|at| format!(", {}", occurred(at, times))).unwrap_or_default();
    format!("{}, {} (v{}){occurred}", safe::line(on.by.as_str()), times.moment(on.at), on.event.n)
}

/// When something happened, where it was put on record later.
fn occurred(at: Timestamp, times: Times) -> String {
    format!("occurred {}", times.moment(at))
}

/// Says that a key was seen before, and where its request stands now if that is no longer where it stood `then`.
#[must_use]
pub fn seen_before(done: &str, then: &str, view: &View, effect: Effect) -> String {
    let now = state_word(&view.state);
    let since = if now == then { String::new() } else { format!("; now {}", state(&now)) };
    let tried = match effect {
        Effect::Write => "",
        Effect::DryRun => "; dry run: nothing was written",
    };
    format!(" ({done} before with this key{since}{tried})")
}

/// What is next for a request that was just written to.
#[must_use]
pub fn next_step(id: RequestId, view: &View) -> String {
    let Some(expected) = &view.expectation else { return String::new() };
    let who: Vec<_> = expected.who.iter().map(|who| safe::line(who)).collect();
    let command = expected.action.command(id);
    format!("  {DIM}next, for {}: {}{PLAIN}\n", who.join(", "), safe::line(&command))
}

/// What was found, each with what to do.
#[must_use]
pub fn findings(findings: &[Finding], root: &Path) -> String {
    let mut text = String::new();
    for finding in findings {
        let style = match finding.severity {
            Severity::Note => DIM,
            Severity::Violation => YELLOW,
            Severity::Damage => RED,
        };
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "{}{line}: {} {}: {}",
            safe::line(&relative(&finding.path, root)),
            styled(style, finding.severity.name()),
            finding.code,
            safe::line(&from_root(&finding.what, root))
        );
        let _ = writeln!(text, "  {DIM}fix: {}{PLAIN}", safe::line(&from_root(&finding.fix, root)));
    }
    text
}

/// What verifying found.
#[must_use]
pub fn report(report: &Report, Totals { grave, notes }: Totals, root: &Path) -> String {
    let mut text = findings(&report.findings, root);
    let (requests, events) = (count(report.requests as u64, "request"), count(report.events as u64, "event"));
    let contracts = match report.contracts {
        0 => String::new(),
        number => format!("{}, ", count(number as u64, "contract")),
    };
    let checkpoints = match report.checkpoints {
        0 => String::new(),
        number => format!(", {}", count(number as u64, "checkpoint")),
    };
    let against = report.against.as_ref().map(|against| {
        let files = count(against.files as u64, "file");
        format!(", and compared with {} ({files})", safe::line(&against.told))
    });
    let checked = format!("{requests}, {contracts}{events}{checkpoints} verified{}", against.unwrap_or_default());
    let and_notes = |and: &str| if notes == 0 { String::new() } else { and.to_owned() + &count(notes as u64, "note") };
    let _ = match grave {
        0 => writeln!(text, "{}: {checked}{}", styled(GREEN, "ok"), and_notes(", ")),
        n => writeln!(text, "{}{}: {checked}", styled(RED, &count(n as u64, "finding")), and_notes(" and ")),
    };
    text
}
