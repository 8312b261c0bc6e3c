//! The read model against plain replays: whatever writers and other hands did to the files, an answer is what it is in a
//! fresh copy of them; and whatever is asked, the tables answer like plain Rust.

#![expect(clippy::disallowed_methods, reason = "tests look at the world and change files by hand")]

mod figures;
mod hands;
mod place;
mod search;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use hands::Hand;
use place::Place;

const REPOS: [&str; 3] = ["shop", "billing", "web"];
const LABELS: [&str; 3] = ["urgent", "money", "ui"];
const WORDS: [&str; 4] = ["Totals", "wrong", "Über", "late"];
const STATES: [&str; 5] = ["accepted", "in-progress", "rejected", "withdrawn", "closed"];

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    /// A request is made, with these choices.
    New(Vec<Index>),
    /// A request goes on, or tries to.
    Go(Index, Index),
    /// A note on a request.
    Note(Index),
    /// Somebody says what a duplicate is.
    Settle(Index, Index),
    /// Something other than this program changes the files.
    Hand(Hand, Index),
    /// Somebody looks.
    Ask(Vec<Index>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let choices = || proptest::collection::vec(any::<Index>(), 13);
    let step = prop_oneof![
        4 => choices().prop_map(Step::New),
        5 => (any::<Index>(), any::<Index>()).prop_map(|(id, to)| Step::Go(id, to)),
        2 => any::<Index>().prop_map(Step::Note),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(id, how)| Step::Settle(id, how)),
        3 => (proptest::sample::select(&Hand::ALL[..]), any::<Index>()).prop_map(|(hand, id)| Step::Hand(hand, id)),
        5 => choices().prop_map(Step::Ask),
    ];
    proptest::collection::vec(step, 4..24)
}

/// Takes options by choice: in two cases of three one is left out.
struct Chooser<'a> {
    choices: std::slice::Iter<'a, Index>,
    options: Vec<String>,
}

impl Chooser<'_> {
    fn one(&mut self, name: &str, values: &[&str]) {
        let place = self.choices.next().map_or(0, |choice| choice.index(values.len() * 3));
        if let Some(value) = values.get(place) {
            self.options.push(name.to_owned());
            self.options.extend((!value.is_empty()).then(|| (*value).to_owned()));
        }
    }

    fn filters(choices: &[Index]) -> Chooser<'_> {
        let mut chooser = Chooser { choices: choices.iter(), options: Vec::new() };
        chooser.one("--state", &["proposed", "accepted", "diverged"]);
        chooser.one("--from", &REPOS);
        chooser.one("--to", &REPOS);
        chooser.one("--label", &LABELS);
        chooser.one("--priority", &["P0", "P1", "P2"]);
        chooser.one("--type", &["bug", "question"]);
        chooser.one("--text", &["TOTALS", "über late", "wrong"]);
        chooser.one("--by", &["mia", "ben"]);
        chooser
    }
}

/// Filters, by choice.
fn filters(choices: &[Index]) -> Vec<String> {
    Chooser::filters(choices).options
}

/// Options of a list, by choice.
fn options(choices: &[Index]) -> Vec<String> {
    let mut chooser = Chooser::filters(choices);
    chooser.one("--sort", &["updated", "priority", "due", "title", "state", "id"]);
    chooser.one("--all", &[""]);
    if !chooser.options.contains(&"--state".to_owned()) {
        chooser.one("--ready", &[""]);
    }
    chooser.one("--duplicates", &["", ""]);
    chooser.options
}

fn play(place: &mut Place, step: &Step) {
    match step {
        Step::New(choices) => place.new_request(&arguments(place, choices)),
        Step::Go(id, to) => {
            if let Some(id) = place.choose(*id) {
                let to = STATES[to.index(STATES.len())];
                place.run(&["transition", &id, to, "--reason", "x", "--evidence", "commit=1"]);
            }
        }
        Step::Note(id) => {
            if let Some(id) = place.choose(*id) {
                place.run(&["note", &id, "--text", "x", "--actor", "ben"]);
            }
        }
        Step::Settle(id, how) => {
            if let Some(id) = place.choose(*id) {
                let how = ["--distinct", "--duplicate"][how.index(2)];
                place.run(&["resolve", &id, how, "--reason", "x"]);
            }
        }
        Step::Hand(hand, id) => {
            if let Some(id) = place.choose(*id) {
                hand.change(place, &id);
            }
        }
        Step::Ask(choices) => {
            ask(place, &options(choices));
            // Those of everything are kept, which changes most.
            let narrowed = if choices[11].index(2) == 0 { filters(choices) } else { Vec::new() };
            figures::ask(place, &narrowed, choices[0]);
        }
    }
}

