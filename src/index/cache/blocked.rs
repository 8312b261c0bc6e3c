//! Which open requests wait for another, kept along with the rows: whether one does depends on the rows of others.

use rusqlite::{Connection, Statement};

/// The open requests of which something that they depend on is not there, or not settled.
pub(super) const BLOCKED: &str = "CREATE TABLE blocked (nr INTEGER PRIMARY KEY) STRICT";

/// Whether the table has those that wait by the rows as they are, and no others.
pub(super) fn agrees(db: &Connection) -> rusqlite::Result<bool> {
    const WAITING: &str = "SELECT request.nr FROM request JOIN dependency USING (nr) LEFT JOIN request AS other ON \
                           other.nr = dependency.needs WHERE request.is_final = 0 AND coalesce(other.is_settled, 0) = 0";
    let differ = format!(
        "SELECT EXISTS (SELECT nr FROM blocked EXCEPT {WAITING}) OR EXISTS ({WAITING} EXCEPT SELECT nr FROM blocked)"
    );
    db.query_row(&differ, [], |row| row.get::<_, bool>(0)).map(|differ| !differ)
}

/// Keeps the table.
pub(super) struct Blocked<'a> {
    waits: Statement<'a>,
    put: Statement<'a>,
    drop: Statement<'a>,
    dependents: Statement<'a>,
}

impl<'a> Blocked<'a> {
    pub(super) fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            waits: db.prepare(
                "SELECT EXISTS (SELECT 1 FROM request WHERE nr = ?1 AND is_final = 0) AND EXISTS (SELECT 1 FROM \
                 dependency LEFT JOIN request AS other ON other.nr = dependency.needs WHERE dependency.nr = ?1 AND \
                 coalesce(other.is_settled, 0) = 0)",
            )?,
            put: db.prepare("INSERT OR IGNORE INTO blocked (nr) VALUES (?1)")?,
            drop: db.prepare("DELETE FROM blocked WHERE nr = ?1")?,
            dependents: db.prepare("SELECT nr FROM dependency WHERE needs = ?1")?,
        })
    }

    /// Looks anew whether a request waits, by the rows as they are.
    pub(super) fn look(&mut self, nr: i64) -> rusqlite::Result<()> {
        let waits: bool = self.waits.query_row([nr], |row| row.get(0))?;
        let change = if waits { &mut self.put } else { &mut self.drop };
        change.execute([nr]).map(|_| ())
    }

    /// The row of a request is another one, or gone: looks at those that depend on it.
    pub(super) fn changed(&mut self, nr: i64) -> rusqlite::Result<()> {
        let dependents: Vec<i64> = self.dependents.query_map([nr], |row| row.get(0))?.collect::<Result<_, _>>()?;
        dependents.into_iter().try_for_each(|dependent| self.look(dependent))
    }
}
