//! Values of a record, by the paths that a map names.

use serde_json::Value;

/// The value at a path: a member's name, or a JSON pointer (RFC 6901) where it begins with `/`. A name that no member
/// has is looked for without regard to case. Null and blank texts count as absent.
pub(super) fn at<'a>(record: &'a Value, path: &str) -> Option<&'a Value> {
    let found = if path.starts_with('/') { record.pointer(path) } else { member(record, path) };
    found.filter(|value| !is_blank(value))
}

fn member<'a>(record: &'a Value, name: &str) -> Option<&'a Value> {
    let members = record.as_object()?;
    members
        .get(name)
        .or_else(|| members.iter().find(|(own, _)| own.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The first of several paths that leads to something.
pub(super) fn first<'a>(record: &'a Value, paths: &[String]) -> Option<&'a Value> {
    paths.iter().find_map(|path| at(record, path))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value as text: a text as it is, anything else as JSON. Of an object that has a name, the name.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => named(value).map_or_else(|| value.to_string(), str::to_owned),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}

/// The name in an object such as `{"login":"ann"}` or `{"name":"bug"}`.
fn named(value: &Value) -> Option<&str> {
    ["name", "login", "title", "id"].iter().find_map(|name| value.get(name)?.as_str())
}

/// A value as a list of texts: a list, or a text with the entries of a cell between commas or semicolons.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let all: Vec<String> = match value {
        Value::Array(list) => list.iter().map(text).collect(),
        Value::String(cell) => cell.split([',', ';']).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![text(value)],
    };
    let mut tidy: Vec<String> = Vec::with_capacity(all.len());
    for one in all {
        let one = one.trim();
        if !one.is_empty() && !tidy.iter().any(|there| there == one) {
            tidy.push(one.to_owned());
        }
    }
    tidy
}

/// A value as a list of texts, a text being one entry, whatever it holds.
pub(super) fn entries(value: &Value) -> Vec<String> {
    let all = match value {
        Value::Array(list) => list.iter().map(text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![text(value)],
    };
    all.into_iter().filter(|one: &String| !one.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_names_or_pointers() {
        let record = json!({"author": {"login": "ann"}, "Issue Key": "A-1", "body": "  ", "labels": [{"name": "bug"}]});
        assert_eq!(at(&record, "/author/login"), Some(&json!("ann")));
        assert_eq!(at(&record, "issue key"), Some(&json!("A-1")));
        assert_eq!(at(&record, "body"), None);
        assert_eq!(first(&record, &["nothing".into(), "author".into()]).map(text).as_deref(), Some("ann"));
        assert_eq!(texts(&record["labels"]), ["bug"]);
        assert_eq!(texts(&json!("a, b;a")), ["a", "b"]);
        assert_eq!(entries(&json!("a, b")), ["a, b"]);
    }
}
