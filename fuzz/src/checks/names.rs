//! Ids, names, times and cursors: one spelling for each, within bounds.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use coordination_ledger::app::list::Cursor;
use coordination_ledger::contract::Draft;
use coordination_ledger::domain::compatibility::Mode;
use coordination_ledger::domain::event::{Evidence, TEXT_BYTES_MAX};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::id::{
    Actor, ContractName, ContractRef, Key, Label, RepoId, RequestId, RequestType, Role, SecretKind, Stream, Writer,
};
use coordination_ledger::domain::time::{DashedDay, Day, Hybrid, Timestamp, parse_duration_ms};
use coordination_ledger::domain::workflow::StateName;
use coordination_ledger::store::fs::layout;

/// What is read is spelled in one way, and is read again as the same. Answers with the value.
fn one_spelling<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let read: T = text.parse().ok()?;
    assert_eq!(read.to_string(), text, "another spelling");
    assert_eq!(text.parse::<T>().ok().as_ref(), Some(&read));
    Some(read)
}

/// The same, for what also stands in JSON as a text.
fn one_spelling_in_json<T>(text: &str) -> Option<T>
where
    T: FromStr + Display + PartialEq + Debug + serde_json_value::Both,
{
    let read: T = one_spelling(text)?;
    let written = read.to_json();
    assert_eq!(written, serde_json::Value::from(text));
    assert_eq!(T::from_json(written), Some(read));
    T::from_json(serde_json::Value::from(text))
}

/// Reading and writing JSON without naming serde, which neither side depends on here.
mod serde_json_value {
    use super::*;

    pub(super) trait Both: Sized {
        fn to_json(&self) -> serde_json::Value;
        fn from_json(value: serde_json::Value) -> Option<Self>;
    }

    macro_rules! both {
        ($($type:ty),+ $(,)?) => {$(
            impl Both for $type {
                fn to_json(&self) -> serde_json::Value {
                    serde_json::to_value(self).expect("a text")
                }

                fn from_json(value: serde_json::Value) -> Option<Self> {
                    serde_json::from_value(value).ok()
                }
            }
        )+};
    }

    both!(
        Actor,
        ContractName,
        ContractRef,
        DashedDay,
        Hash,
        Key,
        Label,
        RepoId,
        RequestId,
        RequestType,
        Role,
        SecretKind,
        StateName,
        Stream,
        Timestamp,
        Writer
    );
}

/// Every kind of name.
pub(super) fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    bounded(text, one_spelling_in_json::<Key>(text).is_some(), 256, "a key");
    bounded(text, one_spelling_in_json::<Actor>(text).is_some(), 200, "an actor");
    bounded(text, one_spelling_in_json::<Label>(text).is_some(), 100, "a label");
    bounded(text, one_spelling_in_json::<RepoId>(text).is_some(), 200, "a repository");
    bounded(text, one_spelling_in_json::<Role>(text).is_some(), 200, "a role");
    bounded(text, one_spelling_in_json::<Writer>(text).is_some(), 16, "a writer");
    bounded(text, one_spelling_in_json::<RequestType>(text).is_some(), 40, "a request type");
    bounded(text, one_spelling_in_json::<StateName>(text).is_some(), 40, "a state");
    bounded(text, one_spelling_in_json::<SecretKind>(text).is_some(), 40, "a kind of secret");
    bounded(text, one_spelling_in_json::<Hash>(text).is_some(), 64, "a hash");
    if let Ok(state) = StateName::parse_typed(text) {
        assert_eq!(state.as_str().parse(), Ok(state.clone()), "a typed state is a state");
    }
    if let Some(name) = one_spelling_in_json::<ContractName>(text) {
        // It becomes a folder.
        assert!(text.len() <= 120 && !text.contains('/') && !text.contains("..") && !text.starts_with('.'));
        assert_eq!(format!("contract:{name}").parse(), Ok(Stream::Contract(name)));
    }
    if let Some(id) = one_spelling_in_json::<RequestId>(text) {
        assert!((1..=RequestId::NUMBER_MAX).contains(&id.number()));
        assert_eq!(RequestId::new(id.day(), id.number()), Some(id));
        assert_eq!(layout::id_of(format!("{id}.json").as_ref(), ".json"), Some(id));
    }
    if let Some(reference) = one_spelling_in_json::<ContractRef>(text) {
        assert!((1..=ContractRef::VERSION_MAX).contains(&reference.version()));
        assert_eq!(layout::version_of(format!("v{}.json", reference.version()).as_ref()), Some(reference.version()));
    }
    one_spelling_in_json::<Stream>(text);
    if let Ok(mode) = text.parse::<Mode>() {
        assert_eq!(mode.to_string().parse().ok(), Some(mode));
    }
    if let Ok(draft) = text.parse::<Draft>() {
        assert_eq!(draft.name().parse::<Draft>().ok(), Some(draft));
    }
    if let Ok(evidence) = Evidence::parse(text) {
        assert_eq!(format!("{}={}", evidence.kind, evidence.value), text);
        assert!(evidence.kind.len() <= 40 && (1..=TEXT_BYTES_MAX).contains(&evidence.value.len()));
    }
    let _ = layout::id_of(text.as_ref(), ".json");
    if let Some(version) = layout::version_of(text.as_ref()) {
        assert_eq!(format!("v{version}.json"), text, "a version's file has one name");
    }
}

