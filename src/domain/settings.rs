//! `coordination/ledger.json`: which ledger this is and how it is run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::compatibility::OpenContent;
use super::id::{Actor, RepoId, Role};
use super::packet::{Mode, Priority};
use super::time::parse_duration_ms;
use super::{FORMAT, is_written, json};

/// The largest settings file, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 64 * 1024;

/// Who holds which role: `sponsor`, `pm`, or a repository's name for its owners.
pub type Roles = BTreeMap<Role, Vec<Actor>>;

/// How contracts are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractSettings {
    /// Which answer gates: the one about all documents, or the one about those with declared members only.
    #[serde(default)]
    pub open_content: OpenContent,
}

impl ContractSettings {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether approvals of governed requests must be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signatures {
    /// They may be.
    #[default]
    Optional,
    /// They must be.
    Required,
}

/// What approvals must be like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalSettings {
    /// Whether those of governed requests must be signed.
    #[serde(default)]
    pub signatures: Signatures,
}

impl ApprovalSettings {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A length of time, as people write it: `500ms`, `10s`, `2m`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Length {
    text: String,
    ms: u64,
}

impl Length {
    /// In milliseconds.
    #[must_use]
    pub fn ms(&self) -> u64 {
        self.ms
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Length {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let ms = parse_duration_ms(&text).and_then(|ms| u64::try_from(ms).ok());
        Ok(Self { ms: ms.ok_or("expected a length of time such as 500ms, 10s or 2m")?, text })
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        length.text
    }
}

/// What holds for the work in this ledger where nobody says otherwise. What is a matter of the person and the terminal
/// (who acts, colours, which programs are started) is not for a file that comes with a clone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultSettings {
    /// The repository that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<RepoId>,
    /// The priority of new requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How long a command that writes one thing may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Length>,
}

impl DefaultSettings {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Serde alone would take an array for an object.
fn from_object<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let members = serde_json::Map::<String, serde_json::Value>::deserialize(deserializer)?;
    serde_json::from_value(members.into()).map_err(serde::de::Error::custom)
}

/// The settings of a ledger.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of the files' format: a program that knows only older ones reads and never writes.
    pub format: u32,
    /// The ledger's identity.
    pub ledger_id: Uuid,
    /// Its name.
    pub name: String,
    /// The least strict mode of its requests.
    #[serde(default)]
    pub mode: Mode,
    /// Whether `index.json` is kept under version control.
    #[serde(default)]
    pub track_index: bool,
    /// Who holds which role.
    #[serde(default)]
    pub roles: Roles,
    /// How contracts are compared.
    #[serde(default, skip_serializing_if = "ContractSettings::is_default", deserialize_with = "from_object")]
    pub contract: ContractSettings,
    /// What approvals must be like.
    #[serde(default, skip_serializing_if = "ApprovalSettings::is_default", deserialize_with = "from_object")]
    pub approvals: ApprovalSettings,
    /// What holds where nobody says otherwise.
    #[serde(default, skip_serializing_if = "DefaultSettings::is_default", deserialize_with = "from_object")]
    pub defaults: DefaultSettings,
}

