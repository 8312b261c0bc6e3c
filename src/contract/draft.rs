//! The drafts of JSON Schema that contracts may be written in.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A draft of JSON Schema.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Draft {
    /// `http://json-schema.org/draft-04/schema#`
    Draft4,
    /// `http://json-schema.org/draft-06/schema#`
    Draft6,
    /// `http://json-schema.org/draft-07/schema#`
    Draft7,
    /// `https://json-schema.org/draft/2019-09/schema`
    Draft201909,
    /// `https://json-schema.org/draft/2020-12/schema`
    Draft202012,
}

/// A draft that is not known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown draft {0:?}; known are draft4, draft6, draft7, draft2019-09 and draft2020-12")]
pub struct UnknownDraft(pub String);

impl Draft {
    /// All, oldest first.
    pub const ALL: [Self; 5] = [Self::Draft4, Self::Draft6, Self::Draft7, Self::Draft201909, Self::Draft202012];
    /// What a schema without `$schema` is read as.
    pub const DEFAULT: Self = Self::Draft202012;

    /// The name in the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft4 => "draft4",
            Self::Draft6 => "draft6",
            Self::Draft7 => "draft7",
            Self::Draft201909 => "draft2019-09",
            Self::Draft202012 => "draft2020-12",
        }
    }

    /// The meta-schema's address, as `$schema` gives it.
    #[must_use]
    pub fn meta_schema(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema#",
            Self::Draft6 => "http://json-schema.org/draft-06/schema#",
            Self::Draft7 => "http://json-schema.org/draft-07/schema#",
            Self::Draft201909 => "https://json-schema.org/draft/2019-09/schema",
            Self::Draft202012 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The draft that a `$schema` address names, with or without the final `#`, under http or https.
    #[must_use]
    pub fn of_address(address: &str) -> Option<Self> {
        let plain = |text: &str| {
            let text = text.trim_end_matches('#');
            text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text).to_owned()
        };
        let wanted = plain(address);
        Self::ALL.into_iter().find(|draft| plain(draft.meta_schema()) == wanted)
    }

    /// The draft that a schema says it is written in; `None` where it says nothing.
    ///
    /// # Errors
    /// [`UnknownDraft`] for a `$schema` that is no draft known here.
    pub fn declared(schema: &Value) -> Result<Option<Self>, UnknownDraft> {
        match schema.get("$schema") {
            None => Ok(None),
            Some(Value::String(address)) => {
                Self::of_address(address).map(Some).ok_or_else(|| UnknownDraft(address.clone()))
            }
            Some(other) => Err(UnknownDraft(other.to_string())),
        }
    }

    /// The same draft as the jsonschema crate names it.
    #[must_use]
    pub fn as_jsonschema(self) -> jsonschema::Draft {
        match self {
            Self::Draft4 => jsonschema::Draft::Draft4,
            Self::Draft6 => jsonschema::Draft::Draft6,
            Self::Draft7 => jsonschema::Draft::Draft7,
            Self::Draft201909 => jsonschema::Draft::Draft201909,
            Self::Draft202012 => jsonschema::Draft::Draft202012,
        }
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Draft {
    type Err = UnknownDraft;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|draft| draft.name() == text || draft.name()[5..] == *text);
        known.or_else(|| Self::of_address(text)).ok_or_else(|| UnknownDraft(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_draft_is_known_by_its_name_and_by_its_address() {
        for draft in Draft::ALL {
            assert_eq!(draft.name().parse(), Ok(draft));
            assert_eq!(Draft::of_address(draft.meta_schema()), Some(draft));
            assert_eq!(Draft::declared(&json!({ "$schema": draft.meta_schema() })), Ok(Some(draft)));
        }
        assert_eq!("7".parse(), Ok(Draft::Draft7));
        assert_eq!("2020-12".parse(), Ok(Draft::Draft202012));
        assert_eq!(Draft::of_address("https://json-schema.org/draft-07/schema"), Some(Draft::Draft7));
        assert!(Draft::declared(&json!({"$schema": "http://json-schema.org/draft-05/schema#"})).is_err());
        assert_eq!(Draft::declared(&json!(true)), Ok(None));
    }
}
