//! What is plainly a credential: nothing here can be erased, so none should come in.
//!
//! Only forms that hardly anything else has: a marker that its maker chose to be found by, and after it as much
//! randomness as the form demands. Placeholders (`EXAMPLE`, `xxxx`, few different characters) are none.

mod forms;
mod marks;

use std::borrow::Cow;

use serde_json::Value;

pub use super::id::SecretKind;
use super::json::pointer_token;
use super::packet::Packet;

/// The most kinds that an event records.
pub const KINDS_MAX: usize = 32;
/// The most finds that are told at once.
pub const FOUND_MAX: usize = 20;

/// The shortest credential: an address with a password of six characters.
const BYTES_MIN: usize = "a://:123456@b".len();

/// A credential in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Secret {
    /// Of which kind: a stable name.
    pub kind: &'static str,
    /// The same in words.
    pub words: &'static str,
    /// Where it begins, in bytes.
    pub at: usize,
}

/// A credential in one of several texts. What it is stands nowhere in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// In which text, as a JSON pointer.
    pub pointer: String,
    /// In which line of it, counted from 1.
    pub line: usize,
    /// Of which kind: a stable name.
    pub kind: &'static str,
    /// The same in words.
    pub words: &'static str,
}

impl Found {
    fn of(text: &str, secret: Secret, pointer: String) -> Self {
        let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..secret.at]).count();
        Self { pointer, line, kind: secret.kind, words: secret.words }
    }
}

/// The first credential in a text.
#[must_use]
pub fn find(text: &str) -> Option<Secret> {
    if text.len() < BYTES_MIN {
        return None;
    }
    first(text).or_else(|| {
        // Whoever copies it gets it whole, for nobody sees what stands in it.
        let is_invisible =
            |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
        text.contains(is_invisible).then(|| first(&text.replace(is_invisible, "")))?
    })
}

/// A text for people, without the credentials in it: an error may say again what was typed.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    const MASK: &str = "[a credential]";
    let mut masked = Cow::Borrowed(text);
    let mut from = 0;
    while let Some(secret) = masked.get(from..).and_then(first) {
        let begin = from + secret.at;
        let rest = masked.get(begin..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || "\"'`,;)".contains(c);
        let end = begin + rest.find(ends).unwrap_or(rest.len());
        masked = Cow::Owned(format!("{}{MASK}{}", &masked[..begin], &masked[end.max(begin)..]));
        from = begin + MASK.len();
    }
    masked
}

fn first(text: &str) -> Option<Secret> {
    let found = marks::marks(text)
        .filter_map(|(form, mark)| Some(Secret { kind: form.kind, words: form.words, at: form.begin(text, mark)? }));
    found.min_by_key(|secret| secret.at)
}

/// The credentials in all texts of a value, names of members included.
#[must_use]
pub fn in_value(value: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    walk(value, &mut String::new(), &mut found);
    found
}

/// The credentials in a text that stands at `pointer`.
#[must_use]
pub fn in_text(text: &str, pointer: &str) -> Option<Found> {
    find(text).map(|secret| Found::of(text, secret, pointer.to_owned()))
}

/// The credentials in one line of JSON.
#[must_use]
pub fn in_line(line: &str) -> Vec<Found> {
    // No mark holds a character that JSON escapes, so what the line does not hold its texts don't hold either.
    let value = if marks::marks(line).next().is_some() { serde_json::from_str(line).ok() } else { None };
    value.map_or_else(Vec::new, |value| in_value(&value))
}

/// The credentials in what a packet says.
#[must_use]
pub fn in_packet(packet: &Packet) -> Vec<Found> {
    let mut found = Vec::new();
    let mut look = |text: &str, pointer: &dyn Fn() -> String| {
        if found.len() < FOUND_MAX {
            found.extend(find(text).map(|secret| Found::of(text, secret, pointer())));
        }
    };
    let singles = [
        ("title", Some(packet.title.as_str())),
        ("description", Some(&packet.description)),
        ("timeout_budget", packet.timeout_budget.as_deref()),
        ("key", packet.key.as_ref().map(super::id::Key::as_str)),
        ("created_by", Some(packet.created_by.as_str())),
        ("origin_repo_id", Some(packet.origin_repo_id.as_str())),
    ];
    for (name, text) in singles {
        text.into_iter().for_each(|text| look(text, &|| format!("/{name}")));
    }
    for (name, list) in [
        ("success_criteria", &packet.success_criteria),
        ("required_artifacts", &packet.required_artifacts),
        ("compatibility_constraints", &packet.compatibility_constraints),
    ] {
        list.iter().enumerate().for_each(|(at, text)| look(text, &|| format!("/{name}/{at}")));
    }
    packet.labels.iter().enumerate().for_each(|(at, label)| look(label.as_str(), &|| format!("/labels/{at}")));
    let targets = packet.target_repo_ids.iter().enumerate();
    targets.for_each(|(at, target)| look(target.as_str(), &|| format!("/target_repo_ids/{at}")));
    walk_members(&packet.details, &mut "/details".to_owned(), &mut found);
    packet.routing.iter().for_each(|routing| walk_members(routing, &mut "/routing".to_owned(), &mut found));
    found
}

/// The kinds of what was found, each once, for an event to record.
#[must_use]
pub fn kinds(found: &[Found]) -> Vec<SecretKind> {
    let mut kinds: Vec<SecretKind> = found.iter().filter_map(|found| found.kind.parse().ok()).collect();
    kinds.sort();
    kinds.dedup();
    kinds.truncate(KINDS_MAX);
    kinds
}

fn walk(value: &Value, pointer: &mut String, found: &mut Vec<Found>) {
    if found.len() >= FOUND_MAX {
        return;
    }
    match value {
        Value::String(text) => found.extend(in_text(text, pointer)),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                below(pointer, &at.to_string(), |pointer| walk(item, pointer, found));
            }
        }
        Value::Object(members) => walk_members(members, pointer, found),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn walk_members(members: &serde_json::Map<String, Value>, pointer: &mut String, found: &mut Vec<Found>) {
    for (name, member) in members {
        // A name that is a secret is not told: the place is then that of the object.
        match in_text(name, pointer) {
            Some(secret) => found.push(secret),
            None => below(pointer, &pointer_token(name), |pointer| walk(member, pointer, found)),
        }
    }
}

fn below(pointer: &mut String, token: &str, then: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(token);
    then(pointer);
    pointer.truncate(length);
}