fn arguments(place: &Place, choices: &[Index]) -> Vec<String> {
    let pick = |at: usize, of: &[&str]| of[choices[at].index(of.len())].to_owned();
    let title = format!("{} {} {}", pick(0, &WORDS), pick(1, &WORDS), pick(2, &WORDS));
    let mut arguments: Vec<String> =
        ["new", "--type", "bug", "--set", "details.impact=x", "--title"].map(str::to_owned).into();
    arguments.push(title);
    for (option, value) in [
        ("--from", pick(3, &REPOS)),
        ("--to", pick(4, &REPOS)),
        ("--label", pick(5, &LABELS)),
        ("--priority", pick(6, &["P0", "P1", "P2", "P3"])),
        ("--description", pick(7, &WORDS)),
    ] {
        arguments.extend([option.to_owned(), value]);
    }
    if let Some(key) = ["k1", "k2", "k3"].get(choices[12].index(9)) {
        arguments.extend(["--key".to_owned(), (*key).to_owned()]);
    }
    if choices[8].index(2) == 0 {
        arguments.extend(["--due".to_owned(), format!("2026-12-{:02}", 1 + choices[9].index(28))]);
    }
    if let (Some(id), Some(option)) =
        (place.choose(choices[10]), ["--depends-on", "--parent"].get(choices[11].index(5)))
    {
        arguments.extend([(*option).to_owned(), id]);
    }
    arguments
}

/// What is answered: in this place, in a fresh copy of its files, and without the tables.
fn ask(place: &Place, options: &[String]) {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let line = |command: &[&'static str]| -> Vec<&str> { command.iter().copied().chain(options.clone()).collect() };
    let list = line(&["list", "--json", "--limit", "100000"]);
    let mut lines = vec![list, vec!["graph", "--json"], vec!["graph", "--json", "--limit", "2"]];
    // An export has all requests unless it is told otherwise.
    let is_all = options.contains(&"--all");
    let mut export: Vec<&str> = line(&["export", "--json"]).into_iter().filter(|option| *option != "--all").collect();
    export.extend((!is_all && !options.contains(&"--state")).then_some("--open"));
    lines.push(export);
    for (id, limit) in place.ids.iter().rev().zip(["200", "2"]) {
        lines.push(vec!["graph", id, "--json", "--limit", limit]);
    }
    let copy = place.without_local();
    for line in lines {
        // The folder is another one.
        let said = |place: &Place, more: &[&str]| {
            place.run(&[&line, more].concat()).1.replace(place.root().to_str().unwrap(), "ROOT")
        };
        let here = said(place, &[]);
        assert_eq!(here, said(&copy, &[]), "a copy without a cache says something else: {line:?}");
        // As of a moment that is yet to come everything is as it is now, and is answered without the tables.
        let then = said(&copy, &["--at", "2999-01-01T00:00:00Z"]);
        assert_eq!(here, then, "it is something else without the tables: {line:?}");
    }
}

/// Goes through all pages; each request once, in the order of the whole.
fn page_through(place: &Place, options: &[String]) {
    let line = |more: &[&str]| {
        let mut line = vec!["list", "--json"];
        line.extend(options.iter().map(String::as_str));
        line.extend(more);
        let (_, said) = place.run(&line);
        // What is told of damage comes after it.
        let mut values = serde_json::Deserializer::from_str(&said).into_iter::<serde_json::Value>();
        values.next().unwrap().unwrap()["data"].clone()
    };
    let whole = line(&["--limit", "100000"]);
    let mut rows = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut more = vec!["--limit", "2"];
        if let Some(cursor) = &cursor {
            more.extend(["--cursor", cursor]);
        }
        let page = line(&more);
        assert_eq!(page["matched"], whole["matched"]);
        rows.extend(page["requests"].as_array().unwrap().clone());
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(rows, *whole["requests"].as_array().unwrap(), "{options:?}");
}

#[test]
fn a_list_says_what_the_files_say_whoever_changed_them() {
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let played =
        TestRunner::new(config).run(&(steps(), proptest::collection::vec(any::<Index>(), 13)), |(steps, last)| {
            let mut place = Place::new();
            steps.iter().for_each(|step| play(&mut place, step));
            ask(&place, &["--all".to_owned()]);
            figures::ask(&place, &[], last[0]);
            page_through(&place, &options(&last));
            Ok(())
        });
    played.unwrap();
}

/// Some choice, the same in every run.
fn some() -> Index {
    let mut runner = TestRunner::deterministic();
    any::<Index>().new_tree(&mut runner).unwrap().current()
}

/// Each hand alone: right after a look, so that it falls into the same tick of the clock, and once all is settled.
#[test]
fn each_change_from_outside_is_seen_at_once() {
    for hand in Hand::ALL {
        for round in 0..3 {
            let mut place = Place::new();
            for title in ["a", "b", "c"] {
                let line =
                    ["new", "--type", "bug", "--set", "details.impact=x", "--from", "a", "--to", "b", "--title", title];
                place.new_request(&line.map(str::to_owned));
            }
            ask(&place, &[]);
            if round == 2 {
                std::thread::sleep(std::time::Duration::from_millis(120));
                ask(&place, &[]);
            }
            let id = place.ids[1].clone();
            hand.change(&mut place, &id);
            ask(&place, &["--all".to_owned()]);
            figures::ask(&place, &[], some());
        }
    }
}
