//! ECMA-262 patterns as automata over code points.
//!
//! A pattern is lowered from its end: each sequence is handed the language of everything that may follow it, up to the
//! end of the string. That makes `$` and look-aheads exact wherever they stand: `$` keeps the empty continuation, a
//! look-ahead meets it. What is not regular (back-references) or looks back is refused with a reason.

use oxc_allocator::Allocator;
use oxc_regular_expression::ast::{
    Alternative, BoundaryAssertionKind, Disjunction, LookAroundAssertionKind, Pattern, Quantifier, Term,
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

fn failed(error: EngineError) -> String {
    error.to_string()
}

fn any() -> CharRange {
    CharRange::total()
}

fn whole(pattern: &Pattern<'_>) -> Result<FastAutomaton, String> {
    let rest = FastAutomaton::new_total();
    if !starts_in(&pattern.body) {
        let anywhere = disjunction(&pattern.body, Place::Inside, &rest, 0)?;
        return FastAutomaton::new_total().concat(&anywhere).map_err(failed);
    }
    let at_start = disjunction(&pattern.body, Place::Start, &rest, 0)?;
    let later = disjunction(&pattern.body, Place::Inside, &rest, 0)?;
    if later.is_empty() {
        return Ok(at_start);
    }
    let before = FastAutomaton::new_from_range(&any()).repeat(1, None).map_err(failed)?;
    at_start.union(&before.concat(&later).map_err(failed)?).map_err(failed)
}

/// Where a part of the pattern begins to match.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first character.
    Start,
    /// After at least one.
    Inside,
}

fn disjunction(
    body: &Disjunction<'_>,
    place: Place,
    rest: &FastAutomaton,
    depth: usize,
) -> Result<FastAutomaton, String> {
    if depth > DEPTH_MAX {
        return Err("its groups are nested too deep".to_owned());
    }
    let each: Result<Vec<_>, _> =
        body.body.iter().map(|alternative| sequence(&alternative.body, place, rest, depth)).collect();
    FastAutomaton::union_all(each?.iter()).map_err(failed)
}

