//! Questions that nobody foresaw: SQL over views that keep their names and columns, whatever the tables beneath them do.
//!
//! The text comes from outside. It can only read, only these views, and for a limited time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use serde_json::Value;

use super::events::EventPart;
use super::parts::Need;
use super::{Cache, Progress, Scope, tables};
use crate::store::{Budget, Store, StoreError};

/// A table that can be asked.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// Its columns, and what is in each.
    pub columns: &'static [(&'static str, &'static str)],
    /// What it is made of.
    select: &'static str,
}

/// All that can be asked.
pub const VIEWS: [View; 6] = [
    View {
        name: "requests",
        columns: &[
            ("nr", "the id as a number: joins by it are quick"),
            ("id", "the request"),
            ("state", "its state, or DIVERGED; null if it can't be read"),
            ("is_open", "1 if something can still follow"),
            ("is_settled", "1 if it holds nothing up any more"),
            ("is_blocked", "1 if it is open and waits for another"),
            ("version", "how many events follow one on another"),
            ("events", "how many events there are"),
            ("type", "its type"),
            ("priority", "P0 to P3"),
            ("title", "its title"),
            ("origin", "the repository that asks"),
            ("created_at", "when it was made"),
            ("created_by", "who made it"),
            ("updated_at", "the time of the newest event"),
            ("updated_by", "who wrote that"),
            ("made_at", "the same, or when it was made at its source, where that is known"),
            ("started_at", "when work on it began, if it did (see ledger stats)"),
            ("ended_at", "when it was settled or reached a final state, if it stands there"),
            ("lead_ms", "from made_at to ended_at, in milliseconds"),
            ("cycle_ms", "from started_at to ended_at, in milliseconds"),
            ("due", "the day by which it is wanted"),
            ("parent", "the request that it is a part of"),
            ("key", "the key that it was made with"),
            (
                "duplicate_of",
                "the first request with its key, where that is another one and nobody said that they differ",
            ),
            ("damage", "what is wrong, if it can't be read"),
        ],
        // What is long is asked for only where it is wanted, row by row: a join would be made for every question.
        select: "SELECT request.nr, printf('REQ-%08d-%04d', request.nr / 100000000, request.nr % 100000000), state, \
                 1 - is_final, is_settled, CASE WHEN damage IS NULL THEN EXISTS (SELECT 1 FROM blocked WHERE blocked.nr \
                 = request.nr) END, (SELECT entry ->> 'version' FROM body WHERE body.nr = request.nr), \
                 CASE WHEN damage IS NULL THEN events END, type, priority, \
                 (SELECT entry ->> 'title' FROM body WHERE body.nr = request.nr), origin, \
                 strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch'), created_by, \
                 CASE WHEN events > 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch') END, \
                 (SELECT entry ->> 'updated_by' FROM body WHERE body.nr = request.nr), \
                 strftime('%Y-%m-%dT%H:%M:%fZ', made_at / 1000.0, 'unixepoch'), \
                 strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch'), \
                 strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch'), lead_ms, cycle_ms, due, \
                 CASE WHEN parent IS NOT NULL THEN printf('REQ-%08d-%04d', parent / 100000000, parent % 100000000) END, \
                 (SELECT entry ->> 'key' FROM body WHERE body.nr = request.nr), \
                 (SELECT printf('REQ-%08d-%04d', min(first.nr) / 100000000, min(first.nr) % 100000000) FROM request AS first \
                 WHERE first.key = request.key AND EXISTS (SELECT 1 FROM duplicate WHERE duplicate.nr = request.nr) \
                 HAVING count(*) > 0), damage FROM request",
    },
    View {
        name: "targets",
        columns: &[
            ("nr", "the request, as a number"),
            ("repo", "a repository that is asked"),
            ("said", "what it says of its part: ACCEPTED, DECLINED, DELIVERED, CONFLICT, or null"),
        ],
        select: "SELECT target.nr, repo, entry ->> ('$.parts.\"' || repo || '\"') FROM target JOIN body ON body.nr = target.nr",
    },
    View {
        name: "labels",
        columns: &[("nr", "the request, as a number"), ("label", "one of its labels")],
        select: "SELECT nr, label FROM label",
    },
    View {
        name: "claims",
        columns: &[
            ("nr", "the request, as a number"),
            ("holder", "who has claimed it; several where it is contested"),
            ("until", "when that expires, or did"),
        ],
        select: "SELECT nr, holder, strftime('%Y-%m-%dT%H:%M:%fZ', until / 1000.0, 'unixepoch') FROM claim",
    },
    View {
        name: "dependencies",
        columns: &[
            ("nr", "a request, as a number"),
            ("needs_nr", "a request that must be settled first, as a number"),
            ("needs", "its id"),
        ],
        select: "SELECT nr, needs, printf('REQ-%08d-%04d', needs / 100000000, needs % 100000000) FROM dependency",
    },
    View {
        name: "events",
        columns: &[
            ("nr", "the request, as a number"),
            ("place", "the event's place in the request's history, from 0"),
            ("n", "its number: one more than those that its writer had seen"),
            ("hash", "its hash"),
            ("at", "when it was written"),
            ("by", "who acted"),
            ("writer", "the clone that wrote it"),
            ("type", "what happened, for example TRANSITIONED (see docs/format.md)"),
            ("from_state", "the state that was left"),
            ("to_state", "the state that was entered, or kept"),
            ("repo", "the repository that said something of its part"),
            ("said", "what it said: ACCEPTED, DECLINED, DELIVERED"),
            ("role", "the role in which somebody approved"),
            ("text", "a note, a reason or a summary"),
            ("key", "the key that it was written with"),
        ],
        select: "SELECT nr, place, n, lower(hex(hash)), strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch'), by, \
                 writer, kind, from_state, to_state, repo, said, role, text, key FROM event",
    },
];

