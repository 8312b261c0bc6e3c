//! Maps: which field of a record is what, and what its words mean. JSON, so that nobody learns another language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::text::word;
use crate::domain::json;

/// The largest map, in bytes.
pub const MAP_BYTES_MAX: usize = 256 * 1024;

/// What can be read from a record.
pub const FIELDS: [&str; 25] = [
    "id",
    "title",
    "description",
    "type",
    "state",
    "state_reason",
    "priority",
    "labels",
    "created_by",
    "created_at",
    "state_at",
    "state_by",
    "closed_at",
    "closed_by",
    "reason",
    "from",
    "to",
    "due",
    "url",
    "assignees",
    "success_criteria",
    "required_artifacts",
    "comments",
    "dependencies",
    "parent",
];

/// A map that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMap {
    /// Not JSON, or not of a map's shape.
    #[error("the map is not valid: {0}")]
    Json(#[from] json::BadJson),
    /// JSON, and no object.
    #[error("the map is not valid: expected a JSON object")]
    NoObject,
    /// Larger than [`MAP_BYTES_MAX`].
    #[error("the map has more than {MAP_BYTES_MAX} bytes")]
    TooLarge,
    /// A field that nothing is read from.
    #[error("the map is not valid: fields.{name} is none of {}", FIELDS.join(", "))]
    NoField {
        /// As written.
        name: String,
    },
}

/// One path or several, of which the first that leads to something counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Paths {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(path) => vec![path],
            Self::Several(paths) => paths,
        }
    }
}

/// A map as it stands in its file. What it says is laid over the built-in map of its form, entry by entry.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    /// Where each field is: the name of a member, or a JSON pointer; of several the first that is there.
    fields: BTreeMap<String, Paths>,
    /// Fields that go to the end of the description, under these headings.
    sections: BTreeMap<String, Paths>,
    /// Where details are.
    details: BTreeMap<String, Paths>,
    /// A record with one of these is none that is taken over.
    skip_if: Vec<String>,
    /// Members that nobody misses.
    ignored: Vec<String>,
    /// What its states mean here; `state:reason` comes before `state`.
    states: BTreeMap<String, String>,
    /// What its types mean here.
    types: BTreeMap<String, String>,
    /// What its priorities mean here.
    priorities: BTreeMap<String, String>,
    /// What its actions mean here: a state, or `created`, `note`, `review`, `evidence`, `approval`.
    actions: BTreeMap<String, String>,
    /// What is said where a record says nothing.
    defaults: DefaultsFile,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DefaultsFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Paths>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    request_type: Option<String>,
    /// By type, then by name.
    details: BTreeMap<String, Map<String, Value>>,
}

/// What a source's records say, and what they leave to be said.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceMap {
    pub(super) fields: BTreeMap<String, Vec<String>>,
    pub(super) sections: BTreeMap<String, Vec<String>>,
    pub(super) details: BTreeMap<String, Vec<String>>,
    pub(super) skip_if: Vec<String>,
    pub(super) ignored: Vec<String>,
    states: BTreeMap<String, String>,
    types: BTreeMap<String, String>,
    priorities: BTreeMap<String, String>,
    actions: BTreeMap<String, String>,
    pub(super) defaults: Defaults,
}

/// What is said where a record says nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Defaults {
    /// The repository that asks.
    pub from: Option<String>,
    /// The repositories that are asked.
    pub to: Vec<String>,
    /// The kind of request.
    pub request_type: Option<String>,
    pub(super) details: BTreeMap<String, Map<String, Value>>,
}

