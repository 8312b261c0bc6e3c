//! Requests as rows.

use std::collections::BTreeSet;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Statement, params};

use super::blocked::Blocked;
use super::duplicate::{Duplicates, digest_of};
use super::parts::Told;
use super::tally::Tallies;
use super::{Entry, Line};
use crate::domain::hash::Hash;
use crate::domain::id::{Key, RequestId};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::index::project::EntryClaim;
use crate::store::Stamp;

/// What was read of a request.
pub(super) type Outcome = Result<Line, Unread>;

/// Why a request has no line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Unread {
    /// Its bytes are not what was written; with the key that its packet bears, if that can be read.
    Damaged(String, Option<Key>),
    /// The operating system did not hand them out: to somebody else, or another time, it may.
    Refused(String),
}

impl Unread {
    /// What is wrong.
    pub(super) fn what(&self) -> &str {
        match self {
            Self::Damaged(what, _) | Self::Refused(what) => what,
        }
    }

    /// The key that its packet bears, as far as that can be read: another one with it is its duplicate all the same.
    pub(super) fn key(&self) -> Option<&Key> {
        match self {
            Self::Damaged(_, key) => key.as_ref(),
            Self::Refused(_) => None,
        }
    }

    /// Whether it stays so as long as the bytes do.
    fn lasts(&self) -> bool {
        match self {
            Self::Damaged(..) => true,
            Self::Refused(_) => false,
        }
    }
}

/// An id as a number that sorts like it.
#[must_use]
pub(super) fn number_of(id: RequestId) -> i64 {
    // The largest numbers have eight digits.
    i64::from(id.day().digits()) * 100_000_000 + i64::from(id.number())
}

/// The id of a number; `None` of one that is none.
#[must_use]
pub(super) fn id_of(number: i64) -> Option<RequestId> {
    let (day, number) = (number / 100_000_000, number % 100_000_000);
    RequestId::new(format!("{day:08}").parse().ok()?, u32::try_from(number).ok()?)
}

/// A token as bytes.
#[must_use]
pub(super) fn bytes_of(stamp: [u64; 8]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (place, part) in bytes.chunks_exact_mut(8).zip(stamp) {
        place.copy_from_slice(&part.to_le_bytes());
    }
    bytes
}

/// The columns of `request` that say what was read of a request that can be read, in the order of [`said`].
pub(super) const SAID: &str = "events, state, is_final, is_settled, type, priority, origin, created_by, updated_at, due, \
     title, parent, created_at, made_at, started_at, ended_at, lead_ms, cycle_ms, key, is_distinct, is_undecided";
const SAID_COUNT: usize = 21;

/// The place of the key among [`SAID`].
const KEY_AT: usize = 18;

fn key_of<'a>(key: Option<&Key>) -> ToSqlOutput<'a> {
    ToSqlOutput::Owned(key.map_or(Value::Null, |key| Value::Blob(digest_of(key).to_vec())))
}

/// What the columns of [`SAID`] hold: all that is asked of a request and is not in a table of its own.
fn said<'a>(line: &'a Line, workflow: &Workflow) -> [ToSqlOutput<'a>; SAID_COUNT] {
    let entry = line.entry.as_ref();
    let text = |text: &'a str| ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()));
    let made = |value: Value| ToSqlOutput::Owned(value);
    let number = |number: Option<i64>| made(number.map_or(Value::Null, Value::Integer));
    let moment = |at: Option<Timestamp>| number(at.map(Timestamp::unix_ms));
    [
        number(Some(i64::try_from(line.events).unwrap_or(i64::MAX))),
        text(&entry.state),
        number(Some(i64::from(entry.is_final(workflow)))),
        number(Some(i64::from(entry.is_settled(workflow)))),
        text(entry.request_type.as_str()),
        made(Value::Text(entry.priority.to_string())),
        text(entry.from.as_str()),
        text(entry.created_by.as_str()),
        moment(Some(entry.updated_at.unwrap_or(entry.created_at))),
        made(entry.due.map_or(Value::Null, |due| Value::Text(due.to_string()))),
        made(Value::Text(entry.title.to_lowercase())),
        number(entry.parent.map(number_of)),
        moment(Some(entry.created_at)),
        moment(Some(line.times.made_at)),
        moment(line.times.started_at),
        moment(line.times.ended_at),
        number(line.times.lead_ms()),
        number(line.times.cycle_ms()),
        key_of(entry.key.as_ref()),
        number(Some(i64::from(entry.distinct))),
        number(Some(i64::from(entry.is_undecided()))),
    ]
}

