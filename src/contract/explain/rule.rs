//! The rules: what kinds of changes there are.

use std::fmt;

use super::entries::{ENTRIES, Entry};
use crate::contract::gate::Direction;

/// How much a change matters in one direction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// It breaks nothing, or nothing once the other changes are there too.
    Note,
    /// It breaks something only where documents carry what their schema does not declare, or nobody knows.
    Warning,
    /// It breaks something.
    Error,
}

impl Severity {
    /// The name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A kind of change. Its id is stable: programs may decide by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// `$schema` names another draft, so the same words may mean something else.
    DraftChanged,
    /// The schema or a part of it calls itself something else (`$id`, `$anchor`).
    IdentifierChanged,
    /// A reference leads to another schema, or takes the place of one written out.
    ReferenceChanged,
    /// A type that was allowed no longer is.
    TypeNarrowed,
    /// A type is allowed that was not.
    TypeWidened,
    /// Types that were allowed no longer are, and others are.
    TypeChanged,
    /// Only listed values are allowed now.
    EnumAdded,
    /// Values are no longer confined to a list.
    EnumRemoved,
    /// A value was added to the list of allowed ones.
    EnumValueAdded,
    /// A value was taken from the list of allowed ones.
    EnumValueRemoved,
    /// The one allowed value came, went, or is another.
    ConstChanged,
    /// A bound on a number, a length or a count came or is tighter than before.
    BoundTightened,
    /// A bound on a number, a length or a count went or is wider than before.
    BoundRelaxed,
    /// `multipleOf` came, went, or is another.
    MultipleOfChanged,
    /// `pattern` came, went, or is another.
    PatternChanged,
    /// `format` came, went, or is another; it breaks something only where formats are asserted.
    FormatChanged,
    /// A property that could be left out must be there.
    RequiredAdded,
    /// A property that had to be there may be left out.
    RequiredRemoved,
    /// A property is declared that was not.
    PropertyAdded,
    /// A property is no longer declared.
    PropertyRemoved,
    /// Properties whose names match a pattern are declared that were not.
    PatternPropertyAdded,
    /// Properties whose names match a pattern are no longer declared.
    PatternPropertyRemoved,
    /// Properties or items that are not declared are no longer allowed (`additionalProperties`, `unevaluatedProperties` and their likes for items became false).
    Closed,
    /// Properties or items that are not declared are allowed now.
    Opened,
    /// What is asked of undeclared properties came or went.
    AdditionalPropertiesChanged,
    /// What is asked of unevaluated properties or items came or went.
    UnevaluatedChanged,
    /// What is asked of the names of properties came, went, or is another.
    PropertyNamesChanged,
    /// What is asked of items came, went, or is of another kind.
    ItemsChanged,
    /// A place of a tuple is declared that was not.
    TupleItemAdded,
    /// A place of a tuple is no longer declared.
    TupleItemRemoved,
    /// Items must differ from one another now.
    UniqueItemsAdded,
    /// Items may be the same now.
    UniqueItemsRemoved,
    /// `contains`, `minContains` or `maxContains` came, went, or is another.
    ContainsChanged,
    /// A property, where it is there, asks for more than before.
    DependencyAdded,
    /// A property, where it is there, asks for less than before.
    DependencyRemoved,
    /// An alternative was added.
    AnyOfBranchAdded,
    /// An alternative was taken away.
    AnyOfBranchRemoved,
    /// All alternatives came, went, or were replaced.
    AnyOfChanged,
    /// An alternative was added; what two branches accept is accepted no more.
    OneOfBranchAdded,
    /// An alternative was taken away; what two branches accepted may be accepted now.
    OneOfBranchRemoved,
    /// All alternatives came, went, or were replaced.
    OneOfChanged,
    /// One more schema must accept the document.
    AllOfBranchAdded,
    /// One schema less must accept the document.
    AllOfBranchRemoved,
    /// All schemas that must accept the document as well came, went, or were replaced.
    AllOfChanged,
    /// What must not be came, went, or is another.
    NotChanged,
    /// `if`, `then` or `else` came, went, or is another.
    ConditionalChanged,
    /// A definition was added; it means nothing until something refers to it.
    DefinitionAdded,
    /// A definition was taken away; what referred to it is reported by itself.
    DefinitionRemoved,
    /// A title, a description, a default, an example, or a keyword that the draft does not know: no document is affected.
    AnnotationOnly,
    /// It is written differently and means the same.
    Restated,
    /// Several changes break together what none of them breaks alone.
    Combination,
}

impl Rule {
    /// All of them, in the order of the catalogue.
    pub const ALL: [Self; 51] = [
        Self::DraftChanged,
        Self::IdentifierChanged,
        Self::ReferenceChanged,
        Self::TypeNarrowed,
        Self::TypeWidened,
        Self::TypeChanged,
        Self::EnumAdded,
        Self::EnumRemoved,
        Self::EnumValueAdded,
        Self::EnumValueRemoved,
        Self::ConstChanged,
        Self::BoundTightened,
        Self::BoundRelaxed,
        Self::MultipleOfChanged,
        Self::PatternChanged,
        Self::FormatChanged,
        Self::RequiredAdded,
        Self::RequiredRemoved,
        Self::PropertyAdded,
        Self::PropertyRemoved,
        Self::PatternPropertyAdded,
        Self::PatternPropertyRemoved,
        Self::Closed,
        Self::Opened,
        Self::AdditionalPropertiesChanged,
        Self::UnevaluatedChanged,
        Self::PropertyNamesChanged,
        Self::ItemsChanged,
        Self::TupleItemAdded,
        Self::TupleItemRemoved,
        Self::UniqueItemsAdded,
        Self::UniqueItemsRemoved,
        Self::ContainsChanged,
        Self::DependencyAdded,
        Self::DependencyRemoved,
        Self::AnyOfBranchAdded,
        Self::AnyOfBranchRemoved,
        Self::AnyOfChanged,
        Self::OneOfBranchAdded,
        Self::OneOfBranchRemoved,
        Self::OneOfChanged,
        Self::AllOfBranchAdded,
        Self::AllOfBranchRemoved,
        Self::AllOfChanged,
        Self::NotChanged,
        Self::ConditionalChanged,
        Self::DefinitionAdded,
        Self::DefinitionRemoved,
        Self::AnnotationOnly,
        Self::Restated,
        Self::Combination,
    ];

    fn entry(self) -> &'static Entry {
        &ENTRIES[self as usize]
    }

    /// The stable name for programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.entry().id
    }

    /// A few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.entry().title
    }

    /// A sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.entry().meaning
    }

    /// How much it usually matters; what a certain change breaks is found out each time.
    #[must_use]
    pub fn usual_severity(self, direction: Direction) -> Severity {
        match direction {
            Direction::Backward => self.entry().usual[0],
            Direction::Forward => self.entry().usual[1],
        }
    }

    /// The rule of an id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_own_entry() {
        for (place, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule as usize, place);
            let kebab = format!("{rule:?}").chars().enumerate().fold(String::new(), |mut text, (at, letter)| {
                if letter.is_ascii_uppercase() && at > 0 {
                    text.push('-');
                }
                text.push(letter.to_ascii_lowercase());
                text
            });
            assert_eq!(rule.id(), kebab);
            assert_eq!(Rule::of_id(rule.id()), Some(rule));
            assert!(rule.meaning().ends_with('.') && !rule.title().is_empty());
        }
        assert_eq!(Rule::of_id("none"), None);
    }
}
