//! Figures against lists: what `ledger stats` counts from what it keeps, row by row and as of a moment, is what a list has.

use std::collections::BTreeMap;

use proptest::sample::Index;
use serde_json::{Value, json};

use crate::place::Place;

/// Later than all that is done in these tests, and in the same week.
const LATER: &str = "2026-11-20T18:00:00Z";

/// What a command prints as data; what is told of damage comes after it.
fn data(place: &Place, line: &[&str], more: &[String]) -> Value {
    let all: Vec<&str> = line.iter().copied().chain(more.iter().map(String::as_str)).collect();
    let (_, said) = place.run(&all);
    let said = said.replace(place.root().to_str().unwrap(), "ROOT");
    let mut values = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
    let mut data = values.next().unwrap().unwrap()["data"].take();
    // Time goes on from one question to the next.
    if let Some(ages) = data.get_mut("ages") {
        ages.as_object_mut().unwrap().remove("median_ms");
        if let Some(oldest) = ages.get_mut("oldest") {
            oldest.as_object_mut().unwrap().remove("age_ms");
        }
        data.as_object_mut().unwrap().remove("at");
    }
    data
}

/// How often each name stands in rows, and how often in open ones.
fn counted(rows: &[Value], open: &[Value], names: impl Fn(&Value) -> Vec<String>) -> BTreeMap<String, (usize, usize)> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows {
        for name in names(row) {
            let count = counts.entry(name).or_default();
            count.0 += 1;
            count.1 += usize::from(open.iter().any(|other| other["id"] == row["id"]));
        }
    }
    counts
}

fn told(counts: &Value) -> BTreeMap<String, (usize, usize)> {
    let number = |count: &Value, name: &str| usize::try_from(count[name].as_u64().unwrap()).unwrap();
    let one =
        |count: &Value| (count["name"].as_str().unwrap().to_owned(), (number(count, "all"), number(count, "open")));
    counts.as_array().unwrap().iter().map(one).collect()
}

/// Holds figures against the rows of a list with the same options.
fn against_a_list(place: &Place, options: &[String], stats: &Value) {
    let rows = |line: &[&str]| data(place, line, options)["requests"].as_array().unwrap().clone();
    let all = rows(&["list", "--all", "--json", "--limit", "100000"]);
    let finals = ["CLOSED", "REJECTED", "WITHDRAWN"];
    let is_open = |row: &&Value| !finals.contains(&row["state"].as_str().unwrap());
    let open: Vec<Value> = all.iter().filter(is_open).cloned().collect();
    let text = |value: &Value| vec![value.as_str().unwrap().to_owned()];
    assert_eq!(stats["requests"], json!({"all": all.len(), "open": open.len()}), "{options:?}");
    for (name, member) in [("states", "state"), ("types", "type"), ("from", "from"), ("actors", "created_by")] {
        let expected = counted(&all, &open, |row| text(&row[member]));
        assert_eq!(told(&stats[name]), expected, "{name} {options:?}");
    }
    let each = |row: &Value| row["to"].as_array().unwrap().iter().flat_map(text).collect();
    assert_eq!(told(&stats["to"]), counted(&all, &open, each), "{options:?}");
    let ended = all.iter().filter(|row| row["state"] == "VERIFIED" || !is_open(row)).count();
    assert_eq!(stats["lead"]["n"], json!(ended), "{options:?}");
    assert_eq!(stats["ages"]["n"], json!(open.len()), "{options:?}");
    let oldest = open.iter().min_by_key(|row| (row["created_at"].as_str().unwrap(), row["id"].as_str().unwrap()));
    assert_eq!(stats["ages"]["oldest"]["id"], oldest.map_or(Value::Null, |row| row["id"].clone()), "{options:?}");
}

/// What figures say: in this place, in a fresh copy of its files, from histories alone, and as of a moment at which
/// something happened.
pub(crate) fn ask(place: &Place, options: &[String], moment: Index) {
    let stats = |place: &Place, more: &[&str]| {
        let mut line = vec!["stats", "--json", "--weeks", "2"];
        line.extend(more);
        data(place, &line, options)
    };
    let here = stats(place, &[]);
    let copy = place.without_local();
    assert_eq!(here, stats(&copy, &[]), "a copy without a cache says something else: {options:?}");
    assert_eq!(here, stats(place, &["--at", LATER]), "row by row it is something else: {options:?}");
    against_a_list(place, options, &here);

    let log = data(place, &["log", "--json"], &[]);
    let events = log["events"].as_array().unwrap();
    if events.is_empty() {
        return;
    }
    let at = events[moment.index(events.len())]["at"].as_str().unwrap().to_owned();
    let then = stats(place, &["--at", &at]);
    let options: Vec<String> = options.iter().cloned().chain(["--at".to_owned(), at]).collect();
    against_a_list(place, &options, &then);
    assert_eq!(then, data(&copy, &["stats", "--json", "--weeks", "2"], &options));
}
