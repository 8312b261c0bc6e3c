//! What is looked for in a schema.

use std::fmt;

use crate::contract::explain::Severity;

/// A kind of finding. Its id is stable: programs may decide by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// The file holds no JSON that could be read.
    NotJson,
    /// It is no schema of its draft.
    InvalidSchema,
    /// `$schema` is missing.
    MissingSchema,
    /// `$schema` names no draft that is known here.
    UnknownDraft,
    /// No document is valid there.
    Unsatisfiable,
    /// A branch adds nothing.
    UnreachableBranch,
    /// A property is declared or required that is forbidden.
    ForbiddenProperty,
    /// A listed value can't be.
    ExcludedEnumValue,
    /// A default is not valid.
    InvalidDefault,
    /// An example is not valid.
    InvalidExample,
    /// A keyword that no draft knows.
    UnknownKeyword,
    /// A keyword that the schema's draft does not know.
    KeywordOfAnotherDraft,
    /// A keyword that is ignored beside a reference.
    IgnoredBesideReference,
    /// A format that nobody checks.
    UnknownFormat,
    /// A pattern that can't be read.
    InvalidPattern,
    /// A pattern that takes exponential time.
    ExponentialPattern,
    /// A reference to a document that is not at hand.
    RemoteReference,
    /// A reference that leads nowhere.
    DanglingReference,
    /// The schema was not looked at to the end.
    CutShort,
}

struct Entry {
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    severity: Severity,
    found: &'static str,
    clean: &'static str,
}

