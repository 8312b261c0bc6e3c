//! Counts of requests, kept along with the rows: what a row adds is taken back when it goes.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Statement, params};

use super::Line;
use super::rows::id_of;
use crate::domain::id::RequestId;
use crate::domain::stats::{Dimension, Facts, Times, Week};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;

/// The dimension of weeks in which requests were made.
pub(super) const MADE: &str = "made";
/// The dimension of weeks in which requests ended.
pub(super) const ENDED: &str = "ended";
/// The dimension of what is measured: of how many requests.
pub(super) const MEASURED: &str = "measured";
/// From when a request was made to its end.
pub(super) const LEAD: &str = "lead";
/// From when work began to its end.
pub(super) const CYCLE: &str = "cycle";

/// What [`with_facts`] reads of a request.
pub(super) const COLUMNS: &str = "request.nr, state, is_final, type, origin, created_by, made_at, started_at, ended_at, updated_at, \
     created_at";
/// The place of `updated_at` in [`COLUMNS`].
pub(super) const UPDATED_AT: usize = 9;
/// The place of `created_at` in [`COLUMNS`].
pub(super) const CREATED_AT: usize = 10;
/// The repositories that are asked.
pub(super) const TARGETS: &str = "SELECT repo FROM target WHERE nr = ?1";

/// A dimension's name in the table.
pub(super) fn name_of(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::State => "state",
        Dimension::Type => "type",
        Dimension::From => "from",
        Dimension::To => "to",
        Dimension::Actor => "actor",
    }
}

/// Hands on what a row says of a request; nothing of one that can't be read.
pub(super) fn with_facts<T>(
    row: &Row<'_>,
    targets: &mut Statement<'_>,
    take: impl FnOnce(&Facts<'_>) -> T,
) -> rusqlite::Result<Option<T>> {
    let Some(state) = row.get_ref(1)?.as_str_or_null()? else { return Ok(None) };
    let nr: i64 = row.get(0)?;
    let to: Vec<String> = targets.query_map([nr], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let moment = |ms: Option<i64>| ms.map(Timestamp::from_unix_ms);
    let facts = Facts {
        id: id_of(nr).ok_or(rusqlite::Error::InvalidQuery)?,
        state,
        is_open: !row.get::<_, bool>(2)?,
        request_type: row.get_ref(3)?.as_str()?,
        from: row.get_ref(4)?.as_str()?,
        by: row.get_ref(5)?.as_str()?,
        to: &to,
        times: Times {
            made_at: Timestamp::from_unix_ms(row.get(6)?),
            started_at: moment(row.get(7)?),
            ended_at: moment(row.get(8)?),
        },
    };
    Ok(Some(take(&facts)))
}

/// How many more there are.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Delta {
    total: i64,
    open: i64,
}

/// Counts that were not written down yet.
#[derive(Default)]
struct Deltas(BTreeMap<&'static str, BTreeMap<String, Delta>>);

impl Deltas {
    /// Counts a request in (1) or out (-1).
    fn count(&mut self, facts: &Facts<'_>, sign: i64) {
        let open = if facts.is_open { sign } else { 0 };
        facts.each_name(|dimension, name| self.one(name_of(dimension), name, sign, open));
        let Times { made_at, ended_at, .. } = facts.times;
        self.one(MADE, &Week::of(made_at).to_string(), sign, open);
        if let Some(ended_at) = ended_at {
            self.one(ENDED, &Week::of(ended_at).to_string(), sign, open);
            self.one(MEASURED, LEAD, sign, open);
        }
        if facts.times.cycle_ms().is_some() {
            self.one(MEASURED, CYCLE, sign, open);
        }
    }

    fn one(&mut self, dimension: &'static str, value: &str, total: i64, open: i64) {
        let values = self.0.entry(dimension).or_default();
        let delta = match values.get_mut(value) {
            Some(delta) => delta,
            None => values.entry(value.to_owned()).or_default(),
        };
        delta.total += total;
        delta.open += open;
    }
}

/// The counts, as one writer changes them: together, when it is through.
pub(super) struct Tallies<'a> {
    row: Statement<'a>,
    targets: Statement<'a>,
    deltas: Deltas,
}

impl<'a> Tallies<'a> {
    pub(super) fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            row: db.prepare(&format!("SELECT {COLUMNS} FROM request WHERE nr = ?1"))?,
            targets: db.prepare(TARGETS)?,
            deltas: Deltas::default(),
        })
    }

    /// Counts a request in.
    pub(super) fn add(&mut self, id: RequestId, line: &Line, workflow: &Workflow) {
        let to: Vec<&str> = line.entry.to.iter().map(|repo| repo.as_str()).collect();
        self.deltas.count(&facts_of(id, line, workflow, &to), 1);
    }

    /// Counts a request out, whose row is still there; nothing if there is none.
    pub(super) fn take_back(&mut self, nr: i64) -> rusqlite::Result<()> {
        let Self { row, targets, deltas } = self;
        let mut found = row.query([nr])?;
        if let Some(row) = found.next()? {
            with_facts(row, targets, |facts| deltas.count(facts, -1))?;
        }
        Ok(())
    }

    /// Writes down what was counted.
    pub(super) fn write(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut add = db.prepare(
            "INSERT INTO tally (dimension, value, total, open) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (dimension, value) DO UPDATE SET total = total + excluded.total, open = open + excluded.open",
        )?;
        let mut drop = db.prepare("DELETE FROM tally WHERE dimension = ?1 AND value = ?2 AND total = 0")?;
        for (dimension, values) in std::mem::take(&mut self.deltas).0 {
            for (value, delta) in values.into_iter().filter(|(_, delta)| *delta != Delta::default()) {
                add.execute(params![dimension, value, delta.total, delta.open])?;
                if delta.total < 0 {
                    drop.execute([dimension, value.as_str()])?;
                }
            }
        }
        Ok(())
    }
}

/// Whether the counts are those of the rows.
pub(super) fn agrees(db: &Connection) -> rusqlite::Result<bool> {
    // Both from one state of the file.
    let tx = db.unchecked_transaction()?;
    let mut counted = Deltas::default();
    let mut targets = tx.prepare(TARGETS)?;
    let mut rows = tx.prepare(&format!("SELECT {COLUMNS} FROM request"))?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        with_facts(row, &mut targets, |facts| counted.count(facts, 1))?;
    }
    let mut kept = tx.prepare("SELECT dimension, value, total, open FROM tally")?;
    let mut kept = kept.query([])?;
    while let Some(row) = kept.next()? {
        let (dimension, value) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        let wanted = Delta { total: row.get(2)?, open: row.get(3)? };
        let found = counted.0.get_mut(dimension).and_then(|values| values.remove(value)).unwrap_or_default();
        if found != wanted {
            return Ok(false);
        }
    }
    Ok(counted.0.values().flat_map(BTreeMap::values).all(|rest| *rest == Delta::default()))
}

/// What is counted of a request that was read.
pub(super) fn facts_of<'a>(id: RequestId, line: &'a Line, workflow: &Workflow, to: &'a [&'a str]) -> Facts<'a> {
    let entry = &line.entry;
    Facts {
        id,
        state: &entry.state,
        is_open: !entry.is_final(workflow),
        request_type: entry.request_type.as_str(),
        from: entry.from.as_str(),
        to,
        by: entry.created_by.as_str(),
        times: line.times,
    }
}
