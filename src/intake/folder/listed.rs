//! Where the index says that requests stand, in the forms that people give it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::value::at;

/// The state of each id.
pub(super) fn by_id(index: &Value) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    let inner = ["requests", "by_state", "states", "by_status", "entries"].iter().find_map(|name| at(index, name));
    match inner {
        Some(inner) => read(inner, &mut states),
        None => read(index, &mut states),
    }
    states
}

fn read(value: &Value, states: &mut BTreeMap<String, String>) {
    match value {
        // A list of objects that say both.
        Value::Array(list) => list.iter().for_each(|one| both(one, None, states)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    // The ids of a state.
                    Value::Array(ids) => ids.iter().for_each(|one| under(name, one, states)),
                    // An object for each id.
                    Value::Object(_) => both(value, Some(name), states),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An id that is listed under a state.
fn under(state: &str, one: &Value, states: &mut BTreeMap<String, String>) {
    if let Some(id) = one.as_str().or_else(|| id_of(one)) {
        states.entry(id.trim().to_owned()).or_insert_with(|| state.to_owned());
    }
}

fn both(one: &Value, name: Option<&String>, states: &mut BTreeMap<String, String>) {
    let state = ["state", "status"].iter().find_map(|name| at(one, name)?.as_str());
    if let (Some(id), Some(state)) = (id_of(one).or(name.map(String::as_str)), state) {
        states.entry(id.trim().to_owned()).or_insert_with(|| state.to_owned());
    }
}

fn id_of(one: &Value) -> Option<&str> {
    ["request_id", "id"].iter().find_map(|name| at(one, name)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_index_is_read_in_each_of_its_forms() {
        let expected = BTreeMap::from([("A".to_owned(), "open".to_owned()), ("B".to_owned(), "done".to_owned())]);
        for index in [
            json!({"requests": {"open": ["A"], "done": ["B"]}, "updated_at": "x"}),
            json!({"open": ["A"], "done": [{"request_id": "B"}], "version": 1}),
            json!({"requests": [{"id": "A", "state": "open"}, {"request_id": "B", "status": "done"}]}),
            json!({"entries": {"A": {"state": "open"}, "B": {"status": "done"}}}),
        ] {
            assert_eq!(by_id(&index), expected, "{index}");
        }
    }
}
