//! The tables of the cache, and whether a file has them.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

use super::blocked::BLOCKED;
use super::duplicate::DUPLICATE;
use super::events::EVENTS;
use super::{Scope, parts, text};

/// Raised whenever a row's form or meaning changes.
pub(super) const FORMAT: u32 = 10;

/// The tables and indexes, as SQLite keeps their text. Whatever else a file holds makes it somebody else's.
const TABLES: [&str; 28] = [
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    // `nr` is the id as a number, which sorts like it. `settled` says whether a later change is sure to change `stamp`.
    // What can't be read has a `damage` and nothing of what follows it. `created_at` is when it was put on record; from
    // `made_at` on it is when things occurred, where that is known.
    "CREATE TABLE request (nr INTEGER PRIMARY KEY, stamp BLOB NOT NULL, settled INTEGER NOT NULL, damage TEXT, \
     events INTEGER NOT NULL, state TEXT, is_final INTEGER, is_settled INTEGER, type TEXT, priority TEXT, origin TEXT, \
     created_by TEXT, updated_at INTEGER, due TEXT, title TEXT, parent INTEGER, created_at INTEGER, \
     made_at INTEGER, started_at INTEGER, ended_at INTEGER, lead_ms INTEGER, cycle_ms INTEGER, key BLOB, is_distinct INTEGER, \
     is_undecided INTEGER) STRICT",
    // What is long, apart: questions go through many of the rows above.
    "CREATE TABLE body (nr INTEGER PRIMARY KEY, words TEXT NOT NULL, entry TEXT NOT NULL) STRICT",
    "CREATE TABLE target (repo TEXT NOT NULL, nr INTEGER NOT NULL, PRIMARY KEY (repo, nr)) STRICT, WITHOUT ROWID",
    "CREATE TABLE label (label TEXT NOT NULL, nr INTEGER NOT NULL, PRIMARY KEY (label, nr)) STRICT, WITHOUT ROWID",
    "CREATE TABLE dependency (nr INTEGER NOT NULL, needs INTEGER NOT NULL, PRIMARY KEY (nr, needs)) STRICT, WITHOUT ROWID",
    // Of each who has claimed a request, until when.
    "CREATE TABLE claim (holder TEXT NOT NULL, nr INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (holder, nr)) \
     STRICT, WITHOUT ROWID",
    // How many requests there are by something, kept along with them.
    "CREATE TABLE tally (dimension TEXT NOT NULL, value TEXT NOT NULL, total INTEGER NOT NULL, open INTEGER NOT NULL, \
     PRIMARY KEY (dimension, value)) STRICT, WITHOUT ROWID",
    BLOCKED,
    DUPLICATE,
    "CREATE INDEX request_open ON request (is_final, nr)",
    "CREATE INDEX request_state ON request (state, nr)",
    "CREATE INDEX request_unsettled ON request (nr) WHERE settled = 0",
    "CREATE INDEX request_damaged ON request (nr) WHERE damage IS NOT NULL",
    // The orders of lists; the number of the row comes after each key by itself.
    "CREATE INDEX request_updated ON request (-updated_at)",
    "CREATE INDEX open_updated ON request (-updated_at) WHERE is_final = 0",
    "CREATE INDEX open_priority ON request (priority) WHERE is_final = 0",
    "CREATE INDEX open_due ON request (coalesce(due, '9999-99-99')) WHERE is_final = 0",
    "CREATE INDEX request_parent ON request (parent) WHERE parent IS NOT NULL",
    "CREATE INDEX request_lead ON request (lead_ms) WHERE lead_ms IS NOT NULL",
    "CREATE INDEX request_cycle ON request (cycle_ms) WHERE cycle_ms IS NOT NULL",
    "CREATE INDEX request_age ON request (made_at) WHERE is_final = 0",
    "CREATE INDEX request_undecided ON request (nr) WHERE is_undecided = 1",
    "CREATE INDEX request_key ON request (key, nr) WHERE key IS NOT NULL",
    "CREATE INDEX target_nr ON target (nr)",
    "CREATE INDEX label_nr ON label (nr)",
    "CREATE INDEX claim_nr ON claim (nr, until)",
    "CREATE INDEX dependency_needs ON dependency (needs)",
];

