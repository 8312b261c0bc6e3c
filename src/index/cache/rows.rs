//! Requests as rows.

use rusqlite::{Connection, Statement, params};

use super::Line;
use super::blocked::Blocked;
use super::parts::Told;
use super::tally::Tallies;
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::store::Stamp;

/// What was read of a request: its line, or what is wrong.
pub(super) type Outcome = Result<Line, String>;

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
pub(super) fn bytes_of(stamp: [u64; 6]) -> [u8; 48] {
    let mut bytes = [0; 48];
    for (place, part) in bytes.chunks_exact_mut(8).zip(stamp) {
        place.copy_from_slice(&part.to_le_bytes());
    }
    bytes
}

/// Writes rows.
pub(super) struct Writer<'a> {
    db: &'a Connection,
    workflow: &'a Workflow,
    added: i64,
    tallies: Tallies<'a>,
    parts: Told<'a>,
    blocked: Blocked<'a>,
    remove: [Statement<'a>; 6],
    body: Statement<'a>,
    request: Statement<'a>,
    target: Statement<'a>,
    label: Statement<'a>,
    dependency: Statement<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(db: &'a Connection, workflow: &'a Workflow) -> rusqlite::Result<Self> {
        let remove = |table: &str| db.prepare(&format!("DELETE FROM {table} WHERE nr = ?1"));
        Ok(Self {
            db,
            workflow,
            added: 0,
            tallies: Tallies::new(db)?,
            parts: Told::new(db)?,
            blocked: Blocked::new(db)?,
            remove: [
                remove("request")?,
                remove("body")?,
                remove("target")?,
                remove("label")?,
                remove("dependency")?,
                remove("blocked")?,
            ],
            body: db.prepare("INSERT INTO body (nr, words, entry) VALUES (?1, ?2, ?3)")?,
            request: db.prepare(
                "INSERT INTO request (nr, stamp, settled, damage, events, state, is_final, is_settled, type, priority, \
                 origin, created_by, updated_at, due, title, parent, created_at, started_at, ended_at, lead_ms, \
                 cycle_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
                 ?19, ?20, ?21)",
            )?,
            target: db.prepare("INSERT OR IGNORE INTO target (repo, nr) VALUES (?1, ?2)")?,
            label: db.prepare("INSERT OR IGNORE INTO label (label, nr) VALUES (?1, ?2)")?,
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
        let [request, others @ ..] = &mut self.remove;
        if request.execute([nr])? > 0 {
            self.added -= 1;
            others.iter_mut().try_for_each(|statement| statement.execute([nr]).map(|_| ()))?;
        }
        Ok(())
    }

    /// Puts what was read of a request into place of what was there.
    pub(super) fn put(&mut self, id: RequestId, stamp: Stamp, read: &Outcome) -> rusqlite::Result<()> {
        let nr = number_of(id);
        self.take_out(nr)?;
        self.added += 1;
        let stamp_bytes = bytes_of(stamp.parts);
        let line = match read {
            Ok(line) => line,
            Err(what) => {
                let damaged = "INSERT INTO request (nr, stamp, settled, damage, events) VALUES (?1, ?2, ?3, ?4, 0)";
                self.db.execute(damaged, params![nr, stamp_bytes, stamp.settled, what])?;
                return self.blocked.changed(nr);
            }
        };
        let entry = line.entry.as_ref();
        let text = serde_json::to_string(entry).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        self.request.execute(params![
            nr,
            stamp_bytes,
            stamp.settled,
            None::<&str>,
            i64::try_from(line.events).unwrap_or(i64::MAX),
            entry.state,
            entry.is_final(self.workflow),
            entry.is_settled(self.workflow),
            entry.request_type.as_str(),
            entry.priority.to_string(),
            entry.from.as_str(),
            entry.created_by.as_str(),
            entry.updated_at.unwrap_or(entry.created_at).unix_ms(),
            entry.due.map(|due| due.to_string()),
            entry.title.to_lowercase(),
            entry.parent.map(number_of),
            line.times.created_at.unix_ms(),
            line.times.started_at.map(Timestamp::unix_ms),
            line.times.ended_at.map(Timestamp::unix_ms),
            line.times.lead_ms(),
            line.times.cycle_ms(),
        ])?;
        self.tallies.add(id, line, self.workflow);
        self.body.execute(params![nr, line.words, text])?;
        for repo in &entry.to {
            self.target.execute(params![repo.as_str(), nr])?;
        }
        for label in &entry.labels {
            self.label.execute(params![label.as_str(), nr])?;
        }
        for needs in &entry.depends_on {
            self.dependency.execute(params![nr, number_of(*needs)])?;
        }
        if !entry.depends_on.is_empty() {
            self.blocked.look(nr)?;
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
