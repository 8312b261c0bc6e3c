//! The events for SQL: they belong to their rows.

use super::*;

/// What an answer in SQL has, row by row.
fn asked(place: &Place, question: &str) -> Vec<Vec<serde_json::Value>> {
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    let mut rows = Vec::new();
    let mut take = |piece: sql::Piece| {
        if let sql::Piece::Row(row) = piece {
            rows.push(row);
        }
        ControlFlow::Continue(())
    };
    let ending = sql::query(&place.store, scope, question, &|_, _| {}, &Budget::endless, &mut take).unwrap();
    assert!(matches!(ending, sql::Ending::Answered), "{question}: {ending:?}");
    rows
}

/// The table of events has as many of each request as its row tells.
pub(super) fn belong_to_rows(place: &Place) {
    let question = "SELECT r.id FROM requests AS r WHERE coalesce(r.events, 0) <> \
                    (SELECT count(*) FROM events AS e WHERE e.nr = r.nr)";
    assert_eq!(asked(place, question), Vec::<Vec<serde_json::Value>>::new());
    assert_eq!(asked(place, "SELECT nr FROM events WHERE nr NOT IN (SELECT nr FROM requests)").len(), 0);
}

#[test]
fn events_are_told_as_they_stand_in_the_files() {
    let mut place = Place::new();
    let write = |place: &Place, text: &str| {
        let history = place.store.history(place.ids[0]).unwrap().unwrap();
        let event = note(&history, text, None);
        place.store.append(place.ids[0], history.heads(), &event, &Budget::endless()).unwrap();
    };
    for step in [Step::New(0), Step::Old(1), Step::New(2)] {
        play(&mut place, step);
    }
    write(&place, "a note");
    pause();
    let told =
        |place: &Place| asked(place, "SELECT nr, place, n, hash, at, by, type, text FROM events ORDER BY nr, place");
    let written = |place: &Place| -> Vec<Vec<serde_json::Value>> {
        let histories = place.store.requests().unwrap().into_iter().map(|id| place.store.history(id).unwrap().unwrap());
        let rows = |history: History| {
            let nr = number_of(history.packet().request_id);
            let row = move |(at, event): (usize, &Event)| {
                let text = if let Body::Noted(note) = event.body() { Some(note.text.clone()) } else { None };
                let (n, hash, when) = (event.n(), event.hash().to_string(), event.clock().at.to_string());
                let said = serde_json::json!([nr, at, n, hash, when, event.by().as_str(), event.body().kind(), text]);
                said.as_array().unwrap().clone()
            };
            history.events().iter().enumerate().map(row).collect::<Vec<_>>()
        };
        histories.flat_map(rows).collect()
    };
    assert_eq!(told(&place), written(&place));
    assert_eq!(told(&place).iter().filter(|row| row[7] == "a note").count(), 1);
    let count = |place: &Place| number(&file(place), "SELECT count(*) FROM pending");
    write(&place, "another");
    look(&place.store);
    assert_eq!(count(&place), 1);
    assert_eq!(told(&place), written(&place));
    pause();
    assert_eq!(told(&place), written(&place));
    assert_eq!(count(&place), 0);
    // The column of the same name needs no such table.
    let place = Place::new();
    look(&place.store);
    asked(&place, "SELECT events FROM requests");
    assert_eq!(number(&file(&place), "SELECT count(*) FROM meta WHERE name = 'parts.events'"), 0);
}
