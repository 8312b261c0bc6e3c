//! How large and how deep a value is, found out without recursion.

use serde_json::Value;

/// Whether a value is nested deeper than `most`.
pub(super) fn is_deeper(value: &Value, most: usize) -> bool {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth > most {
            return true;
        }
        open.extend(inner(value).map(|inner| (inner, depth + 1)));
    }
    false
}

/// How many values a value is made of; counted no further than just beyond `most`.
pub(super) fn size(value: &Value, most: usize) -> usize {
    let mut open = vec![value];
    let mut count = 0;
    while let Some(value) = open.pop() {
        count += 1;
        if count > most {
            break;
        }
        open.extend(inner(value));
    }
    count
}

fn inner(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().into_iter().flatten();
    items.chain(value.as_object().into_iter().flat_map(|members| members.values()))
}
