//! The texts of a request in which words are looked for.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::event::{Body, Event};
use crate::domain::history::History;
use crate::domain::id::Actor;
use crate::domain::packet::Packet;
use crate::domain::time::Timestamp;

/// What kind of text it is: a match in an earlier one weighs more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// The title.
    Title,
    /// Whatever else the packet says.
    Packet,
    /// What was said later: notes, reasons, summaries.
    Said,
    /// Evidence.
    Evidence,
}

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The packet's title.
    Title,
    /// Its description.
    Description,
    /// A success criterion.
    Criterion,
    /// A required artifact.
    Artifact,
    /// A compatibility constraint.
    Constraint,
    /// Anything in its details or its routing, or a detail that was given at triage.
    Detail,
    /// A label.
    Label,
    /// A contract version.
    Contract,
    /// The key.
    Key,
    /// A note, or its kind.
    Note,
    /// The reason of a transition, an approval, a resolution, a claim or a release.
    Reason,
    /// A target's summary.
    Summary,
    /// The branch that holds the work.
    Branch,
    /// A piece of evidence.
    Evidence,
}

impl Place {
    /// Its name, for people and programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Criterion => "criterion",
            Self::Artifact => "artifact",
            Self::Constraint => "constraint",
            Self::Detail => "detail",
            Self::Label => "label",
            Self::Contract => "contract",
            Self::Key => "key",
            Self::Note => "note",
            Self::Reason => "reason",
            Self::Summary => "summary",
            Self::Branch => "branch",
            Self::Evidence => "evidence",
        }
    }
}

/// One text of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text<'a> {
    /// What kind of text it is.
    pub field: Field,
    /// Where it stands.
    pub place: Place,
    /// In which event, by whom and when; `None` in the packet.
    pub event: Option<(u64, &'a Actor, Timestamp)>,
    /// The text itself.
    pub text: Cow<'a, str>,
}

/// The texts of a request: the packet's, then those of its events.
#[must_use]
pub fn texts(history: &History) -> Vec<Text<'_>> {
    let mut all = Vec::new();
    packet(&mut all, history.packet());
    history.events().iter().for_each(|one| event(&mut all, one));
    all
}

fn packet<'a>(all: &mut Vec<Text<'a>>, packet: &'a Packet) {
    let mut add = |place: Place, text: &'a str| {
        let field = if place == Place::Title { Field::Title } else { Field::Packet };
        if !text.is_empty() {
            all.push(Text { field, place, event: None, text: Cow::Borrowed(text) });
        }
    };
    add(Place::Title, &packet.title);
    add(Place::Description, &packet.description);
    packet.success_criteria.iter().for_each(|text| add(Place::Criterion, text));
    packet.required_artifacts.iter().for_each(|text| add(Place::Artifact, text));
    packet.compatibility_constraints.iter().for_each(|text| add(Place::Constraint, text));
    let values = packet.details.values().chain(packet.routing.iter().flat_map(|routing| routing.values()));
    values.for_each(|value| strings(value, &mut |text| add(Place::Detail, text)));
    packet.timeout_budget.iter().for_each(|text| add(Place::Detail, text));
    packet.labels.iter().for_each(|label| add(Place::Label, label.as_str()));
    packet.key.iter().for_each(|key| add(Place::Key, key.as_str()));
    for contract in &packet.contracts {
        let text = Cow::Owned(contract.to_string());
        all.push(Text { field: Field::Packet, place: Place::Contract, event: None, text });
    }
}

fn event<'a>(all: &mut Vec<Text<'a>>, event: &'a Event) {
    let on = Some((event.n(), event.by(), event.clock().at));
    let mut add = |place: Place, text: &'a str| {
        all.push(Text { field: Field::Said, place, event: on, text: Cow::Borrowed(text) });
    };
    match event.body() {
        Body::Transitioned(said) => {
            said.data.reason.iter().for_each(|text| add(Place::Reason, text));
            said.data.details.values().for_each(|value| strings(value, &mut |text| add(Place::Detail, text)));
        }
        Body::Responded(said) => {
            said.summary.iter().for_each(|text| add(Place::Summary, text));
            said.branch.iter().for_each(|text| add(Place::Branch, text));
        }
        Body::Noted(said) => {
            add(Place::Note, &said.text);
            said.kind.iter().for_each(|text| add(Place::Note, text));
        }
        Body::Approved(said) => said.reason.iter().for_each(|text| add(Place::Reason, text)),
        Body::Resolved(said) => add(Place::Reason, &said.data.reason),
        Body::IdResolved(said) => said.reason.iter().for_each(|text| add(Place::Reason, text)),
        Body::Claimed(said) => said.reason.iter().for_each(|text| add(Place::Reason, text)),
        Body::Released(said) => said.reason.iter().for_each(|text| add(Place::Reason, text)),
        Body::Distinct(said) => add(Place::Reason, &said.reason),
        Body::KeyResolved(said) => add(Place::Reason, &said.reason),
        Body::Created(_) | Body::EvidenceAdded(_) | Body::Renumbered(_) | Body::Contract(_) | Body::Other(_) => {}
    }
    for evidence in event.body().evidence() {
        let text = Cow::Owned(format!("{}={}", evidence.kind, evidence.value));
        all.push(Text { field: Field::Evidence, place: Place::Evidence, event: on, text });
    }
}

/// Every string in a value.
fn strings<'a>(value: &'a Value, add: &mut impl FnMut(&'a str)) {
    match value {
        Value::String(text) => add(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, add)),
        Value::Object(members) => members.values().for_each(|value| strings(value, add)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