/// Who has claimed it, until when.
fn claims(entry: &Entry) -> impl Iterator<Item = (&str, i64)> {
    let lines = entry.claim.iter().flat_map(EntryClaim::lines);
    lines.map(|line| (line.by.as_str(), line.until.unix_ms()))
}

/// An entry as a row holds it.
pub(super) fn text_of(entry: &Entry) -> rusqlite::Result<String> {
    serde_json::to_string(entry).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

/// A digest of everything that the tables should say of a request.
pub(super) fn row_digest(read: &Outcome, workflow: &Workflow) -> Hash {
    let mut digest = Digest::default();
    match read {
        Err(unread) => {
            digest.take(ValueRef::Text(unread.what().as_bytes()));
            digest.take_output(&key_of(unread.key()));
        }
        Ok(line) => {
            digest.take(ValueRef::Null);
            said(line, workflow).iter().for_each(|value| digest.take_output(value));
            digest.take(ValueRef::Text(line.words.as_bytes()));
            // One that can't be written can't be in the table either.
            digest.take(ValueRef::Text(text_of(&line.entry).unwrap_or_default().as_bytes()));
            let to: BTreeSet<&[u8]> = line.entry.to.iter().map(|repo| repo.as_str().as_bytes()).collect();
            digest.take_set(to.into_iter().map(ValueRef::Text));
            let labels: BTreeSet<&[u8]> = line.entry.labels.iter().map(|label| label.as_str().as_bytes()).collect();
            digest.take_set(labels.into_iter().map(ValueRef::Text));
            let claims: BTreeSet<(&str, i64)> = claims(&line.entry).collect();
            claims.into_iter().for_each(|(holder, until)| {
                digest.take(ValueRef::Text(holder.as_bytes()));
                digest.take(ValueRef::Integer(until));
            });
            digest.end_set();
            let needs: BTreeSet<i64> = line.entry.depends_on.iter().map(|needs| number_of(*needs)).collect();
            digest.take_set(needs.into_iter().map(ValueRef::Integer));
        }
    }
    digest.end()
}

/// Reads what the tables say of requests.
pub(super) struct Reader<'a> {
    request: Statement<'a>,
    sets: [Statement<'a>; 4],
}

impl<'a> Reader<'a> {
    pub(super) fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        let request = format!(
            "SELECT stamp, damage, {SAID}, words, entry FROM request LEFT JOIN body USING (nr) \
             WHERE nr = ?1 AND settled = 1"
        );
        Ok(Self {
            request: db.prepare(&request)?,
            sets: [
                db.prepare("SELECT repo FROM target WHERE nr = ?1 ORDER BY repo")?,
                db.prepare("SELECT label FROM label WHERE nr = ?1 ORDER BY label")?,
                db.prepare("SELECT holder, until FROM claim WHERE nr = ?1 ORDER BY holder")?,
                db.prepare("SELECT needs FROM dependency WHERE nr = ?1 ORDER BY needs")?,
            ],
        })
    }

    /// The token of a settled row, and the digest of what the tables say; `None` where there is no such row.
    pub(super) fn row(&mut self, id: RequestId) -> rusqlite::Result<Option<(Vec<u8>, Hash)>> {
        let nr = number_of(id);
        let mut rows = self.request.query([nr])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut digest = Digest::default();
        let damage = row.get_ref(1)?;
        digest.take(damage);
        if damage != ValueRef::Null {
            digest.take(row.get_ref(2 + KEY_AT)?);
        } else {
            for column in 2..SAID_COUNT + 4 {
                digest.take(row.get_ref(column)?);
            }
            for set in &mut self.sets {
                let columns = set.column_count();
                let mut members = set.query([nr])?;
                while let Some(member) = members.next()? {
                    for column in 0..columns {
                        digest.take(member.get_ref(column)?);
                    }
                }
                digest.end_set();
            }
        }
        Ok(Some((row.get(0)?, digest.end())))
    }
}

