//! Documents nobody thought of: full ones, changed at random in one or two places, fare the same with both.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::differences;
use crate::formats::{Format, remove, values, with};

#[derive(Clone, Debug)]
enum Mutation {
    Drop,
    Replace(Value),
    Add(&'static str, Value),
    Repeat(usize),
}

const PLAIN: &str = r#"
    null null true false 0 1 -1 1.5 -0.5 1e300 9007199254740992 9007199254740993 -9007199254740993 {} []
    {"$x":1} {"$x":6} {"$x":16} {"$x":17} {"$x":40} {"$x":41} {"$x":64} {"$x":100} {"$x":101} {"$x":200} {"$x":201}
    {"$x":256} {"$x":257} {"$x":300} {"$x":301} {"$x":16384} {"$x":16385} {"$x":65536} {"$x":65537}
    "P3" "tracked" "2026-11-21" "REQ-20261120-0002" "a.b@3" "ACCEPTED" "2026-11-21T00:00:00.000Z" "bug" "NOTED"
    "018f4e0e-7a3c-7c1e-9a57-0242ac120002" "contract:a"
    "0000000000000000000000000000000000000000000000000000000000000000"
"#;

const LETTERS: [&str; 19] = [
    "a", "B", "0", "1", "-", "_", ".", "@", ":", "/", " ", "\t", "\n", "\0", "\u{85}", "\u{a0}", "\u{feff}", "é", "🦀",
];

fn scalar() -> impl Strategy<Value = Value> {
    let text = prop::collection::vec(select(&LETTERS[..]), 0..5).prop_map(|letters| json!(letters.concat()));
    prop_oneof![2 => select(values(PLAIN)), 1 => text]
}

fn value() -> impl Strategy<Value = Value> {
    let list = prop::collection::vec(scalar(), 0..3).prop_map(Value::from);
    prop_oneof![4 => scalar(), 1 => list, 1 => scalar().prop_map(|value| json!({"x": value}))]
}

fn mutations() -> impl Strategy<Value = Vec<(Index, Mutation)>> {
    let names = select(vec!["colour", "Title", "", "key", "due", "mode", "nul\0"]);
    let mutation = prop_oneof![
        1 => Just(Mutation::Drop),
        4 => value().prop_map(Mutation::Replace),
        1 => (names, value()).prop_map(|(name, value)| Mutation::Add(name, value)),
        1 => select(vec![2, 64, 65, 256, 257]).prop_map(Mutation::Repeat),
    ];
    prop::collection::vec((any::<Index>(), mutation), 1..3)
}

/// The places of a document, as JSON pointers; the document itself is not one.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut see = |name: &str, inside: &Value| {
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        places(inside, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inside)| see(name, inside)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, inside)| see(&i.to_string(), inside)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mutated(full: &Value, mutations: Vec<(Index, Mutation)>) -> Value {
    let mut document = full.clone();
    for (index, mutation) in mutations {
        let mut found = Vec::new();
        places(&document, "", &mut found);
        let place = index.get(&found);
        let there = document.pointer_mut(place).unwrap();
        match (mutation, there) {
            (Mutation::Replace(value), there) => *there = value,
            (Mutation::Add(name, value), Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
            (Mutation::Add(name, value), _) => document = with(&document, &format!("/{name}"), &value),
            (Mutation::Repeat(count), Value::Array(items)) => {
                *items = items.iter().cycle().take(count).cloned().collect();
            }
            (Mutation::Drop | Mutation::Repeat(_), _) => drop(remove(&mut document, place)),
        }
    }
    document
}

fn formats() -> [Format; 5] {
    [Format::packet(), Format::draft(), Format::event("TRANSITIONED"), Format::event("RESPONDED"), Format::settings()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn mutated_packets_fare_the_same(mutations in mutations()) {
        thread_local!(static PACKET: Format = Format::packet());
        PACKET.with(|packet| fares_the_same(packet, mutations))?;
    }

    #[test]
    fn other_mutated_documents_fare_the_same(which in 0..5_usize, mutations in mutations()) {
        thread_local!(static FORMATS: [Format; 5] = formats());
        FORMATS.with(|formats| fares_the_same(&formats[which], mutations))?;
    }

    /// A schema can't follow the names inside a workflow, so it may take one that the code refuses.
    #[test]
    fn mutated_workflows_fare_no_worse_by_the_schema(mutations in mutations()) {
        thread_local!(static WORKFLOW: Format = Format::workflow());
        WORKFLOW.with(|workflow| {
            let document = mutated(&workflow.full, mutations);
            let (by_schema, by_code) = workflow.verdicts(&document.to_string());
            prop_assert!(by_schema || by_code.is_err(), "{}", document);
            Ok(())
        })?;
    }
}

fn fares_the_same(format: &Format, mutations: Vec<(Index, Mutation)>) -> Result<(), TestCaseError> {
    let document = mutated(&format.full, mutations);
    prop_assume!(!differences::may_show_in(format, &document));
    let (by_schema, by_code) = format.verdicts(&document.to_string());
    let shown: String = document.to_string().chars().take(2_000).collect();
    prop_assert_eq!(by_schema, by_code.is_ok(), "{}: {:?}: {}", format.name, by_code, shown);
    Ok(())
}
