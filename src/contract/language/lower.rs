//! Parts of patterns as automata.

use oxc_regular_expression::ast::{
    CharacterClass, CharacterClassContents, CharacterClassContentsKind, CharacterClassEscapeKind, UnicodePropertyEscape,
};
use regexsolver::CharRange;
use regexsolver::fast_automaton::FastAutomaton;
use regexsolver::regex::RegularExpression;
use regexsolver::regex_charclass::char::Char;

/// Exactly this string.
pub(super) fn word(text: &str) -> Result<FastAutomaton, regexsolver::error::EngineError> {
    let letters: Vec<FastAutomaton> = text.chars().map(|letter| FastAutomaton::new_from_range(&one(letter))).collect();
    if letters.is_empty() { Ok(FastAutomaton::new_empty_string()) } else { FastAutomaton::concat_all(letters.iter()) }
}

/// One character.
fn one(letter: char) -> CharRange {
    between(letter, letter)
}

/// The characters from `low` to `high`.
fn between(low: char, high: char) -> CharRange {
    CharRange::new_from_range(Char::new(low)..=Char::new(high))
}

/// The ranges of a class, lowest first.
pub(super) fn ranges(class: &CharRange) -> impl Iterator<Item = (char, char)> {
    class.0.chunks_exact(2).map(|bounds| (bounds[0].to_char(), bounds[1].to_char()))
}

fn all_of(ranges: &[(char, char)]) -> CharRange {
    ranges.iter().fold(CharRange::empty(), |all, (low, high)| all.union(&between(*low, *high)))
}

/// The character of a code point.
pub(super) fn code_point(value: u32) -> Result<CharRange, String> {
    char::from_u32(value).map(one).ok_or_else(|| "it speaks of half a surrogate pair".to_owned())
}

/// What `.` matches: everything but line terminators (ECMA-262 §22.2.2.7, §12.3).
pub(super) fn dot() -> CharRange {
    all_of(&[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')]).complement()
}

/// `\d`, `\s`, `\w` and their complements (ECMA-262 §22.2.2.9).
pub(super) fn escape(kind: CharacterClassEscapeKind) -> CharRange {
    let digits = || all_of(&[('0', '9')]);
    let words = || all_of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);
    let spaces = || {
        all_of(&[
            ('\t', '\r'),
            (' ', ' '),
            ('\u{a0}', '\u{a0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{2000}', '\u{200a}'),
            ('\u{2028}', '\u{2029}'),
            ('\u{202f}', '\u{202f}'),
            ('\u{205f}', '\u{205f}'),
            ('\u{3000}', '\u{3000}'),
            ('\u{feff}', '\u{feff}'),
        ])
    };
    match kind {
        CharacterClassEscapeKind::D => digits(),
        CharacterClassEscapeKind::NegativeD => digits().complement(),
        CharacterClassEscapeKind::S => spaces(),
        CharacterClassEscapeKind::NegativeS => spaces().complement(),
        CharacterClassEscapeKind::W => words(),
        CharacterClassEscapeKind::NegativeW => words().complement(),
    }
}

/// `\p{…}`, by the tables of the regex engine.
pub(super) fn property(escape: &UnicodePropertyEscape<'_>) -> Result<CharRange, String> {
    let name = match &escape.value {
        Some(value) => format!("{}={value}", escape.name),
        None => escape.name.to_string(),
    };
    let letter = if escape.negative { 'P' } else { 'p' };
    match RegularExpression::parse(&format!("\\{letter}{{{name}}}"), false) {
        Ok(RegularExpression::Character(range)) => Ok(range),
        Ok(_) => Err(format!("\\{letter}{{{name}}} is no set of characters")),
        Err(error) => Err(error.to_string()),
    }
}

/// `[…]`.
pub(super) fn class(class: &CharacterClass<'_>) -> Result<CharRange, String> {
    if class.kind != CharacterClassContentsKind::Union {
        return Err("it uses set operations in a class".to_owned());
    }
    let mut all = CharRange::empty();
    for part in &class.body {
        let part = match part {
            CharacterClassContents::CharacterClassRange(range) => {
                let low = char::from_u32(range.min.value);
                let high = char::from_u32(range.max.value);
                match (low, high) {
                    (Some(low), Some(high)) => between(low, high),
                    _ => return Err("it speaks of half a surrogate pair".to_owned()),
                }
            }
            CharacterClassContents::CharacterClassEscape(kind) => escape(kind.kind),
            CharacterClassContents::UnicodePropertyEscape(escape) => property(escape)?,
            CharacterClassContents::Character(character) => code_point(character.value)?,
            CharacterClassContents::NestedCharacterClass(nested) => self::class(nested)?,
            CharacterClassContents::ClassStringDisjunction(_) => return Err("it holds strings in a class".to_owned()),
        };
        all = all.union(&part);
    }
    Ok(if class.negative { all.complement() } else { all })
}