/// The longest text of a question, the longest value of an answer, and the most memory, in bytes.
const TEXT_BYTES_MAX: i32 = 100_000;
const VALUE_BYTES_MAX: i32 = 16 << 20;
const MEMORY_BYTES_MAX: i64 = 512 << 20;
/// How many steps of SQLite's machine go by between two looks at the clock: some tenths of a millisecond.
const STEPS: i32 = 10_000;

/// What comes out of a question.
#[derive(Debug)]
pub enum Piece {
    /// The names of the columns: first, and once.
    Columns(Vec<String>),
    /// A row.
    Row(Vec<Value>),
}

/// How a question ended.
#[derive(Debug)]
pub enum Ending {
    /// It was answered, or whoever took the rows had enough.
    Answered,
    /// It is none that can be answered: what is wrong with it.
    Bad(String),
    /// It took too long.
    OutOfTime,
}

/// Asks a question, and hands out its columns and rows. The budget is the question's own: bringing the cache up to date
/// does not count.
///
/// # Errors
/// Failed machinery.
pub fn query(
    store: &dyn Store,
    scope: Scope<'_>,
    text: &str,
    progress: Progress<'_>,
    budget: &dyn Fn() -> Budget,
    take: &mut dyn FnMut(Piece) -> ControlFlow<()>,
) -> Result<Ending, StoreError> {
    let failed = |error: rusqlite::Error| StoreError::Unwritable(format!("the cache: {error}"));
    let needs: &[Need] = if needs_events(text, scope).map_err(failed)? { &EVENTS } else { &[] };
    let (mut cache, ()) = Cache::asked(store, Scope { needs, ..scope }, progress, |_| Ok(()))?;
    cache.confine(budget()).map_err(failed)?;
    Ok(match cache.answer(text, take) {
        Ok(()) => Ending::Answered,
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ffi::ErrorCode::OperationInterrupted) => {
            Ending::OutOfTime
        }
        Err(error) if super::fresh::is_spoilt(&error) => return Err(failed(error)),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ffi::ErrorCode::ApiMisuse) => {
            Ending::Bad("there is no question in it".to_owned())
        }
        Err(rusqlite::Error::SqlInputError { msg, .. } | rusqlite::Error::SqliteFailure(_, Some(msg))) => {
            Ending::Bad(plain(&msg))
        }
        Err(rusqlite::Error::MultipleStatement) => Ending::Bad("one SELECT at a time".to_owned()),
        Err(other) => Ending::Bad(other.to_string()),
    })
}

/// The table of events.
const EVENTS: [Need; 1] = [Need::of::<EventPart>()];

