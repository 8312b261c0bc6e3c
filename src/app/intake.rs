//! Taking over what other places say: each wish is made true as far as the workflow has a way, many to a sync.
//!
//! What is on record already is recognised by its key. A state is reached by the transitions that the workflow has; where
//! none leads there, or a guard stands in the way, the request stays and a note says so. A second time changes nothing.

mod way;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::create::{Incoming, Made};
use super::write::{Conditions, Effect, Novelty, state_word};
use super::{AppError, Ledger, Session};
use crate::domain::decide::Command;
use crate::domain::event::{Approved, EvidenceAdded, Noted, TEXT_BYTES_MAX};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Actor, Key, RequestId};
use crate::domain::state::State;
use crate::index::cache::Progress;
use crate::intake::{Approve, Note, Show, Step, Told, Wish};
use crate::store::{Commit, Records, StoreError};

/// The most wishes that share a sync.
pub const WISHES_MAX: usize = 256;
/// The most bytes of records that share a sync, but for the last one.
pub const WISHES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How often a draft is mended before it is refused.
const MENDED_MAX: usize = 8;

/// What became of a wish.
#[derive(Debug)]
pub struct Taken {
    /// Where its record stands.
    pub place: String,
    /// What it is called at its source.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// Its title.
    pub title: String,
    /// The request.
    pub id: Option<RequestId>,
    /// Whether it was made now.
    pub is_new: bool,
    /// The states that it went through now, the one that it was in first.
    pub states: Vec<String>,
    /// How many notes, pieces of evidence and approvals were written.
    pub notes: usize,
    /// Why it, or the rest of it, was left out.
    pub failed: Option<AppError>,
    /// What could not be mapped, or had no legal way.
    pub told: Vec<Told>,
}

impl Taken {
    fn of(wish: &Wish) -> Self {
        Self {
            place: wish.place.clone(),
            name: wish.name.clone(),
            key: wish.key.clone(),
            title: wish.members.get("title").and_then(Value::as_str).unwrap_or_default().to_owned(),
            id: None,
            is_new: false,
            states: Vec::new(),
            notes: 0,
            failed: None,
            told: Vec::new(),
        }
    }

    /// Whether something of it was written.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.is_new || self.states.len() > 1 || self.notes > 0
    }

    fn tell(&mut self, what: impl Into<String>, became: impl Into<String>) {
        self.told.push(Told {
            place: format!("{} ({})", self.place, self.name),
            what: what.into(),
            became: became.into(),
        });
    }
}

/// What was taken over as one batch, and how many calls waited for the disk.
#[derive(Debug)]
pub struct TakenBatch {
    /// What became of each wish, in order.
    pub taken: Vec<Taken>,
    /// How many events and packets were written.
    pub written: usize,
}