fn bounded(text: &str, is_one: bool, max: usize, what: &str) {
    if is_one {
        assert!((1..=max).contains(&text.len()), "{what} of {} bytes", text.len());
        assert!(!text.contains(char::is_control), "{what} with control characters");
        assert_eq!(text.trim(), text, "{what} with blanks around it");
    }
}

/// Moments, days, lengths of time, and the clock made of them.
pub(super) fn times(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let now = Timestamp::from_unix_ms(1_795_176_000_000);
    let moment = one_spelling_in_json::<Timestamp>(text);
    if let Ok(read) = Timestamp::parse_rfc3339(text) {
        assert_eq!(one_spelling::<Timestamp>(&read.to_string()), Some(read));
        assert!(moment.is_none_or(|moment| moment == read));
        assert_eq!(Timestamp::from_unix_ms(read.unix_ms()), read);
        let day = read.day();
        assert!(day.first_moment() <= read && read.unix_ms() - day.first_moment().unix_ms() < 86_400_000);
        let seen = Hybrid { at: read, tick: data.len() as u64 };
        let next = Hybrid::after(now, Some(seen));
        assert!(next > seen || read.unix_ms() == Timestamp::from_unix_ms(i64::MAX).unix_ms(), "the clock goes on");
        assert!(next.at >= now);
    } else {
        assert_eq!(moment, None);
    }
    if let Ok(read) = Timestamp::parse_typed(text, now) {
        assert_eq!(one_spelling::<Timestamp>(&read.to_string()), Some(read));
    }
    let day = one_spelling::<Day>(text);
    if let Some(day) = day {
        assert_eq!(Day::new(day.year(), text[4..6].parse().unwrap(), text[6..].parse().unwrap()), Some(day));
        assert_eq!(day.first_moment().day(), day);
    }
    if let Some(DashedDay(day)) = one_spelling_in_json::<DashedDay>(text) {
        assert_eq!(one_spelling::<Day>(&text.replace('-', "")), Some(day));
    }
    if let Some(ms) = parse_duration_ms(text) {
        assert!((0..=3_650 * 86_400_000).contains(&ms));
        assert!(text.ends_with(|c: char| c.is_ascii_lowercase()) && text.starts_with(|c: char| c.is_ascii_digit()));
    }
}

/// Where a page of a list ended.
pub(super) fn cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(cursor) = text.parse::<Cursor>() {
        // The dot that ends a sentence may have been copied with it.
        let sentence = text.strip_suffix('.').unwrap_or(text);
        assert!([text, sentence].contains(&cursor.to_string().as_str()), "another spelling: {cursor}");
        assert!(text.len() < 4200);
    }
}