fn sequence(terms: &[Term<'_>], place: Place, rest: &FastAutomaton, depth: usize) -> Result<FastAutomaton, String> {
    let plain = terms.iter().take_while(|term| !is_special(term)).count();
    if plain > 0 {
        let (run, after) = terms.split_at(plain);
        let run: Result<Vec<_>, _> = run.iter().map(|term| self::plain(term, depth)).collect();
        let run = FastAutomaton::concat_all(run?.iter()).map_err(failed)?;
        if after.iter().any(term_starts) && run.is_match("") {
            return Err("it asks for the start after what may be nothing".to_owned());
        }
        let after = sequence(after, Place::Inside, rest, depth)?;
        return run.concat(&after).map_err(failed);
    }
    let Some((first, after)) = terms.split_first() else { return Ok(rest.clone()) };
    match first {
        Term::BoundaryAssertion(assertion) => match (assertion.kind, place) {
            (BoundaryAssertionKind::Start, Place::Start) => sequence(after, place, rest, depth),
            (BoundaryAssertionKind::Start, Place::Inside) => Ok(FastAutomaton::new_empty()),
            (BoundaryAssertionKind::End, _) => {
                let after = sequence(after, place, rest, depth)?;
                Ok(if after.is_match("") { FastAutomaton::new_empty_string() } else { FastAutomaton::new_empty() })
            }
            (BoundaryAssertionKind::Boundary | BoundaryAssertionKind::NegativeBoundary, _) => {
                Err("it asks for word boundaries".to_owned())
            }
        },
        Term::LookAroundAssertion(assertion) => {
            let seen = match assertion.kind {
                LookAroundAssertionKind::Lookahead | LookAroundAssertionKind::NegativeLookahead => {
                    disjunction(&assertion.body, place, &FastAutomaton::new_total(), depth + 1)?
                }
                LookAroundAssertionKind::Lookbehind | LookAroundAssertionKind::NegativeLookbehind => {
                    return Err("it looks behind".to_owned());
                }
            };
            let after = sequence(after, place, rest, depth)?;
            if assertion.kind == LookAroundAssertionKind::Lookahead {
                after.intersection(&seen).map_err(failed)
            } else {
                let seen = seen.determinize().map_err(failed)?;
                after.difference(&seen).map_err(failed)
            }
        }
        Term::CapturingGroup(group) => special_group(&group.body, after, place, rest, depth),
        Term::IgnoreGroup(group) if group.modifiers.is_none() => special_group(&group.body, after, place, rest, depth),
        Term::Quantifier(quantifier) => special_repeat(quantifier, after, place, rest, depth),
        _ => Err("it uses a construct that is not read".to_owned()),
    }
}

fn special_group(
    body: &Disjunction<'_>,
    after: &[Term<'_>],
    place: Place,
    rest: &FastAutomaton,
    depth: usize,
) -> Result<FastAutomaton, String> {
    if after.iter().any(term_starts) {
        return Err("it asks for the start after a group".to_owned());
    }
    let after = sequence(after, Place::Inside, rest, depth)?;
    disjunction(body, place, &after, depth + 1)
}

/// A repeated group with assertions in it is spelled out, if it is short.
fn special_repeat(
    quantifier: &Quantifier<'_>,
    after: &[Term<'_>],
    place: Place,
    rest: &FastAutomaton,
    depth: usize,
) -> Result<FastAutomaton, String> {
    let Some(most) = quantifier.max.filter(|most| *most <= 3) else {
        return Err("it repeats a group with assertions in it".to_owned());
    };
    if after.iter().any(term_starts) {
        return Err("it asks for the start after a group".to_owned());
    }
    let after = sequence(after, Place::Inside, rest, depth)?;
    let body = std::slice::from_ref(&quantifier.body);
    if most > 1 && term_starts(&quantifier.body) {
        return Err("it asks for the start repeatedly".to_owned());
    }
    let mut all = FastAutomaton::new_empty();
    let mut repeated = after;
    for count in 0..=most {
        if count >= quantifier.min {
            all = all.union(&repeated).map_err(failed)?;
        }
        if count < most {
            repeated = sequence(body, place, &repeated, depth + 1)?;
        }
    }
    Ok(all)
}

/// A term without assertions in it, as a language of its own.
fn plain(term: &Term<'_>, depth: usize) -> Result<FastAutomaton, String> {
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
            return plain(&quantifier.body, depth)?.repeat(bound(quantifier.min)?, most).map_err(failed);
        }
        Term::CapturingGroup(group) => {
            return disjunction(&group.body, Place::Inside, &FastAutomaton::new_empty_string(), depth + 1);
        }
        Term::IgnoreGroup(group) if group.modifiers.is_none() => {
            return disjunction(&group.body, Place::Inside, &FastAutomaton::new_empty_string(), depth + 1);
        }
        Term::IgnoreGroup(_) => return Err("it changes flags inside".to_owned()),
        Term::IndexedReference(_) | Term::NamedReference(_) => return Err("it refers back to a group".to_owned()),
        Term::BoundaryAssertion(_) | Term::LookAroundAssertion(_) => {
            return Err("it uses a construct that is not read".to_owned());
        }
    };
    Ok(FastAutomaton::new_from_range(&range))
}

/// Whether an assertion stands in it.
fn is_special(term: &Term<'_>) -> bool {
    any_term(term, &|term| matches!(term, Term::BoundaryAssertion(_) | Term::LookAroundAssertion(_)))
}

/// Whether `^` stands in it.
fn term_starts(term: &Term<'_>) -> bool {
    any_term(term, &|term| match term {
        Term::BoundaryAssertion(assertion) => assertion.kind == BoundaryAssertionKind::Start,
        _ => false,
    })
}

fn starts_in(body: &Disjunction<'_>) -> bool {
    body.body.iter().any(|alternative: &Alternative<'_>| alternative.body.iter().any(term_starts))
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
        for pattern in ["(a)\\1", "\\bx", "(?<=a)b", "(?i:a)", "^a{5000}$", "(", "[z-a]"] {
            assert!(automaton(pattern).is_err(), "{pattern}");
        }
    }
}