/// How long to wait for another process that writes to the cache.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// How many pages the write-ahead log has before they go to their places: 32 MiB.
const LOG_PAGES: i64 = 8_192;
/// How much of the file is kept in memory, in KiB.
const PAGES_KIB: i64 = 8 * 1024;
/// The same while much of it is written: rows come to the ends of the tables, but to places all over the indexes.
const PAGES_KIB_WRITING: i64 = 64 * 1024;

/// How much of the file is kept in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pages {
    /// What questions need.
    Few,
    /// What writing much of it needs.
    Many,
}

/// Opens the file at a path, or makes it. What it holds is not looked at.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(WAIT_MAX)?;
    settle_in(&db)?;
    // Readers and a writer at once. Nothing waits for the disk: what a power cut takes is made anew.
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "normal")?;
    // What is written again and again while all is made anew goes to its place once in a while.
    db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    Ok(db)
}

/// Opens the file at a path to look at it, if it is there.
pub(super) fn open_existing(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(WAIT_MAX)?;
    settle_in(&db)?;
    Ok(db)
}

/// A cache of this process alone, in a temporary file that nobody else sees.
pub(super) fn private() -> rusqlite::Result<Connection> {
    let db = Connection::open("")?;
    settle_in(&db)?;
    db.pragma_update(None, "synchronous", "off")?;
    Ok(db)
}

/// The file may have been prepared by somebody: nothing in it is run.
fn settle_in(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    keep_in_memory(db, Pages::Few)
}

/// Keeps so much of the file in memory from now on.
pub(super) fn keep_in_memory(db: &Connection, pages: Pages) -> rusqlite::Result<()> {
    let kib = match pages {
        Pages::Few => PAGES_KIB,
        Pages::Many => PAGES_KIB_WRITING,
    };
    db.pragma_update(None, "cache_size", -kib)
}

/// Whether a file has these tables and no others, and is this ledger's.
pub(super) fn is_ours(db: &Connection, scope: Scope<'_>) -> rusqlite::Result<bool> {
    let mut known = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?;
    let mut rows = known.query([])?;
    // What FTS5 makes by itself comes right behind what it is made for.
    let mut wanted = tables().chain(text::SHADOWS);
    while let Some(row) = rows.next()? {
        if wanted.next() != Some(row.get_ref(0)?.as_str().unwrap_or_default()) {
            return Ok(false);
        }
    }
    Ok(wanted.next().is_none() && meta(db, "whose")? == Some(whose(scope)))
}

/// Makes the tables anew, whatever was there.
pub(super) fn make(db: &mut Connection, scope: Scope<'_>) -> rusqlite::Result<()> {
    // The way SQLite's documentation has it for emptying a file, also one whose schema can't be read.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
    let emptied = db.execute_batch("VACUUM");
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
    emptied?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for table in tables() {
        tx.execute(table, [])?;
    }
    set_meta(&tx, "whose", &whose(scope))?;
    tx.commit()
}

/// Everything that is made.
fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().chain([parts::PENDING, EVENTS]).chain(text::TABLES)
}

fn whose(scope: Scope<'_>) -> String {
    format!("{FORMAT}.{} {} {}", crate::FORMAT, scope.ledger_id, scope.workflow.digest())
}

/// A note that the cache keeps of itself.
pub(super) fn meta(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let mut found = db.prepare("SELECT value FROM meta WHERE name = ?1")?;
    let mut rows = found.query([name])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

/// Keeps a note.
pub(super) fn set_meta(db: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", [name, value]).map(|_| ())
}
