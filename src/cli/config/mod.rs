//! What a person has set up: their configuration file, and what of it stands where nothing else is said.
//!
//! The file is the person's own. What a ledger's files say never names a program to start, an alias or who acts:
//! they come with a clone, and whoever can write to the repository can write them.

mod aliases;
mod file;
mod key;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use aliases::{Alias, command_place, expand};
pub use file::{ALIASES, FILE_BYTES_MAX, as_far_as_it_goes, edit, instead, of_text};
pub use key::{Facts, Key, Said, Value};

use super::args::Color;
use super::environment::Environment;
use super::exit::Exit;
use super::failure::{Failure, shell};
use super::formats::Wanted;
use super::times::TimeStyle;
use crate::domain::id::{Actor, RepoId};
use crate::domain::packet::Priority;

/// The code of a configuration that can't be used.
pub const BAD_CONFIG: &str = "bad-config";
/// Where the file is, below the folder of configurations.
const PLACE: &str = "ledger/config.toml";

/// What a person has set up.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file, whether it is there or not; `None` where nothing says where it would be.
    pub path: Option<PathBuf>,
    /// What it sets.
    pub entries: BTreeMap<Key, Entry>,
    /// What it calls by names of its own.
    pub aliases: BTreeMap<String, Alias>,
    /// What could not be read; nothing where the whole must be.
    pub faults: Vec<Fault>,
}

/// What is wrong with a file, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// A setting of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// As it was written.
    pub text: String,
    /// In which line, from 1 on.
    pub line: usize,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self { what: failure.message, fix: failure.hint.unwrap_or_else(|| "ledger config path".to_owned()) }
    }
}

impl Config {
    /// Reads the person's file; nothing where there is none.
    ///
    /// # Errors
    /// A file that can't be read, or holds what is no setting.
    pub fn read(env: &Environment) -> Result<Self, Failure> {
        let Some(path) = path(env) else { return Ok(Self::default()) };
        let Some(text) = text(&path)? else { return Ok(Self { path: Some(path), ..Self::default() }) };
        of_text(&text, &path)
    }

    /// Reads as much of the person's file as can be read: whoever mends it is not stopped by it.
    #[must_use]
    pub fn read_as_far_as_it_goes(env: &Environment) -> Self {
        let Some(path) = path(env) else { return Self::default() };
        let read = match text(&path) {
            Ok(text) => as_far_as_it_goes(&text.unwrap_or_default(), &path),
            Err(failure) => Err(failure),
        };
        let (config, wrong) =
            read.unwrap_or_else(|failure| (Self { path: Some(path), ..Self::default() }, vec![failure]));
        Self { faults: wrong.into_iter().map(Fault::from).collect(), ..config }
    }

    fn value(&self, key: Key) -> Option<&Value> {
        self.entries.get(&key).map(|entry| &entry.value)
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> Option<&Actor> {
        if let Value::Actor(actor) = self.value(Key::Actor)? { Some(actor) } else { None }
    }

    /// The repository that asks.
    #[must_use]
    pub fn from(&self) -> Option<&RepoId> {
        if let Value::Repo(repo) = self.value(Key::From)? { Some(repo) } else { None }
    }

    /// The priority of new requests.
    #[must_use]
    pub fn priority(&self) -> Option<Priority> {
        if let Value::Priority(priority) = self.value(Key::Priority)? { Some(*priority) } else { None }
    }

    /// How long a command that writes one thing may take.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        if let Value::Time(time) = self.value(Key::Timeout)? { Some(*time) } else { None }
    }

    /// How to print.
    #[must_use]
    pub fn format(&self) -> Option<Wanted> {
        if let Value::Format(format) = self.value(Key::Format)? { Some(*format) } else { None }
    }

    /// How times are told.
    #[must_use]
    pub fn time(&self) -> Option<TimeStyle> {
        if let Value::Times(style) = self.value(Key::Time)? { Some(*style) } else { None }
    }

    /// When to use colours.
    #[must_use]
    pub fn color(&self) -> Option<Color> {
        if let Value::Color(color) = self.value(Key::Color)? { Some(*color) } else { None }
    }

    /// A program that they like: a pager, an editor.
    #[must_use]
    pub fn command(&self, key: Key) -> Option<&str> {
        self.value(key).and_then(Value::as_text)
    }
}

/// Where the person's file is: `$XDG_CONFIG_HOME/ledger/config.toml`, else `~/.config/ledger/config.toml`.
#[must_use]
pub fn path(env: &Environment) -> Option<PathBuf> {
    let folder = |name: &str| (env.variable)(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let configurations = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(configurations.join(PLACE))
}

/// The text of the file; `None` where there is none.
///
/// # Errors
/// What is there can't be read, or is no file of a configuration's size.
pub fn text(path: &Path) -> Result<Option<String>, Failure> {
    use std::io::Read;
    let bad = |what: &str| {
        Failure::new(Exit::Usage, BAD_CONFIG, format!("{}: {what}", path.display()))
            .hint(format!("mv {0} {0}.old moves it away: no command needs it", shell(&path.display().to_string())))
    };
    match std::fs::metadata(path) {
        // One that may not be looked at is somebody else's: whoever runs this as another user has their own, or none. So does git.
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory | std::io::ErrorKind::PermissionDenied
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(bad(&error.to_string())),
        Ok(facts) if !facts.is_file() => return Err(bad("it is no file")),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| bad(&error.to_string()))?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| bad(&error.to_string()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(bad(&format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| bad("it is not UTF-8"))
}
