//! A line of a log that was kept by hand.

use serde_json::{Map, Value};

use super::super::text::{actor, digest, time};
use super::super::value::{at, entries, text};
use super::super::{Approve, Memory, Move, Note, Show, Step, Told, Wish};
use super::Folder;
use crate::domain::event::Evidence;
use crate::domain::id::{Actor, Role};
use crate::domain::time::Timestamp;
use crate::domain::workflow::StateName;

/// What happened, as a line says it.
pub(super) struct Happened {
    pub(super) place: String,
    path: String,
    /// The first digits of the line's digest: it names the event.
    digest: String,
    action: String,
    pub(super) by: Option<Actor>,
    pub(super) moment: Option<String>,
    /// The state that it says it leads to.
    to: Option<String>,
    details: Details,
    told: Vec<Told>,
}

/// What a line says besides.
#[derive(Default)]
struct Details {
    reason: Option<String>,
    evidence: Vec<Evidence>,
    role: Option<String>,
    rest: Map<String, Value>,
}

/// Members of a line that are read.
const READ: [&str; 22] = [
    "timestamp",
    "at",
    "time",
    "actor",
    "by",
    "author",
    "user",
    "action",
    "event",
    "event_type",
    "type",
    "request_id",
    "id",
    "details",
    "data",
    "to",
    "to_state",
    "new_state",
    "from",
    "from_state",
    "old_state",
    "event_id",
];
const REASONS: [&str; 8] = ["reason", "summary", "message", "comment", "note", "notes", "text", "description"];
const EVIDENCE: [&str; 10] =
    ["evidence", "artifacts", "artifact", "commit", "pr", "pull_request", "url", "branch", "ci", "tests"];
const TARGETS: [&str; 5] = ["to", "to_state", "new_state", "state", "status"];

impl Happened {
    /// Reads a line; answers with the id that it is about, too.
    pub(super) fn read(value: &Value, path: &str, place: String) -> Result<(String, Self), String> {
        let first = |names: &[&str]| names.iter().find_map(|name| at(value, name));
        let name = first(&["request_id", "id"]).map(text).ok_or("it has no request_id")?;
        let action = first(&["action", "event", "event_type", "type"]).map(text).ok_or("it has no action")?;
        let mut told = Vec::new();
        let mut rest: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
        rest.retain(|name, value| !READ.contains(&name.as_str()) && !value.is_null());
        let said_by = first(&["actor", "by", "author", "user"]).map(text);
        let by = said_by.as_deref().and_then(actor);
        if let (None, Some(said)) = (&by, &said_by) {
            rest.insert("actor".to_owned(), said.clone().into());
            told.push(Told::new(&place, "the actor is no name", "written by who adopts; kept in a note"));
        }
        let said_at = first(&["timestamp", "at", "time"]).map(text);
        let moment = said_at.as_deref().and_then(time);
        if let (None, Some(said)) = (&moment, &said_at) {
            rest.insert("timestamp".to_owned(), said.clone().into());
            told.push(Told::new(&place, format!("{said:?} is no time"), "written without one; kept in a note"));
        }
        let mut details = Details { rest, ..Details::default() };
        let mut to =
            ["to", "to_state", "new_state"].iter().find_map(|name| value.get(name)?.as_str()).map(str::to_owned);
        match first(&["details", "data"]) {
            Some(Value::Object(members)) => {
                to = to.or_else(|| TARGETS.iter().find_map(|name| members.get(*name)?.as_str()).map(str::to_owned));
                details.take(members);
            }
            Some(other) => details.reason = Some(text(other)),
            None => {}
        }
        let own = std::mem::take(&mut details.rest);
        details.take(&own);
        let digest = digest(&[&value.to_string()]);
        let name = name.trim().to_owned();
        Ok((name, Self { place, path: path.to_owned(), digest, action, by, moment, to, details, told }))
    }

    /// Whether it is what made the request.
    pub(super) fn is_creation(&self, folder: Folder<'_>) -> bool {
        folder.map.action(&self.action) == Some("created")
    }