/// Whether a question is about events, which are not in the tables before somebody asks about them. An empty cache is
/// asked what it would read.
fn needs_events(text: &str, scope: Scope<'_>) -> rusqlite::Result<bool> {
    // Whatever names the view holds its name.
    if !text.to_ascii_lowercase().contains("events") {
        return Ok(false);
    }
    let mut db = tables::private()?;
    tables::make(&mut db, scope)?;
    let is_read = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_read);
    make_views(&db)?;
    db.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, TEXT_BYTES_MAX)?;
    db.authorizer(Some(move |asked: AuthContext<'_>| {
        if matches!(asked.action, AuthAction::Read { table_name: "event", .. }) {
            seen.store(true, Ordering::Relaxed);
        }
        if may(asked) { Authorization::Allow } else { Authorization::Deny }
    }))?;
    // What is wrong with it is told where it is answered.
    let _ = db.prepare(text);
    Ok(is_read.load(Ordering::Relaxed))
}

fn make_views(db: &Connection) -> rusqlite::Result<()> {
    for View { name, columns, select } in VIEWS {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        db.execute(&format!("CREATE TEMP VIEW {name} ({}) AS {select}", names.join(", ")), [])?;
    }
    Ok(())
}

/// SQLite's words for what the rules here forbid, in plainer ones.
fn plain(message: &str) -> String {
    let is_forbidden =
        message == "not authorized" || message.contains("prohibited") || message.contains("not authorized");
    if is_forbidden {
        // A table behind a view has the view's name, nearly.
        let table = message.strip_prefix("access to ").and_then(|rest| rest.split_once('.')).map(|(table, _)| table);
        let meant = table.and_then(|table| VIEWS.iter().find(|view| view.name.strip_suffix('s') == Some(table)));
        let meant = meant.map(|view| format!("; did you mean {}?", view.name)).unwrap_or_default();
        format!("{message}: only the views can be read, and nothing can be changed{meant}")
    } else {
        message.to_owned()
    }
}

/// Whether a part of a question may be: reading the views, and what they are made of.
fn may(asked: AuthContext<'_>) -> bool {
    let is_view = |name: &str| VIEWS.iter().any(|view| view.name == name);
    if let AuthAction::Read { table_name, .. } = asked.action {
        // What has no database is a question within the question; the others take a value of the question apart.
        let is_no_table = matches!(table_name, "json_each" | "json_tree");
        return is_view(table_name)
            || is_no_table
            || asked.accessor.is_some_and(is_view)
            || asked.database_name.is_none();
    }
    if let AuthAction::Function { function_name } = asked.action {
        return !function_name.eq_ignore_ascii_case("load_extension");
    }
    matches!(asked.action, AuthAction::Select | AuthAction::Recursive)
}

impl Cache {
    /// Takes everything away from this connection but reading the views, until the budget is over.
    fn confine(&mut self, budget: Budget) -> rusqlite::Result<()> {
        let db = &mut self.db;
        make_views(db)?;
        db.pragma_update(None, "query_only", true)?;
        db.query_row(&format!("PRAGMA hard_heap_limit = {MEMORY_BYTES_MAX}"), [], |_| Ok(()))?;
        db.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, TEXT_BYTES_MAX)?;
        db.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)?;
        db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        db.progress_handler(STEPS, Some(move || budget.is_over()))?;
        db.authorizer(Some(
            |asked: AuthContext<'_>| if may(asked) { Authorization::Allow } else { Authorization::Deny },
        ))
    }

    fn answer(&self, text: &str, take: &mut dyn FnMut(Piece) -> ControlFlow<()>) -> rusqlite::Result<()> {
        let mut question = self.db.prepare(text)?;
        let columns: Vec<String> = question.column_names().map(str::to_owned).collect();
        let count = columns.len();
        let mut rows = question.query([])?;
        if take(Piece::Columns(columns)).is_break() {
            return Ok(());
        }
        while let Some(row) = rows.next()? {
            let values = (0..count).map(|place| row.get_ref(place).map(value)).collect::<rusqlite::Result<_>>()?;
            if take(Piece::Row(values)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// A value as JSON has it; bytes as hexadecimal digits, numbers that JSON does not have as text.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => {
            serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes).into(),
    }
}
