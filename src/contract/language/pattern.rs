//! ECMA-262 patterns as automata over code points.
//!
//! A pattern is lowered from its end: each sequence is handed the language of everything that may follow it, up to the
//! end of the string. That makes `$` and look-aheads exact wherever they stand: `$` keeps the empty continuation, a
//! look-ahead meets it. What stands before a part matters to `^` and `\b` only as far as it is nothing, ends in a letter
//! of a word or does not; where it matters, parts are split by how they end. What is not regular (back-references) or
//! looks behind is refused with a reason.

use oxc_allocator::Allocator;
use oxc_regular_expression::ast::{
    Alternative, BoundaryAssertionKind, CharacterClassEscapeKind, Disjunction, LookAroundAssertionKind, Pattern,
    Quantifier, Term,
};
use oxc_regular_expression::{LiteralParser, Options};
use regexsolver::CharRange;
use regexsolver::error::EngineError;
use regexsolver::fast_automaton::FastAutomaton;

use super::lower;

/// The longest pattern that is read.
const PATTERN_MAX: usize = 4_096;
/// The most repetitions that are spelled out.
const REPEAT_MAX: u64 = 1_000;
/// The most repetitions of a group with assertions in it.
const SPECIAL_REPEAT_MAX: u64 = 3;
/// The deepest nesting of groups.
pub(super) const DEPTH_MAX: usize = 40;

/// The strings that `pattern` matches somewhere in them.
pub(super) fn automaton(pattern: &str) -> Result<FastAutomaton, String> {
    if pattern.len() > PATTERN_MAX {
        return Err(format!("it is longer than {PATTERN_MAX} bytes"));
    }
    let allocator = Allocator::default();
    whole(&parsed(&allocator, pattern)?)
}

/// A pattern's parts.
pub(super) fn parsed<'a>(allocator: &'a Allocator, pattern: &'a str) -> Result<Pattern<'a>, String> {
    // Patterns are meant to be read with the `u` flag; many in use are only valid without it (`\-`, `\_`).
    let parse = |flags| LiteralParser::new(allocator, pattern, Some(flags), Options::default()).parse();
    parse("u").or_else(|_| parse("")).map_err(|error| format!("not an ECMA-262 pattern: {error}"))
}

