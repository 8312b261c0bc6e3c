//! Names of things: requests, streams, keys, people, repositories. All are matched, none is trusted.

use std::fmt;
use std::str::FromStr;

use super::time::Day;

/// A text that is not a well-formed name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {text:?} is not valid: {rule}")]
pub struct BadName {
    what: &'static str,
    text: String,
    rule: &'static str,
}

impl BadName {
    fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        let text = text.chars().take(80).collect();
        Self { what, text, rule }
    }
}

/// The id of a request: `REQ-YYYYMMDD-NNNN`, a UTC date and a number counted per day from 1 in at least four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId {
    day: Day,
    number: u32,
}

impl RequestId {
    /// The largest number of a day.
    pub const NUMBER_MAX: u32 = 99_999_999;

    /// An id from its parts; `None` outside 1 to [`Self::NUMBER_MAX`].
    #[must_use]
    pub fn new(day: Day, number: u32) -> Option<Self> {
        (1..=Self::NUMBER_MAX).contains(&number).then_some(Self { day, number })
    }

    /// The UTC day on which the request was made.
    #[must_use]
    pub fn day(self) -> Day {
        self.day
    }

    /// The number within the day.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "REQ-{}-{:04}", self.day, self.number)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RequestId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let bad = || BadName::new("request id", text, "expected REQ-YYYYMMDD-NNNN");
        let (day, number) = text.strip_prefix("REQ-").and_then(|rest| rest.split_once('-')).ok_or_else(bad)?;
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        // One spelling an id: no leading zeros beyond the fourth digit.
        let canonical = number.len() == 4 || (5..=8).contains(&number.len()) && !number.starts_with('0');
        if !digits || !canonical {
            return Err(bad());
        }
        let day = day.parse().map_err(|_| bad())?;
        number.parse().ok().and_then(|number| Self::new(day, number)).ok_or_else(bad)
    }
}

/// What an event is about. Contracts (`contract:NAME`) keep logs of the same form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stream {
    /// A request's log.
    Request(RequestId),
    /// A contract's log.
    Contract(ContractName),
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "{id}"),
            Self::Contract(name) => write!(f, "contract:{name}"),
        }
    }
}

impl FromStr for Stream {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        match text.strip_prefix("contract:") {
            Some(name) => name.parse().map(Self::Contract),
            None => text.parse().map(Self::Request),
        }
    }
}

