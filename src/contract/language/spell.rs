//! ECMA-262 patterns spelled so that other engines read them as ECMA-262 means them.
//!
//! `\d`, `\w`, `\s`, `\b` and `.` mean something else in Rust's engines (all of Unicode's digits, one line break of
//! four), and the validators translate them only where they can read the whole pattern. So they are spelled out: only
//! literal characters, classes of literal characters, groups, repetitions and look-around are left.

use std::fmt::Write as _;

use oxc_allocator::Allocator;
use oxc_regular_expression::ast::{
    BoundaryAssertionKind, CharacterClassEscapeKind, Disjunction, LookAroundAssertionKind, Quantifier, Term,
};
use regexsolver::CharRange;

use super::{lower, pattern};

/// The longest spelling.
const SPELLING_MAX: usize = 100_000;

/// A pattern in other words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::contract) struct Spelling {
    /// The words.
    pub(in crate::contract) text: String,
    /// Whether it looks ahead, behind or for word boundaries, which not every engine can.
    pub(in crate::contract) looks_around: bool,
}

/// The same pattern for any engine with look-around; `None` where it can't be spelled so (references to groups, flags
/// inside), or is no pattern.
pub(in crate::contract) fn spelled(pattern: &str) -> Option<Spelling> {
    let allocator = Allocator::default();
    let read = pattern::parsed(&allocator, pattern).ok()?;
    let mut spelling = Spelling { text: String::with_capacity(pattern.len() * 2), looks_around: false };
    spelling.disjunction(&read.body, 0)?;
    Some(spelling)
}

/// Whether a pattern means the same to every engine as it stands.
pub(in crate::contract) fn is_plain(pattern: &str) -> bool {
    const TELLING: [&str; 9] = ["\\", ".", "(?", "[]", "[^]", "[[", "&&", "--", "~~"];
    !TELLING.iter().any(|mark| pattern.contains(mark))
}

impl Spelling {
    fn disjunction(&mut self, body: &Disjunction<'_>, depth: usize) -> Option<()> {
        if depth > pattern::DEPTH_MAX || self.text.len() > SPELLING_MAX {
            return None;
        }
        for (nth, alternative) in body.body.iter().enumerate() {
            if nth > 0 {
                self.text.push('|');
            }
            alternative.body.iter().try_for_each(|term| self.term(term, depth))?;
        }
        Some(())
    }

    fn group(&mut self, opening: &str, body: &Disjunction<'_>, depth: usize) -> Option<()> {
        self.text.push_str(opening);
        self.disjunction(body, depth + 1)?;
        self.text.push(')');
        Some(())
    }

    fn term(&mut self, term: &Term<'_>, depth: usize) -> Option<()> {
        match term {
            Term::BoundaryAssertion(assertion) => self.boundary(assertion.kind),
            Term::LookAroundAssertion(assertion) => {
                self.looks_around = true;
                let opening = match assertion.kind {
                    LookAroundAssertionKind::Lookahead => "(?=",
                    LookAroundAssertionKind::NegativeLookahead => "(?!",
                    LookAroundAssertionKind::Lookbehind => "(?<=",
                    LookAroundAssertionKind::NegativeLookbehind => "(?<!",
                };
                return self.group(opening, &assertion.body, depth);
            }
            Term::Quantifier(quantifier) => return self.repeated(quantifier, depth),
            Term::Character(character) => self.letter(char::from_u32(character.value)?),
            Term::Dot(_) => self.class(&lower::dot()),
            Term::CharacterClassEscape(escape) => self.class(&lower::escape(escape.kind)),
            Term::UnicodePropertyEscape(escape) => self.class(&lower::property(escape).ok()?),
            Term::CharacterClass(class) => self.class(&lower::class(class).ok()?),
            // Without references, no group needs to remember what it matched.
            Term::CapturingGroup(group) => return self.group("(?:", &group.body, depth),
            Term::IgnoreGroup(group) if group.modifiers.is_none() => return self.group("(?:", &group.body, depth),
            Term::IgnoreGroup(_) | Term::IndexedReference(_) | Term::NamedReference(_) => return None,
        }
        Some(())
    }