/// Whether a text is a pattern; `None` where that hangs on how it is read.
pub(in crate::contract) fn is_pattern(text: &str) -> Option<bool> {
    let allocator = Allocator::default();
    let parses = |flags| LiteralParser::new(&allocator, text, Some(flags), Options::default()).parse().is_ok();
    match (parses("u"), parses("")) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

fn failed(error: EngineError) -> String {
    error.to_string()
}

fn whole(pattern: &Pattern<'_>) -> Result<FastAutomaton, String> {
    let asks_for = |kinds: &[BoundaryAssertionKind]| {
        let is_one = |term: &Term<'_>| matches!(term, Term::BoundaryAssertion(found) if kinds.contains(&found.kind));
        pattern.body.body.iter().any(|one: &Alternative<'_>| one.body.iter().any(|term| any_term(term, &is_one)))
    };
    let minds_words = asks_for(&[BoundaryAssertionKind::Boundary, BoundaryAssertionKind::NegativeBoundary]);
    let reader = Reader { minds_words };
    let rest = Rest::Alike(FastAutomaton::new_total());
    if !minds_words && !asks_for(&[BoundaryAssertionKind::Start]) {
        let anywhere = reader.disjunction(&pattern.body, Place::AfterOther, &rest, 0)?;
        return FastAutomaton::new_total().concat(&anywhere).map_err(failed);
    }
    let mut all = reader.disjunction(&pattern.body, Place::Start, &rest, 0)?;
    for (place, before) in reader.beginnings()? {
        let later = reader.disjunction(&pattern.body, place, &rest, 0)?;
        if !later.is_empty() {
            all = all.union(&before.concat(&later).map_err(failed)?).map_err(failed)?;
        }
    }
    Ok(all)
}

/// What stands before a part of the pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Start,
    /// Something that ends in a letter, digit or underscore.
    AfterWord,
    /// Something else; anything, where nobody asks for word boundaries.
    AfterOther,
}

impl Place {
    const ALL: [Self; 3] = [Self::Start, Self::AfterWord, Self::AfterOther];
}

/// All that may follow a part, up to the end of the text.
enum Rest {
    /// Wherever the part ends.
    Alike(FastAutomaton),
    /// By what stands before that end, in the order of [`Place::ALL`].
    ByPlace(Box<[FastAutomaton; 3]>),
}

impl Rest {
    fn at(&self, place: Place) -> &FastAutomaton {
        match self {
            Self::Alike(all) => all,
            Self::ByPlace(each) => &each[place as usize],
        }
    }

    /// What follows, made for each place.
    fn by_place(mut of: impl FnMut(Place) -> Result<FastAutomaton, String>) -> Result<Self, String> {
        let [start, word, other] = Place::ALL;
        Ok(Self::ByPlace(Box::new([of(start)?, of(word)?, of(other)?])))
    }
}

/// Any text that ends in a character of a class.
fn ending_in(class: &CharRange) -> Result<FastAutomaton, String> {
    FastAutomaton::new_total().concat(&FastAutomaton::new_from_range(class)).map_err(failed)
}

/// Reads the parts of one pattern.
struct Reader {
    /// Whether it asks for word boundaries.
    minds_words: bool,
}

impl Reader {
    /// The texts that are not empty, by how they end.
    fn beginnings(&self) -> Result<Vec<(Place, FastAutomaton)>, String> {
        if !self.minds_words {
            return Ok(vec![(Place::AfterOther, ending_in(&CharRange::total())?)]);
        }
        let word = lower::escape(CharacterClassEscapeKind::W);
        Ok(vec![(Place::AfterWord, ending_in(&word)?), (Place::AfterOther, ending_in(&word.complement())?)])
    }

    /// A language by where it leads to from a place.
    fn split(&self, run: FastAutomaton, place: Place) -> Result<Vec<(Place, FastAutomaton)>, String> {
        if !self.minds_words && !run.is_match("") {
            return Ok(vec![(Place::AfterOther, run)]);
        }
        let mut parts = Vec::new();
        if run.is_match("") {
            parts.push((place, FastAutomaton::new_empty_string()));
        }
        for (end, texts) in self.beginnings()? {
            let part = run.intersection(&texts).map_err(failed)?;
            if !part.is_empty() {
                parts.push((end, part));
            }
        }
        Ok(parts)
    }

    fn disjunction(
        &self,
        body: &Disjunction<'_>,
        place: Place,
        rest: &Rest,
        depth: usize,
    ) -> Result<FastAutomaton, String> {
        if depth > DEPTH_MAX {
            return Err("its groups are nested too deep".to_owned());
        }
        let each: Result<Vec<_>, _> =
            body.body.iter().map(|alternative| self.sequence(&alternative.body, place, rest, depth)).collect();
        FastAutomaton::union_all(each?.iter()).map_err(failed)
    }

    fn sequence(&self, terms: &[Term<'_>], place: Place, rest: &Rest, depth: usize) -> Result<FastAutomaton, String> {
        let plain = terms.iter().take_while(|term| !is_special(term)).count();
        if plain > 0 {
            let (run, after) = terms.split_at(plain);
            let run: Result<Vec<_>, _> = run.iter().map(|term| self.plain(term, depth)).collect();
            let run = FastAutomaton::concat_all(run?.iter()).map_err(failed)?;
            if let Rest::Alike(after) = self.followed(after, rest, depth)? {
                return run.concat(&after).map_err(failed);
            }
            let mut all = FastAutomaton::new_empty();
            for (end, part) in self.split(run, place)? {
                let after = self.sequence(after, end, rest, depth)?;
                all = all.union(&part.concat(&after).map_err(failed)?).map_err(failed)?;
            }
            return Ok(all);
        }
        let Some((first, after)) = terms.split_first() else { return Ok(rest.at(place).clone()) };
        match first {
            Term::BoundaryAssertion(assertion) => {
                let after = || self.sequence(after, place, rest, depth);
                match assertion.kind {
                    BoundaryAssertionKind::Start if place == Place::Start => after(),
                    BoundaryAssertionKind::Start => Ok(FastAutomaton::new_empty()),
                    BoundaryAssertionKind::End if after()?.is_match("") => Ok(FastAutomaton::new_empty_string()),
                    BoundaryAssertionKind::End => Ok(FastAutomaton::new_empty()),
                    BoundaryAssertionKind::Boundary => begin(&after()?, place != Place::AfterWord),
                    BoundaryAssertionKind::NegativeBoundary => begin(&after()?, place == Place::AfterWord),
                }
            }
            Term::LookAroundAssertion(assertion) => {
                let seen = match assertion.kind {
                    LookAroundAssertionKind::Lookahead | LookAroundAssertionKind::NegativeLookahead => {
                        let rest = Rest::Alike(FastAutomaton::new_total());
                        self.disjunction(&assertion.body, place, &rest, depth + 1)?
                    }
                    LookAroundAssertionKind::Lookbehind | LookAroundAssertionKind::NegativeLookbehind => {
                        return Err("it looks behind".to_owned());
                    }
                };
                let after = self.sequence(after, place, rest, depth)?;
                if assertion.kind == LookAroundAssertionKind::Lookahead {
                    after.intersection(&seen).map_err(failed)
                } else {
                    let seen = seen.determinize().map_err(failed)?;
                    after.difference(&seen).map_err(failed)
                }
            }
            Term::CapturingGroup(group) => {
                self.disjunction(&group.body, place, &self.followed(after, rest, depth)?, depth + 1)
            }
            Term::IgnoreGroup(group) if group.modifiers.is_none() => {
                self.disjunction(&group.body, place, &self.followed(after, rest, depth)?, depth + 1)
            }
            Term::Quantifier(quantifier) => self.repeated(quantifier, after, place, rest, depth),
            _ => Err("it uses a construct that is not read".to_owned()),
        }
    }

    /// What follows a part: these terms, then the rest.
    fn followed(&self, terms: &[Term<'_>], rest: &Rest, depth: usize) -> Result<Rest, String> {
        if matches!(rest, Rest::Alike(_)) && !terms.iter().any(minds_place) {
            return Ok(Rest::Alike(self.sequence(terms, Place::AfterOther, rest, depth)?));
        }
        Rest::by_place(|place| self.sequence(terms, place, rest, depth))
    }

    /// A repeated group with assertions in it is spelled out, if it is short.
    fn repeated(
        &self,
        quantifier: &Quantifier<'_>,
        after: &[Term<'_>],
        place: Place,
        rest: &Rest,
        depth: usize,
    ) -> Result<FastAutomaton, String> {
        let Some(most) = quantifier.max.filter(|most| *most <= SPECIAL_REPEAT_MAX) else {
            return Err("it repeats a group with assertions in it".to_owned());
        };
        let body = std::slice::from_ref(&quantifier.body);
        let mut all = FastAutomaton::new_empty();
        let mut repeated = self.followed(after, rest, depth)?;
        for count in 0..=most {
            if count >= quantifier.min {
                all = all.union(repeated.at(place)).map_err(failed)?;
            }
            if count < most {
                repeated = Rest::by_place(|place| self.sequence(body, place, &repeated, depth + 1))?;
            }
        }
        Ok(all)
    }

    /// A term without assertions in it, as a language of its own.
    fn plain(&self, term: &Term<'_>, depth: usize) -> Result<FastAutomaton, String> {
        let range = match term {
            Term::Character(character) => lower::code_point(character.value)?,
            Term::Dot(_) => lower::dot(),
            Term::CharacterClassEscape(escape) => lower::escape(escape.kind),
            Term::UnicodePropertyEscape(escape) => lower::property(escape)?,
            Term::CharacterClass(class) => lower::class(class)?,
            Term::Quantifier(quantifier) => {
                let bound = |count: u64| {
                    u32::try_from(count)
                        .ok()
                        .filter(|count| u64::from(*count) <= REPEAT_MAX)
                        .ok_or_else(|| format!("it repeats more than {REPEAT_MAX} times"))
                };
                let most = quantifier.max.map(bound).transpose()?;
                return self.plain(&quantifier.body, depth)?.repeat(bound(quantifier.min)?, most).map_err(failed);
            }
            Term::CapturingGroup(group) => {
                let rest = Rest::Alike(FastAutomaton::new_empty_string());
                return self.disjunction(&group.body, Place::AfterOther, &rest, depth + 1);
            }
            Term::IgnoreGroup(group) if group.modifiers.is_none() => {
                let rest = Rest::Alike(FastAutomaton::new_empty_string());
                return self.disjunction(&group.body, Place::AfterOther, &rest, depth + 1);
            }
            Term::IgnoreGroup(_) => return Err("it changes flags inside".to_owned()),
            Term::IndexedReference(_) | Term::NamedReference(_) => return Err("it refers back to a group".to_owned()),
            Term::BoundaryAssertion(_) | Term::LookAroundAssertion(_) => {
                return Err("it uses a construct that is not read".to_owned());
            }
        };
        Ok(FastAutomaton::new_from_range(&range))
    }
}

/// Those texts of a language that begin with a letter, digit or underscore, or those that do not.
fn begin(texts: &FastAutomaton, with_word: bool) -> Result<FastAutomaton, String> {
    let word = FastAutomaton::new_from_range(&lower::escape(CharacterClassEscapeKind::W));
    let beginning = word.concat(&FastAutomaton::new_total()).map_err(failed)?;
    if with_word {
        return texts.intersection(&beginning).map_err(failed);
    }
    let beginning = beginning.determinize().map_err(failed)?;
    texts.difference(&beginning).map_err(failed)
}

/// Whether an assertion stands in it.
fn is_special(term: &Term<'_>) -> bool {
    any_term(term, &|term| matches!(term, Term::BoundaryAssertion(_) | Term::LookAroundAssertion(_)))
}

/// Whether it asks for what stands before it.
fn minds_place(term: &Term<'_>) -> bool {
    any_term(term, &|term| match term {
        Term::BoundaryAssertion(assertion) => assertion.kind != BoundaryAssertionKind::End,
        _ => false,
    })
}

fn any_term(term: &Term<'_>, is: &dyn Fn(&Term<'_>) -> bool) -> bool {
    let inside = |body: &Disjunction<'_>| {
        body.body.iter().any(|alternative| alternative.body.iter().any(|term| any_term(term, is)))
    };
    is(term)
        || match term {
            Term::Quantifier(quantifier) => any_term(&quantifier.body, is),
            Term::CapturingGroup(group) => inside(&group.body),
            Term::IgnoreGroup(group) => inside(&group.body),
            Term::LookAroundAssertion(assertion) => inside(&assertion.body),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        automaton(pattern).unwrap().is_match(text)
    }

    #[test]
    fn patterns_are_searched_for_and_anchored_where_they_say() {
        for (pattern, yes, no) in [
            ("a", vec!["a", "xax"], vec!["", "x"]),
            ("^a", vec!["a", "ax"], vec!["xa", ""]),
            ("a$", vec!["a", "xa"], vec!["ax", ""]),
            ("^a|b$", vec!["ax", "xb", "ab"], vec!["xa", "bx", ""]),
            ("^(a|b)$", vec!["a", "b"], vec!["ab", ""]),
            ("(^a|b)c", vec!["acx", "xbc"], vec!["xac", "a"]),
            ("", vec!["", "x"], vec![]),
            ("^$", vec![""], vec!["a"]),
            ("^(?!x)[a-z]+$", vec!["a", "ax"], vec!["x", "xa", ""]),
            ("^(?=.*\\d)(?=.*[a-z]).{2,3}$", vec!["a1", "1ab"], vec!["aa", "11", "a1bc"]),
            ("^(?!.*secret).*$", vec!["", "sec"], vec!["a secret", "secret"]),
            ("^\\d+$", vec!["0", "12"], vec!["\u{0661}", "a"]),
            ("^\\w$", vec!["_"], vec!["ä"]),
            ("^\\p{L}$", vec!["ä"], vec!["1"]),
            ("^[^\\s]$", vec!["x"], vec!["\u{feff}", " "]),
            ("^a{2}(b|c)?$", vec!["aa", "aab"], vec!["a", "aabc"]),
            ("^\\-x$", vec!["-x"], vec!["x"]),
            ("^(foo$)?", vec!["", "foo", "bar"], vec![]),
            ("^.$", vec!["x", "💩"], vec!["\n", "xx"]),
            ("^(a(?!b))c?", vec!["a", "ac"], vec!["ab", "b"]),
            ("\\bfoo", vec!["foo", "a foo", "\u{e9}foo"], vec!["afoo", "_foo", "fo"]),
            ("foo\\b", vec!["foo", "foo-", "foo\u{e9}"], vec!["foob", "foo1"]),
            ("^\\B", vec!["", "-", "\u{e9}"], vec!["a", "_"]),
            ("^(a|-)\\b(b|-)$", vec!["a-", "-b"], vec!["ab", "--"]),
            ("^a\\B.$", vec!["ab"], vec!["a-", "a"]),
            ("\\b(\\d{2}|x*)\\b$", vec!["12", "a", "-xx"], vec!["-", "a-", ""]),
            ("(x?)^a", vec!["a", "ab"], vec!["xa", "ba"]),
            ("^x?(\\b-|\\Bb)$", vec!["x-", "xb"], vec!["-", "b", "xx"]),
            ("^(a\\b|-){1,3}$", vec!["a", "a-a", "---"], vec!["aa", "-aa", ""]),
            ("^(?=\\b)a*(?!\\b)$", vec![], vec!["a", ""]),
        ] {
            for text in yes {
                assert!(matches(pattern, text), "{pattern} must match {text:?}");
            }
            for text in no {
                assert!(!matches(pattern, text), "{pattern} must not match {text:?}");
            }
        }
    }

    #[test]
    fn what_is_not_regular_is_refused_with_a_reason() {
        for pattern in ["(a)\\1", "(?<=a)b", "(\\ba)*", "(?i:a)", "^a{5000}$", "(", "[z-a]"] {
            assert!(automaton(pattern).is_err(), "{pattern}");
        }
    }
}
