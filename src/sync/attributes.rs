//! The merge driver in a clone: two settings in its config, and lines in its `info/attributes`, which has precedence over
//! every `.gitattributes` and is nobody else's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ask::{self, Answer, Unanswered};
use crate::registry::git;

const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Git's name of the driver.
pub const DRIVER: &str = "ledger";
const NAME_SETTING: &str = "merge.ledger.name";
const DRIVER_SETTING: &str = "merge.ledger.driver";
const NAME: &str = "the ledger's logs are united event by event";
/// What follows the program. Git quotes what it puts in place of `%P`.
const ARGUMENTS: &str = " merge-driver %O %A %B %P";

/// The files that are merged, below the ledger's root.
const PATTERNS: [&str; 7] = [
    "coordination/events/*.jsonl",
    "coordination/requests/*.json",
    "coordination/checkpoints/**",
    "coordination/index.json",
    "coordination/compatibility_matrix.json",
    "schemas/contracts/*/events.jsonl",
    "schemas/contracts/*/v*.json",
];

/// The driver's place in a clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// `info/attributes` of the repository.
    pub attributes: PathBuf,
    /// The ledger's place in the work tree, ending in `/` unless it is all of it.
    pub prefix: String,
}

/// What the clone's config says of the driver.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The driver's name for people.
    pub name: Option<String>,
    /// Its command line.
    pub driver: Option<String>,
}

/// Where the driver is set up; `None` outside of a work tree.
///
/// # Errors
/// [`Unanswered`].
pub fn place(root: &Path) -> Result<Option<Place>, Unanswered> {
    let Some(prefix) = git::place_of(root) else { return Ok(None) };
    let mut command = git::command(root);
    command.args(["rev-parse", "--git-path", "info/attributes"]);
    let path = ask::answer(command, &[], ANSWER_MAX)?.text();
    let attributes = root.join(path.trim_end_matches(['\n', '\r']));
    Ok(Some(Place { attributes, prefix }))
}

/// What the clone's config says.
///
/// # Errors
/// [`Unanswered`].
pub fn settings(root: &Path) -> Result<Settings, Unanswered> {
    Ok(Settings { name: setting(root, NAME_SETTING)?, driver: setting(root, DRIVER_SETTING)? })
}

fn setting(root: &Path, name: &str) -> Result<Option<String>, Unanswered> {
    let mut command = git::command(root);
    command.args(["config", "--local", "--get", name]);
    let Answer { status, out, .. } =
        ask::ask(command, &[], ANSWER_MAX).map_err(|error| Unanswered::new("config", error))?;
    let text = String::from_utf8_lossy(&out).trim_end_matches('\n').to_owned();
    Ok((status == Some(0)).then_some(text))
}

/// What the config should say for a program.
#[must_use]
pub fn wanted(program: &Path) -> Settings {
    Settings { name: Some(NAME.to_owned()), driver: Some(command_line(program)) }
}

/// Writes the driver's settings, or takes them away.
///
/// # Errors
/// [`Unanswered`].
pub fn write_settings(root: &Path, wanted: &Settings) -> Result<(), Unanswered> {
    for (setting, value) in [(NAME_SETTING, &wanted.name), (DRIVER_SETTING, &wanted.driver)] {
        let mut command = git::command(root);
        command.args(["config", "--local"]);
        match value {
            Some(value) => command.args(["--replace-all", setting, value]),
            None => command.args(["--unset-all", setting]),
        };
        let answer = ask::ask(command, &[], ANSWER_MAX).map_err(|error| Unanswered::new("config", error))?;
        // Status 5: there was none to take away.
        match answer.status {
            Some(0) => {}
            Some(5) if value.is_none() => {}
            _ => return Err(Unanswered::new("config", answer.complaint.lines().next().unwrap_or("it failed"))),
        }
    }
    if wanted.driver.is_none() {
        // The section is left behind empty where nothing else is in it; taken away twice is fine.
        let mut command = git::command(root);
        command.args(["config", "--local", "--get-regexp", "^merge\\.ledger\\."]);
        let left = ask::ask(command, &[], ANSWER_MAX).map_err(|error| Unanswered::new("config", error))?;
        if left.out.is_empty() {
            let mut command = git::command(root);
            command.args(["config", "--local", "--remove-section", "merge.ledger"]);
            drop(ask::ask(command, &[], ANSWER_MAX));
        }
    }
    Ok(())
}

/// The command line of the driver. It is run by a shell, after git has put in what begins with `%`.
fn command_line(program: &Path) -> String {
    let program = program.display().to_string().replace('\'', "'\\''").replace('%', "%%");
    format!("'{program}'{ARGUMENTS}")
}

/// The program that a command line of ours runs; `None` for one of somebody else's making.
#[must_use]
pub fn program_of(driver: &str) -> Option<PathBuf> {
    let quoted = driver.strip_suffix(ARGUMENTS)?.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(PathBuf::from(quoted.replace("%%", "%").replace("'\\''", "'")))
}

