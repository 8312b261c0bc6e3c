//! Searches: words from the index, filters from the rows, and excerpts from the files of what is shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::duplicate::Firsts;
use super::list::{Common, Filter, Lookup, Where};
use super::parts::Need;
use super::read::each_of;
use super::rows::{bytes_of, id_of, number_of};
use super::text::{self, Columns, Matches, Rank, TextPart};
use super::then::{FIRST, first_then};
use super::whole::entry;
use super::{Cache, Progress, Scope};
use crate::domain::history::History;
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::index::project::Entry;
use crate::index::search::{Excerpt, Wanted, excerpts, texts};
use crate::store::{Store, StoreError};

/// How many of what was found are ranked: the newest.
pub const RANKED_MAX: usize = if cfg!(test) { 5 } else { 1_000 };
/// The most excerpts of a request.
const EXCERPTS_MAX: usize = 3;
/// How many histories are read at once for a moment in the past.
const CHUNK: usize = 256;

/// What is looked for.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The words.
    pub wanted: &'a Wanted,
    /// Which requests; its order, place and limit do not matter.
    pub filter: &'a Filter,
    /// As of this moment.
    pub then: Option<Then<'a>>,
    /// The most requests to answer with.
    pub limit: usize,
}

/// A moment, and whether a request as it was then is wanted.
#[derive(Clone, Copy)]
pub struct Then<'a> {
    /// The moment.
    pub at: Timestamp,
    /// In place of the filter.
    pub wants: &'a (dyn Fn(&Entry, &History) -> bool + Sync),
}

/// One request that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Which.
    pub id: RequestId,
    /// What the index says of it.
    pub entry: Entry,
    /// Where the words stand.
    pub excerpts: Vec<Excerpt>,
}

/// What was found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// The requests that fit best, the best first; of equals the newest first.
    pub hits: Vec<Hit>,
    /// How many matched, as far as they were counted.
    pub matched: usize,
    /// Whether there are older ones that were neither counted nor ranked.
    pub has_older: bool,
    /// The requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
}

/// Searches requests as they are now, or were.
///
/// # Errors
/// Failed machinery; a damaged request is part of the answer.
pub fn search(
    store: &dyn Store,
    scope: Scope<'_>,
    question: Question<'_>,
    progress: Progress<'_>,
) -> Result<Found, StoreError> {
    let ask = |cache: &Cache| match question.then {
        None => cache.search(store, question),
        Some(then) => cache.search_then(store, scope, question, then, progress),
    };
    let shown = |found: &Result<Found, StoreError>| {
        found.as_ref().map(|found| found.hits.iter().map(|hit| hit.id).collect()).unwrap_or_default()
    };
    Cache::ask_shown(store, Scope { needs: &NEEDS, ..scope }, progress, ask, shown)?
}

/// The words of all texts.
const NEEDS: [Need; 1] = [Need::of::<TextPart>()];

/// What there is to answer, or why the ledger can't be read.
type Outcome<T> = rusqlite::Result<Result<T, StoreError>>;

