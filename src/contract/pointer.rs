//! JSON pointers (RFC 6901): how places in a schema are named.

use std::fmt::Write as _;

use serde_json::Value;

/// The longest value that is shown whole, in characters.
const SHORT_MAX: usize = 80;

/// The pointer to a member or an item of what `pointer` points to.
#[must_use]
pub(in crate::contract) fn child(pointer: &str, token: &str) -> String {
    let mut longer = String::with_capacity(pointer.len() + token.len() + 1);
    longer.push_str(pointer);
    longer.push('/');
    for letter in token.chars() {
        match letter {
            '~' => longer.push_str("~0"),
            '/' => longer.push_str("~1"),
            other => longer.push(other),
        }
    }
    longer
}

/// The tokens of a pointer, without escapes.
#[must_use]
pub(in crate::contract) fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// The pointer as the fragment of an address (RFC 6901 §6).
#[must_use]
pub(in crate::contract) fn as_fragment(pointer: &str) -> String {
    let mut fragment = String::with_capacity(pointer.len() + 1);
    fragment.push('#');
    for byte in pointer.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
        if is_plain {
            fragment.push(char::from(byte));
        } else {
            let _ = write!(fragment, "%{byte:02X}");
        }
    }
    fragment
}

/// A value as text for people: cut short where it is long.
#[must_use]
pub(in crate::contract) fn shortened(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHORT_MAX {
        return text;
    }
    text.chars().take(SHORT_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::contract::position::line_of;

    #[test]
    fn long_values_are_cut_short() {
        assert_eq!(shortened(&json!({"a": 1})), "{\"a\":1}");
        assert_eq!(shortened(&json!("x".repeat(200))).chars().count(), SHORT_MAX);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from),
            "[\"\\\\{}\\[\\]:,\n~/]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-c~/\"\\\\ \n]{0,3}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The pointers to all parts of a value.
    fn parts(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        match value {
            Value::Object(members) => members.iter().for_each(|(name, inner)| parts(inner, &child(at, name), all)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(place, inner)| parts(inner, &child(at, &place.to_string()), all));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    proptest! {
        #[test]
        fn every_part_is_found_where_the_pretty_text_puts_it(value in value()) {
            let text = serde_json::to_string_pretty(&value).unwrap();
            let mut all = Vec::new();
            parts(&value, "", &mut all);
            let mut last = 0;
            for pointer in all {
                prop_assert_eq!(tokens(&pointer).iter().fold(String::new(), |at, token| child(&at, token)), pointer.clone());
                let inner = value.pointer(&pointer).unwrap();
                let line = line_of(&text, &pointer);
                // Pretty text gives every part a line of its own, in order.
                prop_assert!(line > last, "{} on {} after {}", pointer, line, last);
                last = line;
                let shown = text.lines().nth(line - 1).unwrap().trim();
                let begins = serde_json::to_string(inner).unwrap();
                let holds = match tokens(&pointer).last() {
                    Some(token) if !shown.starts_with(&begins[..1]) || shown.contains("\": ") => {
                        shown.starts_with(&serde_json::to_string(token).unwrap()) || shown.starts_with(&begins)
                    }
                    _ => shown.starts_with(&begins[..1]),
                };
                prop_assert!(holds, "{} is not on line {}: {}", pointer, line, shown);
                prop_assert_eq!(line_of(&serde_json::to_string(&value).unwrap(), &pointer), 1);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\",:a0\\\\ \n]{0,40}", pointer in "(/[a01]?){0,3}") {
            let line = line_of(&text, &pointer);
            prop_assert!(line >= 1 && line <= 1 + text.lines().count());
        }
    }
}
