//! The words of all texts, as an index for full-text search: SQLite's FTS5, without the texts themselves.
//!
//! What a word is, is said in [`words`]; the index gets words that are told apart and folded already, and splits at blanks
//! only. Every word has a mark before it that names the *shelf* of its request: a run of some thousand requests.
//! A question is put to one shelf after the other, the newest first. So neither a word that stands everywhere, nor the
//! beginnings of very many words, nor the ranking, looks at more of the index than the answer needs.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params};

use super::parts::{Part, Whence};
use crate::domain::history::History;
use crate::index::search::words::words;
use crate::index::search::{Field, Phrase, Text, Wanted, texts};

/// The tables, in the order in which they are made.
pub(super) const TABLES: [&str; 2] = [
    "CREATE TABLE shelf (nr INTEGER PRIMARY KEY, first INTEGER NOT NULL, requests INTEGER NOT NULL) STRICT",
    "CREATE VIRTUAL TABLE text USING fts5(title, packet, said, evidence, content='', contentless_delete=1, tokenize='ascii')",
];

/// What FTS5 makes by itself along with its table; a test holds that against the library.
pub(super) const SHADOWS: [&str; 4] = [
    "CREATE TABLE 'text_data'(id INTEGER PRIMARY KEY, block BLOB)",
    "CREATE TABLE 'text_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID",
    "CREATE TABLE 'text_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER)",
    "CREATE TABLE 'text_config'(k PRIMARY KEY, v) WITHOUT ROWID",
];

/// How many requests share a shelf.
const SHELF: i64 = if cfg!(test) { 3 } else { 8_192 };
/// How many shelves have a mark of their own; the last one takes whatever comes after.
const SHELVES: usize = 36 * 36;
/// Stands between two texts, so that no phrase reaches from one into the other. No word has it.
const GAP: &str = " ¶";
/// How much more a match weighs in a field, as `bm25` takes it.
const WEIGHTS: &str = "8.0, 3.0, 2.0, 1.0";

/// The words of a request, by field; each with a blank before it.
pub(super) type Columns = [String; 4];

/// The index as a part of the cache.
pub(super) struct TextPart;

impl Part for TextPart {
    const NAME: &'static str = "text";
    type Kept = Columns;

    fn of(history: &History) -> Columns {
        columns(&texts(history))
    }

    fn put(db: &Connection, whence: Whence, chunk: &[(i64, Option<Columns>)]) -> rusqlite::Result<()> {
        let mut shelves = Shelves::new(db)?;
        let mut insert = db.prepare(INSERT)?;
        let mut remove = db.prepare("DELETE FROM text WHERE rowid = ?1")?;
        for (nr, kept) in chunk {
            let shelf = match (whence, kept) {
                (Whence::Behind, None) => continue,
                (Whence::Behind, Some(_)) => shelves.last(*nr),
                (Whence::Pending, _) => {
                    remove.execute([nr])?;
                    shelves.of(*nr)
                }
            };
            if let Some(columns) = kept {
                put(&mut insert, *nr, shelf, columns)?;
            }
        }
        shelves.keep(db)
    }
}

/// The words of texts, by field.
pub(super) fn columns(texts: &[Text<'_>]) -> Columns {
    let mut columns = Columns::default();
    for text in texts {
        let column = match text.field {
            Field::Title => 0,
            Field::Packet => 1,
            Field::Said => 2,
            Field::Evidence => 3,
        };
        let column = &mut columns[column];
        if !column.is_empty() {
            column.push_str(GAP);
        }
        for (_, word) in words(&text.text) {
            column.push(' ');
            column.push_str(&word);
        }
    }
    columns
}

const INSERT: &str = "INSERT INTO text (rowid, title, packet, said, evidence) VALUES (?1, ?2, ?3, ?4, ?5)";

fn put(insert: &mut Statement<'_>, nr: i64, shelf: i64, columns: &Columns) -> rusqlite::Result<()> {
    let mark = format!(" {}", mark(shelf));
    let [title, packet, said, evidence] = columns.each_ref().map(|column| column.replace(' ', &mark));
    insert.execute(params![nr, title, packet, said, evidence]).map(|_| ())
}

/// What stands before each word of a shelf.
fn mark(shelf: i64) -> String {
    let digit = |digit: i64| char::from_digit(u32::try_from(digit).unwrap_or_default(), 36).unwrap_or('0');
    [digit(shelf / 36 % 36), digit(shelf % 36)].iter().collect()
}

/// The shelves: from which request on, and how many of them; at least one.
struct Shelves(Vec<(i64, i64)>);

impl Shelves {
    fn new(db: &Connection) -> rusqlite::Result<Self> {
        let mut shelves = db.prepare("SELECT first, requests FROM shelf ORDER BY nr")?;
        let mut shelves: Vec<_> =
            shelves.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        if shelves.is_empty() {
            shelves.push((0, 0));
        }
        Ok(Self(shelves))
    }

    /// The shelf of a request that comes behind all others: the last one, while there is room on it.
    fn last(&mut self, nr: i64) -> i64 {
        let count = self.0.len();
        match self.0.last_mut() {
            Some((_, requests)) if *requests < SHELF || count == SHELVES => *requests += 1,
            Some(_) | None => self.0.push((nr, 1)),
        }
        as_number(self.0.len().saturating_sub(1))
    }

    /// The shelf of a request among others.
    fn of(&self, nr: i64) -> i64 {
        as_number(self.0.partition_point(|(first, _)| *first <= nr).saturating_sub(1))
    }

    fn keep(&self, db: &Connection) -> rusqlite::Result<()> {
        let mut keep = db.prepare("INSERT OR REPLACE INTO shelf (nr, first, requests) VALUES (?1, ?2, ?3)")?;
        let mut numbered = self.0.iter().enumerate();
        numbered.try_for_each(|(nr, (first, requests))| keep.execute([as_number(nr), *first, *requests]).map(|_| ()))
    }
}

fn as_number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What was found, the newest first, with its rank: the smaller, the better.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Matches {
    /// The requests, by number.
    pub(super) ranked: Vec<(i64, f64)>,
    /// Whether there are more, older ones.
    pub(super) has_more: bool,
}

/// Whether what is found is ranked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rank {
    /// By how well the words fit.
    Words,
    /// All are equal.
    None,
}

