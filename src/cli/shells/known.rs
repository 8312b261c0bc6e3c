//! What is known here: requests from the index, the workflow, contracts. All of it is a hint; nothing is decided by it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::super::args::Global;
use super::super::builtin;
use super::super::config::Key;
use super::super::environment::Environment;
use super::super::open;
use crate::app::reference::candidates;
use crate::domain::settings::{SETTINGS_BYTES_MAX, Settings};
use crate::domain::time::Timestamp;
use crate::domain::workflow::{WORKFLOW_BYTES_MAX, Workflow};

/// The largest index that is read on a key press; of a larger one nothing is offered but ids.
const INDEX_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most names of a folder.
const NAMES_MAX: usize = 100_000;
/// The largest schema of a type that is read on a key press.
const SCHEMA_BYTES_MAX: usize = 1024 * 1024;
/// Where the index is.
const INDEX: &str = "coordination/index.json";

/// What is known of a request.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
pub(super) struct Request {
    #[serde(skip)]
    pub(super) id: String,
    #[serde(default)]
    pub(super) key: Option<String>,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    updated_by: Option<String>,
}

/// What is known here. Each part is read when it is asked for.
pub(super) struct Known {
    root: Option<PathBuf>,
    /// The words of the line.
    typed: Vec<String>,
    now: Timestamp,
    requests: OnceLock<Vec<Request>>,
    workflow: OnceLock<Workflow>,
}

impl Known {
    /// What is known of the ledger that is meant.
    pub(super) fn here(global: &Global, env: &Environment, typed: Vec<String>) -> Self {
        let root = open::find_root(global, env).ok();
        Self { root, typed, now: (env.now)(), requests: OnceLock::new(), workflow: OnceLock::new() }
    }

    /// The requests, the open and newest first.
    pub(super) fn requests(&self) -> &[Request] {
        self.requests.get_or_init(|| {
            let Some(root) = &self.root else { return Vec::new() };
            let mut requests = indexed(root).unwrap_or_else(|| on_disk(root));
            let workflow = self.workflow();
            let is_final = |request: &Request| {
                workflow.states().iter().any(|state| state.is_final && state.name.as_str() == request.state)
            };
            requests.sort_by(|one, other| (is_final(one), &other.id).cmp(&(is_final(other), &one.id)));
            requests
        })
    }

    /// The workflow that is in force.
    pub(super) fn workflow(&self) -> &Workflow {
        self.workflow.get_or_init(|| {
            let text =
                self.root.as_ref().and_then(|root| text(&root.join("coordination/workflow.json"), WORKFLOW_BYTES_MAX));
            text.and_then(|text| Workflow::parse(&text).ok()).unwrap_or_default()
        })
    }

    /// The states: those that follow, where the line brings a request into another one.
    pub(super) fn states(&self) -> Vec<String> {
        let workflow = self.workflow();
        let all = || workflow.states().iter().map(|state| state.name.to_string()).collect();
        if !self.typed.iter().any(|word| word == "transition") {
            return all();
        }
        let is_named = |request: &&Request| {
            self.typed.iter().any(|word| {
                *word == request.id
                    || self.is_short_for(word, &request.id)
                    || request.key.as_deref().is_some_and(|key| word.strip_prefix("key:") == Some(key))
            })
        };
        let Some(request) = self.requests().iter().find(is_named) else { return all() };
        let leads =
            workflow.transitions().iter().filter(|rule| rule.from.iter().any(|from| from.as_str() == request.state));
        let next: BTreeSet<String> = leads.map(|rule| rule.to.to_string()).collect();
        if next.is_empty() { all() } else { next.into_iter().collect() }
    }

    /// Whether a word is a short form of an id: the number alone is today's, `1120-1` that of a day.
    fn is_short_for(&self, word: &str, id: &str) -> bool {
        let is_form = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        is_form && candidates(word, self.now).iter().any(|one| one.to_string() == id)
    }

