//! Words: where they begin and end in a text, and what is the same word.
//!
//! A word is a run of letters, digits and the marks that belong to them; everything else separates. Scripts that are
//! written without blanks between words have a word for each character: what stands together in a question is looked for
//! together. Words are the same if they are without case, without accents and in the plainest form of their characters
//! (Unicode NFKD), up to their first [`CHARS_MAX`] characters.

use std::borrow::Cow;
use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// Words are told apart by so many characters: what is longer is no word of a language.
pub const CHARS_MAX: usize = 64;

/// The words of a text: where each stands, and what it is compared by.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, Cow<'_, str>)> + '_ {
    // A few characters that pass for letters are nothing but accents.
    places(text).map(|place| (place.clone(), folded(&text[place]))).filter(|(_, word)| !word.is_empty())
}

fn places(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let alone = stands_alone(first);
        let mut end = start + first.len_utf8();
        while let Some((at, c)) =
            chars.next_if(|(_, c)| is_mark(*c) || (!alone && c.is_alphanumeric() && !stands_alone(*c)))
        {
            end = at + c.len_utf8();
        }
        Some(start..end)
    })
}

/// What a word is compared by.
fn folded(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        let word = &word[..word.len().min(CHARS_MAX)];
        let is_folded = !word.bytes().any(|byte| byte.is_ascii_uppercase());
        return if is_folded { Cow::Borrowed(word) } else { Cow::Owned(word.to_ascii_lowercase()) };
    }
    // Four times as many characters are enough for the first ones to be known: few fold to nothing.
    let head: String = word.chars().take(CHARS_MAX * 4).collect();
    let lower: String = NFKD.normalize(&head).chars().flat_map(char::to_lowercase).collect();
    // Lower case may bring a mark of its own.
    let plain = NFKD.normalize(&lower);
    let kept: String = plain.chars().filter(|c| !is_accent(*c) && (c.is_alphanumeric() || is_mark(*c))).collect();
    // Marks come together where what stood between them is gone, and have an order.
    Cow::Owned(NFKD.normalize(&kept).chars().take(CHARS_MAX).collect())
}

const NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

/// Accents of Latin, Greek and Cyrillic. Marks of other scripts tell words apart.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// What belongs to the character before it.
fn is_mark(c: char) -> bool {
    const CLASSES: CanonicalCombiningClassMapBorrowed<'static> = CanonicalCombiningClassMapBorrowed::new();
    // Voiced marks of half width are letters to Unicode.
    !c.is_ascii() && (matches!(c, '\u{ff9e}' | '\u{ff9f}') || CLASSES.get_u8(c) != 0)
}

/// Characters of scripts that put no blanks between words.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Myanmar
        | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' // Han
        | '\u{3040}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}') // Kana
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<String> {
        words(text).map(|(_, word)| word.into_owned()).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_without_case_and_accents() {
        assert_eq!(of("Prices, in EUROs: 1.5% (max_len)"), ["prices", "in", "euros", "1", "5", "max", "len"]);
        assert_eq!(of("Überweisung nach Łódź; naïve İstanbul"), ["uberweisung", "nach", "łodz", "naive", "istanbul"]);
        assert_eq!(of("U\u{308}ber ÉTÉ ΣΊΣΥΦΟΣ Ёлка"), ["uber", "ete", "σισυφοσ", "елка"]);
        assert_eq!(of("ＡＢＣ ﬁn x² ½"), ["abc", "fin", "x2", "12"]);
        assert_eq!(of("a\0b\u{1f}c\u{1b}[2J d"), ["a", "b", "c", "2j", "d"]);
        assert_eq!(of("हिन्दी किताब"), ["हिन्दी", "किताब"]);
        assert_eq!(of(" -- “*” …"), Vec::<String>::new());
    }

    #[test]
    fn where_no_blanks_are_written_each_character_is_a_word() {
        assert_eq!(of("漢字ABC仮名x"), ["漢", "字", "abc", "仮", "名", "x"]);
        assert_eq!(of("ﾊﾟｿｺﾝ"), of("パソコン"));
        assert_eq!(of("パソコン").len(), 4);
        assert_eq!(of("한국어").len(), 3);
        assert_eq!(of("ภาษาไทย").len(), 7);
    }

    #[test]
    fn long_words_are_told_apart_by_their_beginning() {
        let long = "x".repeat(64 * 1024);
        assert_eq!(of(&long), ["x".repeat(CHARS_MAX)]);
        assert_eq!(of(&"é".repeat(64 * 1024)), ["e".repeat(CHARS_MAX)]);
        assert_eq!(of(&format!("e{}", "\u{301}".repeat(9_999))), ["e"]);
    }

    proptest! {
        #[test]
        fn words_do_not_overlap_and_nothing_of_a_word_is_left_out(text in "\\PC{0,40}") {
            let mut end = 0;
            for word in places(&text) {
                prop_assert!(word.start >= end && !text[word.clone()].is_empty());
                prop_assert!(!text[end..word.start].chars().any(char::is_alphanumeric));
                end = word.end;
            }
            prop_assert!(!text[end..].chars().any(char::is_alphanumeric));
        }

        #[test]
        fn a_folded_word_is_folded(text in "[\\p{L}\\p{N}\\p{M}]{1,80}") {
            for (_, once) in words(&text) {
                let once = once.into_owned();
                prop_assert!(!once.is_empty());
                prop_assert!(once.chars().count() <= CHARS_MAX);
                prop_assert!(!once.contains(['"', ' ', '*', '\0']));
                prop_assert_eq!(folded(&once).into_owned(), once);
            }
        }
    }
}
