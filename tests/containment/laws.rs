//! What must hold whatever the schemas are.
//!
//! `PROPTEST_CASES=100000 cargo test --release --test containment laws` is the longer run.

use coordination_ledger::contract::{Answer, Draft};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::generate::{document, recursive, schema, small_documents};
use super::{ask, is_valid};

const DRAFT: Draft = Draft::Draft202012;

fn contained(sub: &Value, sup: &Value) -> Option<bool> {
    match ask(DRAFT, sub, sup) {
        Answer::Contained { .. } => Some(true),
        Answer::NotContained { .. } => Some(false),
        Answer::Unknown { .. } => None,
    }
}

/// The same schema with its members in the opposite order, its definitions under other names, and remarks.
fn otherwise(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let turned: Map<String, Value> =
                members.iter().rev().map(|(name, value)| (name.clone(), otherwise(value))).collect();
            Value::Object(turned)
        }
        Value::Array(items) => Value::Array(items.iter().map(otherwise).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), ..ProptestConfig::default() })]

    /// A document that is in the one and not in the other, and the answer "contained", never go together.
    #[test]
    fn no_document_contradicts_an_answer(sub in schema(), sup in schema(), documents in prop::collection::vec(document(), 1..24)) {
        let answer = ask(DRAFT, &sub, &sup);
        if matches!(answer, Answer::Contained { .. }) {
            for document in &documents {
                prop_assert!(
                    !is_valid(DRAFT, &sub, document) || is_valid(DRAFT, &sup, document),
                    "{} is in {} and not in {}", document, sub, sup
                );
            }
        }
        if let Some(witness) = answer.witness() {
            prop_assert!(is_valid(DRAFT, &sub, witness.document()));
            prop_assert!(!is_valid(DRAFT, &sup, witness.document()));
        }
    }

    /// What is refuted under the assumption that a goal comes to nothing must not outlive the assumption.
    #[test]
    fn definitions_that_refer_to_each_other_are_answered_rightly(sub in recursive(), sup in recursive()) {
        let answer = ask(DRAFT, &sub, &sup);
        let validator = |schema: &Value| jsonschema::options().offline().build(schema).unwrap();
        let (accepts, rejects) = (validator(&sub), validator(&sup));
        let found = small_documents().into_iter().find(|document| accepts.is_valid(document) && !rejects.is_valid(document));
        match answer {
            Answer::Contained { .. } => prop_assert_eq!(found, None, "{} in {}", sub, sup),
            Answer::NotContained { .. } => {}
            Answer::Unknown { reason } => prop_assert!(false, "{} in {}: {}", sub, sup, reason),
        }
        let none = ask(DRAFT, &sub, &json!(false));
        if small_documents().iter().any(|document| accepts.is_valid(document)) {
            prop_assert!(!matches!(none, Answer::Contained { .. }), "{} is not empty", sub);
        }
    }

    #[test]
    fn every_schema_is_contained_in_itself(one in schema()) {
        prop_assert_eq!(contained(&one, &one), Some(true));
    }

    #[test]
    fn containment_is_transitive_where_it_is_answered(a in schema(), b in schema(), c in schema()) {
        let wider = json!({"anyOf": [a.clone(), b.clone()]});
        let widest = json!({"anyOf": [wider.clone(), c]});
        prop_assert_ne!(contained(&a, &wider), Some(false));
        prop_assert_ne!(contained(&wider, &widest), Some(false));
        prop_assert_ne!(contained(&a, &widest), Some(false));
        if contained(&a, &b) == Some(true) && contained(&b, &widest) == Some(true) {
            prop_assert_ne!(contained(&a, &widest), Some(false));
        }
    }

    #[test]
    fn any_of_is_the_least_above_and_all_of_the_greatest_below(a in schema(), b in schema()) {
        prop_assert_ne!(contained(&a, &json!({"anyOf": [a, b]})), Some(false));
        prop_assert_ne!(contained(&json!({"allOf": [a, b]}), &a), Some(false));
        prop_assert_ne!(contained(&json!({"allOf": [a, {"not": a}]}), &json!(false)), Some(false));
        prop_assert_ne!(contained(&json!(true), &json!({"anyOf": [a, {"not": a}]})), Some(false));
        prop_assert_ne!(contained(&json!({"not": {"anyOf": [a, b]}}), &json!({"allOf": [{"not": a}, {"not": b}]})), Some(false));
    }

    #[test]
    fn remarks_order_and_names_change_nothing(a in schema(), b in schema()) {
        let plain = contained(&a, &b);
        let remarked = json!({"title": "t", "description": "d", "default": 1, "examples": [2], "allOf": [otherwise(&a)]});
        let renamed = |name: &str| json!({"$defs": {name: b}, "$ref": format!("#/$defs/{name}")});
        for (one, other) in [(&remarked, &b), (&a, &renamed("x")), (&a, &renamed("some thing"))] {
            let again = contained(one, other);
            prop_assert!(again == plain || again.is_none() || plain.is_none(), "{:?} {:?}", plain, again);
        }
    }
}
