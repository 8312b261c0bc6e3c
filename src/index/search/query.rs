//! What a search asks for: words, phrases and beginnings of words, all of which are required.
//!
//! There are no operators, so nothing that is typed is wrong but to type no word at all.

use super::texts::Text;
use super::words::words;

/// The most words of a question.
pub const WORDS_MAX: usize = 64;

/// A question that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadWanted {
    /// Nothing that could be looked for.
    #[error("there is no word to look for")]
    NoWord,
    /// More than [`WORDS_MAX`] words.
    #[error("a search takes at most {WORDS_MAX} words")]
    TooMany,
}

/// Words that stand one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase {
    words: Vec<String>,
    is_prefix: bool,
}

impl Phrase {
    /// The words, folded; at least one.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the last word is only the beginning of one.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.is_prefix
    }

    /// At which of these folded words it stands.
    pub(super) fn places<'a>(&'a self, among: &'a [impl AsRef<str>]) -> impl Iterator<Item = usize> + 'a {
        let stands = |window: &[_]| {
            let pairs = window.iter().map(AsRef::<str>::as_ref).zip(&self.words).enumerate();
            pairs.into_iter().all(|(at, (word, wanted))| {
                word == wanted || (self.is_prefix && at + 1 == self.words.len() && word.starts_with(wanted.as_str()))
            })
        };
        among.windows(self.words.len()).enumerate().filter(move |(_, window)| stands(window)).map(|(at, _)| at)
    }
}

/// What is looked for: every one of these phrases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted(Vec<Phrase>);

impl Wanted {
    /// Reads what was typed: words between blanks, phrases between quotes, `*` after the beginning of a word. What is
    /// written without blanks is a phrase too: `max_len` stands for `"max len"`.
    ///
    /// # Errors
    /// [`BadWanted`].
    pub fn parse(typed: &str) -> Result<Self, BadWanted> {
        let mut phrases: Vec<Phrase> = Vec::new();
        let mut was_phrase = false;
        // Every other part stands between quotes; one that does not end goes on to the end.
        for (at, part) in typed.split(is_quote).enumerate() {
            if at % 2 == 1 {
                let quoted = phrase(part);
                was_phrase = quoted.is_some();
                phrases.extend(quoted);
                continue;
            }
            // `"two words"*` is as good as `"two words*"`.
            if let Some(last) = phrases.last_mut().filter(|_| was_phrase && part.starts_with('*')) {
                last.is_prefix = true;
            }
            phrases.extend(part.split_whitespace().filter_map(phrase));
        }
        match phrases.iter().map(|phrase| phrase.words.len()).sum::<usize>() {
            0 => Err(BadWanted::NoWord),
            1..=WORDS_MAX => Ok(Self(phrases)),
            _ => Err(BadWanted::TooMany),
        }
    }

    /// The phrases; at least one.
    #[must_use]
    pub fn phrases(&self) -> &[Phrase] {
        &self.0
    }

    /// Whether every phrase stands in one of these texts: what the tables answer too, but faster.
    #[must_use]
    pub fn fits(&self, texts: &[Text<'_>]) -> bool {
        let mut missing: Vec<&Phrase> = self.0.iter().collect();
        for text in texts {
            if missing.is_empty() {
                break;
            }
            let all: Vec<_> = words(&text.text).map(|(_, word)| word).collect();
            missing.retain(|phrase| phrase.places(&all).next().is_none());
        }
        missing.is_empty()
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn phrase(text: &str) -> Option<Phrase> {
    let mut end = 0;
    let mut all = Vec::new();
    for (place, word) in words(text) {
        end = place.end;
        all.push(word.into_owned());
    }
    (!all.is_empty()).then(|| Phrase { words: all, is_prefix: text[end..].starts_with('*') })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Phrases as `one two*`.
    fn of(typed: &str) -> Vec<String> {
        let Ok(wanted) = Wanted::parse(typed) else { return Vec::new() };
        let told = |phrase: &Phrase| phrase.words.join(" ") + if phrase.is_prefix { "*" } else { "" };
        wanted.phrases().iter().map(told).collect()
    }

    #[test]
    fn words_phrases_and_beginnings_are_read() {
        assert_eq!(of("Euro  prices"), ["euro", "prices"]);
        assert_eq!(of(r#"rates "Each  Day" x"#), ["rates", "each day", "x"]);
        assert_eq!(of("eur* pri*ces *x"), ["eur*", "pri ces", "x"]);
        assert_eq!(of(r#""each da*" "each da"* „each day”"#), ["each da*", "each da*", "each day"]);
        assert_eq!(of("max_len a.b-c 漢字"), ["max len", "a b c", "漢 字"]);
    }

    #[test]
    fn nothing_is_an_operator() {
        assert_eq!(of("a AND NOT (b OR c) NEAR"), ["a", "and", "not", "b", "or", "c", "near"]);
        assert_eq!(of("title:x ^y {z} -w +v"), ["title x", "y", "z", "w", "v"]);
        assert_eq!(of(r#"open "quote that does not end"#), ["open", "quote that does not end"]);
        assert_eq!(of(r#"a ""* b"#), ["a", "b"]);
    }

    #[test]
    fn a_question_has_words_and_not_too_many() {
        assert_eq!(Wanted::parse(r#" "-" * ""#), Err(BadWanted::NoWord));
        assert_eq!(Wanted::parse(""), Err(BadWanted::NoWord));
        assert!(Wanted::parse(&"a ".repeat(WORDS_MAX)).is_ok());
        assert_eq!(Wanted::parse(&"a ".repeat(WORDS_MAX + 1)), Err(BadWanted::TooMany));
        assert_eq!(Wanted::parse(&"a-".repeat(WORDS_MAX + 1)), Err(BadWanted::TooMany));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_and_every_word_of_it_is_asked_for(typed in "[\\PC\0\n\"*]{0,40}") {
            let told = of(&typed);
            let asked: Vec<String> = words(&typed).map(|(_, word)| word.into_owned()).collect();
            prop_assert_eq!(told.join(" ").replace('*', ""), asked.join(" "));
        }

        #[test]
        fn a_question_reads_itself(typed in "[a-c漢 \"*.-]{0,24}") {
            let Ok(wanted) = Wanted::parse(&typed) else { return Ok(()) };
            let quoted = |phrase: &Phrase| format!("\"{}{}\"", phrase.words.join(" "), if phrase.is_prefix { "*" } else { "" });
            let again = wanted.phrases().iter().map(quoted).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(Wanted::parse(&again), Ok(wanted));
        }
    }
}