/// Values one after the other, each told apart from its neighbours.
#[derive(Default)]
struct Digest(Vec<u8>);

impl Digest {
    fn take(&mut self, value: ValueRef<'_>) {
        let (kind, bytes): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => (1, &number.to_le_bytes()),
            ValueRef::Real(number) => (2, &number.to_le_bytes()),
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        self.0.push(kind);
        self.0.extend((bytes.len() as u64).to_le_bytes());
        self.0.extend(bytes);
    }

    fn take_output(&mut self, value: &ToSqlOutput<'_>) {
        match value {
            ToSqlOutput::Borrowed(value) => self.take(*value),
            ToSqlOutput::Owned(value) => self.take(value.into()),
            // There are no others unless a feature of the library is on.
            _ => self.take(ValueRef::Null),
        }
    }

    fn take_set<'v>(&mut self, members: impl Iterator<Item = ValueRef<'v>>) {
        members.for_each(|member| self.take(member));
        self.end_set();
    }

    fn end_set(&mut self) {
        self.0.push(u8::MAX);
    }

    fn end(self) -> Hash {
        Hash::of(&[&self.0])
    }
}

/// Writes rows.
pub(super) struct Writer<'a> {
    db: &'a Connection,
    workflow: &'a Workflow,
    added: i64,
    /// No row comes after this one.
    last: i64,
    tallies: Tallies<'a>,
    parts: Told<'a>,
    blocked: Blocked<'a>,
    duplicates: Duplicates<'a>,
    remove: [Statement<'a>; 8],
    body: Statement<'a>,
    request: Statement<'a>,
    target: Statement<'a>,
    label: Statement<'a>,
    claim: Statement<'a>,
    dependency: Statement<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(db: &'a Connection, workflow: &'a Workflow) -> rusqlite::Result<Self> {
        let remove = |table: &str| db.prepare(&format!("DELETE FROM {table} WHERE nr = ?1"));
        Ok(Self {
            db,
            workflow,
            added: 0,
            last: db.query_row("SELECT coalesce(max(nr), 0) FROM request", [], |row| row.get(0))?,
            tallies: Tallies::new(db)?,
            parts: Told::new(db)?,
            blocked: Blocked::new(db)?,
            duplicates: Duplicates::new(db)?,
            remove: [
                remove("request")?,
                remove("body")?,
                remove("target")?,
                remove("label")?,
                remove("claim")?,
                remove("dependency")?,
                remove("blocked")?,
                remove("duplicate")?,
            ],
            body: db.prepare("INSERT INTO body (nr, words, entry) VALUES (?1, ?2, ?3)")?,
            request: db.prepare(&format!(
                "INSERT INTO request (nr, stamp, settled, {SAID}) VALUES (?1{})",
                ", ?".repeat(SAID_COUNT + 2)
            ))?,
            target: db.prepare("INSERT OR IGNORE INTO target (repo, nr) VALUES (?1, ?2)")?,
            label: db.prepare("INSERT OR IGNORE INTO label (label, nr) VALUES (?1, ?2)")?,
            claim: db.prepare("INSERT OR IGNORE INTO claim (holder, nr, until) VALUES (?1, ?2, ?3)")?,
            dependency: db.prepare("INSERT OR IGNORE INTO dependency (nr, needs) VALUES (?1, ?2)")?,
        })
    }

    /// Writes down what it counted; answers with how many more requests there are since it began.
    pub(super) fn finish(mut self) -> rusqlite::Result<i64> {
        self.tallies.write(self.db)?;
        Ok(self.added)
    }

    /// Forgets a request.
    pub(super) fn remove(&mut self, nr: i64) -> rusqlite::Result<()> {
        self.take_out(nr)?;
        self.blocked.changed(nr)
    }

    fn take_out(&mut self, nr: i64) -> rusqlite::Result<()> {
        self.tallies.take_back(nr)?;
        self.parts.row(nr)?;
        let key = self.duplicates.key_of(nr)?;
        let [request, others @ ..] = &mut self.remove;
        if request.execute([nr])? > 0 {
            self.added -= 1;
            others.iter_mut().try_for_each(|statement| statement.execute([nr]).map(|_| ()))?;
        }
        key.map_or(Ok(()), |key| self.duplicates.changed(nr, &key))
    }

    /// Puts what was read of a request into place of what was there.
    pub(super) fn put(&mut self, id: RequestId, stamp: Stamp, read: &Outcome) -> rusqlite::Result<()> {
        let nr = number_of(id);
        // Where all is made anew, nothing has to be looked for.
        if nr <= self.last {
            self.take_out(nr)?;
        } else {
            self.parts.row(nr)?;
        }
        self.last = self.last.max(nr);
        self.added += 1;
        let stamp_bytes = bytes_of(stamp.parts);
        let line = match read {
            Ok(line) => line,
            Err(unread) => {
                let damaged =
                    "INSERT INTO request (nr, stamp, settled, damage, events, key) VALUES (?1, ?2, ?3, ?4, 0, ?5)";
                let (settled, key) = (stamp.settled && unread.lasts(), unread.key().map(digest_of));
                self.db.execute(damaged, params![nr, stamp_bytes, settled, unread.what(), key])?;
                if let Some(key) = key {
                    self.duplicates.changed(nr, &key)?;
                }
                return self.blocked.changed(nr);
            }
        };
        let entry = line.entry.as_ref();
        let of_row = [
            ToSqlOutput::Owned(Value::Integer(nr)),
            ToSqlOutput::Borrowed(ValueRef::Blob(&stamp_bytes)),
            ToSqlOutput::Owned(Value::Integer(i64::from(stamp.settled))),
        ];
        self.request.execute(rusqlite::params_from_iter(of_row.into_iter().chain(said(line, self.workflow))))?;
        self.tallies.add(id, line, self.workflow);
        self.body.execute(params![nr, line.words, text_of(entry)?])?;
        for repo in &entry.to {
            self.target.execute(params![repo.as_str(), nr])?;
        }
        for label in &entry.labels {
            self.label.execute(params![label.as_str(), nr])?;
        }
        for (holder, until) in claims(entry) {
            self.claim.execute(params![holder, nr, until])?;
        }
        for needs in &entry.depends_on {
            self.dependency.execute(params![nr, number_of(*needs)])?;
        }
        if !entry.depends_on.is_empty() {
            self.blocked.look(nr)?;
        }
        if let Some(key) = &entry.key {
            self.duplicates.changed(nr, &digest_of(key))?;
        }
        self.blocked.changed(nr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_an_id_and_sorts_like_it() {
        let ids = ["REQ-20251231-0007", "REQ-20260101-0001", "REQ-20260101-9999", "REQ-20260101-10000"];
        let ids: Vec<RequestId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        let numbers: Vec<i64> = ids.iter().map(|id| number_of(*id)).collect();
        assert!(numbers.is_sorted());
        assert_eq!(numbers.iter().filter_map(|number| id_of(*number)).collect::<Vec<_>>(), ids);
        assert_eq!(id_of(0), None);
    }
}