impl Ledger<'_> {
    /// Makes wishes true, those of a batch together. They are on record when this returns; in a dry run nothing is
    /// written, and all are tried as one batch.
    ///
    /// `session` is asked for one before each batch; `each` hears what became of it, and `progress` how many of how many
    /// are done.
    ///
    /// # Errors
    /// Failed machinery; nothing of the last batch is on record then.
    pub fn take_over(
        &self,
        wishes: Vec<Wish>,
        effect: Effect,
        session: &dyn Fn() -> Session,
        progress: Progress<'_>,
        each: &mut dyn FnMut(TakenBatch),
    ) -> Result<(), AppError> {
        self.writable()?;
        let (mut done, total) = (0, wishes.len());
        let mut rest = wishes.into_iter().peekable();
        while rest.peek().is_some() {
            let session = session();
            let batch = self.store.batch(&session.budget)?;
            let (mut taken, mut bytes) = (Vec::new(), 0);
            let is_full = |taken: usize, bytes: usize| taken >= WISHES_MAX || bytes >= WISHES_BYTES_MAX;
            while effect == Effect::DryRun || !is_full(taken.len(), bytes) {
                let Some(wish) = rest.next() else { break };
                bytes += wish.bytes;
                taken.push(self.take_one(batch.as_ref(), wish, &session)?);
                done += 1;
                progress(done, total);
            }
            match effect {
                // What is not committed was never there.
                Effect::DryRun => drop(batch),
                Effect::Write => match batch.commit()? {
                    Commit::Committed { .. } => {}
                    Commit::Unknown(cause) => return Err(AppError::Unknown { cause, key: None }),
                },
            }
            let written = |one: &Taken| usize::from(one.is_new) + one.states.len().saturating_sub(1) + one.notes;
            let written = taken.iter().map(written).sum();
            each(TakenBatch { taken, written });
        }
        Ok(())
    }

    /// One wish. Refusals are its own; failed machinery is everybody's.
    fn take_one(&self, records: &dyn Records, mut wish: Wish, session: &Session) -> Result<Taken, AppError> {
        let mut taken = Taken::of(&wish);
        taken.told.append(&mut wish.told);
        let result = self.try_one(records, &wish, session, &mut taken);
        match result {
            Ok(()) => Ok(taken),
            // Too large for a packet: nothing of it was planned.
            Err(error @ AppError::Store(StoreError::Unwritable(_))) => {
                taken.failed = Some(error);
                Ok(taken)
            }
            Err(error @ (AppError::Store(_) | AppError::Unknown { .. } | AppError::Newer { .. })) => Err(error),
            Err(error) => {
                taken.failed = Some(error);
                Ok(taken)
            }
        }
    }

    fn try_one(
        &self,
        records: &dyn Records,
        wish: &Wish,
        session: &Session,
        taken: &mut Taken,
    ) -> Result<(), AppError> {
        let known = records.find(&wish.key, &session.budget)?;
        let id = match known {
            Some(id) => {
                taken.id = Some(id);
                let history = self.there(records, id)?;
                same_source(wish, &history)?;
                let hand = Hand { ledger: self, records, id, session };
                if let Some(edited) = edited(wish, &history) {
                    hand.note(&edited, taken)?;
                }
                id
            }
            None => self.make(records, wish, session, taken)?,
        };
        let hand = Hand { ledger: self, records, id, session };
        let history = self.there(records, id)?;
        taken.states.push(state_word(&State::replay(&history, self.workflow)));
        for note in self.references(records, wish, &history, session)? {
            hand.note(&note, taken)?;
        }
        for step in &wish.steps {
            match step {
                Step::Move(to) => hand.bring(to, wish, taken)?,
                Step::Note(note) => hand.note(note, taken)?,
                Step::Show(show) => hand.show(show, taken)?,
                Step::Approve(approve) => hand.approve(approve, taken)?,
            }
        }
        Ok(())
    }

    fn there(&self, records: &dyn Records, id: RequestId) -> Result<History, AppError> {
        records.history(id)?.ok_or_else(|| AppError::NotFound { name: id.to_string(), suggestion: None })
    }

    /// Makes the request. What keeps its draft from being valid is left out and kept in a note, where the wish has
    /// another type to fall back to.
    fn make(
        &self,
        records: &dyn Records,
        wish: &Wish,
        session: &Session,
        taken: &mut Taken,
    ) -> Result<RequestId, AppError> {
        let mut members = wish.members.clone();
        members.insert("key".to_owned(), wish.key.as_str().into());
        let found = |key: &Key| records.find(key, &session.budget);
        let mut waits_for = Vec::new();
        for key in &wish.waits_for {
            waits_for.extend(found(key)?.map(|id| Value::String(id.to_string())));
        }
        waits_for.dedup();
        members.insert("dependencies".to_owned(), waits_for.into());
        if let Some(parent) = wish.parent.as_ref().map(found).transpose()?.flatten() {
            members.insert("parent".to_owned(), parent.to_string().into());
        }
        let mut lost = Map::new();
        let mut id = wish.id;
        for _ in 0..MENDED_MAX {
            let incoming = Incoming { members: members.clone(), occurred_at: wish.occurred_at.clone(), id };
            match self.create(records, incoming, Effect::Write, session) {
                Ok(Made::Request { history, .. }) => {
                    let made = history.packet().request_id;
                    taken.id = Some(made);
                    taken.is_new = true;
                    if !lost.is_empty() {
                        let hand = Hand { ledger: self, records, id: made, session };
                        hand.note(&kept(wish, &lost), taken)?;
                    }
                    return Ok(made);
                }
                Ok(Made::Tried(_)) => return Err(AppError::Usage("a batch has no dry runs".into())),
                Err(AppError::IdTaken(other)) => {
                    taken.tell(format!("{other} is another request here"), "made under another number");
                    id = None;
                }
                Err(AppError::BadDraft(faults)) => {
                    let Some(otherwise) = &wish.otherwise else { return Err(AppError::BadDraft(faults)) };
                    let before = lost.len();
                    for fault in &faults {
                        let what = format!("{}: {}", fault.pointer, fault.what);
                        if let Some(became) = mend(&fault.pointer, &mut members, otherwise, &mut lost) {
                            taken.tell(what, became);
                        }
                    }
                    if lost.len() == before {
                        return Err(AppError::BadDraft(faults));
                    }
                }
                Err(other) => return Err(other),
            }
        }
        Err(AppError::Usage(format!("{}: its packet can't be mended", wish.place)))
    }

    /// What it waits for at its source and its packet does not say: a packet is written once.
    fn references(
        &self,
        records: &dyn Records,
        wish: &Wish,
        history: &History,
        session: &Session,
    ) -> Result<Vec<Note>, AppError> {
        let packet = history.packet();
        let mut notes = Vec::new();
        let waits = wish.waits_for.iter().map(|key| (key, "waits for"));
        for (key, how) in waits.chain(wish.parent.iter().map(|key| (key, "is a part of"))) {
            let found = records.find(key, &session.budget)?;
            let is_said = found.is_some_and(|id| packet.dependencies.contains(&id) || packet.parent == Some(id));
            if !is_said {
                let here = found.map_or_else(|| "not here".to_owned(), |id| id.to_string());
                let name = format!("{}:link:{}", wish.key, digits(&[how, key.as_str()]));
                let text = format!("At the source it {how} {key} ({here}).");
                notes.push(Note { key: name, text, kind: None, by: None, at: None });
            }
        }
        Ok(notes)
    }
}

