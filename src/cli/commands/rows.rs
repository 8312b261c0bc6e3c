//! Rows of requests: how they are asked for and what they are made of, for `list`, `ready`, `blocked` and `export`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::{ClaimFilters, Filters};
use super::super::render::graph;
use super::super::render::text::moment;
use super::super::render::views::RowView;
use super::super::render::{claim, keys};
use super::fields;
use crate::app::graph::Node;
use crate::app::list::{Claims, Keys, Query, Row};
use crate::app::near::nearest;
use crate::app::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workflow::{Party, StateName, Workflow};
use crate::index::project::DIVERGED;

/// The fields that can be chosen.
pub(in crate::cli) const FIELDS: [&str; 22] = [
    "id",
    "state",
    "version",
    "heads",
    "title",
    "from",
    "to",
    "type",
    "priority",
    "labels",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "due",
    "depends_on",
    "parent",
    "key",
    "duplicate_of",
    "parts",
    "claim",
    "waits_for",
];

/// The states of what rows wait for; `None` stands for what is not here.
pub(super) type States = BTreeMap<RequestId, Node>;

/// Refuses fields that there are not.
pub(super) fn known(fields: &[String]) -> Result<(), Failure> {
    fields::known(fields, &FIELDS)
}

/// What the filters ask for.
pub(super) fn query(args: &Filters, workflow: &Workflow, now: Timestamp) -> Result<Query, Failure> {
    Ok(Query {
        states: args.state.iter().map(|typed| state(typed, workflow)).collect::<Result<_, _>>()?,
        request_type: args.request_type.as_ref().map(|t| t.parse()).transpose().map_err(Failure::usage)?,
        from: args.from.as_ref().map(|r| r.parse()).transpose().map_err(Failure::usage)?,
        to: args.to.as_ref().map(|r| r.parse()).transpose().map_err(Failure::usage)?,
        label: args.label.as_ref().map(|l| l.parse()).transpose().map_err(Failure::usage)?,
        priority: args.priority,
        by: args.by.as_ref().map(|a| a.parse()).transpose().map_err(Failure::usage)?,
        words: args.text.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect(),
        at: args.at.as_ref().map(|at| Timestamp::parse_typed(at, now)).transpose().map_err(AppError::from)?,
        ..Query::default()
    })
}

/// The same of a repository that is asked: only what it can do something about, unless states are named. What it has
/// delivered is its asker's turn.
pub(super) fn of_its_turn(query: Query, workflow: &Workflow) -> Query {
    if query.to.is_none() || query.from.is_some() || !query.states.is_empty() {
        return query;
    }
    let states = workflow.states().iter().filter(|state| !state.is_final && state.waits_for != Some(Party::Origin));
    Query { states: states.map(|state| state.name.to_string()).collect(), ..query }
}

/// What is asked of their claims.
pub(super) fn claims(args: &ClaimFilters) -> Result<Claims, Failure> {
    Ok(match (&args.claimed_by, args.claimed, args.unclaimed) {
        (Some(actor), _, _) => Claims::By(actor.parse().map_err(Failure::usage)?),
        (None, true, _) => Claims::BySomebody,
        (None, false, true) => Claims::ByNobody,
        (None, false, false) => Claims::Any,
    })
}

/// What is asked of their keys.
pub(super) fn keys(duplicates: bool) -> Keys {
    if duplicates { Keys::Duplicate } else { Keys::Any }
}

/// A state as somebody typed it, which the workflow must have.
pub(super) fn state(typed: &str, workflow: &Workflow) -> Result<String, Failure> {
    let name = StateName::parse_typed(typed).map_err(Failure::usage)?;
    if workflow.state(&name).is_some() || name.as_str() == DIVERGED {
        return Ok(name.to_string());
    }
    let known: Vec<&str> = workflow.states().iter().map(|state| state.name.as_str()).collect();
    let near = nearest(name.as_str(), known.iter().copied());
    let failure = Failure::usage(format!("the workflow has no state {name}, only {}", known.join(", ")));
    Err(match near {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => failure,
    })
}

