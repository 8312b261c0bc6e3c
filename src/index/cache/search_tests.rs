//! Searches against a reading of all files in plain Rust: for every ledger that counts as large (see [`super::tests`]), with
//! an index of words that is filled two requests at a time, and three to a shelf.

mod events;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use proptest::prelude::*;
use proptest::sample::Index;
use rusqlite::Connection;
use uuid::Uuid;

use super::list::Filter;
use super::plain::checked;
use super::rows::number_of;
use super::search::{Found, Question, RANKED_MAX, Then, search};
use super::tests::{self, Place, append, look};
use super::{Aside, Scope, sql, tables};
use crate::domain::event::{Body, Event};
use crate::domain::history::History;
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::index::search::{Wanted, texts};
use crate::store::conformance::support::{id_of, noon, note, request_at};
use crate::store::{Budget, Records, Store};

/// Texts of titles and notes: few words, in every way that they can stand to each other.
const TEXTS: [&str; 9] = [
    "euro rate",
    "rate of the EURO",
    "Eurorate",
    "a\u{1}b\u{1f}c",
    "title:euro AND NOT \"rate\"* OR (x) NEAR/2 ^ - +",
    "漢字仮名",
    "字の漢",
    "Übérprüfung ﬁn",
    "¶ 00euro 00",
];
const QUESTIONS: [&str; 16] = [
    "euro",
    "rate euro",
    "\"euro rate\"",
    "eur*",
    "r* e*",
    "\"rate of\" EURO",
    "漢",
    "漢字",
    "字*",
    "uberprufung",
    "fin",
    "b",
    "near 2",
    "00euro",
    "rate euro rate",
    "nothing",
];