    /// What it means.
    pub(super) fn steps(&self, folder: Folder<'_>, wish: &Wish) -> (Vec<Step>, Vec<Told>) {
        let stem = format!("{}:event:{}", wish.key, self.digest);
        let mut told = self.told.clone();
        let mut rest = self.details.rest.clone();
        let mut steps = Vec::new();
        let (by, at) = (self.by.clone(), self.moment.clone());
        let Details { reason, evidence, role, .. } = &self.details;
        match self.meaning(folder, wish) {
            Meaning::To(to) => {
                let memory = Memory::Event(stem.clone());
                let (reason, evidence) = (reason.clone(), evidence.clone());
                steps.push(Step::Move(Move { to, said: self.action.clone(), memory, by, at, reason, evidence }));
            }
            Meaning::Creation => {
                // What it says beside that it was made.
                rest.extend(self.details.as_members());
            }
            Meaning::Note(kind) => {
                let text = reason.clone().unwrap_or_else(|| self.action.clone());
                steps.push(Step::Note(Note { key: format!("{stem}:note"), text, kind, by, at }));
                self.push_evidence(&stem, &mut steps);
            }
            Meaning::Evidence => {
                if let Some(reason) = reason {
                    rest.insert("reason".to_owned(), reason.clone().into());
                }
                self.push_evidence(&stem, &mut steps);
            }
            Meaning::Approval(as_role) => {
                let key = format!("{stem}:approval");
                steps.push(Step::Approve(Approve { key, role: as_role, reason: reason.clone(), by }));
                self.push_evidence(&stem, &mut steps);
            }
            Meaning::Unknown => {
                told.push(Told::new(
                    &self.place,
                    format!("the action {:?} has no meaning here", self.action),
                    "kept in a note",
                ));
                rest.extend(self.details.as_members());
                rest.extend(role.iter().map(|role| ("role".to_owned(), role.clone().into())));
            }
        }
        // One that names somebody who can't be named was told of when it was read.
        if self.by.is_none() && !rest.contains_key("actor") && !self.is_creation(folder) {
            told.push(Told::new(&self.place, "it does not say who acted", "written by who adopts"));
        }
        let is_unknown = matches!(self.meaning(folder, wish), Meaning::Unknown);
        if is_unknown || !rest.is_empty() {
            let mut text = format!("What else was on record of {:?}", self.action);
            if is_unknown {
                text = format!("The action {:?} was on record", self.action);
            }
            for (name, value) in &rest {
                text.push_str(&format!("\n{name}: {}", super::super::value::text(value)));
            }
            let (by, at) = (self.by.clone(), self.moment.clone());
            steps.push(Step::Note(Note { key: format!("{stem}:details"), text, kind: None, by, at }));
        }
        (steps, told)
    }

    fn push_evidence(&self, stem: &str, steps: &mut Vec<Step>) {
        let evidence = self.details.evidence.clone();
        if !evidence.is_empty() {
            let (key, by, at) = (format!("{stem}:evidence"), self.by.clone(), self.moment.clone());
            steps.push(Step::Show(Show { key, evidence, by, at }));
        }
    }

    fn meaning(&self, folder: Folder<'_>, wish: &Wish) -> Meaning {
        let stated = self.to.as_deref().and_then(|to| folder.state(to));
        match folder.map.action(&self.action) {
            Some("created") => Meaning::Creation,
            Some("note") => Meaning::Note(None),
            Some("review") => Meaning::Note(Some("review".to_owned())),
            Some("evidence") if !self.details.evidence.is_empty() => Meaning::Evidence,
            Some("evidence") => Meaning::Note(None),
            Some("approval") => self.approval(folder, wish),
            Some(state) => folder.state(state).map_or(Meaning::Unknown, Meaning::To),
            None => folder.state(&self.action).or(stated).map_or(Meaning::Unknown, Meaning::To),
        }
    }