impl Cache {
    fn search(&self, store: &dyn Store, question: Question<'_>) -> Outcome<Found> {
        let (condition, values) = match question.filter.common() {
            // What is damaged has no words.
            Some(Common::All) => (String::new(), Vec::new()),
            Some(Common::Open | Common::Ready | Common::Blocked) | None => {
                let Where { text, values } = Where::of(question.filter, Lookup::Rows);
                (text.replacen(" WHERE ", " AND ", 1), values)
            }
        };
        let Matches { ranked, has_more } =
            text::find(&self.db, question.wanted, (&condition, &values), Rank::Words, RANKED_MAX)?;
        let matched = ranked.len();
        let best = best(ranked, question.limit);
        let ids: Vec<RequestId> = best.iter().filter_map(|nr| id_of(*nr)).collect();
        let read = each_of(
            &ids,
            &|_| (),
            || Ok(()),
            |(), id| match store.history(*id) {
                Ok(history) => Ok(history.map(|history| shown(&history, question.wanted))),
                // Only just: the next look will tell.
                Err(error) if error.is_of_files() => Ok(None),
                Err(error) => Err(error),
            },
        );
        let read = match read {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        let mut hits = Vec::new();
        let mut row = self.db.prepare("SELECT entry FROM body WHERE nr = ?1")?;
        let mut firsts = Firsts::new(&self.db)?;
        for (id, excerpts) in ids.into_iter().zip(read) {
            let Some(excerpts) = excerpts.filter(|excerpts| !excerpts.is_empty()) else {
                if self.is_belied(store, id)? {
                    return Err(rusqlite::Error::InvalidQuery);
                }
                continue;
            };
            let mut entry = row.query_row([number_of(id)], |row| entry(row.get_ref(0)?.as_str()?))?;
            entry.duplicate_of = firsts.of(id)?;
            hits.push(Hit { id, entry, excerpts });
        }
        Ok(Ok(Found { hits, matched, has_older: has_more, damaged: self.damaged()? }))
    }

    /// Whether the index told of words that a request does not have, though its row is of these very bytes: then it was
    /// made by somebody else.
    fn is_belied(&self, store: &dyn Store, id: RequestId) -> rusqlite::Result<bool> {
        let Ok(stamps) = store.stamps(&[id]) else { return Ok(false) };
        let Some(stamp) = stamps.first().copied().flatten().filter(|stamp| stamp.settled) else { return Ok(false) };
        let mut row = self.db.prepare("SELECT 1 FROM request WHERE nr = ?1 AND stamp = ?2 AND settled = 1")?;
        row.exists(rusqlite::params![number_of(id), bytes_of(stamp.parts)])
    }

    /// Nothing is ever taken out of a history, so what had the words then has them now.
    fn search_then(
        &self,
        store: &dyn Store,
        scope: Scope<'_>,
        question: Question<'_>,
        then: Then<'_>,
        progress: Progress<'_>,
    ) -> Outcome<Found> {
        let now = text::find(&self.db, question.wanted, ("", &[]), Rank::None, usize::MAX)?.ranked;
        let ids: Vec<RequestId> = now.iter().filter_map(|(nr, _)| id_of(*nr)).collect();
        let mut old: Vec<(Hit, Columns)> = Vec::new();
        for (number, chunk) in ids.chunks(CHUNK).enumerate() {
            let told = |read: usize| progress(number * CHUNK + read, ids.len());
            let read = each_of(
                chunk,
                &told,
                || Ok(()),
                |(), id| match store.history(*id) {
                    Ok(Some(history)) => Ok(was(*id, &history.at_time(then.at), scope, question.wanted, then)),
                    // Gone, or damaged only just: the next look will tell.
                    Ok(None) => Ok(None),
                    Err(error) if error.is_of_files() => Ok(None),
                    Err(error) => Err(error),
                },
            );
            match read {
                Ok(read) => old.extend(read.into_iter().flatten()),
                Err(error) => return Ok(Err(error)),
            }
            if old.len() > RANKED_MAX {
                break;
            }
        }
        let has_older = old.len() > RANKED_MAX;
        old.truncate(RANKED_MAX);
        let table = text::table_of(old.iter().map(|(hit, columns)| (number_of(hit.id), columns)))?;
        let ranked = text::find(&table, question.wanted, ("", &[]), Rank::Words, RANKED_MAX)?.ranked;
        let matched = ranked.len();
        let mut first = self.db.prepare(FIRST)?;
        for (hit, _) in old.iter_mut().filter(|(hit, _)| hit.entry.key.is_some() && !hit.entry.distinct) {
            hit.entry.duplicate_of = first_then(&mut first, hit.id, then.at)?;
        }
        let mut hits: BTreeMap<i64, Hit> = old.into_iter().map(|(hit, _)| (number_of(hit.id), hit)).collect();
        let hits = best(ranked, question.limit).into_iter().filter_map(|nr| hits.remove(&nr)).collect();
        Ok(Ok(Found { hits, matched, has_older, damaged: self.damaged()? }))
    }
}

/// The requests that fit best.
fn best(mut ranked: Vec<(i64, f64)>, limit: usize) -> Vec<i64> {
    ranked
        .sort_by(|(one, rank), (other, other_rank)| rank.total_cmp(other_rank).then(Reverse(one).cmp(&Reverse(other))));
    ranked.into_iter().take(limit).map(|(nr, _)| nr).collect()
}

/// What is shown of a history; nothing if not everything wanted stands in it.
fn shown(history: &History, wanted: &Wanted) -> Vec<Excerpt> {
    let texts = texts(history);
    if wanted.fits(&texts) { excerpts(&texts, wanted, EXCERPTS_MAX) } else { Vec::new() }
}

/// A request as it was, if it is wanted.
fn was(id: RequestId, history: &History, scope: Scope<'_>, wanted: &Wanted, then: Then<'_>) -> Option<(Hit, Columns)> {
    if history.packet().created_at > then.at {
        return None;
    }
    let texts = texts(history);
    if !wanted.fits(&texts) {
        return None;
    }
    let entry = Entry::of(history, scope.workflow);
    let hit = Hit { id, entry, excerpts: excerpts(&texts, wanted, EXCERPTS_MAX) };
    (then.wants)(&hit.entry, history).then(|| (hit, text::columns(&texts)))
}