#[derive(Clone, Debug)]
enum Step {
    New(usize),
    Old(usize),
    Note(Index, usize),
    /// A writer that is killed between its line and the end of its note.
    Killed(Index, usize),
    /// Another clone's log takes the place of this one.
    Replaced(Index, usize),
    Removed(Index),
    Damaged(Index),
    Pause,
    Ask(usize),
    /// Somebody who asks is killed while the index is filled.
    Interrupted(usize),
    /// While somebody asks, others make a request, ask too, or make the cache anew.
    Beside(usize, Index),
    /// The cache is cut, or gone.
    Spoilt(Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = || 0..TEXTS.len();
    let one = any::<Index>;
    let step = prop_oneof![
        4 => text().prop_map(Step::New),
        1 => text().prop_map(Step::Old),
        5 => (one(), text()).prop_map(|(id, text)| Step::Note(id, text)),
        2 => (one(), text()).prop_map(|(id, text)| Step::Killed(id, text)),
        2 => (one(), text()).prop_map(|(id, text)| Step::Replaced(id, text)),
        1 => one().prop_map(Step::Removed),
        1 => one().prop_map(Step::Damaged),
        1 => Just(Step::Pause),
        6 => (0..QUESTIONS.len()).prop_map(Step::Ask),
        2 => (0..8_usize).prop_map(Step::Interrupted),
        3 => (0..12_usize, one()).prop_map(|(after, what)| Step::Beside(after, what)),
        1 => one().prop_map(Step::Spoilt),
    ];
    proptest::collection::vec(step, 4..40)
}

fn make(place: &mut Place, at: Timestamp, title: &str) {
    let made = place.store.create(&request_at(at, title, None), &Budget::endless()).unwrap();
    place.ids.push(id_of(&made));
}

/// The next line of a log; `None` where it can't be read any more.
fn line(place: &Place, id: RequestId, text: &str) -> Option<String> {
    let history = place.store.history(id).ok()??;
    Some(format!("{}\n", note(&history, text, None).line()))
}

fn play(place: &mut Place, step: Step) {
    let ids = place.ids.clone();
    let chosen = |index: Index| ids[index.index(ids.len())];
    match step {
        Step::New(text) => make(place, noon(), TEXTS[text]),
        Step::Old(text) => make(place, noon().plus_ms(-86_400_000 * i64::from(ids.len() as u32)), TEXTS[text]),
        Step::Note(id, text) => {
            if let Ok(Some(history)) = place.store.history(chosen(id)) {
                let event = note(&history, TEXTS[text], None);
                place.store.append(chosen(id), history.heads(), &event, &Budget::endless()).unwrap();
            }
        }
        Step::Killed(id, text) => {
            if let Some(line) = line(place, chosen(id), TEXTS[text]) {
                append(&place.folder.path().join("coordination/.local/changes"), &format!("+{}\n", chosen(id)));
                append(&place.log(chosen(id)), &line);
            }
        }
        Step::Replaced(id, text) => {
            if let Some(line) = line(place, chosen(id), TEXTS[text]) {
                let text = std::fs::read_to_string(place.log(chosen(id))).unwrap() + &line;
                replace(place, chosen(id), &text);
            }
        }
        Step::Removed(id) if ids.len() > 3 => {
            let (packet, log) = place.store.places(chosen(id));
            std::fs::remove_file(packet).unwrap();
            std::fs::remove_file(log).unwrap();
            place.ids.retain(|other| *other != chosen(id));
        }
        Step::Damaged(id) => replace(place, chosen(id), "damaged\n"),
        Step::Removed(_) => {}
        Step::Pause => std::thread::sleep(std::time::Duration::from_millis(60)),
        Step::Ask(question) => ask(place, QUESTIONS[question]),
        Step::Interrupted(after) => interrupt(place, after),
        Step::Beside(after, what) => beside(place, after, what),
        Step::Spoilt(how) => {
            let cache = place.folder.path().join("coordination/.local/cache.sqlite");
            if let Ok(bytes) = std::fs::read(&cache) {
                std::fs::write(&cache, &bytes[..how.index(bytes.len() + 1)]).unwrap();
            }
        }
    }
}

fn replace(place: &Place, id: RequestId, text: &str) {
    let new = place.folder.path().join("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, place.log(id)).unwrap();
}

/// Somebody asks, and dies once so many requests were read.
fn interrupt(place: &Place, after: usize) {
    let left = AtomicUsize::new(after);
    let told = |_: usize, _: usize| {
        if left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
            std::panic::resume_unwind(Box::new("killed"));
        }
    };
    let _ = catch_unwind(AssertUnwindSafe(|| found(place, "euro", &Filter::default(), None, &told)));
}

/// Somebody asks; once so many requests were read, somebody else does something.
fn beside(place: &mut Place, after: usize, what: Index) {
    let left = AtomicUsize::new(after);
    let made = std::sync::Mutex::new(Vec::new());
    let other = || {
        let old = noon().plus_ms(-86_400_000 * (what.index(9) as i64));
        let request = || id_of(&place.store.create(&request_at(old, TEXTS[0], None), &Budget::endless()).unwrap());
        match what.index(5) {
            // Its pages may be gone.
            0 => drop(tests::ask(&place.store)),
            4 => {
                made.lock().unwrap().push(request());
                tests::ask(&place.store);
            }
            1 => made.lock().unwrap().push(request()),
            2 => place.store.forget_cache().unwrap(),
            _ => {
                made.lock().unwrap().push(request());
                found(place, "euro", &Filter::default(), None, &|_, _| {}).unwrap();
            }
        }
    };
    let told = |_: usize, _: usize| {
        if left.fetch_sub(1, Relaxed) == 1 {
            other();
        }
    };
    found(place, "euro", &Filter::default(), None, &told).unwrap();
    place.ids.extend(made.into_inner().unwrap());
}

fn found(
    place: &Place,
    typed: &str,
    filter: &Filter,
    then: Option<Then<'_>>,
    progress: super::Progress<'_>,
) -> Result<Found, crate::store::StoreError> {
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    let wanted = Wanted::parse(typed).unwrap();
    search(&place.store, scope, Question { wanted: &wanted, filter, then, limit: 99 }, progress)
}

/// What a search finds is what a reading of all files finds: the newest, if there are many.
fn ask(place: &Place, typed: &str) {
    let found = found(place, typed, &Filter::default(), None, &|_, _| {}).unwrap();
    let wanted = Wanted::parse(typed).unwrap();
    let mut expected = BTreeSet::new();
    let mut damaged = BTreeSet::new();
    for request in place.store.survey().unwrap() {
        match place.store.history(request.id) {
            Ok(Some(history)) if wanted.fits(&texts(&history)) => drop(expected.insert(request.id)),
            Ok(_) => {}
            Err(_) => drop(damaged.insert(request.id)),
        }
    }
    assert_eq!(found.damaged.keys().copied().collect::<BTreeSet<_>>(), damaged, "{typed}");
    assert_eq!(found.has_older, expected.len() > RANKED_MAX, "{typed}");
    let newest: BTreeSet<RequestId> = expected.iter().rev().take(RANKED_MAX).copied().collect();
    assert_eq!(found.hits.iter().map(|hit| hit.id).collect::<BTreeSet<_>>(), newest, "{typed}");
    assert_eq!(found.matched, newest.len(), "{typed}");
    assert!(found.hits.iter().all(|hit| !hit.excerpts.is_empty()), "{typed}");
    if typed.contains('e') {
        events::belong_to_rows(place);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_stands_in_the_files(steps in steps()) {
        let mut place = Place::new();
        let is_spoilt = steps.iter().any(|step| matches!(step, Step::Spoilt(_)));
        for step in steps {
            play(&mut place, step);
        }
        for question in QUESTIONS {
            ask(&place, question);
        }
        // Nor does anybody suspect it, unless pages of it are gone that no question came by.
        if !is_spoilt {
            prop_assert_eq!(doubts(&place), (Vec::new(), Vec::new()));
        }
        events::belong_to_rows(&place);
    }
}

#[test]
fn a_cache_that_lost_its_end_answers_as_the_files_do() {
    const PAGE: usize = 4_096;
    let mut place = Place::new();
    make(&mut place, noon(), TEXTS[0]);
    let cache = place.folder.path().join("coordination/.local/cache.sqlite");
    let mut suspected = 0;
    // Whole pages that are gone are noticed at once; of a page of which the end is gone, whoever asks it.
    for lost in (1..8).map(|eighths| eighths * PAGE / 8).chain([PAGE, 3 * PAGE]) {
        ask(&place, "euro");
        let bytes = std::fs::read(&cache).unwrap();
        std::fs::write(&cache, &bytes[..bytes.len() - lost]).unwrap();
        suspected += {
            tests::ask(&place.store);
            usize::from(checked(&place.store).doubts.contradicts_cache())
        };
        QUESTIONS.into_iter().for_each(|question| ask(&place, question));
    }
    assert!(suspected > 0, "no word was lost");
}

/// What turns out to be wrong where the cache is not believed.
fn doubts(place: &Place) -> (Vec<RequestId>, Vec<Aside>) {
    let doubts = checked(&place.store).doubts;
    (doubts.contradicted, doubts.astray)
}

/// The cache's file, to be looked at or to be meddled with.
fn file(place: &Place) -> Connection {
    let db = Connection::open(place.folder.path().join("coordination/.local/cache.sqlite")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db
}

fn number(db: &Connection, text: &str) -> i64 {
    db.query_row(text, [], |row| row.get(0)).unwrap()
}

fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(80));
}

#[test]
fn the_library_keeps_the_tables_as_they_are_told_apart() {
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    let mut db = tables::private().unwrap();
    tables::make(&mut db, scope).unwrap();
    assert!(tables::is_ours(&db, scope).unwrap());
    db.execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(!tables::is_ours(&db, scope).unwrap());
}

#[test]
fn who_never_searches_pays_nothing_for_it() {
    let mut place = Place::new();
    look(&place.store);
    make(&mut place, noon(), "euro");
    look(&place.store);
    let empty =
        "SELECT (SELECT count(*) FROM pending) + (SELECT count(*) FROM shelf) + (SELECT count(*) FROM text_docsize)";
    assert_eq!(number(&file(&place), empty), 0);
    ask(&place, "euro");
    assert!(number(&file(&place), empty) > 0);
}

#[test]
fn only_what_changed_is_read_again() {
    let mut place = Place::new();
    for _ in 0..6 {
        make(&mut place, noon(), "euro");
    }
    pause();
    let read = |place: &Place| {
        let read = AtomicUsize::new(0);
        let told = |_: usize, _: usize| {
            read.fetch_add(1, Relaxed);
        };
        found(place, "euro", &Filter::default(), None, &told).unwrap();
        read.into_inner()
    };
    // Rows and words.
    assert_eq!(read(&place), 20);
    assert_eq!(read(&place), 0);
    let history = place.store.history(place.ids[3]).unwrap().unwrap();
    let event = note(&history, "rate", None);
    place.store.append(place.ids[3], history.heads(), &event, &Budget::endless()).unwrap();
    pause();
    assert_eq!(read(&place), 2);
    assert_eq!(read(&place), 0);
    // An interruption costs what it interrupted and no more.
    std::fs::remove_file(place.folder.path().join("coordination/.local/cache.sqlite")).unwrap();
    interrupt(&place, 17);
    let left = read(&place);
    assert!((1..=7).contains(&left), "{left}");
}

#[test]
fn an_index_that_lies_is_found_out_and_made_anew() {
    let mut place = Place::new();
    make(&mut place, noon(), "euro");
    pause();
    ask(&place, "euro");
    pause();
    ask(&place, "rate");
    let db = file(&place);
    let nr = number(&db, "SELECT min(nr) FROM request");
    let lie = "INSERT INTO text (rowid, title, packet, said, evidence) VALUES (?1, '00rate', '', '', '')";
    db.execute("DELETE FROM text WHERE rowid = ?1", [nr]).unwrap();
    db.execute(lie, [nr]).unwrap();
    drop(db);
    ask(&place, "rate");
    ask(&place, "euro");
    // One that can't be read any more.
    let db = file(&place);
    db.execute("UPDATE text_data SET block = x'ffffffffffffffffffff'", []).unwrap();
    drop(db);
    for question in QUESTIONS {
        ask(&place, question);
    }
}

#[test]
fn everything_that_the_index_of_words_says_is_held_against_the_files() {
    let mut place = Place::new();
    for text in TEXTS {
        make(&mut place, noon(), text);
    }
    pause();
    ask(&place, "euro");
    pause();
    assert_eq!(doubts(&place), (Vec::new(), Vec::new()));
    let db = file(&place);
    let id = *place.ids.last().unwrap();
    let nr = super::rows::number_of(id);
    let tells = |change: &str, told: (Vec<RequestId>, Vec<Aside>)| {
        db.execute_batch(change).unwrap();
        assert_eq!(doubts(&place), told, "{change}");
    };
    let others = nr + 1_000;
    let put = |nr: i64, word: &str| {
        format!("INSERT INTO text (rowid, title, packet, said, evidence) VALUES ({nr}, '{word}', '', '', '')")
    };
    // Words of a request that is not there.
    tells(&put(others, "00euro"), (Vec::new(), vec![Aside::Words]));
    tells(&format!("DELETE FROM text WHERE rowid = {others}"), (Vec::new(), Vec::new()));
    // No words, others, and the right ones on a shelf where nobody looks for them.
    tells(&format!("DELETE FROM text WHERE rowid = {nr}"), (vec![id], Vec::new()));
    tells(&put(nr, "00rate"), (vec![id], Vec::new()));
    let last = number(&db, "SELECT max(nr) FROM shelf");
    let first = number(&db, &format!("SELECT first FROM shelf WHERE nr = {last}"));
    let (told, _) = doubts(&place);
    assert_eq!(told, [id]);
    db.execute_batch(&format!("UPDATE shelf SET first = first + 1 WHERE nr = {last}")).unwrap();
    assert!(doubts(&place).0.contains(&super::rows::id_of(first).unwrap()));
    // An index that can't be read any more.
    db.execute("UPDATE text_data SET block = x'ffffffffffffffffffff'", []).unwrap();
    assert!(doubts(&place).1.contains(&Aside::Words));
}

#[test]
fn where_no_cache_can_be_kept_the_answer_is_the_same() {
    let mut place = Place::new();
    TEXTS.iter().for_each(|text| make(&mut place, noon(), text));
    let local = place.folder.path().join("coordination/.local/cache.sqlite");
    std::fs::create_dir(&local).unwrap();
    for question in QUESTIONS {
        ask(&place, question);
    }
}

#[test]
fn ranks_put_titles_first_and_then_the_newest() {
    let mut place = Place::new();
    // The last three share a shelf.
    for title in ["other", "other", "euro", "other", "euro"] {
        make(&mut place, noon(), title);
    }
    let (said, titles) = (place.ids[7], [place.ids[8], place.ids[6]]);
    let history = place.store.history(said).unwrap().unwrap();
    let event = note(&history, "euro and very much else that has been said about it", None);
    place.store.append(said, history.heads(), &event, &Budget::endless()).unwrap();
    let found = found(&place, "euro", &Filter::default(), None, &|_, _| {}).unwrap();
    let ids: Vec<RequestId> = found.hits.iter().map(|hit| hit.id).collect();
    assert_eq!(ids, [titles[0], titles[1], said]);
}

/// Six requests whose rows are there; somebody asks, and at one of the words that are read something happens.
fn meanwhile(at: usize, what: impl Fn(&Place) + Sync) -> Place {
    let mut place = Place::new();
    make(&mut place, noon(), "euro");
    make(&mut place, noon(), "euro");
    pause();
    look(&place.store);
    pause();
    look(&place.store);
    let count = AtomicUsize::new(0);
    let told = |_: usize, _: usize| {
        if count.fetch_add(1, Relaxed) == at {
            what(&place);
        }
    };
    found(&place, "rate", &Filter::default(), None, &told).unwrap();
    assert!(count.into_inner() > at);
    place
}

#[test]
fn what_comes_in_between_while_the_index_is_filled_is_found() {
    let old = |place: &Place| {
        let yesterday = noon().plus_ms(-86_400_000);
        place.store.create(&request_at(yesterday, "euro", None), &Budget::endless()).unwrap();
        // Until its row is settled, and is not made anew by whoever looks next.
        pause();
        look(&place.store);
    };
    for at in 0..6 {
        ask(&meanwhile(at, old), "euro");
    }
}

#[test]
fn a_cache_that_is_made_anew_while_the_index_is_filled_has_all_of_it() {
    let anew = |place: &Place| {
        let workflow = Workflow::default();
        super::Cache::empty(&place.store, Scope::new(Uuid::nil(), &workflow)).unwrap();
        look(&place.store);
    };
    for at in 0..6 {
        ask(&meanwhile(at, anew), "a");
        ask(&meanwhile(at, anew), "euro");
    }
}
