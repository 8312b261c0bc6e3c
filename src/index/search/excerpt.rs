//! What is shown of a text in which something was found: a window around it, with the places of what was found.

use std::collections::BTreeSet;
use std::ops::Range;

use super::query::Wanted;
use super::texts::{Place, Text};
use super::words::words;
use crate::domain::id::Actor;
use crate::domain::time::Timestamp;

/// The longest window, in characters.
const WINDOW: usize = 160;
/// How many characters of it stand before what was found, where there are so many.
const BEFORE: usize = 40;
/// What stands for what was left out.
const CUT: char = '…';

/// A window of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// Where the text stands.
    pub place: Place,
    /// In which event, by whom and when; `None` in the packet.
    pub event: Option<(u64, Actor, Timestamp)>,
    /// The window: blanks and line ends are one blank each, an ellipsis stands for what was left out.
    pub text: String,
    /// What was found in it, counted in characters (Unicode scalar values), in order.
    pub hits: Vec<Range<usize>>,
}

/// At most so many windows, each of another text: the ones in which most of what is wanted stands, and of equals those
/// that weigh more; in the order of the texts.
#[must_use]
pub fn excerpts(texts: &[Text<'_>], wanted: &Wanted, most: usize) -> Vec<Excerpt> {
    let mut found: Vec<Found<'_>> = texts.iter().enumerate().filter_map(|(at, text)| look(at, text, wanted)).collect();
    let mut chosen: Vec<Found<'_>> = Vec::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    while chosen.len() < most {
        let new = |one: &Found<'_>| one.phrases.difference(&seen).count();
        let worth = |one: &Found<'_>| (new(one), one.phrases.len(), std::cmp::Reverse((one.text.field, one.at)));
        let Some((best, _)) = found.iter().enumerate().max_by_key(|(_, one)| worth(one)) else { break };
        let best = found.swap_remove(best);
        seen.extend(&best.phrases);
        chosen.push(best);
    }
    chosen.sort_by_key(|one| one.at);
    chosen.into_iter().map(Found::excerpt).collect()
}

/// A text in which something was found.
struct Found<'a> {
    at: usize,
    text: &'a Text<'a>,
    /// Which phrases.
    phrases: BTreeSet<usize>,
    /// Where, as bytes of the text, in order and apart from each other, with the phrase.
    hits: Vec<(Range<usize>, usize)>,
}

fn look<'a>(at: usize, text: &'a Text<'a>, wanted: &Wanted) -> Option<Found<'a>> {
    let (places, all): (Vec<Range<usize>>, Vec<_>) = words(&text.text).unzip();
    let mut hits: Vec<(Range<usize>, usize)> = Vec::new();
    for (number, phrase) in wanted.phrases().iter().enumerate() {
        let len = phrase.words().len();
        hits.extend(phrase.places(&all).map(|at| (places[at].start..places[at + len - 1].end, number)));
    }
    let phrases = hits.iter().map(|(_, number)| *number).collect();
    hits.sort_by_key(|(hit, number)| (hit.start, hit.end, *number));
    hits.dedup_by(|next, last| {
        let overlaps = next.0.start < last.0.end;
        if overlaps {
            last.0.end = last.0.end.max(next.0.end);
        }
        overlaps
    });
    (!hits.is_empty()).then_some(Found { at, text, phrases, hits })
}