/// Another record than the one that was taken over with this key.
fn same_source(wish: &Wish, history: &History) -> Result<(), AppError> {
    let packet = history.packet();
    let there = packet.routing.as_ref().and_then(|routing| routing.get("url")).and_then(Value::as_str);
    match (there, &wish.url) {
        (Some(there), Some(here)) if there != here => Err(AppError::OtherSource {
            key: wish.key.clone(),
            id: packet.request_id,
            there: there.to_owned(),
            here: here.clone(),
        }),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// What the source says otherwise than the packet, which is written once.
fn edited(wish: &Wish, history: &History) -> Option<Note> {
    let packet = serde_json::to_value(history.packet()).ok()?;
    let mut text = String::new();
    for (field, nothing) in [("title", ""), ("description", ""), ("priority", "P2")] {
        let now = wish.members.get(field).and_then(Value::as_str).unwrap_or(nothing);
        if packet.get(field).and_then(Value::as_str).unwrap_or(nothing) != now {
            text.push_str(&format!("\n{field}: {now}"));
        }
    }
    let set = |value: Option<&Value>| -> BTreeSet<String> {
        value
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|one| one.trim().to_owned())
            .collect()
    };
    let lists = [("labels", "/labels"), ("assignees", "/routing/assignees")];
    let members = Value::Object(wish.members.clone());
    for (field, pointer) in lists {
        let now = set(members.pointer(pointer));
        if set(packet.pointer(pointer)) != now {
            let shown = if now.is_empty() { "none".to_owned() } else { now.into_iter().collect::<Vec<_>>().join(", ") };
            text.push_str(&format!("\n{field}: {shown}"));
        }
    }
    if text.is_empty() {
        return None;
    }
    let key = format!("{}:edit:{}", wish.key, digits(&[&text]));
    let text = format!("Edited at the source ({}):{text}", wish.source);
    Some(Note { key, text, kind: None, by: None, at: None })
}

fn kept(wish: &Wish, lost: &Map<String, Value>) -> Note {
    let mut text = format!("Taken over from {}, where its packet says what could not be kept:", wish.place);
    for (name, value) in lost {
        text.push_str(&format!("\n{name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    Note { key: format!("{}:lost", wish.key), text, kind: None, by: None, at: None }
}

/// Takes out of a draft what is wrong with it; says what became of it.
fn mend(
    pointer: &str,
    members: &mut Map<String, Value>,
    otherwise: &str,
    lost: &mut Map<String, Value>,
) -> Option<String> {
    let mut parts = pointer.trim_start_matches('/').split('/');
    let field = parts.next().unwrap_or_default().to_owned();
    // A detail that is there and wrong goes; one that is missing is what the type demands.
    let wrong = parts.next().and_then(|name| {
        let details = members.get_mut("details").filter(|_| field == "details")?.as_object_mut()?;
        details.remove(name)
    });
    if let Some(value) = wrong {
        lost.insert(pointer.trim_start_matches('/').replace('/', "."), value);
        return Some("kept in a note".to_owned());
    }
    let needed = ["request_type", "details"].contains(&field.as_str())
        || field == "contracts" && members.get("contracts").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if needed {
        let was = members.insert("request_type".to_owned(), otherwise.into())?;
        if was == otherwise {
            return None;
        }
        lost.insert("request_type".to_owned(), was);
        return Some(format!("made as {otherwise}, its own type kept in a note"));
    }
    let is_its_own = ["title", "origin_repo_id", "target_repo_ids", "key"].contains(&field.as_str());
    let value = members.remove(&field).filter(|_| !is_its_own)?;
    lost.insert(field, value);
    Some("kept in a note".to_owned())
}

/// The first digits of the digest of texts: a part of a key.
fn digits(parts: &[&str]) -> String {
    let mut digits = Hash::of(&[parts.join("\n").as_bytes()]).to_string();
    digits.truncate(16);
    digits
}

/// Somebody who writes to one request.
struct Hand<'a> {
    ledger: &'a Ledger<'a>,
    records: &'a dyn Records,
    id: RequestId,
    session: &'a Session,
}

impl Hand<'_> {
    fn history(&self) -> Result<History, AppError> {
        self.ledger.there(self.records, self.id)
    }

    fn write(&self, command: &Command, key: &str, by: Option<&Actor>) -> Result<Novelty, AppError> {
        let key = key.parse().map_err(AppError::Name)?;
        let conditions = Conditions { key: Some(key), ..Conditions::default() };
        let session = Session { by: by.unwrap_or(&self.session.by).clone(), ..self.session.clone() };
        Ok(self.ledger.write(self.records, self.id, command, &conditions, &session)?.novelty)
    }

    fn is_on_record(&self, key: &str) -> Result<bool, AppError> {
        let key: Key = key.parse().map_err(AppError::Name)?;
        Ok(self.history()?.with_key(&key).is_some())
    }

    /// Puts a text on record, once.
    fn note(&self, note: &Note, taken: &mut Taken) -> Result<(), AppError> {
        let Note { key, text, kind, by, at } = note;
        for (number, part) in parts(text).enumerate() {
            let key = if number == 0 { key.clone() } else { format!("{key}/{}", number + 1) };
            if !self.is_on_record(&key)? {
                let noted = Noted { text: part.to_owned(), kind: kind.clone(), occurred_at: at.clone() };
                self.write(&Command::Note(noted), &key, by.as_ref())?;
                taken.notes += 1;
            }
        }
        Ok(())
    }

    fn show(&self, show: &Show, taken: &mut Taken) -> Result<(), AppError> {
        let Show { key, evidence, by, at } = show;
        if !self.is_on_record(key)? {
            let added = EvidenceAdded { evidence: evidence.clone(), occurred_at: at.clone() };
            self.write(&Command::AddEvidence(added), key, by.as_ref())?;
            taken.notes += 1;
        }
        Ok(())
    }

    /// Leave that nobody here may give is kept as a note.
    fn approve(&self, approve: &Approve, taken: &mut Taken) -> Result<(), AppError> {
        let Approve { key, role, reason, by } = approve;
        let note_key = format!("{key}:note");
        if self.is_on_record(key)? || self.is_on_record(&note_key)? {
            return Ok(());
        }
        let approved = Approved { role: role.clone(), reason: reason.clone(), signature: None };
        match self.write(&Command::Approve(approved), key, by.as_ref()) {
            Ok(_) => {
                taken.notes += 1;
                Ok(())
            }
            Err(AppError::Refused { refusal, .. }) => {
                let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                taken.tell(format!("an approval as {role} has no legal way: {refusal}"), "kept in a note");
                let text =
                    format!("On record elsewhere: approved as {role}{reason}. It counts for nothing here: {refusal}.");
                self.note(&Note { key: note_key, text, kind: None, by: by.clone(), at: None }, taken)
            }
            Err(other) => Err(other),
        }
    }
}

/// A text in parts that each fit into a note.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.trim().is_empty() {
            return None;
        }
        let mut end = rest.len().min(TEXT_BYTES_MAX);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, left) = rest.split_at(end);
        rest = left;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_parted_between_characters() {
        let text = "é".repeat(TEXT_BYTES_MAX);
        let all: Vec<&str> = parts(&text).collect();
        assert_eq!(all.concat(), text);
        assert!(all.len() == 2 && all.iter().all(|part| part.len() <= TEXT_BYTES_MAX));
        assert_eq!(parts(" ").count(), 0);
    }

    #[test]
    fn a_draft_is_mended_by_what_is_wrong_with_it() {
        let draft = r#"{"title":"t","request_type":"incident","details":{"severity":"high"},"due":"x"}"#;
        let mut members: Map<String, Value> = serde_json::from_str(draft).unwrap();
        let mut lost = Map::new();
        assert!(mend("/due", &mut members, "feature", &mut lost).is_some());
        assert!(mend("/details/severity", &mut members, "feature", &mut lost).is_some());
        assert!(mend("/details", &mut members, "feature", &mut lost).is_some());
        assert_eq!(mend("/title", &mut members, "feature", &mut lost), None);
        assert_eq!(lost["details.severity"], "high");
        assert_eq!(members["request_type"], "feature");
    }
}
