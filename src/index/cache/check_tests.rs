//! Whether the index is what the files say, as [`crate::index::check`] finds by digests alone, against its text.

use proptest::prelude::*;
use uuid::Uuid;

use super::plain::{checked, plain};
use super::sketch::Sketches;
use super::tests::{Place, index_text, steps};
use super::{Scope, Searched};
use crate::domain::id::RequestId;
use crate::domain::workflow::Workflow;
use crate::index::check::{Freshness, check_sketched};
use crate::index::remembered::{Forgotten, forgotten, forgotten_beside};
use crate::store::{Derived, Store};

/// The text of the index as it should be.
fn right(place: &Place) -> String {
    index_text(&plain(&place.store))
}

fn put(place: &Place, text: &str) {
    place.store.replace_derived(Derived::Index, text.as_bytes()).unwrap();
}

fn freshness(place: &Place) -> Freshness {
    checked(&place.store).freshness
}

/// What is remembered and gone, by digests, as by whole entries.
fn lost(place: &Place) -> Forgotten {
    let found = forgotten_beside(&place.store, &checked(&place.store).sketches).unwrap();
    assert_eq!(found, forgotten(&place.store, &plain(&place.store)).unwrap());
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_index_is_current_where_its_text_is_right(before in steps(), after in steps()) {
        let mut place = Place::new();
        before.into_iter().for_each(|step| place.play(step));
        let text = right(&place);
        put(&place, &text);
        prop_assert_eq!(freshness(&place), Freshness::Current);
        prop_assert!(lost(&place).is_nothing());
        after.into_iter().for_each(|step| place.play(step));
        let expected = if right(&place) == text { Freshness::Current } else { Freshness::Stale };
        prop_assert_eq!(freshness(&place), expected);
        lost(&place);
    }
}

#[test]
fn whatever_else_the_text_says_is_told() {
    let mut place = Place::new();
    // One has the key of another, and one can't be read.
    place.bring(0, 0);
    place.bring(1, 0);
    place.bring(2, 1);
    place.spoil(place.ids[0]);
    assert_eq!(freshness(&place), Freshness::Missing);
    let text = right(&place);
    assert!(text.contains("\"duplicate_of\"") && text.contains("\"DAMAGED\": [\"REQ-"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let mut others = vec![format!("{text}\n"), format!(" {text}"), String::new(), "{}".to_owned()];
    for at in 0..lines.len() {
        others.push(joined(&[&lines[..at], &lines[at + 1..]].concat()));
        others.push(joined(&[&lines[..=at], &lines[at..]].concat()));
        if at > 0 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            others.push(joined(&swapped));
        }
    }
    for at in (0..text.len()).step_by(3) {
        others.push(format!("{}{}", &text[..at], &text[at + 1..]));
        others.push(format!("{}~{}", &text[..at], &text[at + 1..]));
    }
    for other in others.into_iter().filter(|other| *other != text) {
        put(&place, &other);
        assert_eq!(freshness(&place), Freshness::Stale, "{other}");
    }
    put(&place, &text);
    assert_eq!(freshness(&place), Freshness::Current);
}

/// Verifying takes a while: what is written and indexed meanwhile is no fault, and what is written alone is.
#[test]
fn what_was_written_meanwhile_is_looked_at_again() {
    let mut place = Place::new();
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    let before = |place: &Place| {
        let (ids, mut sketches) = (place.store.requests().unwrap(), Sketches::default());
        sketches.complete(&place.store, scope, &ids, Searched::NotYet, &|_, _| {}).unwrap();
        (ids, sketches)
    };
    let steps: [fn(&mut Place); 4] = [
        Place::make,
        |place| place.note(place.ids[0]),
        |place| place.remove(place.ids[0]),
        |place| place.spoil(place.ids[1]),
    ];
    for step in steps {
        let (ids, sketches) = before(&place);
        let old = right(&place);
        step(&mut place);
        let found = |text: &str| {
            put(&place, text);
            let known: (&[RequestId], Sketches) = (&ids, sketches.clone());
            check_sketched(&place.store, scope, known, Searched::NotYet, &|_, _| {}).unwrap()
        };
        let now = found(&right(&place));
        assert_eq!(now.freshness, Freshness::Current);
        assert_eq!(now.sketches, checked(&place.store).sketches);
        // As if the write had come after: that the index says what was so when all was read is no fault either.
        assert_eq!(found(&old).freshness, Freshness::Current);
    }
}
