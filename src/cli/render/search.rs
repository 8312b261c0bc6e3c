//! What a search found, for people and programs.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::times::Times;
use super::safe;
use super::text::{BOLD, PLAIN, YELLOW, state};
use super::views::DamagedView;
use crate::domain::id::{Actor, RequestId};
use crate::domain::time::Timestamp;
use crate::index::Entry;
use crate::index::cache::search::{Found, Hit};
use crate::index::search::{Excerpt, Place};

/// What was found.
#[derive(Serialize)]
pub struct FoundView<'a> {
    requests: Vec<HitPrinted<'a>>,
    /// How many matched; at least so many, where that is not exact.
    matched: usize,
    matched_is_exact: bool,
    has_more: bool,
    damaged: Vec<DamagedView>,
}

impl<'a> FoundView<'a> {
    /// What was found, with what can't be read.
    #[must_use]
    pub fn new(requests: Vec<HitPrinted<'a>>, found: &Found, damaged: Vec<DamagedView>) -> Self {
        Self {
            requests,
            matched: found.matched,
            matched_is_exact: !found.has_older,
            has_more: found.has_older || found.hits.len() < found.matched,
            damaged,
        }
    }
}

/// One request that was found as it is printed.
#[derive(Serialize)]
#[serde(untagged)]
pub enum HitPrinted<'a> {
    /// All of it.
    Whole(Box<HitView<'a>>),
    /// Some members.
    Chosen(Map<String, Value>),
}

/// One request that was found.
#[derive(Serialize)]
pub struct HitView<'a> {
    id: RequestId,
    #[serde(flatten)]
    entry: &'a Entry,
    excerpts: Vec<ExcerptView<'a>>,
}

impl<'a> From<&'a Hit> for HitView<'a> {
    fn from(hit: &'a Hit) -> Self {
        Self { id: hit.id, entry: &hit.entry, excerpts: hit.excerpts.iter().map(ExcerptView::from).collect() }
    }
}

/// A part of a text in which something was found.
#[derive(Serialize)]
struct ExcerptView<'a> {
    #[serde(rename = "in")]
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Actor>,
    text: &'a str,
    /// From and to, in Unicode code points of the text.
    hits: Vec<(usize, usize)>,
}

impl<'a> From<&'a Excerpt> for ExcerptView<'a> {
    fn from(excerpt: &'a Excerpt) -> Self {
        let event = excerpt.event.as_ref();
        Self {
            place: excerpt.place.name(),
            event: event.map(|(n, ..)| *n),
            at: event.map(|(_, _, at)| *at),
            by: event.map(|(_, by, _)| by),
            text: &excerpt.text,
            hits: excerpt.hits.iter().map(|hit| (hit.start, hit.end)).collect(),
        }
    }
}

/// One request that was found, with the places where the words stand.
#[must_use]
pub fn hit_text(hit: &Hit, times: Times) -> String {
    let title = hit.excerpts.iter().find(|excerpt| excerpt.place == Place::Title);
    let title = title.map_or_else(|| safe::line(&hit.entry.title).into_owned(), marked);
    let duplicate = hit.entry.duplicate_of.map(|first| format!(", duplicate of {first}")).unwrap_or_default();
    let conflict = if hit.entry.key_conflicts.is_empty() { "" } else { ", key conflict" };
    let mut text = format!("{BOLD}{}{PLAIN}  {}{duplicate}{conflict}  {title}\n", hit.id, state(&hit.entry.state));
    for excerpt in hit.excerpts.iter().filter(|excerpt| excerpt.place != Place::Title) {
        let place = excerpt.place.name();
        let whence = excerpt.event.as_ref();
        let whence = whence.map(|(n, by, at)| format!(" by {}, {} (v{n})", safe::line(by.as_str()), times.moment(*at)));
        text.push_str(&format!("  {place}{}: {}\n", whence.unwrap_or_default(), marked(excerpt)));
    }
    text
}

/// An excerpt with what was found in a colour. What has to be escaped is escaped piece by piece, so nothing shifts.
fn marked(excerpt: &Excerpt) -> String {
    let chars: Vec<char> = excerpt.text.chars().collect();
    let piece = |from: usize, to: usize| -> String {
        let piece: String = chars.get(from..to).unwrap_or_default().iter().collect();
        safe::line(&piece).into_owned()
    };
    let mut text = String::new();
    let mut end = 0;
    for hit in &excerpt.hits {
        text.push_str(&piece(end, hit.start));
        text.push_str(&format!("{BOLD}{YELLOW}{}{PLAIN}", piece(hit.start, hit.end)));
        end = hit.end;
    }
    text.push_str(&piece(end, chars.len()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_shifts_no_mark() {
        let excerpt = Excerpt {
            place: Place::Note,
            event: None,
            text: "a\u{1b}[2J\u{202e} euro\u{200b}x".to_owned(),
            hits: vec![7..11, 12..13],
        };
        assert_eq!(
            marked(&excerpt),
            format!("a\\u{{1b}}[2J\\u{{202e}} {BOLD}{YELLOW}euro{PLAIN}\\u{{200b}}{BOLD}{YELLOW}x{PLAIN}")
        );
    }
}
