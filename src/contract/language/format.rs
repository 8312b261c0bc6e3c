//! What formats admit.
//!
//! Some can be said by a pattern. Of the others it is known which strings they admit by asking two validators, a pattern
//! that is wider, and some strings that they do admit.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::pattern;
use crate::contract::draft::Draft;

/// A format that asserts something.
pub(super) enum Meaning {
    /// It admits what this pattern matches.
    Pattern(&'static str),
    /// It admits no more than what this pattern matches.
    Within(&'static str, &'static [&'static str]),
}

/// The meaning of a format's name; `None` for names that assert nothing.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    Some(match name {
        "ipv4" => Meaning::Pattern(
            r"^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$",
        ),
        "json-pointer" => Meaning::Pattern(r"^(/([^~/]|~[01])*)*$"),
        "uuid" => Meaning::Within(
            r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            &["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
        ),
        // Wide on purpose: validators read the parts of dates and times as numbers, and let a sign pass.
        "date" => Meaning::Within(r"^[^]{10}$", &["2020-01-31", "1999-12-01"]),
        "time" => Meaning::Within(r"^[^]{9,}$", &["08:30:06Z", "12:00:00.5+01:00"]),
        "date-time" => Meaning::Within(r"^[^]{20,}$", &["2020-01-31T08:30:06Z", "1999-12-01T12:00:00.5+01:00"]),
        "duration" => Meaning::Within(r"^P[0-9YMWDTHS.,]{2,}$", &["P1D", "PT1H", "P2W"]),
        "ipv6" => Meaning::Within(r"^[0-9a-fA-F:.]{2,45}$", &["::1", "2001:db8::ff00:42:8329"]),
        "email" => Meaning::Within(r"^[^]+@[^]+$", &["a@example.com", "joe.bloggs@example.org"]),
        "idn-email" => Meaning::Within("", &["a@example.com", "\u{c2e4}\u{b840}@\u{c2e4}\u{b840}.com"]),
        "hostname" => Meaning::Within(r"^[a-zA-Z0-9.-]{0,253}$", &["example.com", "a"]),
        "idn-hostname" => Meaning::Within("", &["example.com", "a"]),
        "uri" => Meaning::Within(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", &["http://example.com/a", "urn:a:b"]),
        "iri" => Meaning::Within(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", &["http://example.com/a", "urn:a:b"]),
        "uri-reference" | "iri-reference" => Meaning::Within("", &["http://example.com/a", "a", "/a?b#c"]),
        "uri-template" => Meaning::Within("", &["http://example.com/{a}", "a"]),
        "relative-json-pointer" => Meaning::Within(r"^[0-9]+(#|(/([^~/]|~[01])*)*)$", &["0", "1/a", "2#"]),
        "regex" => Meaning::Within("", &["a", "^[a-z]+$"]),
        _ => return None,
    })
}

/// The first draft in which all validators assert a format: in earlier ones, which do not define it, some do.
pub(super) fn since(name: &str) -> Draft {
    match name {
        "json-pointer" | "uri-reference" | "uri-template" => Draft::Draft6,
        "idn-hostname" | "iri" | "iri-reference" | "relative-json-pointer" => Draft::Draft7,
        "uuid" | "duration" => Draft::Draft201909,
        _ => Draft::Draft4,
    }
}

/// Who is asked whether a format admits a string.
pub(super) struct Oracle {
    first: jsonschema::Validator,
    second: Second,
    third: Third,
    /// Strings that it admits, for a start.
    pub(super) examples: &'static [&'static str],
}

/// The second opinion.
enum Second {
    /// Another validator.
    Validator(Schemas, SchemaIndex),
    /// Somebody who asserts nothing of the kind, as the standard allows.
    Nobody,
}

/// Whose "yes" decides where two validators disagree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Third {
    /// The grammar of patterns (ECMA-262), where it is sure.
    Ecma,
    /// The grammar of RFC 6570 (§2).
    UriTemplate,
    /// Nobody.
    Nobody,
}

/// RFC 6570, §2.
const URI_TEMPLATE: &str = concat!(
    r"^(?:[^\x00-\x20\x22%'<>\\^`{|}\x7f]|%[0-9a-fA-F]{2}",
    r"|\{[+#./;?&=,!@|]?(?:V(?:\.?V)*(?::[1-9][0-9]{0,3}|\*)?)(?:,V(?:\.?V)*(?::[1-9][0-9]{0,3}|\*)?)*\})*$",
);

impl Third {
    fn of(name: &str) -> Self {
        match name {
            "regex" => Self::Ecma,
            "uri-template" => Self::UriTemplate,
            _ => Self::Nobody,
        }
    }

