//! The file: TOML, with what is wrong in it told by line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml_edit::{Document, DocumentMut, Item, Table, value};

use super::super::exit::Exit;
use super::super::failure::{Failure, shell};
use super::aliases::{Alias, is_name, words};
use super::key::{Key, Value};
use super::{BAD_CONFIG, Config, Entry};
use crate::app::near::nearest;

/// The largest configuration file, in bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024;
/// The table of aliases.
pub const ALIASES: &str = "alias";

/// Reads the settings of a file.
///
/// # Errors
/// The first thing in it that is wrong, with its line.
pub fn of_text(text: &str, path: &Path) -> Result<Config, Failure> {
    let (config, wrong) = as_far_as_it_goes(text, path)?;
    wrong.into_iter().next().map_or(Ok(config), Err)
}

/// Reads those settings of a file that can be read, and what is wrong with the others.
///
/// # Errors
/// The whole is no TOML.
pub fn as_far_as_it_goes(text: &str, path: &Path) -> Result<(Config, Vec<Failure>), Failure> {
    let source = Source { text, path };
    let document = Document::parse(text).map_err(|error| {
        source
            .bad(error.span(), error.message())
            .hint("ledger config path tells where it is: a line of it is NAME = \"VALUE\"")
    })?;
    let mut config = Config { path: Some(path.to_owned()), ..Config::default() };
    let mut wrong = Vec::new();
    for (name, item) in document.as_table() {
        let place = document.as_table().key(name).and_then(toml_edit::Key::span);
        if name == ALIASES {
            match aliases(&source, item, place) {
                Ok(aliases) => config.aliases = aliases,
                Err(failure) => wrong.push(failure),
            }
            continue;
        }
        let line = source.line(place.as_ref());
        match setting(&source, name, item, place) {
            Ok((key, value, text)) => drop(config.entries.insert(key, Entry { value, text, line })),
            Err(failure) => wrong.push(failure),
        }
    }
    Ok((config, wrong))
}

fn setting(
    source: &Source<'_>,
    name: &str,
    item: &Item,
    place: Option<Range<usize>>,
) -> Result<(Key, Value, String), Failure> {
    let Some(key) = Key::named(name) else {
        let unset = format!("ledger config unset {} takes it out", shell(name));
        let hint = match nearest(name, Key::ALL.iter().map(|key| key.name()).chain([ALIASES])) {
            Some(meant) => format!("did you mean {meant}? {unset}"),
            None => unset,
        };
        return Err(source.bad(place, format!("there is no setting {name:?}")).hint(hint));
    };
    let wrong = |what: &str| {
        let hint = format!("ledger config set {} VALUE: {}", key.name(), key.facts().about);
        source.bad(place.clone(), format!("{}: {what}", key.name())).hint(hint)
    };
    let text = item.as_str().ok_or_else(|| wrong("expected a text in quotes"))?;
    let value = key.read(text).map_err(|what| wrong(&what))?;
    Ok((key, value, text.to_owned()))
}

/// What a name that is none may have been meant to be.
#[must_use]
pub fn instead(name: &str) -> String {
    let known = || Key::ALL.iter().map(|key| key.name()).chain([ALIASES]);
    match nearest(name, known()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "ledger config list tells all".to_owned(),
    }
}

fn aliases(source: &Source<'_>, item: &Item, place: Option<Range<usize>>) -> Result<BTreeMap<String, Alias>, Failure> {
    const HINT: &str = "[alias], and below it NAME = \"COMMAND OPTIONS\" or NAME = [\"COMMAND\", \"OPTION\"]";
    let table = item.as_table_like().ok_or_else(|| source.bad(place, "alias: expected a table").hint(HINT))?;
    let mut aliases = BTreeMap::new();
    for (name, item) in table.iter() {
        let place = table.key(name).and_then(toml_edit::Key::span);
        let wrong = |what: &str| source.bad(place.clone(), format!("alias {name:?}: {what}")).hint(HINT);
        if !is_name(name) {
            return Err(wrong("a name is up to 40 characters of [A-Za-z0-9_-]"));
        }
        let words = match (item.as_str(), item.as_array()) {
            (Some(text), _) => words(text),
            (None, Some(array)) => {
                let word = |value: &toml_edit::Value| value.as_str().map(str::to_owned);
                array.iter().map(word).collect::<Option<_>>().ok_or_else(|| wrong("expected texts in quotes"))?
            }
            (None, None) => return Err(wrong("expected a text in quotes, or a list of them")),
        };
        if words.first().is_none_or(|word| word.is_empty() || word.starts_with('-')) {
            return Err(wrong("expected a command first"));
        }
        aliases.insert(name.to_owned(), Alias { words, line: source.line(place.as_ref()) });
    }
    Ok(aliases)
}

