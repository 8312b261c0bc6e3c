//! What is taken over from elsewhere: the trackers' forms, a folder that was kept by hand, the map of its words.

use std::collections::BTreeSet;

use coordination_ledger::domain::json;
use coordination_ledger::domain::workflow::Workflow;
use coordination_ledger::intake::csv::COLUMNS_MAX;
use coordination_ledger::intake::folder::{FileText, Folder};
use coordination_ledger::intake::map::{BadMap, Form, SourceMap};
use coordination_ledger::intake::tracker::{Tracker, wishes};
use coordination_ledger::intake::{NAME_BYTES_MAX, Skipped, Wish, in_order, records};
use serde_json::Value;

/// The forms of trackers. The first byte of an input says which one the rest is of.
const FORMS: [Form; 4] = [Form::Beads, Form::Github, Form::Csv, Form::Jsonl];
/// What parts the files of a folder in one input; the path follows.
const FILE: &str = "==> ";

fn map_of(form: Form) -> SourceMap {
    let map = form.map().expect("the maps of the program are valid");
    map.with_defaults(Some("shop".to_owned()), vec!["billing".to_owned()], Some("bug".to_owned()))
}

/// The issues of a tracker.
pub(super) fn issues(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let form = FORMS[usize::from(*first) % FORMS.len()];
    let read = match records::read(form, text) {
        Ok(read) => read,
        Err(why) => return assert!(!why.is_empty()),
    };
    if !text.starts_with('\u{feff}') {
        let marked = records::read(form, &format!("\u{feff}{text}")).expect("a mark at the beginning says nothing");
        assert!(marked.iter().map(|one| &one.value).eq(read.iter().map(|one| &one.value)));
    }
    for record in &read {
        assert!(record.bytes <= text.len() && !record.place.is_empty());
        let Ok(value) = &record.value else { continue };
        let members = value.as_object().expect("a record is an object");
        assert!(form != Form::Csv || (members.len() <= COLUMNS_MAX && members.values().all(Value::is_string)));
    }
    let (count, map, workflow) = (read.len(), map_of(form), Workflow::default());
    let tracker = Tracker { source: form.name(), map: &map, workflow: &workflow };
    let (wanted, skipped, unread) = wishes(read, tracker);
    assert_eq!(wanted.len() + skipped.len(), count, "each record is taken or told");
    assert!(unread.values().all(|times| (1..=count).contains(times)));
    hold(wanted, &skipped);
}

/// A folder that was kept by hand.
pub(super) fn kept(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut files: Vec<FileText> = text
        .split(FILE)
        .filter_map(|file| file.split_once('\n'))
        .map(|(path, text)| FileText { path: path.to_owned(), text: Ok(text.to_owned()) })
        .collect();
    let mut paths = BTreeSet::new();
    files.retain(|file| paths.insert(file.path.clone()));
    let (map, workflow) = (map_of(Form::Folder), Workflow::default());
    let folder = Folder { map: &map, workflow: &workflow };
    let found = folder.read(&files);
    assert_eq!(folder.read(&files), found, "read again it says something else");
    hold(found.wishes, &found.skipped);
}

/// What holds of wishes, whatever they come from.
fn hold(wanted: Vec<Wish>, skipped: &[Skipped]) {
    assert!(skipped.iter().all(|one| !one.why.is_empty()));
    let keys: BTreeSet<String> = wanted.iter().map(|wish| wish.key.as_str().to_owned()).collect();
    let places: Vec<(&str, &str)> = wanted.iter().map(|wish| (wish.key.as_str(), wish.place.as_str())).collect();
    assert_eq!(keys.len(), wanted.len(), "two wishes have one key: {places:?}");
    for wish in &wanted {
        assert!(wish.name.len() <= NAME_BYTES_MAX && !wish.place.is_empty());
        assert!(wish.told.iter().all(|told| !told.what.is_empty()));
    }
    let count = wanted.len();
    let ordered = in_order(wanted);
    assert_eq!(ordered.len(), count);
    assert_eq!(ordered.iter().map(|wish| wish.key.as_str().to_owned()).collect::<BTreeSet<_>>(), keys);
}

/// The map of a source's words.
pub(super) fn map(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for form in FORMS.into_iter().chain([Form::Folder]) {
        let base = form.map().expect("the maps of the program are valid");
        match base.clone().over(text) {
            Ok(map) => {
                let value: Value = json::read(text).expect("a map is JSON");
                assert_eq!(base.over(&value.to_string()), Ok(map), "spelled otherwise it is another");
            }
            Err(BadMap::Json(bad)) => super::texts::is_placed(&bad, text),
            Err(BadMap::NoField { name }) => {
                assert!(json::read::<Value>(text).is_ok_and(|map| map["fields"].get(&name).is_some()))
            }
            Err(BadMap::NoObject | BadMap::TooLarge) => {}
        }
    }
}
