//! The types of documents, as bits.
//!
//! What an integer is changed: until draft 4 a number written without a fraction part, from draft 6 on any number whose
//! value is whole (JSON Schema Validation draft 6, §6.25). So whole numbers are of two types here, by how they are written.

use serde_json::Value;

use crate::contract::draft::Draft;

/// A set of types. `true` and `false` are types of their own, and so are integers beside other numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::contract) struct Types(u16);

impl Types {
    pub(in crate::contract) const NONE: Self = Self(0);
    pub(in crate::contract) const NULL: Self = Self(1);
    pub(in crate::contract) const FALSE: Self = Self(2);
    pub(in crate::contract) const TRUE: Self = Self(4);
    /// Whole numbers, written without a fraction part.
    pub(in crate::contract) const INTEGER: Self = Self(8);
    /// Whole numbers, written with one, such as 1.0.
    pub(in crate::contract) const POINTED: Self = Self(256);
    /// All whole numbers.
    pub(in crate::contract) const WHOLE: Self = Self(8 | 256);
    /// All other numbers.
    pub(in crate::contract) const FRACTION: Self = Self(16);
    pub(in crate::contract) const STRING: Self = Self(32);
    pub(in crate::contract) const ARRAY: Self = Self(64);
    pub(in crate::contract) const OBJECT: Self = Self(128);
    pub(in crate::contract) const ALL: Self = Self(511);
    pub(in crate::contract) const BOOLEAN: Self = Self(2 | 4);
    pub(in crate::contract) const NUMBER: Self = Self(8 | 16 | 256);

    /// Each type alone, in the order in which witnesses are looked for: simple ones first.
    pub(in crate::contract) const EACH: [Self; 9] = [
        Self::NULL,
        Self::FALSE,
        Self::TRUE,
        Self::INTEGER,
        Self::STRING,
        Self::FRACTION,
        Self::POINTED,
        Self::ARRAY,
        Self::OBJECT,
    ];

    pub(in crate::contract) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(in crate::contract) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(in crate::contract) fn complement(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }

    pub(in crate::contract) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(in crate::contract) fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// A small number for a single type.
    pub(in crate::contract) fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// What `type` calls `name`; `None` for a name that it does not know.
    pub(in crate::contract) fn named(name: &str, draft: Draft) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" if draft == Draft::Draft4 => Self::INTEGER,
            "integer" => Self::WHOLE,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => return None,
        })
    }
}

/// How the numbers of a list are meant where 1.0 and 1 are of different types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::contract) enum Numbers {
    /// 1 stands for the document 1, and not for 1.0, which no producer that the list describes would write.
    AsWritten,
    /// 1 stands for every number that equals it.
    ByValue,
}

/// The type of a document.
pub(in crate::contract) fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => Types::NULL,
        Value::Bool(false) => Types::FALSE,
        Value::Bool(true) => Types::TRUE,
        Value::Number(number) if number.is_i64() || number.is_u64() => Types::INTEGER,
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => Types::POINTED,
            _ => Types::FRACTION,
        },
        Value::String(_) => Types::STRING,
        Value::Array(_) => Types::ARRAY,
        Value::Object(_) => Types::OBJECT,
    }
}

/// Documents that are spoken of in the same words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::contract) enum Class {
    /// Numbers of both kinds.
    Number,
    /// Strings.
    String,
    /// Arrays.
    Array,
    /// Objects.
    Object,
}

impl Class {
    /// The types in the class.
    pub(in crate::contract) fn types(self) -> Types {
        match self {
            Self::Number => Types::NUMBER,
            Self::String => Types::STRING,
            Self::Array => Types::ARRAY,
            Self::Object => Types::OBJECT,
        }
    }
}
