//! What people hand in: texts, files, standard input, details.

use std::io::Read;

use serde_json::{Map, Value};

use super::environment::Environment;
use super::exit::Exit;
use super::failure::{Failure, shell};
use crate::app::AppError;
use crate::domain::event::Evidence;
use crate::domain::{json, secret};

/// The most that is read from a file or from standard input for one command.
const INPUT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A text as typed; `-` stands for standard input, `@FILE` for a file. A final line end that came from there is dropped.
pub(super) fn text(typed: &str, env: &Environment) -> Result<String, Failure> {
    let read = match typed.strip_prefix('@') {
        _ if typed == "-" => read_all("standard input", (env.stdin)())?,
        Some(file) => read_file(file, env)?,
        None => return Ok(typed.to_owned()),
    };
    Ok(read.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&read).to_owned())
}

/// Refuses a name that is plainly a credential: it would stand in files that nothing takes back.
pub(super) fn plain_name(name: &str, pointer: &str) -> Result<(), Failure> {
    secret::in_text(name, pointer).map_or(Ok(()), |found| Err(AppError::Secret(vec![found]).into()))
}

/// The same for a text that may be absent.
pub(super) fn optional_text(typed: Option<&String>, env: &Environment) -> Result<Option<String>, Failure> {
    typed.map(|typed| text(typed, env)).transpose()
}

/// A whole file, or standard input for `-`.
pub(super) fn file(name: &str, env: &Environment) -> Result<String, Failure> {
    if name == "-" { read_all("standard input", (env.stdin)()) } else { read_file(name, env) }
}

/// A whole file, or standard input for `-`, of at most `max` bytes.
pub(super) fn file_within(name: &str, env: &Environment, max: u64) -> Result<String, Failure> {
    read_within(shown(name), open(name, env)?, max)
}

/// A whole file, or standard input for `-`, of at most `max` bytes of any kind.
pub(super) fn bytes_within(name: &str, env: &Environment, max: u64) -> Result<Vec<u8>, Failure> {
    read_bytes(shown(name), open(name, env)?, max)
}

/// What a file is called in messages.
pub(super) fn shown(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

/// A file, or standard input for `-`, to be read piece by piece.
pub(super) fn open(name: &str, env: &Environment) -> Result<Box<dyn Read + Send>, Failure> {
    if name == "-" {
        return Ok((env.stdin)());
    }
    let path = env.folder.join(name);
    let file = std::fs::File::open(&path)
        .map_err(|e| Failure::new(Exit::Usage, "input", format!("could not read {}: {e}", path.display())))?;
    Ok(Box::new(file))
}

/// Pieces of evidence, all that are wrong at once.
pub(super) fn evidence(typed: &[String]) -> Result<Vec<Evidence>, Failure> {
    let (good, bad): (Vec<_>, Vec<_>) = typed.iter().map(|text| Evidence::parse(text)).partition(Result::is_ok);
    if bad.is_empty() {
        return Ok(good.into_iter().filter_map(Result::ok).collect());
    }
    let messages: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
    Err(Failure::new(Exit::Usage, "bad-evidence", messages.join("; ")))
}

/// Details as `details.NAME=VALUE`; the value is JSON where it can be read as such, else text. Names nest with dots.
pub(super) fn details(typed: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut details = Map::new();
    for text in typed {
        let bad = || Failure::usage(format!("--set {text:?}: expected details.NAME=VALUE"));
        let (path, value) = text.split_once('=').ok_or_else(bad)?;
        let path = path.strip_prefix("details.").ok_or_else(bad)?;
        let value = json::typed(value).map_err(|rule| {
            let rule = rule.without_place();
            let quoted = Value::String(value.to_owned());
            let hint = format!("to give it as a text: --set {}", shell(&format!("details.{path}={quoted}")));
            Failure::usage(format!("--set {text:?}: {rule}")).hint(hint)
        })?;
        if lookup(&details, path) {
            return Err(Failure::usage(format!("--set: details.{path} is given twice")));
        }
        set(&mut details, path, value).ok_or_else(bad)?;
    }
    Ok(details)
}

/// Whether there is something at this path.
fn lookup(members: &Map<String, Value>, path: &str) -> bool {
    match path.split_once('.') {
        None => members.contains_key(path),
        Some((first, rest)) => members.get(first).and_then(Value::as_object).is_some_and(|inner| lookup(inner, rest)),
    }
}

fn set(members: &mut Map<String, Value>, path: &str, value: Value) -> Option<()> {
    match path.split_once('.') {
        None if path.is_empty() => None,
        None => {
            members.insert(path.to_owned(), value);
            Some(())
        }
        Some(("", _)) => None,
        Some((first, rest)) => {
            let inner = members.entry(first).or_insert_with(|| Value::Object(Map::new()));
            set(inner.as_object_mut()?, rest, value)
        }
    }
}

fn read_file(name: &str, env: &Environment) -> Result<String, Failure> {
    read_all(name, open(name, env)?)
}

fn read_all(name: &str, from: Box<dyn Read + Send>) -> Result<String, Failure> {
    read_within(name, from, INPUT_BYTES_MAX)
}

fn read_within(name: &str, from: Box<dyn Read + Send>, max: u64) -> Result<String, Failure> {
    String::from_utf8(read_bytes(name, from, max)?).map_err(|_| bad(name, "it is not UTF-8"))
}

fn bad(name: &str, what: &str) -> Failure {
    Failure::new(Exit::Usage, "input", format!("could not read {name}: {what}"))
}

fn read_bytes(name: &str, mut from: Box<dyn Read + Send>, max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.by_ref().take(max + 1).read_to_end(&mut bytes).map_err(|e| bad(name, &e.to_string()))?;
    if bytes.len() as u64 > max {
        return Err(bad(name, &format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}