    /// What can be set for the setting that the line names.
    pub(super) fn values(&self) -> Vec<&'static str> {
        let named = self.typed.iter().find_map(|word| Key::named(word));
        match named {
            Some(Key::Color) => vec!["auto", "always", "never"],
            Some(Key::Time) => vec!["auto", "relative", "absolute"],
            Some(Key::Format) => vec!["text", "json", "jsonl"],
            Some(Key::Priority) => vec!["P0", "P1", "P2", "P3"],
            Some(_) | None => Vec::new(),
        }
    }

    /// The repositories of requests and roles.
    pub(super) fn repos(&self) -> BTreeSet<String> {
        let of_requests = self.requests().iter().flat_map(|request| request.to.iter().chain([&request.from]).cloned());
        let fixed = ["sponsor", "pm"];
        of_requests.chain(self.roles().into_iter().filter(|role| !fixed.contains(&role.as_str()))).collect()
    }

    /// The roles: those of the workflow, those that somebody holds.
    pub(super) fn roles(&self) -> BTreeSet<String> {
        let held = self.settings().map(|settings| settings.roles).unwrap_or_default();
        held.keys().map(ToString::to_string).chain(["sponsor".to_owned(), "pm".to_owned()]).collect()
    }

    /// Who has acted, and who holds a role.
    pub(super) fn actors(&self) -> BTreeSet<String> {
        let acted =
            self.requests().iter().flat_map(|request| request.updated_by.iter().chain([&request.created_by]).cloned());
        let held = self.settings().map(|settings| settings.roles).unwrap_or_default();
        acted.chain(held.values().flatten().map(ToString::to_string)).filter(|name| !name.is_empty()).collect()
    }

    /// The labels of requests.
    pub(super) fn labels(&self) -> BTreeSet<String> {
        self.requests().iter().flat_map(|request| request.labels.iter().cloned()).collect()
    }

    /// The types of requests.
    pub(super) fn types(&self) -> Vec<String> {
        self.workflow().types().iter().map(|rule| rule.name.to_string()).collect()
    }

    /// The details that the type on the line has, or any type.
    pub(super) fn details(&self) -> BTreeSet<String> {
        let rules = self.workflow().types();
        let is_typed = |name: &str| self.typed.windows(2).any(|two| two[0] == "--type" && two[1] == name);
        let typed = rules.iter().find(|rule| is_typed(rule.name.as_str()));
        let meant = typed.map_or(rules, std::slice::from_ref);
        meant
            .iter()
            .flat_map(|rule| self.properties(rule.name.as_str()).into_iter().chain(rule.details.clone()))
            .collect()
    }

    /// What the schema of a type names.
    fn properties(&self, name: &str) -> Vec<String> {
        let path = self.root.as_ref().map(|root| root.join(format!("schemas/ledger/types/{name}.schema.json")));
        let own = path.and_then(|path| text(&path, SCHEMA_BYTES_MAX));
        let schema = own.as_deref().or_else(|| builtin::schema(&format!("types/{name}"))).unwrap_or_default();
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
    }

    /// The contracts.
    pub(super) fn contracts(&self) -> Vec<String> {
        let folder = self.root.as_ref().map(|root| root.join("schemas/contracts"));
        let mut names: Vec<String> = folder.map(|folder| names(&folder)).unwrap_or_default();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// The contracts with their versions.
    pub(super) fn versions(&self) -> Vec<String> {
        let Some(root) = &self.root else { return Vec::new() };
        let of = |name: String| {
            let files = names(&root.join("schemas/contracts").join(&name));
            let number = |file: &String| file.strip_prefix('v')?.strip_suffix(".json")?.parse::<u32>().ok();
            let numbers: BTreeSet<u32> = files.iter().filter_map(number).collect();
            numbers.into_iter().rev().map(|number| format!("{name}@{number}")).collect::<Vec<_>>()
        };
        self.contracts().into_iter().flat_map(of).collect()
    }

    fn settings(&self) -> Option<Settings> {
        Settings::parse(&text(&self.root.as_ref()?.join("coordination/ledger.json"), SETTINGS_BYTES_MAX)?).ok()
    }
}

/// The requests of the index; `None` where there is none of a size that is read.
fn indexed(root: &Path) -> Option<Vec<Request>> {
    #[derive(Deserialize)]
    struct Index<'a> {
        #[serde(borrow)]
        entries: std::collections::BTreeMap<Cow<'a, str>, Request>,
    }
    let text = text(&root.join(INDEX), INDEX_BYTES_MAX)?;
    let index: Index<'_> = serde_json::from_str(&text).ok()?;
    Some(index.entries.into_iter().map(|(id, request)| Request { id: id.into_owned(), ..request }).collect())
}

/// The ids of the packets.
fn on_disk(root: &Path) -> Vec<Request> {
    let ids = names(&root.join("coordination/requests")).into_iter();
    let ids = ids.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
    ids.map(|id| Request { id, ..Request::default() }).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.take(NAMES_MAX).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

fn text(path: &Path, max: usize) -> Option<String> {
    let facts = std::fs::metadata(path).ok().filter(|facts| facts.is_file() && facts.len() <= max as u64)?;
    let mut text = String::with_capacity(usize::try_from(facts.len()).unwrap_or_default());
    std::fs::File::open(path).ok()?.take(max as u64).read_to_string(&mut text).ok()?;
    Some(text)
}