/// Settings that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSettings {
    /// Larger than [`SETTINGS_BYTES_MAX`].
    #[error("ledger.json is larger than {SETTINGS_BYTES_MAX} bytes")]
    TooLarge,
    /// A member that breaks a rule.
    #[error("ledger.json is not valid: {0}")]
    Rule(&'static str),
    /// Not JSON as this ledger takes it, or not of the settings' shape.
    #[error("ledger.json is not valid: {0}")]
    Json(#[from] json::BadJson),
}

/// The members that every format keeps.
#[derive(Deserialize)]
struct Newer {
    format: u32,
    ledger_id: Uuid,
    #[serde(default)]
    name: String,
}

/// The longest name of a ledger.
const NAME_CHARS_MAX: usize = 200;

impl Settings {
    /// What stands in for settings that can't be read, where the ledger is looked through and not written to.
    #[must_use]
    pub fn standing_in(ledger_id: Uuid) -> Self {
        Self {
            format: FORMAT,
            ledger_id,
            name: String::new(),
            mode: Mode::default(),
            track_index: false,
            roles: Roles::new(),
            contract: ContractSettings::default(),
            approvals: ApprovalSettings::default(),
            defaults: DefaultSettings::default(),
        }
    }

    /// Reads the settings; of a newer format what every format keeps.
    ///
    /// # Errors
    /// [`BadSettings`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadSettings> {
        if text.len() > SETTINGS_BYTES_MAX {
            return Err(BadSettings::TooLarge);
        }
        if !text.trim_start().starts_with('{') {
            return Err(BadSettings::Rule("expected a JSON object"));
        }
        match json::read::<Self>(text) {
            Ok(Self { format: 0, .. }) => Err(BadSettings::Rule("format counts from 1")),
            Ok(Self { name, .. }) if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX => {
                Err(BadSettings::Rule("name: expected 1 to 200 characters, not only blanks"))
            }
            Ok(settings) => Ok(settings),
            Err(error) => match json::read::<Newer>(text) {
                Ok(Newer { format, ledger_id, name }) if format > FORMAT => Ok(Self {
                    format,
                    ledger_id,
                    name,
                    mode: Mode::default(),
                    track_index: false,
                    roles: Roles::new(),
                    contract: ContractSettings::default(),
                    approvals: ApprovalSettings::default(),
                    defaults: DefaultSettings::default(),
                }),
                Ok(_) | Err(_) => Err(error.into()),
            },
        }
    }

    /// Whether this program may write to the ledger: what it writes must be of the ledger's own format.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        is_written(self.format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018f4e0e-7a3c-7c1e-9a57-0242ac120002";

    #[test]
    fn a_newer_format_is_read_and_not_written() {
        let text = format!(r#"{{"format":2,"ledger_id":"{ID}","name":"n","shards":7}}"#);
        assert!(!Settings::parse(&text).unwrap().is_writable());
        let text = format!(r#"{{"format":1,"ledger_id":"{ID}","name":"n","shards":7}}"#);
        assert!(Settings::parse(&text).unwrap_err().to_string().contains("shards"));
    }

    #[test]
    fn defaults_are_of_the_work_and_nothing_else() {
        let read = |defaults: &str| {
            Settings::parse(&format!(r#"{{"format":1,"ledger_id":"{ID}","name":"n","defaults":{defaults}}}"#))
        };
        let settings = read(r#"{"from":"shop","priority":"P1","timeout":"30s"}"#).unwrap();
        assert_eq!(settings.defaults.timeout.as_ref().unwrap().ms(), 30_000);
        let written = serde_json::to_string(&settings).unwrap();
        assert_eq!(Settings::parse(&written).unwrap(), settings);
        for (defaults, named) in [
            (r#"{"pager":"sh -c evil"}"#, "pager"),
            (r#"{"actor":"mia"}"#, "actor"),
            (r#"{"from":"a b"}"#, "a b"),
            (r#"{"timeout":"soon"}"#, "length of time"),
            (r#"{"priority":"P9"}"#, "P9"),
            ("[]", "map"),
        ] {
            let told = read(defaults).unwrap_err().to_string();
            assert!(told.contains(named), "{defaults}: {told}");
        }
    }

    #[test]
    fn what_is_no_setting_is_named() {
        let told = |text: &str| Settings::parse(text).unwrap_err().to_string();
        assert!(told(&format!(r#"[1,"{ID}","n"]"#)).contains("object"));
        assert!(told(&format!(r#"{{"format":0,"ledger_id":"{ID}","name":"n"}}"#)).contains("format"));
        for name in ["", " ", &"n".repeat(201)] {
            assert!(told(&format!(r#"{{"format":1,"ledger_id":"{ID}","name":"{name}"}}"#)).contains("name"));
        }
    }
}