    fn admits(self, text: &str) -> Option<bool> {
        match self {
            Self::Ecma => pattern::is_pattern(text),
            Self::UriTemplate => {
                let grammar = URI_TEMPLATE.replace('V', "(?:[0-9A-Za-z_]|%[0-9a-fA-F]{2})");
                Some(pattern::automaton(&grammar).ok()?.is_match(text))
            }
            Self::Nobody => None,
        }
    }
}

impl Oracle {
    /// Who is asked about `contentEncoding` and `contentMediaType`, which may be asserted or not: what the assertion
    /// admits is admitted either way, and of anything else nothing is known.
    pub(super) fn of_content(keyword: &str, asserted: &str, draft: Draft) -> Option<Self> {
        let schema = json!({"$schema": draft.meta_schema(), keyword: asserted});
        let first = jsonschema::options().with_draft(draft.as_jsonschema()).offline().build(&schema).ok()?;
        Some(Self { first, second: Second::Nobody, third: Third::Nobody, examples: &[] })
    }

    /// `None` if a validator can't be had.
    pub(super) fn new(name: &str, draft: Draft, examples: &'static [&'static str]) -> Option<Self> {
        let schema = json!({"$schema": draft.meta_schema(), "format": name});
        let first = jsonschema::options()
            .with_draft(draft.as_jsonschema())
            .should_validate_formats(true)
            .offline()
            .build(&schema);
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource("json-schema:///format", schema).ok()?;
        let mut schemas = Schemas::new();
        let index = compiler.compile("json-schema:///format", &mut schemas).ok()?;
        Some(Self { first: first.ok()?, second: Second::Validator(schemas, index), third: Third::of(name), examples })
    }

    /// Whether the format admits the string; `None` if the validators disagree and no grammar takes it.
    pub(super) fn admits(&self, text: &str) -> Option<bool> {
        let value = Value::String(text.to_owned());
        let first = self.first.is_valid(&value);
        let second = match &self.second {
            Second::Validator(schemas, index) => schemas.validate(&value, *index).is_ok(),
            Second::Nobody => true,
        };
        if first == second { Some(first) } else { self.third.admits(text).filter(|admits| *admits) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contract::language::Languages;

    const NAMES: [&str; 18] = [
        "ipv4",
        "json-pointer",
        "uuid",
        "date",
        "time",
        "date-time",
        "duration",
        "ipv6",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "uri",
        "iri",
        "uri-reference",
        "uri-template",
        "relative-json-pointer",
        "regex",
    ];

    /// Strings like those that a format admits: an example with a few characters changed.
    fn near_misses() -> impl Strategy<Value = (&'static str, String)> {
        let starts = NAMES.into_iter().flat_map(|name| {
            let own: &[&str] = match meaning(name) {
                Some(Meaning::Within(_, examples)) => examples,
                _ if name == "ipv4" => &["127.0.0.1", "255.255.255.255", "1.2.3.04"],
                _ => &["/a/b~0c", "", "/~1"],
            };
            own.iter().map(move |example| (name, *example)).collect::<Vec<_>>()
        });
        let change = (any::<prop::sample::Index>(), "[0-9a-zA-Z:/.~_@ %+-]", any::<bool>());
        (prop::sample::select(starts.collect::<Vec<_>>()), prop::collection::vec(change, 0..4)).prop_map(
            |((name, example), changes)| {
                let mut letters: Vec<char> = example.chars().collect();
                for (at, with, insert) in changes {
                    let at = at.index(letters.len() + 1);
                    let with = with.chars().next().unwrap();
                    if insert || at == letters.len() { letters.insert(at, with) } else { letters[at] = with }
                }
                (name, letters.into_iter().collect())
            },
        )
    }

    #[test]
    fn where_validators_disagree_the_grammar_decides() {
        let admits = |name: &str, text: &str| Oracle::new(name, Draft::Draft202012, &[]).unwrap().admits(text);
        for text in ["{#var}", "http://example.com/{+a.b:3,c*}{?d}", ""] {
            assert_eq!(admits("uri-template", text), Some(true), "{text}");
            assert_eq!(Third::UriTemplate.admits(text), Some(true), "{text}");
        }
        for text in ["{", "}", "{a", "{a:0}", "a b"] {
            assert_eq!(Third::UriTemplate.admits(text), Some(false), "{text}");
        }
        assert_eq!(admits("regex", "[^]"), Some(true));
        assert_eq!(Third::Ecma.admits("("), Some(false));
        // Only without the flag `u`: some take it, some don't.
        assert_eq!(Third::Ecma.admits("\\-"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

        /// What both validators admit is in the wider language, and in the pattern where it says all.
        #[test]
        fn patterns_of_formats_are_wide_enough((name, text) in near_misses()) {
            let mut languages = Languages::default();
            let oracle = Oracle::new(name, Draft::Draft202012, &[]).unwrap();
            let admitted = oracle.admits(&text);
            let (pattern, is_all) = match meaning(name).unwrap() {
                Meaning::Pattern(pattern) => (pattern, true),
                Meaning::Within(pattern, _) => (pattern, false),
            };
            let language = languages.pattern(pattern);
            let inside = languages.contains(language, &text);
            match admitted {
                Some(true) => prop_assert_eq!(inside, Some(true), "{} {:?}", name, text),
                Some(false) if is_all => prop_assert_eq!(inside, Some(false), "{} {:?}", name, text),
                _ => {}
            }
            // Nor does the first validator, which checks documents, admit more.
            if oracle.first.is_valid(&Value::String(text.clone())) {
                prop_assert_eq!(inside, Some(true), "{} {:?}", name, text);
            }
        }
    }
}
