//! Schemas as formulas: what a document must be, in a small algebra that is closed under negation.
//!
//! Negation is pushed to the leaves by duals when a formula is negated, so no formula holds a "not"
//! (Attouche et al., *Witness Generation for JSON Schema*, VLDB 2022, §4). Formulas are kept once: the same formula
//! has the same [`Id`], which is how equal parts of two schemas are known to be equal without looking at them again.

mod arena;
mod evaluate;
mod finite;
pub(in crate::contract) mod number;
mod restrict;
pub(in crate::contract) mod types;

use std::collections::BTreeSet;
use std::rc::Rc;

use self::number::Number;
use self::types::{Class, Types};
use super::language::LanguageId;

pub(in crate::contract) use self::arena::{Arena, equal};
pub(in crate::contract) use self::evaluate::number_holds;

/// A formula in an [`Arena`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::contract) struct Id(pub(in crate::contract::formula) u32);

impl Id {
    /// No document.
    pub(in crate::contract) const FALSE: Self = Self(0);
    /// Every document.
    pub(in crate::contract) const TRUE: Self = Self(1);
}

/// A formula that refers to itself, by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::contract) struct Name(pub(in crate::contract) u32);

/// An array or object that is meant as it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::contract) struct ConstantId(pub(in crate::contract) u32);

/// One formula, its parts by id.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::contract) enum Node {
    /// No document.
    False,
    /// Every document.
    True,
    /// The document is of one of these types.
    Type(Types),
    /// If the document is of the literal's class, the literal holds.
    When(Literal),
    /// The document equals this array or object.
    Constant(ConstantId),
    /// It does not.
    NotConstant(ConstantId),
    /// All of these hold; sorted, at least two.
    And(Rc<[Id]>),
    /// One of these holds; sorted, at least two.
    Or(Rc<[Id]>),
    /// The named formula holds.
    Named(Name),
    /// The named formula does not hold.
    NotNamed(Name),
}

/// What can be said of a document of one class.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::contract) enum Literal {
    /// The number is at least (more than, where `exclusive`) `value`.
    Lower {
        /// The bound.
        value: Number,
        /// Whether the bound itself is out.
        exclusive: bool,
    },
    /// The number is at most (less than, where `exclusive`) `value`.
    Upper {
        /// The bound.
        value: Number,
        /// Whether the bound itself is out.
        exclusive: bool,
    },
    /// The number is (or is not) a multiple of this one, which is not zero.
    Multiple {
        /// The divisor.
        of: Number,
        /// Whether it is one.
        holds: bool,
    },
    /// The number is (or is not) one of these.
    OneOf {
        /// The numbers.
        numbers: Rc<BTreeSet<Number>>,
        /// Whether it is among them.
        holds: bool,
    },
    /// The string is of this language.
    Text(LanguageId),
    /// The string has at least this many characters (code points).
    MinLength(u64),
    /// At most this many.
    MaxLength(u64),
    /// Every item at a position in `span` satisfies the formula.
    Items(Span, Id),
    /// Some item at a position in `span` satisfies it.
    SomeItem(Span, Id),
    /// At least so many items (two or more) satisfy it.
    AtLeast(Id, u64),
    /// At most so many items (one or more) satisfy it.
    AtMost(Id, u64),
    /// The array has at least this many items.
    MinItems(u64),
    /// At most this many.
    MaxItems(u64),
    /// All items differ.
    Unique,
    /// Two items are equal.
    NotUnique,
    /// Every member whose name is of the language satisfies the formula.
    Members(LanguageId, Id),
    /// There is a member whose name is of the language and which satisfies it.
    SomeMember(LanguageId, Id),
    /// The object has at least this many members.
    MinMembers(u64),
    /// At most this many.
    MaxMembers(u64),
}

impl Literal {
    /// The class of documents that it speaks of.
    pub(in crate::contract) fn class(&self) -> Class {
        match self {
            Self::Lower { .. } | Self::Upper { .. } | Self::Multiple { .. } | Self::OneOf { .. } => Class::Number,
            Self::Text(_) | Self::MinLength(_) | Self::MaxLength(_) => Class::String,
            Self::Items(..)
            | Self::SomeItem(..)
            | Self::AtLeast(..)
            | Self::AtMost(..)
            | Self::MinItems(_)
            | Self::MaxItems(_)
            | Self::Unique
            | Self::NotUnique => Class::Array,
            Self::Members(..) | Self::SomeMember(..) | Self::MinMembers(_) | Self::MaxMembers(_) => Class::Object,
        }
    }
}

/// Positions in an array: from `from` up to and without `to`; all from `from` on where `to` is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::contract) struct Span {
    /// The first position.
    pub(in crate::contract) from: u64,
    /// The position after the last one.
    pub(in crate::contract) to: Option<u64>,
}

impl Span {
    /// All positions.
    pub(in crate::contract) const ALL: Self = Self { from: 0, to: None };

    /// One position.
    pub(in crate::contract) fn at(position: u64) -> Self {
        Self { from: position, to: Some(position + 1) }
    }

    /// All positions from this one on.
    pub(in crate::contract) fn beyond(from: u64) -> Self {
        Self { from, to: None }
    }

    /// Whether a position is among them.
    pub(in crate::contract) fn contains(self, position: u64) -> bool {
        position >= self.from && self.to.is_none_or(|to| position < to)
    }
}