/// The text of a file with a setting changed; `None` takes it out. All else stays as it was.
///
/// # Errors
/// The file as it is can't be read, or the value is none of this setting.
pub fn edit(text: &str, path: &Path, name: &str, to: Option<&str>) -> Result<String, Failure> {
    let (_, before) = as_far_as_it_goes(text, path)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Failure::new(Exit::Usage, BAD_CONFIG, format!("{}: {}", path.display(), error.message()))
    })?;
    match name.split_once('.') {
        Some((ALIASES, alias)) => {
            let table = document.entry(ALIASES).or_insert_with(|| Item::Table(Table::new()));
            let table = table.as_table_like_mut().ok_or_else(|| Failure::usage("alias is no table"))?;
            match to {
                Some(to) => table.insert(alias, value(to)),
                None => table.remove(alias),
            };
        }
        Some(_) | None => {
            let key = match Key::named(name) {
                Some(key) => key,
                // What is no setting and stands there all the same can be taken out.
                None if to.is_none() && document.remove(name).is_some() => return Ok(document.to_string()),
                None => return Err(Failure::usage(format!("there is no setting {name:?}")).hint(instead(name))),
            };
            match to {
                Some(to) => {
                    key.read(to).map_err(|what| {
                        let hint = format!("ledger config set {name} VALUE: {}", key.facts().about);
                        Failure::usage(format!("{name}: {what}")).hint(hint)
                    })?;
                    set(&mut document, name, to);
                }
                None => {
                    document.remove(name);
                }
            }
        }
    }
    let text = document.to_string();
    // What is written can be read again, but for what could not be read before.
    let (_, mut after) = as_far_as_it_goes(&text, path)?;
    if after.len() > before.len() { after.pop().map_or(Ok(text), Err) } else { Ok(text) }
}

/// Sets a value where it stands, with the remarks beside it.
fn set(document: &mut DocumentMut, name: &str, to: &str) {
    match document.get_mut(name).and_then(Item::as_value_mut) {
        Some(there) => {
            let around = there.decor().clone();
            *there = to.into();
            *there.decor_mut() = around;
        }
        None => document[name] = value(to),
    }
}

/// What tells where in the file something stands.
struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Source<'_> {
    fn line(&self, place: Option<&Range<usize>>) -> usize {
        let end = place.map_or(0, |place| place.start).min(self.text.len());
        1 + self.text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count()
    }

    fn bad(&self, place: Option<Range<usize>>, what: impl std::fmt::Display) -> Failure {
        let line = self.line(place.as_ref());
        let what = what.to_string().replace('\n', "; ");
        Failure::new(Exit::Usage, BAD_CONFIG, format!("{}:{line}: {what}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        of_text(text, Path::new("/c.toml"))
    }

    fn told(text: &str) -> String {
        let failure = read(text).unwrap_err();
        format!("{} | {}", failure.message, failure.hint.unwrap_or_default())
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_what_may_have_been_meant() {
        assert_eq!(
            told("actor = \"mia\"\n\ncolour = \"never\"\n"),
            "/c.toml:3: there is no setting \"colour\" | did you mean color? ledger config unset colour takes it out"
        );
        assert!(told("colour").starts_with("/c.toml:1: "));
        assert!(told("# a\nactor = 3").starts_with("/c.toml:2: actor: expected a text in quotes"));
        assert!(told("format = \"svg\"").contains("expected text, json or jsonl"));
        assert!(told("pager = \"  \"").contains("expected a command line"));
        assert!(told("[alias]\n\"a b\" = \"list\"").starts_with("/c.toml:2: alias \"a b\""));
        assert!(told("[alias]\nx = []").contains("expected a command first"));
        assert!(told("[alias]\nx = \"--all\"").contains("expected a command first"));
        assert!(told("[alias]\nx = { y = \"z\" }").contains("expected a text in quotes"));
        assert!(told("actor = \"a\"\nactor = \"b\"").starts_with("/c.toml:2: "));
        assert!(told("whatever = 1").ends_with("| ledger config unset whatever takes it out"));
    }

    #[test]
    fn what_is_wrong_is_mended_by_the_command_that_sets_and_unsets() {
        let (text, path) = ("foo = 1\ncolor = \"pink\"\nactor = \"mia\"\n", Path::new("/c.toml"));
        let (config, wrong) = as_far_as_it_goes(text, path).unwrap();
        assert_eq!((config.actor().unwrap().as_str(), wrong.len()), ("mia", 2));
        let text = edit(text, path, "foo", None).unwrap();
        assert_eq!(text, "color = \"pink\"\nactor = \"mia\"\n");
        let text = edit(&text, path, "color", Some("never")).unwrap();
        assert!(read(&text).is_ok(), "{text}");
        assert!(edit(&text, path, "foo", None).is_err(), "it is not there");
    }

    #[test]
    fn a_change_leaves_remarks_and_order_alone() {
        let text = "# mine\ncolor = \"never\" # of my eyes\n\n[alias]\nmine = \"list --to shop\"\n";
        let path = Path::new("/c.toml");
        let changed = edit(text, path, "color", Some("always")).unwrap();
        assert_eq!(changed, text.replace("never", "always"));
        let added = edit(&changed, path, "actor", Some("mia")).unwrap();
        assert_eq!(read(&added).unwrap().actor().unwrap().as_str(), "mia");
        assert!(added.contains("# of my eyes"));
        let aliased = edit(&added, path, "alias.b", Some("blocked --to shop")).unwrap();
        assert_eq!(read(&aliased).unwrap().aliases["b"].words, ["blocked", "--to", "shop"]);
        assert_eq!(edit(&aliased, path, "alias.b", None).unwrap(), added);
        assert!(edit("", path, "colour", Some("never")).unwrap_err().hint.unwrap().contains("color"));
        assert!(edit("", path, "timeout", Some("soon")).unwrap_err().message.contains("length of time"));
        assert!(edit("", path, "alias.a b", Some("list")).is_err());
    }
}
