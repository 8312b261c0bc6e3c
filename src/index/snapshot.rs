//! The text of `coordination/index.json`: the same packets and events give the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cache::Projection;
use super::project::{DAMAGED, DIVERGED};
use crate::domain::FORMAT;
use crate::domain::hash::Hash;
use crate::domain::id::{Key, RequestId};
use crate::domain::workflow::Workflow;

/// The text of the index. One line a request, so that a change is one line in a diff; states in the workflow's order.
#[must_use]
pub fn text(projection: &Projection, ledger_id: Uuid, workflow: &Workflow) -> String {
    let updated_at = projection.updated_at().map_or_else(|| "null".to_owned(), |at| format!("\"{at}\""));
    let mut text = format!(
        "{{\n  \"format\": {FORMAT},\n  \"ledger_id\": \"{ledger_id}\",\n  \"updated_at\": {updated_at},\n  \"events\": {},\n  \"requests\": {{\n",
        projection.events
    );
    let states = workflow.states().iter().map(|state| state.name.as_str());
    let mut headings: Vec<&str> = states.chain([DIVERGED, DAMAGED]).collect();
    // States that an earlier workflow had.
    let mut gone: Vec<&str> =
        projection.entries.values().map(|e| e.state.as_str()).filter(|state| !headings.contains(state)).collect();
    gone.sort_unstable();
    gone.dedup();
    headings.extend(gone);
    for (place, heading) in headings.iter().enumerate() {
        let ids: Vec<String> = if *heading == DAMAGED {
            projection.damaged.keys().map(|id| format!("\"{id}\"")).collect()
        } else {
            let here = projection.entries.iter().filter(|(_, entry)| entry.state == *heading);
            here.map(|(id, _)| format!("\"{id}\"")).collect()
        };
        let comma = if place + 1 < headings.len() { "," } else { "" };
        let _ = writeln!(text, "    \"{heading}\": [{}]{comma}", ids.join(", "));
    }
    text.push_str("  },\n  \"entries\": {");
    for (place, (id, entry)) in projection.entries.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(text, "{comma}\n    \"{id}\": {}", json(entry));
    }
    text.push_str("\n  }\n}\n");
    text
}

/// The heads that a text of the index names, by request; none of a text that is no index.
#[must_use]
pub fn heads(text: &[u8]) -> BTreeMap<RequestId, Vec<Hash>> {
    #[derive(Deserialize)]
    struct Remembered {
        entries: BTreeMap<RequestId, Heads>,
    }
    #[derive(Deserialize)]
    struct Heads {
        heads: Vec<Hash>,
    }
    let read = serde_json::from_slice::<Remembered>(text).map(|index| index.entries).unwrap_or_default();
    read.into_iter().map(|(id, entry)| (id, entry.heads)).collect()
}

/// The keys that a text of the index names; none of a text that is no index.
#[must_use]
pub fn keys(text: &[u8]) -> Vec<Key> {
    #[derive(Deserialize)]
    struct Remembered {
        entries: BTreeMap<RequestId, Keyed>,
    }
    #[derive(Deserialize)]
    struct Keyed {
        key: Option<Key>,
    }
    let read = serde_json::from_slice::<Remembered>(text).map(|index| index.entries).unwrap_or_default();
    read.into_values().filter_map(|entry| entry.key).collect()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