impl SourceMap {
    /// Reads a map, to be laid over another.
    ///
    /// # Errors
    /// [`BadMap`] says what is wrong.
    pub fn over(mut self, text: &str) -> Result<Self, BadMap> {
        if text.len() > MAP_BYTES_MAX {
            return Err(BadMap::TooLarge);
        }
        // A list would be read as the members in their order.
        if !json::read::<Value>(text)?.is_object() {
            return Err(BadMap::NoObject);
        }
        // From the text: what is wrong is told with its place.
        let file: File = json::read(text)?;
        if let Some(name) = file.fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(BadMap::NoField { name: name.clone() });
        }
        let lists = |paths: BTreeMap<String, Paths>| paths.into_iter().map(|(name, paths)| (name, paths.list()));
        let words = |words: BTreeMap<String, String>| words.into_iter().map(|(name, means)| (word(&name), means));
        self.fields.extend(lists(file.fields));
        self.sections.extend(lists(file.sections));
        self.details.extend(lists(file.details));
        self.skip_if.extend(file.skip_if);
        self.ignored.extend(file.ignored);
        self.states.extend(words(file.states));
        self.types.extend(words(file.types));
        self.priorities.extend(words(file.priorities));
        self.actions.extend(words(file.actions));
        let DefaultsFile { from, to, request_type, details } = file.defaults;
        self.defaults.from = from.or(self.defaults.from);
        self.defaults.to = to.map_or(self.defaults.to, Paths::list);
        self.defaults.request_type = request_type.or(self.defaults.request_type);
        for (request_type, named) in details {
            self.defaults.details.entry(request_type).or_default().extend(named);
        }
        Ok(self)
    }

    /// A map that says nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            fields: BTreeMap::new(),
            sections: BTreeMap::new(),
            details: BTreeMap::new(),
            skip_if: Vec::new(),
            ignored: Vec::new(),
            states: BTreeMap::new(),
            types: BTreeMap::new(),
            priorities: BTreeMap::new(),
            actions: BTreeMap::new(),
            defaults: Defaults::default(),
        }
    }

    /// Lays what the command line says over the defaults.
    #[must_use]
    pub fn with_defaults(mut self, from: Option<String>, to: Vec<String>, request_type: Option<String>) -> Self {
        self.defaults.from = from.or(self.defaults.from);
        if !to.is_empty() {
            self.defaults.to = to;
        }
        self.defaults.request_type = request_type.or(self.defaults.request_type);
        self
    }

    /// The defaults.
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    pub(super) fn paths(&self, field: &str) -> &[String] {
        self.fields.get(field).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a state means; with the reason that the source gives for it before the state alone.
    pub(super) fn state(&self, said: &str, reason: Option<&str>) -> Option<&str> {
        let with_reason = reason.map(|reason| format!("{}:{}", word(said), word(reason)));
        let found = with_reason.and_then(|both| self.states.get(&both));
        found.or_else(|| self.states.get(&word(said))).map(String::as_str)
    }

    pub(super) fn request_type(&self, said: &str) -> Option<&str> {
        self.types.get(&word(said)).map(String::as_str)
    }

    pub(super) fn priority(&self, said: &str) -> Option<&str> {
        self.priorities.get(&word(said)).map(String::as_str)
    }

    pub(super) fn action(&self, said: &str) -> Option<&str> {
        self.actions.get(&word(said)).map(String::as_str)
    }
}

/// The forms that are known, each with its own map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `.beads/issues.jsonl`.
    Beads,
    /// Issues of GitHub: what `gh` prints, and the REST API's.
    Github,
    /// Values separated by commas, with a header.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// A coordination folder that was kept by hand.
    Folder,
}

impl Form {
    /// Its name: the source's, where none is given.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Beads => "beads",
            Self::Github => "github",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Folder => "adopt",
        }
    }

    /// The text of its map.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Beads => include_str!("maps/beads.json"),
            Self::Github => include_str!("maps/github.json"),
            Self::Csv | Self::Jsonl => include_str!("maps/plain.json"),
            Self::Folder => include_str!("maps/folder.json"),
        }
    }

    /// Its map.
    ///
    /// # Errors
    /// Never: a test reads each.
    pub fn map(self) -> Result<SourceMap, BadMap> {
        SourceMap::empty().over(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_maps_are_valid() {
        for form in [Form::Beads, Form::Github, Form::Csv, Form::Jsonl, Form::Folder] {
            let map = form.map().unwrap();
            for state in map.states.values() {
                assert!(state.parse::<crate::domain::workflow::StateName>().is_ok(), "{state}");
            }
            assert!(map.priorities.values().all(|priority| ["P0", "P1", "P2", "P3"].contains(&priority.as_str())));
        }
    }

    #[test]
    fn a_map_is_laid_over_another_word_by_word() {
        let over = r#"{"fields":{"title":"Summary"},"states":{"In Review":"DELIVERED"},"defaults":{"to":"shop"}}"#;
        let map = Form::Jsonl.map().unwrap().over(over).unwrap();
        assert_eq!(map.paths("title"), ["Summary"]);
        assert_eq!(map.state("in-review", None), Some("DELIVERED"));
        assert_eq!(map.state("CLOSED", Some("not planned")), Some("WITHDRAWN"));
        assert_eq!(map.defaults.to, ["shop"]);
        assert!(map.over(r#"{"fields":{"titel":"x"}}"#).unwrap_err().to_string().contains("titel"));
        assert!(SourceMap::empty().over(r#"{"state":{}}"#).is_err());
        assert_eq!(SourceMap::empty().over("[]"), Err(BadMap::NoObject));
    }
}
