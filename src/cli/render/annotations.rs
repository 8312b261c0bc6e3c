//! What was found, in formats that annotate files. The same findings give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::json;

use super::escape;
use super::safe;

/// How grave something is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// It fails the check.
    Error,
    /// It is told, and passes.
    Warning,
    /// Worth knowing.
    Note,
}

impl Level {
    /// The name in SARIF and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// How grave it is.
    pub level: Level,
    /// A stable name for programs.
    pub rule: &'static str,
    /// What it is about.
    pub subject: String,
    /// The file, as seen from the repository's folder; in none, from the ledger's.
    pub file: String,
    /// The line, counted from 1, where there is one to show.
    pub line: Option<usize>,
    /// What, in lines.
    pub lines: Vec<String>,
}

/// What a rule says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// A few words.
    pub title: &'static str,
    /// A sentence.
    pub meaning: &'static str,
    /// What it does, usually.
    pub help: String,
}

/// The lines of what was found, made harmless.
fn joined(one: &Told, with: &str) -> String {
    one.lines.iter().map(|line| safe::line(line).into_owned()).collect::<Vec<_>>().join(with)
}

/// Annotations of GitHub Actions.
#[must_use]
pub fn github(found: &[Told]) -> String {
    let mut text = String::new();
    for one in found {
        let level = match one.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let _ = writeln!(
            text,
            "::{level} file={}{},title={}::{}",
            escape::github_property(&one.file),
            one.line.map(|line| format!(",line={line}")).unwrap_or_default(),
            escape::github_property(&format!("{} {}", one.subject, one.rule)),
            escape::github_message(&joined(one, "\n"))
        );
    }
    text
}

/// SARIF 2.1.0; `explained` tells what a rule says.
#[must_use]
pub fn sarif(found: &[Told], explained: impl Fn(&str) -> Said) -> serde_json::Value {
    let used: BTreeSet<&'static str> = found.iter().map(|one| one.rule).collect();
    let described = |id: &&'static str| {
        let said = explained(id);
        json!({
            "id": id,
            "shortDescription": {"text": said.title},
            "fullDescription": {"text": said.meaning},
            "help": {"text": said.help}
        })
    };
    let rules: Vec<_> = used.iter().map(described).collect();
    let result = |one: &Told| {
        let mut place = json!({"artifactLocation": {"uri": uri(&one.file), "uriBaseId": "%SRCROOT%"}});
        if let Some(line) = one.line {
            place["region"] = json!({"startLine": line});
        }
        json!({
            "ruleId": one.rule,
            "ruleIndex": used.iter().position(|id| *id == one.rule),
            "level": one.level.name(),
            "message": {"text": format!("{}: {}", one.subject, joined(one, "\n"))},
            "locations": [{"physicalLocation": place}]
        })
    };
    let results: Vec<_> = found.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "ledger", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results
        }]
    })
}

/// A path as a relative URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// What a report in JUnit's XML is called.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// The command.
    pub name: &'static str,
    /// What its cases are.
    pub class: &'static str,
}

/// JUnit's XML: a case for each of the subjects, those of what was found among them.
#[must_use]
pub fn junit(all: &[Told], suite: Suite, mut subjects: Vec<String>) -> String {
    let mut by_subject: BTreeMap<&str, (Vec<&Told>, Vec<&Told>)> = BTreeMap::new();
    for one in all {
        let (failing, noted) = by_subject.entry(&one.subject).or_default();
        if one.level == Level::Error { failing.push(one) } else { noted.push(one) }
    }
    subjects.sort();
    subjects.dedup();
    let failures = by_subject.values().filter(|(failing, _)| !failing.is_empty()).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites tests=\"{}\" failures=\"{failures}\">", subjects.len());
    let _ =
        writeln!(text, "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">", suite.name, subjects.len());
    for subject in &subjects {
        let name = escape::xml(subject);
        let (failing, noted) = by_subject.remove(subject.as_str()).unwrap_or_default();
        // What passes by an assumption, a waiver or a warning that was asked for says so.
        let noted: Vec<String> = noted
            .into_iter()
            .map(|one| {
                let lines: Vec<String> = one.lines.iter().map(|line| escape::xml(line)).collect();
                format!("{} {}: {}", one.level.name(), one.rule, lines.join("\n"))
            })
            .collect();
        if failing.is_empty() && noted.is_empty() {
            let _ = writeln!(text, "    <testcase classname=\"{}\" name=\"{name}\"/>", suite.class);
            continue;
        }
        let _ = writeln!(text, "    <testcase classname=\"{}\" name=\"{name}\">", suite.class);
        for one in failing {
            let lines: Vec<String> = one.lines.iter().map(|line| escape::xml(line)).collect();
            let message = lines.first().cloned().unwrap_or_default();
            let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
            let place = format!("{}{line}", escape::xml(&one.file));
            let _ = writeln!(
                text,
                "      <failure type=\"{}\" message=\"{message}\">{place}\n{}</failure>",
                one.rule,
                lines.join("\n")
            );
        }
        if !noted.is_empty() {
            let _ = writeln!(text, "      <system-out>{}</system-out>", noted.join("\n"));
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}
