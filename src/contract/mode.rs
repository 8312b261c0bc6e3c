//! Compatibility modes, under the names that schema registries gave them.

use std::fmt;
use std::str::FromStr;

/// Which containments a new version must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Mode {
    /// None at all.
    None,
    /// New readers understand old documents: the version before is contained in the new one.
    Backward,
    /// [`Mode::Backward`] against all versions that are not retired.
    #[default]
    BackwardTransitive,
    /// Old readers understand new documents: the new version is contained in the one before.
    Forward,
    /// [`Mode::Forward`] against all versions that are not retired.
    ForwardTransitive,
    /// [`Mode::Backward`] and [`Mode::Forward`].
    Full,
    /// [`Mode::Full`] against all versions that are not retired.
    FullTransitive,
}

/// A mode that is not known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown mode {0:?}; known are NONE, BACKWARD, FORWARD and FULL, the last three also with _TRANSITIVE")]
pub struct UnknownMode(pub String);

impl Mode {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Backward,
        Self::BackwardTransitive,
        Self::Forward,
        Self::ForwardTransitive,
        Self::Full,
        Self::FullTransitive,
    ];

    /// The name in files and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Backward => "BACKWARD",
            Self::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Self::Forward => "FORWARD",
            Self::ForwardTransitive => "FORWARD_TRANSITIVE",
            Self::Full => "FULL",
            Self::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    /// Whether old documents must be valid under the new version: old ⊆ new.
    #[must_use]
    pub fn wants_backward(self) -> bool {
        matches!(self, Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive)
    }

    /// Whether new documents must be valid under the old version: new ⊆ old.
    #[must_use]
    pub fn wants_forward(self) -> bool {
        matches!(self, Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive)
    }

    /// Whether all earlier versions that are not retired count, not only the one before.
    #[must_use]
    pub fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    /// In any case, with `-` or `_`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.to_ascii_uppercase().replace('-', "_");
        Self::ALL.into_iter().find(|mode| mode.name() == wanted).ok_or_else(|| UnknownMode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_in_any_case_and_mean_what_their_names_say() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(mode.name().to_lowercase().replace('_', "-").parse(), Ok(mode));
            assert_eq!(mode.is_transitive(), mode.name().ends_with("_TRANSITIVE"));
            assert_eq!(mode.wants_backward(), mode.name().starts_with("BACKWARD") || mode.name().starts_with("FULL"));
            assert_eq!(mode.wants_forward(), mode.name().starts_with("FORWARD") || mode.name().starts_with("FULL"));
        }
        assert!("SIDEWAYS".parse::<Mode>().is_err());
        assert_eq!(Mode::default().name(), "BACKWARD_TRANSITIVE");
    }
}