/// What of a question names nothing that there is: that may be why nothing was found.
pub(super) fn tell_unknown(query: &Query, ledger: &Ledger<'_>) -> Vec<String> {
    let typed = query.request_type.as_ref().and_then(|typed| ledger.unknown_request_type(typed));
    let repos = [&query.from, &query.to].into_iter().flatten().filter_map(|repo| ledger.unknown_repo(repo));
    let maker = query.by.as_ref().and_then(|actor| ledger.unknown_maker(actor));
    let label = query.label.as_ref().and_then(|label| ledger.unknown_label(label));
    let claimant = match &query.claims {
        Claims::By(actor) => ledger.unknown_claimant(actor),
        Claims::Any | Claims::BySomebody | Claims::ByNobody => None,
    };
    typed.into_iter().chain(repos).chain(maker).chain(label).chain(claimant).collect()
}

/// A row as it is printed: whole, or the chosen fields of it.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Printed<'a> {
    /// All of it.
    Whole(Box<RowView<'a>>),
    /// Some fields.
    Chosen(Map<String, Value>),
}

/// A row with these fields, all where none are named. With `states`, what it waits for is told with its states.
pub(super) fn printed<'a>(row: &'a Row, fields: &[String], states: Option<&States>) -> Result<Printed<'a>, Failure> {
    let waits = |states: &States| {
        row.waits_for.iter().map(|id| (*id, states.get(id).and_then(|node| node.state.clone()))).collect()
    };
    let view = RowView::new(row, states.map(waits));
    if fields.is_empty() {
        return Ok(Printed::Whole(Box::new(view)));
    }
    let mut members = members(view)?;
    let is_chosen = |name: &str| fields.iter().any(|field| field == name);
    members.retain(|name, _| is_chosen(name) || (name == "waits_for_states" && is_chosen("waits_for")));
    Ok(Printed::Chosen(members))
}

/// A row as it is in JSON.
pub(super) fn members(view: RowView<'_>) -> Result<Map<String, Value>, Failure> {
    let bug = |e: serde_json::Error| Failure::new(Exit::Failure, "bug", e);
    serde_json::to_value(view).and_then(serde_json::from_value).map_err(bug)
}

/// What a row waits for, each with its state.
pub(super) fn waits(row: &Row, states: &States) -> String {
    let one = |id: &RequestId| format!("{id} {}", states.get(id).map_or("not here".into(), graph::state));
    row.waits_for.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A field of a row, for people.
pub(super) fn cell<'a>(row: &'a Row, column: &str) -> Cow<'a, str> {
    fn join<T: ToString>(items: &[T]) -> Cow<'_, str> {
        items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ").into()
    }
    let entry = &row.entry;
    match column {
        "id" => row.id.to_string().into(),
        "state" => keys::marked(entry),
        "version" => entry.version.to_string().into(),
        "heads" => entry.heads.iter().map(crate::domain::hash::Hash::short).collect::<Vec<_>>().join(", ").into(),
        "title" => entry.title.as_str().into(),
        "from" => entry.from.as_str().into(),
        "to" => match entry.to.as_slice() {
            [one] => one.as_str().into(),
            several => join(several),
        },
        "type" => entry.request_type.as_str().into(),
        "priority" => entry.priority.to_string().into(),
        "labels" => join(&entry.labels),
        "created_at" => moment(entry.created_at).into(),
        "created_by" => entry.created_by.as_str().into(),
        "updated_at" => entry.updated_at.map(moment).unwrap_or_default().into(),
        "updated_by" => entry.updated_by.as_ref().map(|by| by.as_str()).unwrap_or_default().into(),
        "due" => entry.due.map(|due| due.to_string()).unwrap_or_default().into(),
        "depends_on" => join(&entry.depends_on),
        "parent" => entry.parent.map(|parent| parent.to_string()).unwrap_or_default().into(),
        "key" => entry.key.as_ref().map(|key| key.as_str()).unwrap_or_default().into(),
        "duplicate_of" => entry.duplicate_of.map(|first| first.to_string()).unwrap_or_default().into(),
        "parts" => {
            entry.parts.iter().map(|(repo, said)| format!("{repo}: {said}")).collect::<Vec<_>>().join(", ").into()
        }
        "claim" => row.claim.as_ref().map(claim::cell).unwrap_or_default().into(),
        "waits_for" => join(&row.waits_for),
        _ => "".into(),
    }
}
