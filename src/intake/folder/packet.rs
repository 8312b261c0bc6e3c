//! A packet that was kept by hand.

use serde_json::{Map, Value};

use super::super::text::{actor, time, title};
use super::super::value::{at, entries, text, texts};
use super::super::{Note, Step, Told, Wish};
use super::event::Happened;
use super::{CALLED, Folder, SOURCE};
use crate::domain::id::{ContractRef, Key, Label, RepoId, RequestId};
use crate::domain::packet::{ITEM_BYTES_MAX, LIST_MAX, Priority};
use crate::domain::time::DashedDay;

/// Members that say what the ledger computes, or what is read apart from the others.
const READ_ELSEWHERE: [&str; 9] =
    ["request_id", "id", "$schema", "format", "schema_version", "created_at", "updated_at", "status", "state"];

/// A packet that is read.
pub(super) struct Reading<'a> {
    folder: Folder<'a>,
    path: &'a str,
    key: &'a Key,
    value: &'a Value,
    /// Members that are kept in a note.
    kept: Vec<(String, Value)>,
    pub(super) told: Vec<Told>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(folder: Folder<'a>, path: &'a str, key: &'a Key, value: &'a Value) -> Self {
        Self { folder, path, key, value, kept: Vec::new(), told: Vec::new() }
    }

    pub(super) fn tell(&mut self, field: &str, what: String, became: &str) {
        self.told.push(Told::at(self.path, field, what, became));
    }

    pub(super) fn tell_at(&mut self, path: &str, what: String, became: &str) {
        let name = self.key.as_str().trim_start_matches("adopt:");
        self.told.push(Told::at(path, name, what, became));
    }

    fn text(&self, name: &str) -> Option<String> {
        at(self.value, name).map(text)
    }

    fn keep(&mut self, name: &str, what: String, became: &str) {
        if let Some(value) = at(self.value, name) {
            self.kept.push((name.to_owned(), value.clone()));
            let became =
                if became.is_empty() { "kept in a note".to_owned() } else { format!("{became}; kept in a note") };
            self.tell(name, what, &became);
        }
    }

    /// The note that holds what has no place.
    pub(super) fn kept(&self) -> Vec<Step> {
        if self.kept.is_empty() {
            return Vec::new();
        }
        let mut said = format!("Taken over from {}, where it also says:", self.path);
        for (name, value) in &self.kept {
            said.push_str(&format!("\n{name}: {}", text(value)));
        }
        vec![Step::Note(Note { key: format!("{}:kept", self.key), text: said, kind: None, by: None, at: None })]
    }

    /// The state that the packet itself tells.
    pub(super) fn state(&self) -> Option<(&'a str, String)> {
        ["status", "state"].iter().find_map(|name| self.text(name)).map(|state| (self.path, state))
    }

    pub(super) fn wish(&mut self, name: &str, events: &[Happened]) -> Wish {
        let id: Option<RequestId> = name.parse().ok();
        let members = self.members(name, events);
        let occurred_at = self.created_at(events);
        let request_type = members.get("request_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (members, later) = self.with_details(members, &request_type);
        let waits_for = self.references("dependencies");
        let parent = self.references("parent").into_iter().next();
        self.unknown();
        Wish {
            place: self.path.to_owned(),
            name: name.to_owned(),
            source: CALLED.to_owned(),
            key: self.key.clone(),
            id,
            members,
            later,
            otherwise: self.folder.map.defaults.request_type.clone(),
            occurred_at,
            waits_for,
            parent,
            url: None,
            steps: Vec::new(),
            told: Vec::new(),
            bytes: 0,
        }
    }

    fn members(&mut self, name: &str, events: &[Happened]) -> Map<String, Value> {
        let mut members = Map::new();
        let whole = self.text("title").unwrap_or_else(|| {
            self.tell("title", "it has none".to_owned(), "its id stands for it");
            name.to_owned()
        });
        let (short, is_cut) = title(&whole);
        if is_cut {
            self.keep("title", "it is longer than 300 characters".to_owned(), "cut");
        }
        members.insert("title".to_owned(), short.into());
        members.insert("description".to_owned(), self.text("description").unwrap_or_default().into());
        members.insert("request_type".to_owned(), self.request_type().into());
        let defaults = self.folder.map.defaults.clone();
        let from = self.repositories("origin_repo_id", defaults.from.into_iter().collect());
        members.insert("origin_repo_id".to_owned(), from.into_iter().next().unwrap_or_default().into());
        members.insert("target_repo_ids".to_owned(), self.repositories("target_repo_ids", defaults.to).into());
        if let Some(priority) = self.priority() {
            members.insert("priority".to_owned(), priority.to_string().into());
        }
        for list in ["success_criteria", "required_artifacts", "compatibility_constraints"] {
            let all = at(self.value, list).map(entries).unwrap_or_default();
            let fits = all.len() <= LIST_MAX && all.iter().all(|one| one.len() <= ITEM_BYTES_MAX);
            if fits {
                members.insert(list.to_owned(), all.into());
            } else {
                self.keep(list, "it is longer than a packet takes".to_owned(), "");
            }
        }
        self.checked_list("labels", &mut members, |label| label.parse::<Label>().is_ok());
        self.checked_list("contracts", &mut members, |name| name.parse::<ContractRef>().is_ok());
        self.due(&mut members);
        if let Some(budget) = self.text("timeout_budget") {
            members.insert("timeout_budget".to_owned(), budget.into());
        }
        self.flags(&mut members);
        match at(self.value, "routing") {
            Some(Value::Object(routing)) => drop(members.insert("routing".to_owned(), Value::Object(routing.clone()))),
            Some(_) => self.keep("routing", "it is no object".to_owned(), ""),
            None => {}
        }
        if let Some(by) = self.created_by(events) {
            members.insert("created_by".to_owned(), by.into());
        }
        members
    }

    fn created_by(&mut self, events: &[Happened]) -> Option<String> {
        let said = ["created_by", "author", "requested_by"].iter().find_map(|name| self.text(name));
        if let Some(by) = said.as_deref().and_then(actor) {
            return Some(by.as_str().to_owned());
        }
        if said.is_some() {
            self.keep("created_by", "it is no name".to_owned(), "");
        }
        let maker = events.iter().find(|event| event.is_creation(self.folder))?;
        maker.by.as_ref().map(|by| by.as_str().to_owned())
    }

    fn created_at(&mut self, events: &[Happened]) -> Option<String> {
        let first =
            || events.iter().find(|event| event.is_creation(self.folder)).and_then(|event| event.moment.clone());
        match self.text("created_at") {
            Some(said) => match time(&said) {
                Some(read) => Some(read),
                None => {
                    let first = first();
                    self.keep("created_at", format!("{said:?} is no time"), "");
                    first
                }
            },
            None => first(),
        }
    }

    fn request_type(&mut self) -> String {
        let default = self.folder.map.defaults.request_type.clone().unwrap_or_default();
        let Some(said) = self.text("request_type") else {
            self.tell("request_type", "it has none".to_owned(), &format!("made as {default}"));
            return default;
        };
        let spelled = said.trim().to_lowercase().replace(['_', ' '], "-");
        let meant = self.folder.map.request_type(&said).map_or(spelled, str::to_owned);
        if meant.parse().is_ok_and(|name| self.folder.workflow.request_type(&name).is_some()) {
            if meant != said {
                self.keep("request_type", format!("{said:?} is no type of this ledger"), &format!("made as {meant}"));
            }
            return meant;
        }
        self.keep("request_type", format!("{said:?} is no type of this ledger"), &format!("made as {default}"));
        default
    }

    fn repositories(&mut self, field: &str, default: Vec<String>) -> Vec<String> {
        let all = at(self.value, field).map(texts).unwrap_or_default();
        if all.is_empty() {
            self.tell(field, "it has none".to_owned(), &format!("made with {}", default.join(", ")));
            return default;
        }
        let fits = |name: &String| name.parse::<RepoId>().is_ok();
        if !all.iter().all(fits) {
            self.keep(field, "not all are names of a repository, without blanks".to_owned(), "blanks made to -");
        }
        let spell = |name: String| -> String {
            name.split(|c: char| c.is_whitespace() || c.is_control()).collect::<Vec<_>>().join("-")
        };
        let mut spelled: Vec<String> = Vec::new();
        for name in all.into_iter().map(spell) {
            if fits(&name) && !spelled.contains(&name) && spelled.len() < LIST_MAX {
                spelled.push(name);
            }
        }
        if spelled.is_empty() { default } else { spelled }
    }

    fn priority(&mut self) -> Option<Priority> {
        let said = self.text("priority")?;
        let meant = self.folder.map.priority(&said).unwrap_or(&said);
        let known = Priority::ALL.into_iter().find(|known| known.to_string().eq_ignore_ascii_case(meant.trim()));
        match known {
            Some(known) if known.to_string() == said => {}
            Some(known) => self.keep("priority", format!("{said:?} is none of P0 to P3"), &format!("made as {known}")),
            None => self.keep("priority", format!("{said:?} is none of P0 to P3"), "made as P2"),
        }
        known
    }

    fn checked_list(&mut self, field: &str, members: &mut Map<String, Value>, fits: fn(&str) -> bool) {
        let all = at(self.value, field).map(texts).unwrap_or_default();
        if all.iter().all(|one| fits(one)) && all.len() <= LIST_MAX {
            members.insert(field.to_owned(), all.into());
            return;
        }
        let expected = if field == "contracts" { "NAME@VERSION" } else { "labels of at most 100 bytes" };
        self.keep(field, format!("not all are {expected}"), "those that are were taken over");
        let good: Vec<String> = all.into_iter().filter(|one| fits(one)).take(LIST_MAX).collect();
        members.insert(field.to_owned(), good.into());
    }

    fn due(&mut self, members: &mut Map<String, Value>) {
        let Some(said) = self.text("due") else { return };
        let day = said.get(..10).unwrap_or(&said).to_owned();
        if day.parse::<DashedDay>().is_ok() {
            members.insert("due".to_owned(), day.into());
        } else {
            self.keep("due", format!("{said:?} is no day"), "");
        }
    }

    fn flags(&mut self, members: &mut Map<String, Value>) {
        match at(self.value, "sponsor_approval_required") {
            Some(Value::Bool(flag)) => drop(members.insert("sponsor_approval_required".to_owned(), (*flag).into())),
            Some(_) => self.keep("sponsor_approval_required", "it is neither true nor false".to_owned(), ""),
            None => {}
        }
        match self.text("coordination_mode").map(|mode| mode.trim().to_lowercase()) {
            Some(mode) if ["tracked", "governed"].contains(&mode.as_str()) => {
                members.insert("coordination_mode".to_owned(), mode.into());
            }
            Some(_) => self.keep("coordination_mode", "it is neither tracked nor governed".to_owned(), ""),
            None => {}
        }
    }

    /// The details that it has. What its type demands of every request is filled in and told; what it demands to accept
    /// one is for later.
    fn with_details(
        &mut self,
        mut members: Map<String, Value>,
        request_type: &str,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let mut details = match at(self.value, "details") {
            Some(Value::Object(details)) => details.clone(),
            Some(_) => {
                self.keep("details", "it is no object".to_owned(), "");
                Map::new()
            }
            None => Map::new(),
        };
        let rule = request_type.parse().ok().and_then(|name| self.folder.workflow.request_type(&name));
        let at_triage = rule.map(|rule| rule.details.clone()).unwrap_or_default();
        let mut later = Map::new();
        let defaults = self.folder.map.defaults.details.get(request_type).cloned().unwrap_or_default();
        for (name, value) in defaults.into_iter().filter(|(name, _)| !details.contains_key(name)).collect::<Vec<_>>() {
            // Often it stands beside the details.
            let own = at(self.value, &name).filter(|own| own.is_string()).cloned();
            if let Some(own) = own {
                self.kept.retain(|(kept, _)| *kept != name);
                details.insert(name, own);
            } else if at_triage.contains(&name) {
                later.insert(name, value);
            } else {
                self.tell(
                    "details",
                    format!("a {request_type} says its {name}, and this does not"),
                    &format!("{name}: {}", text(&value)),
                );
                details.insert(name, value);
            }
        }
        members.insert("details".to_owned(), Value::Object(details));
        (members, later)
    }

    fn references(&mut self, field: &str) -> Vec<Key> {
        let names = at(self.value, field).map(texts).unwrap_or_default();
        let mut keys: Vec<Key> = Vec::new();
        for name in names {
            match format!("{SOURCE}:{name}").parse() {
                Ok(key) if keys.len() < LIST_MAX && !keys.contains(&key) => keys.push(key),
                Ok(_) => {}
                Err(_) => self.tell(field, format!("{name:?} can't be an id"), "left out"),
            }
        }
        keys
    }

    /// Members that no packet of this ledger has.
    fn unknown(&mut self) {
        const READ: [&str; 22] = [
            "title",
            "description",
            "request_type",
            "origin_repo_id",
            "target_repo_ids",
            "priority",
            "success_criteria",
            "required_artifacts",
            "compatibility_constraints",
            "labels",
            "contracts",
            "due",
            "timeout_budget",
            "sponsor_approval_required",
            "coordination_mode",
            "routing",
            "created_by",
            "author",
            "requested_by",
            "details",
            "dependencies",
            "parent",
        ];
        let details: Vec<String> =
            self.folder.map.defaults.details.values().flat_map(|of| of.keys().cloned()).collect();
        let names: Vec<String> = self.value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for name in names {
            let is_known = READ.contains(&name.as_str()) || READ_ELSEWHERE.contains(&name.as_str());
            let is_detail = details.contains(&name) && at(self.value, &name).is_some_and(Value::is_string);
            if !is_known && !is_detail {
                self.keep(&name, "packets have no such member".to_owned(), "");
            }
        }
    }
}