impl Found<'_> {
    fn excerpt(self) -> Excerpt {
        let text = self.text.text.as_ref();
        let start = self.start();
        let (mut shown, mut hits, mut count) = (String::new(), Vec::new(), 0);
        if start > 0 {
            shown.push(CUT);
            count = 1;
        }
        let mut pending = self.hits.iter().map(|(hit, _)| hit).filter(|hit| hit.start >= start).peekable();
        let mut open: Option<(usize, usize)> = None;
        let mut is_cut = false;
        for (at, c) in text[start..].char_indices().map(|(at, c)| (start + at, c)) {
            if let Some((begin, _)) = open.filter(|(_, end)| at >= *end) {
                hits.push(begin..count);
                open = None;
            }
            if count >= WINDOW {
                is_cut = true;
                break;
            }
            if let Some(hit) = pending.next_if(|hit| hit.start <= at) {
                open = Some((count, hit.end));
            }
            let c = if c.is_whitespace() { ' ' } else { c };
            if c != ' ' || !(shown.is_empty() || shown.ends_with(' ')) {
                shown.push(c);
                count += 1;
            }
        }
        if let Some((begin, _)) = open {
            hits.push(begin..count);
        }
        if is_cut {
            shown.push(CUT);
        }
        let event = self.text.event.map(|(n, by, at)| (n, by.clone(), at));
        Excerpt { place: self.text.place, event, text: shown, hits }
    }

    /// Where the window begins: before that hit from which on most phrases are near.
    fn start(&self) -> usize {
        let text = self.text.text.as_ref();
        let near = |first: usize| {
            let from = self.hits[first].0.start;
            let window = self.hits[first..].iter().take_while(|(hit, _)| hit.end <= from + WINDOW - BEFORE);
            window.map(|(_, number)| number).collect::<BTreeSet<_>>().len()
        };
        // A text may hold the word ten thousand times: the first places are as good as the later ones.
        let candidates = 0..self.hits.len().min(256);
        let best = candidates.max_by_key(|first| (near(*first), std::cmp::Reverse(*first))).unwrap_or_default();
        let hit = self.hits[best].0.start;
        let before: Vec<(usize, char)> = text[..hit].char_indices().rev().take(BEFORE + 1).collect();
        match before.get(BEFORE) {
            None => 0,
            // At the beginning of a word, where there is one.
            Some((far, _)) => {
                let gap = before.iter().rev().find(|(_, c)| c.is_whitespace());
                gap.map_or(*far, |(at, c)| at + c.len_utf8())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::super::texts::Field;
    use super::*;

    fn text(text: &str) -> Text<'_> {
        Text { field: Field::Said, place: Place::Note, event: None, text: Cow::Borrowed(text) }
    }

    /// Excerpts with what was found in brackets.
    fn marked(texts: &[&str], wanted: &str) -> Vec<String> {
        let texts: Vec<Text<'_>> = texts.iter().copied().map(text).collect();
        let mark = |excerpt: Excerpt| {
            let mut marked = String::new();
            for (at, c) in excerpt.text.chars().enumerate() {
                marked.extend(excerpt.hits.iter().filter(|hit| hit.end == at).map(|_| ']'));
                marked.extend(excerpt.hits.iter().filter(|hit| hit.start == at).map(|_| '['));
                marked.push(c);
            }
            let end = excerpt.text.chars().count();
            marked.extend(excerpt.hits.iter().filter(|hit| hit.end == end).map(|_| ']'));
            marked
        };
        excerpts(&texts, &Wanted::parse(wanted).unwrap(), 3).into_iter().map(mark).collect()
    }

    #[test]
    fn what_was_found_is_marked_where_it_stands() {
        assert_eq!(marked(&["Prices in Euros,\n\n  EUROS!"], "euros"), ["Prices in [Euros], [EUROS]!"]);
        assert_eq!(marked(&["漢字の仮名"], "字の"), ["漢[字の]仮名"]);
        assert_eq!(marked(&["rates of each day, each"], r#""each day" rat*"#), ["[rates] of [each day], each"]);
        assert_eq!(marked(&["a-b c"], r#"a.b "b c""#), ["[a-b c]"]);
        assert_eq!(marked(&["x"], "y"), Vec::<String>::new());
    }

    #[test]
    fn a_window_is_where_most_of_it_stands() {
        let text = format!("euro {} of the euro rate {}", "long ".repeat(99), "tail ".repeat(99));
        let shown = marked(&[&text], "rate euro");
        let expected = "…long long long long long long of the [euro] [rate] ";
        assert!(shown[0].starts_with(expected) && shown[0].ends_with('…'), "{shown:?}");
        let word = "x".repeat(64 * 1024);
        assert_eq!(marked(&[&word], "x*"), [format!("[{}]…", "x".repeat(WINDOW))]);
        let late = format!("{word} y");
        assert_eq!(marked(&[&late], "y"), ["…[y]"]);
    }

    #[test]
    fn the_texts_that_tell_most_are_shown() {
        assert_eq!(marked(&["a", "b", "a", "a b", "a"], "a b"), ["[a]", "[b]", "[a] [b]"]);
        assert_eq!(marked(&["c a", "c", "c b", "c", "c"], "a b"), ["c [a]", "c [b]"]);
    }

    proptest! {
        #[test]
        fn hits_are_what_is_wanted(
            texts in proptest::collection::vec("([ab漢é\n ]|A{1,3}|\\PC){0,60}( z){0,99}", 1..4),
            wanted in "[ab漢eé]{1,2}( [az]\\*?)?",
        ) {
            let wanted = Wanted::parse(&wanted).unwrap();
            let texts: Vec<Text<'_>> = texts.iter().map(|one| text(one)).collect();
            let shown = excerpts(&texts, &wanted, 99);
            if wanted.fits(&texts) {
                prop_assert!(!shown.is_empty());
            }
            for excerpt in shown {
                prop_assert!(!excerpt.hits.is_empty());
                prop_assert!(excerpt.text.chars().count() <= WINDOW + 1);
                let chars: Vec<char> = excerpt.text.chars().collect();
                let mut end = 0;
                for hit in excerpt.hits {
                    prop_assert!(hit.start >= end && hit.start < hit.end && hit.end <= chars.len());
                    end = hit.end;
                    let hit: String = chars[hit].iter().collect();
                    let words: Vec<String> = words(&hit).map(|(_, word)| word.into_owned()).collect();
                    let begins = |phrase: &super::super::Phrase| phrase.places(&words).next() == Some(0);
                    prop_assert!(wanted.phrases().iter().any(begins), "{hit:?}");
                }
            }
        }
    }
}