/// The attributes with our lines for the ledger at `prefix` in them, in place of those that were there; nothing else is
/// changed.
#[must_use]
pub fn with_lines(text: &str, prefix: &str) -> String {
    let mut all = without_lines(text, prefix);
    if !all.is_empty() && !all.ends_with('\n') {
        all.push('\n');
    }
    all.push_str(&format!("{}\n", begin(prefix)));
    for pattern in PATTERNS {
        all.push_str(&format!("{} merge={DRIVER}\n", quoted(prefix, pattern)));
    }
    all.push_str(&format!("{}\n", end(prefix)));
    all
}

/// The attributes without our lines for the ledger at `prefix`.
#[must_use]
pub fn without_lines(text: &str, prefix: &str) -> String {
    let (begin, end) = (begin(prefix), end(prefix));
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = split_at_line(rest, &begin) {
        kept.push_str(before);
        match split_at_line(after, &end) {
            Some((_, after)) => rest = after,
            // Somebody took the end away: what follows may be theirs, apart from what is plainly ours.
            None => {
                let ours: Vec<String> =
                    PATTERNS.iter().map(|pattern| format!("{} merge={DRIVER}", quoted(prefix, pattern))).collect();
                let is_ours = |line: &&str| ours.iter().any(|one| one == line.trim_end());
                kept.extend(after.split_inclusive('\n').filter(|line| !is_ours(line)));
                rest = "";
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// What comes before a line, and what after it.
fn split_at_line<'a>(text: &'a str, wanted: &str) -> Option<(&'a str, &'a str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end_matches(['\n', '\r']) == wanted {
            return Some((&text[..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn begin(prefix: &str) -> String {
    format!("# ledger setup-git: begin /{}", prefix.escape_debug())
}

fn end(prefix: &str) -> String {
    format!("# ledger setup-git: end /{}", prefix.escape_debug())
}

/// A pattern for files below a place in the work tree: what is special to patterns in the place's name stands for itself,
/// and the whole is quoted, since it may have blanks.
fn quoted(prefix: &str, pattern: &str) -> String {
    let mut place = String::new();
    for c in prefix.chars() {
        if "*?[]\\".contains(c) {
            place.push('\\');
        }
        place.push(c);
    }
    let plain = format!("/{place}{pattern}");
    if !plain.contains([' ', '\t', '"', '\\']) && !plain.contains(char::is_control) {
        return plain;
    }
    let escaped: String = plain.chars().flat_map(c_escaped).collect();
    format!("\"{escaped}\"")
}

/// A character as it stands in a quoted string of C.
fn c_escaped(c: char) -> Vec<char> {
    match c {
        '"' | '\\' => vec!['\\', c],
        c if c.is_ascii_control() => format!("\\{:03o}", u32::from(c)).chars().collect(),
        c => vec![c],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_one_that_a_shell_and_git_take() {
        let line = command_line(Path::new("/a b/it's/100%/ledger"));
        assert_eq!(line, "'/a b/it'\\''s/100%%/ledger' merge-driver %O %A %B %P");
        assert_eq!(program_of(&line), Some(PathBuf::from("/a b/it's/100%/ledger")));
        assert_eq!(program_of("my-driver %O %A %B"), None);
    }

    #[test]
    fn lines_are_put_in_once_and_taken_out_again() {
        let foreign = "*.png binary\n# mine";
        for prefix in ["", "sub dir/", "a[1]/"] {
            let once = with_lines(foreign, prefix);
            assert!(once.starts_with("*.png binary\n# mine\n# ledger setup-git: begin /"), "{once}");
            assert_eq!(with_lines(&once, prefix), once);
            assert_eq!(without_lines(&once, prefix), "*.png binary\n# mine\n");
            let both = with_lines(&once, "other/");
            assert_eq!(without_lines(&both, "other/"), once);
            let with_more = format!("{once}*.jpg binary\n");
            let renewed = with_lines(&with_more, prefix);
            assert_eq!(without_lines(&renewed, prefix), "*.png binary\n# mine\n*.jpg binary\n");
        }
    }

    #[test]
    fn lines_without_their_end_are_ours_where_they_plainly_are() {
        let cut = with_lines("", "").replace(&format!("{}\n", end("")), "*.png binary\n");
        assert_eq!(without_lines(&cut, ""), "*.png binary\n");
    }

    #[test]
    fn a_place_stands_for_itself_in_a_pattern() {
        assert_eq!(quoted("", "coordination/index.json"), "/coordination/index.json");
        assert_eq!(quoted("sub dir/", "x"), "\"/sub dir/x\"");
        assert_eq!(quoted("a[1]*/", "x"), "\"/a\\\\[1\\\\]\\\\*/x\"");
        assert_eq!(quoted("a\"b/", "x"), "\"/a\\\"b/x\"");
    }
}
