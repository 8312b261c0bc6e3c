//! Searches: here, in a fresh copy, by a plain reading, and as they were.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::place::Place;
use super::{Step, options, play, steps};

const QUESTIONS: [&str; 6] = ["totals", "wrong late", "\"uber totals\"", "l* w*", "commit", "x"];

/// Options of a list that a search takes too.
fn filters(choices: &[Index]) -> Vec<String> {
    let mut filters = Vec::new();
    let mut given = options(choices).into_iter();
    while let Some(option) = given.next() {
        match option.as_str() {
            "--all" | "--ready" | "--duplicates" => {}
            "--sort" => drop(given.next()),
            _ => {
                filters.push(option);
                filters.extend(given.next());
            }
        }
    }
    filters
}

/// The rows of an answer by id, and what else it says.
fn answer(place: &Place, line: &[&str]) -> (BTreeMap<String, Value>, Value) {
    let (_, said) = place.run(line);
    let said = said.replace(place.root().to_str().unwrap(), "ROOT");
    // What is told of damage comes after it.
    let mut values = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
    let mut data = values.next().unwrap().unwrap()["data"].take();
    let rows = data["requests"].take();
    let rows = rows.as_array().unwrap_or_else(|| panic!("{line:?}: {said}"));
    (rows.iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row.clone())).collect(), data)
}

fn searched(place: &Place, typed: &str, filters: &[String], more: &[&str]) -> (BTreeMap<String, Value>, Value) {
    let mut line = vec!["search", typed, "--json", "--limit", "1000"];
    line.extend(filters.iter().map(String::as_str));
    line.extend(more);
    answer(place, &line)
}

fn listed(place: &Place, filters: &[String]) -> BTreeSet<String> {
    let mut line = vec!["list", "--all", "--json", "--limit", "1000"];
    line.extend(filters.iter().map(String::as_str));
    answer(place, &line).0.into_keys().collect()
}

fn ask(place: &Place, typed: &str, filters: &[String]) {
    let here = searched(place, typed, filters, &[]);
    let copy = place.without_local();
    assert_eq!(here, searched(&copy, typed, filters, &[]), "a copy without a cache says something else: {filters:?}");
    // Filtered in plain Rust, and held against the words one by one.
    let plain = searched(&copy, typed, filters, &["--at", "2999-01-01T00:00:00Z"]);
    assert_eq!(here, plain, "a plain reading says something else: {filters:?}");
    let with_words: BTreeSet<String> = searched(place, typed, &[], &[]).0.into_keys().collect();
    let expected: BTreeSet<String> = with_words.intersection(&listed(place, filters)).cloned().collect();
    assert_eq!(here.0.into_keys().collect::<BTreeSet<_>>(), expected, "{typed} {filters:?}");
}

#[test]
fn a_search_says_what_the_files_say_whoever_changed_them() {
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    let choices = || proptest::collection::vec(any::<Index>(), 12);
    let played = TestRunner::new(config).run(&(steps(), choices(), choices()), |(steps, first, last)| {
        let mut place = Place::new();
        for (at, step) in steps.iter().enumerate() {
            match step {
                Step::Ask(_) => ask(&place, QUESTIONS[at % QUESTIONS.len()], &[]),
                Step::New(_) | Step::Go(..) | Step::Note(_) | Step::Settle(..) | Step::Hand(..) => {
                    play(&mut place, step)
                }
            }
        }
        QUESTIONS.iter().for_each(|typed| ask(&place, typed, &filters(&first)));
        ask(&place, QUESTIONS[0], &filters(&last));
        Ok(())
    });
    played.unwrap();
}

#[test]
fn a_search_as_of_a_moment_says_what_was_said_then() {
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    let choices = || proptest::collection::vec(any::<Index>(), 12);
    let played = TestRunner::new(config).run(&(steps(), choices()), |(steps, choices)| {
        let mut place = Place::new();
        let filters = filters(&choices);
        let mut said = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            match step {
                // What somebody does to the files by hand has no time.
                Step::Hand(..) | Step::Ask(_) => continue,
                Step::New(_) | Step::Go(..) | Step::Note(_) | Step::Settle(..) => play(&mut place, step),
            }
            let all = answer(&place, &["list", "--all", "--json"]).0;
            if let Some(newest) = all.values().filter_map(|row| row["updated_at"].as_str()).max() {
                let typed = QUESTIONS[at % QUESTIONS.len()];
                said.push((newest.to_owned(), typed, searched(&place, typed, &filters, &[])));
            }
        }
        for (at, typed, then) in said {
            let now = searched(&place, typed, &filters, &["--at", &at]);
            assert_eq!(now, then, "{typed} {filters:?} at {at}");
        }
        Ok(())
    });
    played.unwrap();
}
