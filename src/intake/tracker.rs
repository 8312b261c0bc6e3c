//! Records of other trackers as wishes: which field is what is for the map to say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::map::SourceMap;
use super::records::Record;
use super::text::{actor, digest, time, title};
use super::value::{at, entries, first, text, texts};
use super::{Fault, Memory, Move, NAME_BYTES_MAX, Note, Skipped, Step, Told, Wish};
use crate::domain::event::Evidence;
use crate::domain::id::{Key, Label, RepoId};
use crate::domain::packet::{ITEM_BYTES_MAX, LIST_MAX, Priority};
use crate::domain::time::{DashedDay, Timestamp};
use crate::domain::workflow::{StateName, Workflow};

/// A tracker: how its records are to be read.
#[derive(Clone, Copy, Debug)]
pub struct Tracker<'a> {
    /// What it is called in keys.
    pub source: &'a str,
    /// What its records mean.
    pub map: &'a SourceMap,
    /// What they can mean.
    pub workflow: &'a Workflow,
}

/// Members that nothing was read from, and in how many records.
pub type Unread = BTreeMap<String, usize>;

/// Reads all records. What is skipped is told with the reason.
#[must_use]
pub fn wishes(records: Vec<Record>, tracker: Tracker<'_>) -> (Vec<Wish>, Vec<Skipped>, Unread) {
    let (mut wishes, mut skipped, mut unread): (Vec<Wish>, _, _) = (Vec::new(), Vec::new(), Unread::new());
    let mut first_with: BTreeMap<String, String> = BTreeMap::new();
    for record in records {
        let place = record.place.clone();
        match tracker.wish(record, &mut unread) {
            Ok(wish) => match first_with.get(wish.key.as_str()) {
                Some(first) => skipped.push(Skipped {
                    why: format!("{first} has the same id: of two records with one id the first is taken over"),
                    name: Some(wish.name),
                    place,
                    fault: Fault::Bad,
                }),
                None => {
                    first_with.insert(wish.key.as_str().to_owned(), place);
                    wishes.push(wish);
                }
            },
            Err(left_out) => skipped.push(left_out),
        }
    }
    (wishes, skipped, unread)
}

impl Tracker<'_> {
    fn wish(self, record: Record, unread: &mut Unread) -> Result<Wish, Skipped> {
        let Record { place, value, bytes } = record;
        let bad = |name: Option<&str>, why: String| Skipped {
            place: place.clone(),
            name: name.map(str::to_owned),
            why,
            fault: Fault::Bad,
        };
        let value = value.map_err(|why| bad(None, why))?;
        let name = first(&value, self.map.paths("id")).map(|id| text(id).trim().to_owned()).ok_or_else(|| {
            bad(None, format!("it has no id: fields.id of the map names it (now: {})", self.named("id")))
        })?;
        if let Some(member) = self.map.skip_if.iter().find(|path| at(&value, path).is_some()) {
            let why = format!("it has {member}: it is none that is taken over");
            return Err(Skipped { place, name: Some(name), why, fault: Fault::None });
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(bad(None, format!("its id has more than {NAME_BYTES_MAX} bytes")));
        }
        let key = self.key(&name).ok_or_else(|| bad(Some(&name), "its id can't be part of a key".to_owned()))?;
        self.count_unread(&value, unread);
        let mut reading = Reading {
            tracker: self,
            value: &value,
            key: &key,
            name: &name,
            place: &place,
            told: Vec::new(),
            steps: Vec::new(),
        };
        let members = reading.members().map_err(|why| bad(Some(&name), why))?;
        let later = reading.later(&members);
        let (waits_for, parent) = reading.references();
        reading.comments();
        reading.state();
        let occurred_at = reading.time("created_at");
        let url = reading.url();
        let Reading { told, steps, .. } = reading;
        let source = self.source.to_owned();
        Ok(Wish {
            place,
            name,
            source,
            key,
            id: None,
            members,
            later,
            otherwise: None,
            occurred_at,
            waits_for,
            parent,
            url,
            steps,
            told,
            bytes,
        })
    }

    fn key(self, name: &str) -> Option<Key> {
        format!("{}:{name}", self.source).parse().ok()
    }

    fn named(self, field: &str) -> String {
        let paths = self.map.paths(field);
        if paths.is_empty() { "nothing".to_owned() } else { paths.join(", ") }
    }

    fn count_unread(self, value: &Value, unread: &mut Unread) {
        let paths = self.map.fields.values().chain(self.map.sections.values()).chain(self.map.details.values());
        let first_of = |path: &String| path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        let known: Vec<String> = paths.flatten().map(first_of).chain(self.map.ignored.iter().cloned()).collect();
        for (name, value) in value.as_object().into_iter().flatten() {
            let says_nothing = matches!(value, Value::Null | Value::Bool(false)) || at_blank(value);
            if !says_nothing && !known.iter().any(|known| known.eq_ignore_ascii_case(name.trim())) {
                *unread.entry(name.clone()).or_default() += 1;
            }
        }
    }
}