/// The newest requests in which everything wanted stands, at most so many. `filter` and its values are a condition on
/// `request`; an empty one asks for nothing.
pub(super) fn find(
    db: &Connection,
    wanted: &Wanted,
    (filter, values): (&str, &[Value]),
    rank: Rank,
    most: usize,
) -> rusqlite::Result<Matches> {
    let mut matches = Matches::default();
    // Words first: CROSS keeps the order.
    let from = if filter.is_empty() { "" } else { " CROSS JOIN request ON request.nr = text.rowid" };
    let rank = match rank {
        Rank::Words => format!("bm25(text, {WEIGHTS})"),
        Rank::None => "0.0".to_owned(),
    };
    let text = format!("SELECT text.rowid, {rank} FROM text{from} WHERE text MATCH ?{filter} ORDER BY text.rowid DESC");
    let mut found = db.prepare(&text)?;
    let shelves: Vec<i64> = db
        .prepare("SELECT nr FROM shelf ORDER BY nr DESC")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for shelf in shelves {
        let expression = Value::Text(expression(wanted, &mark(shelf)));
        let mut rows = found.query(rusqlite::params_from_iter(std::iter::once(&expression).chain(values)))?;
        while let Some(row) = rows.next()? {
            if matches.ranked.len() >= most {
                matches.has_more = true;
                return Ok(matches);
            }
            matches.ranked.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(matches)
}

/// A question in FTS5's own language. Its words hold nothing but letters, digits and marks; they are quoted all the same.
fn expression(wanted: &Wanted, mark: &str) -> String {
    let phrase = |phrase: &Phrase| {
        let words: Vec<String> = phrase.words().iter().map(|word| format!("{mark}{}", word.replace('"', ""))).collect();
        format!("\"{}\"{}", words.join(" "), if phrase.is_prefix() { " *" } else { "" })
    };
    wanted.phrases().iter().map(phrase).collect::<Vec<_>>().join(" AND ")
}

/// A digest of the words of a request and of where they stand; the same whatever their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Words(u64);

impl Words {
    /// Of a request with this history, as the index should have them.
    pub(super) fn of(history: &History) -> Self {
        let mut digest = Self::default();
        for (name, column) in NAMES.into_iter().zip(columns(&texts(history))) {
            // Each word has a blank before it.
            for (offset, word) in column.split(' ').skip(1).enumerate() {
                digest.add(name, offset, word);
            }
        }
        digest
    }

    fn add(&mut self, column: &str, offset: usize, word: &str) {
        let mut hasher = std::hash::DefaultHasher::new();
        (column, offset, word).hash(&mut hasher);
        self.0 = self.0.wrapping_add(hasher.finish());
    }
}

/// The columns, in their order.
const NAMES: [&str; 4] = ["title", "packet", "said", "evidence"];

/// What the index has, by request. A word whose mark is not that of its request's shelf is another word: nobody finds it.
pub(super) fn all_words(db: &Connection) -> rusqlite::Result<HashMap<i64, Words>> {
    db.execute_batch("CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab('main', 'text', 'instance')")?;
    let shelves = Shelves::new(db)?;
    let mut found: HashMap<i64, Words> = HashMap::new();
    let mut words = db.prepare("SELECT doc, term, col, offset FROM temp.word")?;
    let mut words = words.query([])?;
    while let Some(row) = words.next()? {
        let (nr, term) = (row.get(0)?, row.get_ref(1)?.as_str()?);
        let offset = usize::try_from(row.get::<_, i64>(3)?).unwrap_or_default();
        let word = term.strip_prefix(mark(shelves.of(nr)).as_str()).unwrap_or(term);
        found.entry(nr).or_default().add(row.get_ref(2)?.as_str()?, offset, word);
    }
    Ok(found)
}

/// A table of its own for some requests, to be asked as all are.
pub(super) fn table_of<'a>(requests: impl Iterator<Item = (i64, &'a Columns)>) -> rusqlite::Result<Connection> {
    let db = Connection::open_in_memory()?;
    TABLES.iter().try_for_each(|table| db.execute(table, []).map(|_| ()))?;
    Shelves::new(&db)?.keep(&db)?;
    let mut insert = db.prepare(INSERT)?;
    for (nr, columns) in requests {
        put(&mut insert, nr, 0, columns)?;
    }
    drop(insert);
    Ok(db)
}
