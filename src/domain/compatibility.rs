//! How the versions of a contract hang together: compatibility modes, under the names that schema registries gave them,
//! verdicts, and where a version stands in its life.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which containments a new version must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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

    /// The least mode that asks for all that both ask for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let transitive = self.is_transitive() || other.is_transitive();
        let backward = self.wants_backward() || other.wants_backward();
        let forward = self.wants_forward() || other.wants_forward();
        match (backward, forward, transitive) {
            (false, false, _) => Self::None,
            (true, false, false) => Self::Backward,
            (true, false, true) => Self::BackwardTransitive,
            (false, true, false) => Self::Forward,
            (false, true, true) => Self::ForwardTransitive,
            (true, true, false) => Self::Full,
            (true, true, true) => Self::FullTransitive,
        }
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

/// What is known of a version's compatibility with others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that the mode asks for was proved, or it asks for nothing.
    Compatible,
    /// Something that the mode asks for could neither be proved nor refuted.
    Undecided,
    /// Something that the mode asks for does not hold.
    Breaking,
}

impl Verdict {
    /// The name in files and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Undecided => "undecided",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is assumed of members that a schema does not declare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenContent {
    /// Nothing: a document may carry any member that its schema does not forbid. The exact question.
    Strict,
    /// Producers send only members that their schema declares, wherever it declares any.
    #[default]
    Declared,
}

impl OpenContent {
    /// The name in files and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Declared => "declared",
        }
    }
}

/// Where a version stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Registered; nobody has said that it is in use.
    #[default]
    Draft,
    /// In use.
    Active,
    /// In use, and to be left.
    Deprecated,
    /// Out of use: new versions need not be compatible with it.
    Retired,
}

impl Stage {
    /// The name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
        }
    }

    /// Whether a version in this stage can enter another one. A version that was deprecated too early becomes active
    /// again; one that is retired stays so.
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        match (self, next) {
            (Self::Draft | Self::Deprecated, Self::Active)
            | (Self::Active, Self::Deprecated)
            | (Self::Draft | Self::Deprecated, Self::Retired) => true,
            (Self::Draft | Self::Active | Self::Deprecated | Self::Retired, _) => false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
        for (one, other) in Mode::ALL.into_iter().flat_map(|one| Mode::ALL.map(|other| (one, other))) {
            let and = one.and(other);
            assert_eq!(and, other.and(one));
            assert_eq!((and.and(one), Mode::None.and(one), one.and(one)), (and, one, one));
            assert_eq!(and.wants_backward(), one.wants_backward() || other.wants_backward());
            assert_eq!(and.wants_forward(), one.wants_forward() || other.wants_forward());
        }
        let read = |text: &str| serde_json::from_str::<Mode>(text).ok();
        assert!(Mode::ALL.into_iter().all(|mode| read(&format!("\"{mode}\"")) == Some(mode)));
        assert_eq!(read("\"backward\""), None);
        assert!("SIDEWAYS".parse::<Mode>().is_err());
        assert_eq!(Mode::default().name(), "BACKWARD_TRANSITIVE");
    }

    #[test]
    fn a_life_goes_forward_but_for_a_deprecation_taken_back() {
        let stages = [Stage::Draft, Stage::Active, Stage::Deprecated, Stage::Retired];
        let open = |from: Stage| stages.into_iter().filter(|to| from.leads_to(*to)).collect::<Vec<_>>();
        assert_eq!(open(Stage::Draft), [Stage::Active, Stage::Retired]);
        assert_eq!(open(Stage::Active), [Stage::Deprecated]);
        assert_eq!(open(Stage::Deprecated), [Stage::Active, Stage::Retired]);
        assert_eq!(open(Stage::Retired), []);
    }

    #[test]
    fn the_worst_verdict_is_the_largest() {
        assert!(Verdict::Compatible < Verdict::Undecided && Verdict::Undecided < Verdict::Breaking);
    }
}