    /// Leave that is given in a role; where no role is named and no sponsor asked for, a word for accepting.
    fn approval(&self, folder: Folder<'_>, wish: &Wish) -> Meaning {
        let role: Option<Role> = self.details.role.as_deref().and_then(|role| role.trim().to_lowercase().parse().ok());
        let needs_sponsor = wish.members.get("sponsor_approval_required") == Some(&Value::Bool(true));
        match (role, folder.state(&self.action)) {
            (Some(role), _) => Meaning::Approval(role),
            (None, Some(state)) if !needs_sponsor => Meaning::To(state),
            (None, _) => "sponsor".parse().map_or(Meaning::Unknown, Meaning::Approval),
        }
    }
}

/// What an action means.
enum Meaning {
    To(StateName),
    Creation,
    Note(Option<String>),
    Evidence,
    Approval(Role),
    Unknown,
}

impl Details {
    /// Takes what has a place; the rest stays.
    fn take(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            let plain = name.to_lowercase();
            if TARGETS.contains(&plain.as_str()) || ["from", "from_state", "old_state"].contains(&plain.as_str()) {
                // Where it came from and went to is the transition itself; a text that is no state is kept.
                if !value.is_string() {
                    self.rest.insert(name.clone(), value.clone());
                }
            } else if plain == "role" && value.is_string() {
                self.role = Some(text(value));
            } else if REASONS.contains(&plain.as_str()) && self.reason.is_none() && value.is_string() {
                self.reason = Some(text(value)).filter(|reason| !reason.trim().is_empty());
            } else if EVIDENCE.contains(&plain.as_str()) {
                let (pieces, all) = pieces(&plain, value);
                self.evidence.extend(pieces);
                if !all {
                    self.rest.insert(name.clone(), value.clone());
                }
            } else if !value.is_null() {
                self.rest.insert(name.clone(), value.clone());
            }
        }
    }

    /// What was taken, as members again.
    fn as_members(&self) -> Map<String, Value> {
        let reason = self.reason.iter().map(|reason| ("reason".to_owned(), Value::from(reason.clone())));
        let shown = |one: &Evidence| format!("{}={}", one.kind, one.value);
        let evidence: Vec<String> = self.evidence.iter().map(shown).collect();
        let evidence = Some(evidence)
            .filter(|all| !all.is_empty())
            .map(|all| ("evidence".to_owned(), Value::from(all.join(", "))));
        reason.chain(evidence).collect()
    }
}

/// Pieces of evidence, and whether those are all that the value says.
fn pieces(name: &str, value: &Value) -> (Vec<Evidence>, bool) {
    let kind = match name {
        "evidence" | "artifacts" | "artifact" => "artifact",
        "pull_request" => "pr",
        "tests" => "test",
        other => other,
    };
    let one = |value: &Value| -> Option<Evidence> {
        if let (Some(kind), Some(value)) = (at(value, "kind").or_else(|| at(value, "type")), at(value, "value")) {
            return Some(Evidence { kind: text(kind).to_lowercase(), value: text(value) });
        }
        match value {
            Value::Object(_) | Value::Array(_) | Value::Null => None,
            Value::String(said) => {
                let parsed = Evidence::parse(said).ok().filter(|_| kind == "artifact");
                Some(parsed.unwrap_or_else(|| Evidence { kind: kind.to_owned(), value: said.clone() }))
            }
            Value::Bool(_) | Value::Number(_) => Some(Evidence { kind: kind.to_owned(), value: text(value) }),
        }
    };
    let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let good: Vec<Evidence> = list.iter().filter_map(one).filter(|piece| piece.check().is_ok()).collect();
    let is_all = good.len() == list.len() || entries(value).is_empty();
    (good, is_all)
}

/// The order in which they happened: that of their file; across files, by time.
pub(super) fn in_order(events: &mut [Happened]) {
    let is_one_file = events.windows(2).all(|pair| pair[0].path == pair[1].path);
    if !is_one_file {
        events.sort_by_key(|event| event.moment.as_deref().and_then(|at| Timestamp::parse_rfc3339(at).ok()));
    }
}
