//! What `ledger help` explains beside the commands. Nothing is said here a second time: the texts are the workflow that is
//! in force, the table of exit statuses, and sections of the documents.

use clap::ValueEnum;

use super::exit::Exit;
use super::render::document;
use super::render::table::whole_table;
use crate::domain::workflow::{Guard, GuardKind, Party, TransitionRule, Workflow};

const README: &str = include_str!("../../README.md");
const CONFIGURATION: &str = include_str!("../../docs/configuration.md");

/// What is explained.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// The states of requests and what leads from one to another, as this ledger's workflow has it
    States,
    /// What a command's status says, and when to try again
    ExitStatuses,
    /// Which file holds what
    Files,
    /// What JSON output and errors hold
    Json,
    /// How requests are named
    Ids,
    /// The variables of the environment that are read
    Environment,
}

impl Topic {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 6] =
        [Self::States, Self::ExitStatuses, Self::Files, Self::Json, Self::Ids, Self::Environment];

    /// What it is called, and what it is about.
    #[must_use]
    pub fn name_and_about(self) -> (String, String) {
        let value = self.to_possible_value();
        let about = value.as_ref().and_then(|value| value.get_help().map(ToString::to_string));
        (value.map(|value| value.get_name().to_owned()).unwrap_or_default(), about.unwrap_or_default())
    }

    /// The topic of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, true).ok()
    }
}

/// The text about a topic, for a terminal of `width` columns.
pub(super) fn text(topic: Topic, workflow: &Workflow, width: Option<u16>) -> String {
    match topic {
        Topic::States => states(workflow, width),
        Topic::ExitStatuses => exit_statuses(width),
        Topic::Files => document::text(document::section(README, "Files"), width),
        Topic::Json => document::text(document::section(README, "JSON"), width),
        Topic::Ids => document::text(document::paragraph(README, "`REQ` is an id"), width),
        Topic::Environment => document::text(document::section(CONFIGURATION, "The environment"), width),
    }
}

fn exit_statuses(width: Option<u16>) -> String {
    let meanings = Exit::ALL.iter().map(|exit| exit.meaning());
    let rows: Vec<Vec<String>> = meanings
        .map(|m| vec![m.status.to_string(), m.name.to_owned(), m.retry.to_owned(), m.meaning.to_owned()])
        .collect();
    whole_table(&["status", "name", "try again?", "meaning"], &rows, width)
}

fn states(workflow: &Workflow, width: Option<u16>) -> String {
    let state = |rule: &crate::domain::workflow::StateRule| {
        let next =
            if rule.is_final { "(final)".to_owned() } else { rule.next.iter().map(ToString::to_string).collect() };
        vec![rule.name.to_string(), next, rule.waits_for.map(party).unwrap_or_default().to_owned()]
    };
    let states: Vec<Vec<String>> = workflow.states().iter().map(state).collect();
    let step = |rule: &TransitionRule| {
        let from = rule.from.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let types = rule.types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let needs = rule.guards.iter().map(need).collect::<Vec<_>>().join("; ");
        vec![rule.to.to_string(), from, types, needs]
    };
    let steps: Vec<Vec<String>> = workflow.transitions().iter().map(step).collect();
    format!(
        "{}\n{}\nA state is typed in any case, with - or _. `ledger show REQ --explain` tells what is open for a request.\n",
        whole_table(&["state", "then", "waits for"], &states, width),
        whole_table(&["to", "from", "only for", "needs"], &steps, width)
    )
}

fn party(party: Party) -> &'static str {
    match party {
        Party::Target => "the repositories that are asked",
        Party::Origin => "the repository that asks",
        Party::Triage => "triage",
        Party::Pm => "pm",
        Party::Sponsor => "sponsor",
    }
}

/// What a guard demands, with the requests of which it does.
fn need(guard: &Guard) -> String {
    let role = guard.role.as_ref().map_or_else(|| "a role".to_owned(), ToString::to_string);
    let mut text = match guard.guard {
        GuardKind::Reason => "a reason".to_owned(),
        GuardKind::Evidence => "evidence".to_owned(),
        GuardKind::Details => "the details of its type".to_owned(),
        GuardKind::TargetsDelivered => "each target's part".to_owned(),
        GuardKind::Approval => format!("an approval as {role}"),
        GuardKind::ReviewNote => "a review note".to_owned(),
        GuardKind::ContractCheck => format!("a passed compatibility check, or an approval as {role}"),
        GuardKind::NotDeliverer => "somebody who did not deliver".to_owned(),
    };
    let types = guard.types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let wanted = guard.sponsor_approval_required.then(|| "where the packet demands it".to_owned());
    let limits = [guard.mode.map(|mode| mode.to_string()), Some(types).filter(|types| !types.is_empty()), wanted];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        text.push_str(&format!(" ({})", limits.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_says_something_at_any_width() {
        for topic in Topic::ALL {
            for width in [None, Some(40), Some(80), Some(200)] {
                let text = text(topic, &Workflow::default(), width);
                assert!(text.len() > 100, "{topic:?}: {text}");
            }
        }
    }

    #[test]
    fn every_state_transition_and_status_is_told() {
        let workflow = Workflow::default();
        let told = states(&workflow, None);
        for rule in workflow.states() {
            assert!(told.contains(rule.name.as_str()), "{}", rule.name);
        }
        assert_eq!(told.lines().count(), workflow.states().len() + workflow.transitions().len() + 5);
        let told = exit_statuses(None);
        for exit in Exit::ALL {
            assert!(told.contains(exit.meaning().meaning), "{exit:?}");
        }
    }
}