fn at_blank(value: &Value) -> bool {
    at(&json!({ "it": value }), "it").is_none()
}

/// One record that is read.
struct Reading<'a> {
    tracker: Tracker<'a>,
    value: &'a Value,
    key: &'a Key,
    name: &'a str,
    place: &'a str,
    told: Vec<Told>,
    steps: Vec<Step>,
}

impl Reading<'_> {
    fn tell(&mut self, what: String, became: &str) {
        self.told.push(Told::new(format!("{} ({})", self.place, self.name), what, became));
    }

    fn field(&self, name: &str) -> Option<&Value> {
        first(self.value, self.tracker.map.paths(name))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.field(name).map(text)
    }

    fn time(&mut self, name: &str) -> Option<String> {
        let said = self.text(name)?;
        let read = time(&said);
        if read.is_none() {
            self.tell(format!("{name}: {said:?} is no time"), "left out");
        }
        read
    }

    fn url(&self) -> Option<String> {
        self.text("url").filter(|url| url.contains("://"))
    }

    fn members(&mut self) -> Result<Map<String, Value>, String> {
        let Some(whole) = self.text("title") else {
            return Err(format!(
                "it has no title: fields.title of the map names it (now: {})",
                self.tracker.named("title")
            ));
        };
        let (short, is_cut) = title(&whole);
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("title", short.into());
        put("description", self.description(is_cut.then_some(whole.as_str())).into());
        let request_type = self.request_type()?;
        put("request_type", request_type.clone().into());
        let (from, to) = self.repositories()?;
        put("origin_repo_id", from.into());
        put("target_repo_ids", to.into());
        if let Some(priority) = self.priority() {
            put("priority", priority.into());
        }
        put("labels", self.labels().into());
        for list in ["success_criteria", "required_artifacts"] {
            let kept: Vec<String> = self.field(list).map(entries).unwrap_or_default();
            if kept.iter().any(|one| one.len() > ITEM_BYTES_MAX) || kept.len() > LIST_MAX {
                self.steps.push(self.note("long", list, &format!("{list} at the source:\n{}", kept.join("\n"))));
                self.tell(format!("{list} is longer than a packet takes"), "kept in a note");
            } else if !kept.is_empty() {
                put(list, kept.into());
            }
        }
        if let Some(due) = self.due() {
            put("due", due.into());
        }
        if let Some(by) = self.text("created_by") {
            match actor(&by) {
                Some(by) => drop(put("created_by", by.as_str().into())),
                None => self.tell(format!("created_by: {by:?} is no name"), "made by who imports"),
            }
        }
        put("details", self.details(&request_type).into());
        put("routing", self.routing().into());
        Ok(members)
    }

    fn description(&self, whole_title: Option<&str>) -> String {
        let mut description = whole_title.map(|title| format!("{title}\n\n")).unwrap_or_default();
        description.push_str(&self.text("description").unwrap_or_default());
        for (heading, paths) in &self.tracker.map.sections {
            if let Some(value) = first(self.value, paths) {
                let gap = if description.trim().is_empty() { "" } else { "\n\n" };
                description.push_str(&format!("{gap}{heading}:\n{}", text(value)));
            }
        }
        description
    }

    /// The first of its words that means a type; else one that is a type's name; else the default.
    fn request_type(&mut self) -> Result<String, String> {
        let (map, workflow) = (self.tracker.map, self.tracker.workflow);
        let words: Vec<String> =
            map.paths("type").iter().filter_map(|path| at(self.value, path)).flat_map(texts).collect();
        let known = |name: &str| name.parse().is_ok_and(|name| workflow.request_type(&name).is_some());
        let meant = words.iter().find_map(|word| {
            let name = map
                .request_type(word)
                .map(str::to_owned)
                .unwrap_or_else(|| word.to_lowercase().replace(['_', ' '], "-"));
            known(&name).then_some(name)
        });
        if let Some(meant) = meant {
            return Ok(meant);
        }
        let default = map.defaults.request_type.clone();
        let default = default.ok_or("it says no type: --type, or defaults.type of the map")?;
        // Labels mean other things than types, too.
        if !words.is_empty() && map.paths("type").iter().all(|path| !map.paths("labels").contains(path)) {
            self.tell(format!("the type {:?} is not in the map", words.join(", ")), &format!("made as {default}"));
        }
        Ok(default)
    }

    fn repositories(&self) -> Result<(String, Vec<String>), String> {
        let defaults = &self.tracker.map.defaults;
        let own = self.url().and_then(|url| repository_of(&url));
        let from = self.text("from").or_else(|| defaults.from.clone()).or_else(|| own.clone());
        let to = self.field("to").map(texts).filter(|to| !to.is_empty());
        let to = to.or_else(|| Some(defaults.to.clone()).filter(|to| !to.is_empty())).or_else(|| Some(vec![own?]));
        let is_name = |name: &String| name.parse::<RepoId>().is_ok();
        let from = from.ok_or("it does not say which repository asks: --origin REPO, or defaults.from of the map")?;
        let to = to.ok_or("it does not say which repository is asked: --target REPO, or defaults.to of the map")?;
        match std::iter::once(&from).chain(&to).find(|name| !is_name(name)) {
            Some(bad) => Err(format!("{bad:?} is no name of a repository: 1 to 200 bytes without blanks")),
            None => Ok((from, to)),
        }
    }

    fn priority(&mut self) -> Option<&'static str> {
        let map = self.tracker.map;
        let words: Vec<String> = self.field("priority").map(texts).unwrap_or_default();
        let of = |word: &String| {
            let meant = map.priority(word).unwrap_or(word.trim());
            let known = Priority::ALL.into_iter().find(|known| known.to_string().eq_ignore_ascii_case(meant))?;
            Some(match known {
                Priority::P0 => "P0",
                Priority::P1 => "P1",
                Priority::P2 => "P2",
                Priority::P3 => "P3",
            })
        };
        let meant = words.iter().find_map(of);
        let is_own_field = map.paths("priority") != map.paths("labels");
        if meant.is_none() && !words.is_empty() && is_own_field {
            self.tell(format!("the priority {:?} is not in the map", words.join(", ")), "made as P2");
        }
        meant
    }

    fn labels(&mut self) -> Vec<String> {
        let all = self.field("labels").map(texts).unwrap_or_default();
        let (good, bad): (Vec<String>, Vec<String>) = all.into_iter().partition(|label| label.parse::<Label>().is_ok());
        if !bad.is_empty() {
            self.tell(format!("labels that are too long or have control characters: {bad:?}"), "left out");
        }
        good.into_iter().take(LIST_MAX).collect()
    }

    fn due(&mut self) -> Option<String> {
        let said = self.text("due")?;
        let day = said.get(..10).unwrap_or(&said);
        if day.parse::<DashedDay>().is_ok() {
            return Some(day.to_owned());
        }
        self.tell(format!("due: {said:?} is no day"), "left out");
        None
    }

    /// Details that the record has, and those that its type demands of every request, by default.
    fn details(&self, request_type: &str) -> Map<String, Value> {
        let map = self.tracker.map;
        let read =
            map.details.iter().filter_map(|(name, paths)| Some((name.clone(), first(self.value, paths)?.clone())));
        let mut details: Map<String, Value> = read.collect();
        let at_triage = self.at_triage(request_type);
        for (name, value) in map.defaults.details.get(request_type).into_iter().flatten() {
            if !at_triage.contains(name) && !details.contains_key(name) {
                details.insert(name.clone(), value.clone());
            }
        }
        details
    }

    /// Details by default that are demanded to accept a request: an open one goes on waiting for them.
    fn later(&self, members: &Map<String, Value>) -> Map<String, Value> {
        let request_type = members.get("request_type").and_then(Value::as_str).unwrap_or_default();
        let at_triage = self.at_triage(request_type);
        let defaults = self.tracker.map.defaults.details.get(request_type).cloned().unwrap_or_default();
        defaults.into_iter().filter(|(name, _)| at_triage.contains(name)).collect()
    }

    fn at_triage(&self, request_type: &str) -> Vec<String> {
        let rule = request_type.parse().ok().and_then(|name| self.tracker.workflow.request_type(&name));
        rule.map(|rule| rule.details.clone()).unwrap_or_default()
    }

    fn routing(&self) -> Map<String, Value> {
        let mut routing = Map::new();
        routing.insert("source".to_owned(), self.tracker.source.into());
        if let Some(url) = self.url() {
            routing.insert("url".to_owned(), url.into());
        }
        let assignees = self.field("assignees").map(texts).unwrap_or_default();
        if !assignees.is_empty() {
            routing.insert("assignees".to_owned(), assignees.into());
        }
        routing
    }

    fn note(&self, kind: &str, name: &str, text: &str) -> Step {
        let key = format!("{}:{kind}:{}", self.key, digest(&[name, text]));
        Step::Note(Note { key, text: text.to_owned(), kind: None, by: None, at: None })
    }

    /// What it waits for, and what it is a part of. Other links become notes.
    fn references(&mut self) -> (Vec<Key>, Option<Key>) {
        let mut parent = self.text("parent");
        let mut waits_for = Vec::new();
        let links: Vec<Value> = match self.field("dependencies") {
            Some(Value::Array(list)) => list.clone(),
            Some(one) => texts(one).into_iter().map(Value::String).collect(),
            None => Vec::new(),
        };
        for link in links {
            let target = ["depends_on_id", "depends_on", "id", "number"].iter().find_map(|name| at(&link, name));
            let target = target.map_or_else(|| text(&link), text);
            let kind = ["type", "dependency_type"].iter().find_map(|name| at(&link, name)).map(text);
            match kind.as_deref() {
                None | Some("blocks" | "blocked_by" | "depends_on") => waits_for.push(target),
                Some("parent-child" | "parent") if parent.is_none() => parent = Some(target),
                Some(kind) => {
                    let text = format!("Linked at the source: {kind} {target}");
                    self.steps.push(self.note("link", kind, &text));
                }
            }
        }
        let mut keys = Vec::new();
        for name in waits_for {
            match self.tracker.key(name.trim()) {
                Some(key) if keys.len() < LIST_MAX && !keys.contains(&key) => keys.push(key),
                Some(_) => {}
                None => self.tell(format!("it depends on {name:?}, which can't be a key"), "left out"),
            }
        }
        (keys, parent.and_then(|name| self.tracker.key(name.trim())))
    }

    fn comments(&mut self) {
        let comments = match self.field("comments").cloned() {
            Some(Value::Array(list)) => list,
            Some(Value::Number(count)) if count.as_u64() == Some(0) => return,
            Some(Value::Number(count)) => {
                let what = format!("of its comments only the number is here: {count}");
                return self.tell(what, "left out; gh issue list --json …,comments prints them");
            }
            Some(one) => vec![one],
            None => return,
        };
        for comment in comments {
            let get = |names: &[&str]| names.iter().find_map(|name| at(&comment, name)).map(text);
            let said = get(&["text", "body", "content", "comment"]).or_else(|| comment.as_str().map(str::to_owned));
            let Some(said) = said.filter(|said| !said.trim().is_empty()) else { continue };
            let by = get(&["/author/login", "/user/login", "author", "user", "created_by", "by"]).unwrap_or_default();
            let at = get(&["created_at", "createdAt", "timestamp", "at"]).unwrap_or_default();
            // Not by the comment's number: an edited one is another text.
            let key = format!("{}:comment:{}", self.key, digest(&[&by, &at, &said]));
            self.steps.push(Step::Note(Note { key, text: said, kind: None, by: actor(&by), at: time(&at) }));
        }
        // In the order in which they were made, whoever exported them.
        let moment = |step: &Step| match step {
            Step::Note(note) => note.at.as_deref().and_then(|at| Timestamp::parse_rfc3339(at).ok()),
            Step::Move(_) | Step::Show(_) | Step::Approve(_) => None,
        };
        self.steps.sort_by_key(moment);
    }

    fn state(&mut self) {
        let Some(said) = self.text("state") else { return };
        let reason = self.text("state_reason");
        let workflow = self.tracker.workflow;
        let meant = self.tracker.map.state(&said, reason.as_deref()).unwrap_or(&said).to_owned();
        let Some(to) = StateName::parse_typed(&meant).ok().filter(|to| workflow.state(to).is_some()) else {
            let text = format!("The state at the source is {said:?}, which the map does not have.");
            self.steps.push(self.note("state", &said, &text));
            return self
                .tell(format!("the state {said:?} is not in the map"), "kept in a note; states of the map maps it");
        };
        let is_final = workflow.is_final(&to);
        let at = if is_final { self.time("closed_at") } else { None };
        let at = at.or_else(|| self.time("state_at"));
        let by = self.text(if is_final { "closed_by" } else { "state_by" }).and_then(|by| actor(&by));
        let said = reason.map_or_else(|| said.clone(), |reason| format!("{said} ({reason})"));
        let evidence: Vec<Evidence> =
            self.url().map(|value| Evidence { kind: "url".to_owned(), value }).into_iter().collect();
        let memory = Memory::Standing(format!("{}:state", self.key));
        self.steps.push(Step::Move(Move { to, said, memory, by, at, reason: self.text("reason"), evidence }));
    }
}