/// In the order of [`Rule::ALL`]. The examples stand beside the words: the first breaks the rule, the second keeps it.
const ENTRIES: [Entry; Rule::ALL.len()] = [
    Entry {
        id: "not-json",
        title: "no JSON",
        meaning: "The file holds no JSON that could be read: a mistake of spelling, a name twice in one object, a number that would lose digits.",
        severity: Severity::Error,
        found: "",
        clean: "",
    },
    Entry {
        id: "invalid-schema",
        title: "no schema",
        meaning: "The draft's own schema refuses it, so nobody can say what it means, and it can't be registered.",
        severity: Severity::Error,
        found: r##"{"type": "strin"}"##,
        clean: r##"{"type": "string"}"##,
    },
    Entry {
        id: "missing-schema",
        title: "no `$schema`",
        meaning: "Without `$schema` every reader takes the schema for the draft that it likes best.",
        severity: Severity::Warning,
        found: r##"{"type": "string"}"##,
        clean: r##"{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string"}"##,
    },
    Entry {
        id: "unknown-draft",
        title: "an unknown `$schema`",
        meaning: "`$schema` names no draft that is known here, so nothing can be said of the schema.",
        severity: Severity::Error,
        found: r##"{"$schema": "http://json-schema.org/draft-05/schema#"}"##,
        clean: r##"{"$schema": "http://json-schema.org/draft-07/schema#"}"##,
    },
    Entry {
        id: "unsatisfiable",
        title: "nothing is valid",
        meaning: "No document is valid under this part; `false` says so where it is meant.",
        severity: Severity::Error,
        found: r##"{"type": "string", "minLength": 3, "maxLength": 2}"##,
        clean: r##"{"type": "string", "minLength": 2, "maxLength": 3}"##,
    },
    Entry {
        id: "unreachable-branch",
        title: "a branch that adds nothing",
        meaning: "A branch of `anyOf` lets nothing in that another branch would not; one of `oneOf` is never the one that decides, since others hold wherever it does or what stands beside it excludes it; the condition of a `then` or `else` never comes about.",
        severity: Severity::Warning,
        found: r##"{"anyOf": [{"type": "number"}, {"type": "integer"}]}"##,
        clean: r##"{"anyOf": [{"type": "number"}, {"type": "string"}]}"##,
    },
    Entry {
        id: "forbidden-property",
        title: "a property that is forbidden",
        meaning: "A property is declared or required, and `additionalProperties: false` of a schema that holds for the same object forbids it.",
        severity: Severity::Error,
        found: r##"{"allOf": [{"properties": {"a": {}}, "additionalProperties": false}, {"properties": {"b": {"type": "string"}}}]}"##,
        clean: r##"{"allOf": [{"properties": {"a": {}, "b": {}}, "additionalProperties": false}, {"properties": {"b": {"type": "string"}}}]}"##,
    },
    Entry {
        id: "excluded-enum-value",
        title: "a listed value that can't be",
        meaning: "A value of `enum` is excluded by the keywords beside it.",
        severity: Severity::Warning,
        found: r##"{"type": "string", "enum": ["a", 1]}"##,
        clean: r##"{"type": "string", "enum": ["a", "1"]}"##,
    },
    Entry {
        id: "invalid-default",
        title: "a default that is not valid",
        meaning: "The `default` is not valid under the schema that it stands in.",
        severity: Severity::Warning,
        found: r##"{"type": "integer", "default": "1"}"##,
        clean: r##"{"type": "integer", "default": 1}"##,
    },
    Entry {
        id: "invalid-example",
        title: "an example that is not valid",
        meaning: "One of the `examples` is not valid under the schema that it stands in.",
        severity: Severity::Warning,
        found: r##"{"type": "integer", "examples": [1, "2"]}"##,
        clean: r##"{"type": "integer", "examples": [1, 2]}"##,
    },
    Entry {
        id: "unknown-keyword",
        title: "an unknown keyword",
        meaning: "No draft knows the keyword, so it asserts nothing; names that begin with `x-` are left alone.",
        severity: Severity::Warning,
        found: r##"{"type": "string", "maxLenght": 3}"##,
        clean: r##"{"type": "string", "maxLength": 3, "x-note": "ours"}"##,
    },
    Entry {
        id: "keyword-of-another-draft",
        title: "a keyword of another draft",
        meaning: "The keyword belongs to other drafts than the schema's, so it asserts nothing here.",
        severity: Severity::Warning,
        found: r##"{"$schema": "http://json-schema.org/draft-04/schema#", "const": 1}"##,
        clean: r##"{"$schema": "http://json-schema.org/draft-06/schema#", "const": 1}"##,
    },
    Entry {
        id: "ignored-beside-reference",
        title: "a keyword that is ignored",
        meaning: "Up to draft 7 everything beside `$ref` is ignored.",
        severity: Severity::Warning,
        found: r##"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/a", "minLength": 1}}, "definitions": {"a": {"type": "string"}}}"##,
        clean: r##"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"allOf": [{"$ref": "#/definitions/a"}], "minLength": 1}}, "definitions": {"a": {"type": "string"}}}"##,
    },
    Entry {
        id: "unknown-format",
        title: "an unknown format",
        meaning: "No validator checks a format of this name.",
        severity: Severity::Warning,
        found: r##"{"type": "string", "format": "datetime"}"##,
        clean: r##"{"type": "string", "format": "date-time"}"##,
    },
    Entry {
        id: "invalid-pattern",
        title: "a pattern that can't be read",
        meaning: "The pattern is no regular expression of ECMA-262.",
        severity: Severity::Error,
        found: r##"{"type": "string", "pattern": "^(a|b$"}"##,
        clean: r##"{"type": "string", "pattern": "^(a|b)$"}"##,
    },
    Entry {
        id: "exponential-pattern",
        title: "a pattern that takes exponential time",
        meaning: "A part that is repeated matches some text in two ways, so a validator that backtracks tries all combinations before it rejects; the message shows such a text.",
        severity: Severity::Warning,
        found: r##"{"type": "string", "pattern": "^([a-z]+-?)+$"}"##,
        clean: r##"{"type": "string", "pattern": "^[a-z]+(-[a-z]+)*-?$"}"##,
    },
    Entry {
        id: "remote-reference",
        title: "a reference to what is not at hand",
        meaning: "A reference reaches a document that is neither in the schema nor among the documents given; nothing is ever fetched.",
        severity: Severity::Error,
        found: r##"{"$ref": "https://example.com/other.json"}"##,
        clean: r##"{"$ref": "#/$defs/other", "$defs": {"other": {}}}"##,
    },
    Entry {
        id: "dangling-reference",
        title: "a reference that leads nowhere",
        meaning: "The document of a reference is there, but not the part that it points to.",
        severity: Severity::Error,
        found: r##"{"$ref": "#/$defs/othr", "$defs": {"other": {}}}"##,
        clean: r##"{"$ref": "#/$defs/other", "$defs": {"other": {}}}"##,
    },
    Entry {
        id: "cut-short",
        title: "not looked at to the end",
        meaning: "The schema is too large or nested too deep, or the time was up: what was not looked at may hold more.",
        severity: Severity::Warning,
        found: "",
        clean: "",
    },
];

impl Rule {
    /// All of them, in the order of the catalogue.
    pub const ALL: [Self; 19] = [
        Self::NotJson,
        Self::InvalidSchema,
        Self::MissingSchema,
        Self::UnknownDraft,
        Self::Unsatisfiable,
        Self::UnreachableBranch,
        Self::ForbiddenProperty,
        Self::ExcludedEnumValue,
        Self::InvalidDefault,
        Self::InvalidExample,
        Self::UnknownKeyword,
        Self::KeywordOfAnotherDraft,
        Self::IgnoredBesideReference,
        Self::UnknownFormat,
        Self::InvalidPattern,
        Self::ExponentialPattern,
        Self::RemoteReference,
        Self::DanglingReference,
        Self::CutShort,
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

    /// How much it matters.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.entry().severity
    }

    /// A schema in which it is found and one like it in which it is not; `None` for what no small schema shows.
    #[must_use]
    pub fn examples(self) -> Option<[&'static str; 2]> {
        let entry = self.entry();
        (!entry.found.is_empty()).then_some([entry.found, entry.clean])
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