/// Declares a name: a bounded text with a rule for its characters.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $max:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Box<str>);

        impl $type {
            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl FromStr for $type {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                let check: fn(&str) -> bool = $check;
                if text.is_empty() || text.len() > $max || !check(text) {
                    return Err(BadName::new($what, text, $rule));
                }
                Ok(Self(text.into()))
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// The name of a contract, for example `billing.invoice`.
    ContractName,
    "contract name",
    120,
    "expected [a-z0-9][a-z0-9._-]*, at most 120 characters",
    |text| {
        text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
            && !text.contains("..")
    }
);
name!(
    /// An idempotency key: it names an intent, so that a retry is recognised.
    Key,
    "key",
    256,
    "expected 1 to 256 bytes without control characters or leading and trailing blanks",
    |text| no_controls(text) && text.trim() == text
);
name!(
    /// Who acts: a person, a CI job or an agent, usually an e-mail address.
    Actor,
    "actor",
    200,
    "expected 1 to 200 bytes without control characters or leading and trailing blanks",
    |text| no_controls(text) && text.trim() == text
);
name!(
    /// A repository, as teams name it: `billing`, `acme/billing`, `github.com/acme/billing`.
    RepoId,
    "repository",
    200,
    "expected 1 to 200 bytes without blanks or control characters",
    |text| no_controls(text) && !text.contains(char::is_whitespace)
);
name!(
    /// A label on a request.
    Label,
    "label",
    100,
    "expected 1 to 100 bytes without control characters or leading and trailing blanks",
    |text| no_controls(text) && text.trim() == text
);
name!(
    /// A role that approves or acts: `sponsor`, `pm`, or a repository's name.
    Role,
    "role",
    200,
    "expected 1 to 200 bytes without blanks or control characters",
    |text| no_controls(text) && !text.contains(char::is_whitespace)
);
name!(
    /// A kind of request (`bug`, `feature`, …) as the workflow names it.
    RequestType,
    "request type",
    40,
    "expected [a-z][a-z0-9-]*, at most 40 characters",
    |text| text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);
name!(
    /// The identity of one clone that writes, drawn once at random; it breaks ties between equal clocks.
    Writer,
    "writer",
    16,
    "expected 6 to 16 characters of [a-z0-9]",
    |text| text.len() >= 6 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
);

impl Writer {
    /// Nobody's clone: what is written by it is on no disk.
    #[must_use]
    pub fn nobody() -> Self {
        Self("nobody".into())
    }
}

name!(
    /// Who keeps a list of checkpoints: one clone, or whoever a team lets do it. One segment of a path.
    Origin,
    "origin",
    64,
    "expected [a-z0-9][a-z0-9._-]*, at most 64 characters, without two dots in a row or a dot at the end",
    |text| {
        text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
            && !text.contains("..")
            && !text.ends_with('.')
    }
);
name!(
    /// A kind of credential (`private-key`, `github-token`, …), as an event records that one was let in.
    SecretKind,
    "kind of secret",
    40,
    "expected [a-z][a-z0-9-]*, at most 40 characters",
    |text| text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

fn no_controls(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// A version of a contract, as `NAME@VERSION`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContractRef {
    name: ContractName,
    version: u32,
}

impl ContractRef {
    /// The largest version.
    pub const VERSION_MAX: u32 = 999_999;

    /// A reference of its parts; `None` outside 1 to [`Self::VERSION_MAX`].
    #[must_use]
    pub fn new(name: ContractName, version: u32) -> Option<Self> {
        (1..=Self::VERSION_MAX).contains(&version).then_some(Self { name, version })
    }

    /// The contract.
    #[must_use]
    pub fn name(&self) -> &ContractName {
        &self.name
    }

    /// The version, counted from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }
}

impl fmt::Display for ContractRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl FromStr for ContractRef {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let bad = || BadName::new("contract reference", text, "expected NAME@VERSION, for example billing.invoice@2");
        let (name, version) = text.split_once('@').ok_or_else(bad)?;
        let canonical = !version.starts_with('0') && version.bytes().all(|b| b.is_ascii_digit());
        let version = version.parse().ok().filter(|_| canonical && version.len() <= 6).ok_or_else(bad)?;
        Ok(Self { name: name.parse()?, version })
    }
}

/// Gives a type that has `Display` and `FromStr` its serde form: the text.
macro_rules! as_text {
    ($($type:ty),+ $(,)?) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use as_text;

as_text!(RequestId, Stream, ContractRef, super::hash::Hash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        for text in ["REQ-20261120-0001", "REQ-20240229-9999", "REQ-20261120-10000"] {
            assert_eq!(text.parse::<RequestId>().unwrap().to_string(), text);
        }
        for text in [
            "REQ-20261120-1",
            "REQ-20261120-00001",
            "REQ-20261120-0000",
            "REQ-20230229-0001",
            "req-20261120-0001",
            "REQ-20261120-0001.json",
            "REQ-20261120-../1",
            "REQ-20261120-+001",
            "",
        ] {
            assert!(text.parse::<RequestId>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_keep_to_their_rules() {
        assert!("billing.invoice".parse::<ContractName>().is_ok());
        for text in ["", ".hidden", "Upper", "a/b", "a..b"] {
            assert!(text.parse::<ContractName>().is_err(), "{text}");
        }
        assert!("a\nb".parse::<Actor>().is_err());
        assert!(" a".parse::<Key>().is_err());
        assert!("acme/billing".parse::<RepoId>().is_ok());
        assert_eq!("billing.invoice@2".parse::<ContractRef>().unwrap().version(), 2);
        assert!("billing.invoice@02".parse::<ContractRef>().is_err());
        assert!("billing.invoice".parse::<ContractRef>().is_err());
    }
}