/// `acme/shop` of `https://github.com/acme/shop/issues/12`.
fn repository_of(url: &str) -> Option<String> {
    let (_, path) = url.split_once("://")?.1.split_once('/')?;
    let (repository, _) = path.trim_start_matches("repos/").split_once("/issues/")?;
    (repository.matches('/').count() == 1).then(|| repository.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::map::Form;
    use super::super::records;
    use super::*;

    fn read(form: Form, text: &str) -> (Vec<Wish>, Vec<Skipped>, Unread) {
        let map = form.map().unwrap().with_defaults(Some("users".into()), vec!["shop".into()], None);
        let workflow = Workflow::default();
        let tracker = Tracker { source: form.name(), map: &map, workflow: &workflow };
        wishes(records::read(form, text).unwrap(), tracker)
    }

    #[test]
    fn an_issue_of_beads_becomes_a_wish() {
        let line = r#"{"id":"bd-2","title":"Slow","description":"Very.","design":"A cache.","status":"closed",
            "priority":4,"issue_type":"chore","created_at":"2026-01-02T03:04:05+01:00","closed_at":"2026-01-03T00:00:00Z",
            "close_reason":"Done","labels":["perf"],"dependencies":[{"issue_id":"bd-2","depends_on_id":"bd-1","type":"blocks"},
            {"issue_id":"bd-2","depends_on_id":"bd-9","type":"related"}],"comments":[{"author":"ann","text":"Why?",
            "created_at":"2026-01-02T04:00:00Z"}],"estimated_minutes":30}"#;
        let (mut wishes, skipped, unread) = read(Form::Beads, &line.replace('\n', " "));
        assert!(skipped.is_empty());
        assert_eq!(unread.into_iter().collect::<Vec<_>>(), [("estimated_minutes".to_owned(), 1)]);
        let wish = wishes.pop().unwrap();
        assert_eq!(wish.key.as_str(), "beads:bd-2");
        assert_eq!(wish.members["description"], "Very.\n\nDesign:\nA cache.");
        assert_eq!((&wish.members["priority"], &wish.members["request_type"]), (&json!("P3"), &json!("feature")));
        assert_eq!(wish.later.len(), 4, "what a feature needs to be accepted is not in the packet");
        assert_eq!(wish.waits_for, ["beads:bd-1".parse().unwrap()]);
        assert_eq!(wish.steps.len(), 3, "{:?}", wish.steps);
        let Some(Step::Move(last)) = wish.steps.last() else { panic!("{:?}", wish.steps) };
        assert_eq!(
            (last.to.as_str(), last.at.as_deref(), last.reason.as_deref()),
            ("CLOSED", Some("2026-01-03T00:00:00Z"), Some("Done"))
        );
    }

    #[test]
    fn both_forms_of_a_github_issue_say_the_same() {
        let gh = r#"[{"number":7,"title":"T","body":"B","state":"CLOSED","stateReason":"NOT_PLANNED","labels":[{"name":"bug"}],
            "author":{"login":"ann"},"createdAt":"2026-01-02T00:00:00Z","closedAt":"2026-01-03T00:00:00Z",
            "updatedAt":"2026-01-03T00:00:00Z","comments":[],"assignees":[],"url":"https://github.com/acme/shop/issues/7"}]"#;
        let rest = r#"[{"number":7,"title":"T","body":"B","state":"closed","state_reason":"not_planned","labels":[{"name":"bug"}],
            "user":{"login":"ann"},"created_at":"2026-01-02T00:00:00Z","closed_at":"2026-01-03T00:00:00Z",
            "updated_at":"2026-01-03T00:00:00Z","comments":0,"assignees":[],"url":"https://api.github.com/repos/acme/shop/issues/7",
            "html_url":"https://github.com/acme/shop/issues/7"},{"number":8,"title":"PR","pull_request":{"url":"x"}}]"#;
        let (ours, ..) = read(Form::Github, gh);
        let (theirs, skipped, _) = read(Form::Github, rest);
        assert_eq!(skipped[0].fault, Fault::None);
        let told = |wish: &Wish| match wish.steps.last() {
            Some(Step::Move(last)) => (last.to.to_string(), last.at.clone()),
            Some(Step::Note(_) | Step::Show(_) | Step::Approve(_)) | None => panic!("{wish:?}"),
        };
        assert_eq!(ours[0].members, theirs[0].members);
        assert_eq!(told(&ours[0]), told(&theirs[0]));
        assert_eq!(told(&ours[0]).0, "WITHDRAWN");
        assert_eq!(repository_of("https://api.github.com/repos/acme/shop/issues/7").as_deref(), Some("acme/shop"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let text = "{\"title\":\"no id\"}\n{\"id\":\"1\"}\n{\"id\":\"2\",\"title\":\"t\"}\n{\"id\":\"2\",\"title\":\"u\"}\nx\n";
        let (wishes, skipped, _) = read(Form::Jsonl, text);
        assert!(wishes.is_empty(), "no type is known");
        let whys: Vec<&str> = skipped.iter().map(|one| one.why.as_str()).collect();
        assert!(whys[0].contains("no id") && whys[1].contains("no title") && whys[2].contains("--type"), "{whys:?}");
        assert_eq!(skipped.len(), 5);
    }
}