    fn repeated(&mut self, quantifier: &Quantifier<'_>, depth: usize) -> Option<()> {
        let start = self.text.len();
        self.text.push_str("(?:");
        self.term(&quantifier.body, depth + 1)?;
        self.text.push(')');
        if self.text[start..].bytes().all(|byte| b"(?:|)".contains(&byte)) {
            // Nothing, however often, is nothing; some engines refuse to repeat it.
            self.text.truncate(start);
            return Some(());
        }
        match (quantifier.min, quantifier.max) {
            (0, None) => self.text.push('*'),
            (1, None) => self.text.push('+'),
            (0, Some(1)) => self.text.push('?'),
            (least, None) => write!(self.text, "{{{least},}}").ok()?,
            (least, Some(most)) => write!(self.text, "{{{least},{most}}}").ok()?,
        }
        Some(())
    }

    fn boundary(&mut self, kind: BoundaryAssertionKind) {
        let word = |spelling: &mut Self, opening: &str| {
            spelling.text.push_str(opening);
            spelling.class(&lower::escape(CharacterClassEscapeKind::W));
            spelling.text.push(')');
        };
        let [first, second] = match kind {
            BoundaryAssertionKind::Start => return self.text.push('^'),
            BoundaryAssertionKind::End => return self.text.push('$'),
            BoundaryAssertionKind::Boundary => [["(?<=", "(?!"], ["(?<!", "(?="]],
            BoundaryAssertionKind::NegativeBoundary => [["(?<=", "(?="], ["(?<!", "(?!"]],
        };
        self.looks_around = true;
        self.text.push_str("(?:");
        first.iter().for_each(|opening| word(self, opening));
        self.text.push('|');
        second.iter().for_each(|opening| word(self, opening));
        self.text.push(')');
    }

    fn letter(&mut self, letter: char) {
        if letter.is_ascii_punctuation() && !matches!(letter, '_' | '<' | '>') {
            self.text.push('\\');
        }
        self.text.push(letter);
    }

    /// A class by its ranges.
    fn class(&mut self, range: &CharRange) {
        let everything = range.is_total();
        let (opening, range) = match range.is_empty() {
            true => ("[^", &CharRange::total()),
            false => ("[", range),
        };
        self.text.push_str(opening);
        if everything || opening == "[^" {
            self.text.push_str("\0-\u{10ffff}]");
            return;
        }
        for (low, high) in lower::ranges(range) {
            self.letter(low);
            if high != low {
                self.text.push('-');
                self.letter(high);
            }
        }
        self.text.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_engines_read_what_ecma_means() {
        for (pattern, yes, no) in [
            ("(?<!x)\\d", vec!["1"], vec!["\u{663}", "x1"]),
            ("\\b\u{e9}", vec!["a\u{e9}"], vec!["\u{e9}"]),
            ("^\\B", vec!["\u{e9}", ""], vec!["a"]),
            ("^a\\b", vec!["a\u{e9}", "a"], vec!["ab"]),
            ("^(.)(?<!x)$", vec!["a", "\u{85}"], vec!["\r", "\u{2028}", "x"]),
            ("(?<!x)\\s", vec!["\u{feff}", " "], vec!["\u{85}", "x "]),
            ("(?<!x)\\W", vec!["\u{e9}", "-"], vec!["a"]),
            ("^[^]$", vec!["\n", "a", "\u{1f600}"], vec!["", "aa"]),
            ("[]|^b", vec!["b"], vec!["a", ""]),
            ("^[\\]\\-^&&a]{2}$", vec!["]-", "&^"], vec!["b]"]),
            ("^\\p{Lu}\\$\\.$", vec!["A$."], vec!["a$.", "A$a"]),
            ("^(?:(?:)|)*a(){2}$", vec!["a"], vec!["", "aa"]),
            ("^(?:a|b(c))+?$", vec!["abc"], vec!["c", ""]),
        ] {
            let spelled = spelled(pattern).unwrap();
            let translated = jsonschema::validator_for(&serde_json::json!({"pattern": spelled.text})).unwrap();
            for (texts, wanted) in [(yes, true), (no, false)] {
                for text in texts {
                    assert_eq!(translated.is_valid(&text.into()), wanted, "{pattern} as {} on {text:?}", spelled.text);
                }
            }
        }
    }

    #[test]
    fn what_can_not_be_spelled_is_told() {
        for pattern in ["(a)\\1", "(?i:a)", "(?<n>a)\\k<n>", "("] {
            assert_eq!(spelled(pattern), None, "{pattern}");
        }
        assert!(is_plain("^a+(b|c)$") && is_plain("^[a-z0-9_]{2,}$"));
        for pattern in ["\\d", "a.", "(?=a)", "[^]", "a\\b", "[a&&b]"] {
            assert!(!is_plain(pattern), "{pattern}");
        }
    }
}
