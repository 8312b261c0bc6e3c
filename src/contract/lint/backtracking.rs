//! Patterns that take exponential time where they are matched by backtracking.
//!
//! A pattern is read as an automaton of positions (Glushkov), in which a step from one position to another counts once
//! for each way that the pattern has to take it. Matching is exponential if some text leads from a position back to it
//! in two ways (exponential ambiguity: Weber and Seidl, 1991), and if the pattern does not match from there on a text
//! that goes on after many such rounds, so that all ways are tried. Both are shown by a text: a pattern is never called exponential without.
//!
//! What depends on more than the text read so far (look-around, references to groups) is not judged; a look-ahead with
//! which a pattern begins is judged by itself.

use std::collections::{BTreeMap, VecDeque};

use oxc_allocator::Allocator;
use oxc_regular_expression::ast::{BoundaryAssertionKind, Disjunction, LookAroundAssertionKind, Quantifier, Term};
use oxc_regular_expression::{LiteralParser, Options};

use crate::contract::language::{LanguageId, Languages, Sample};

/// The longest pattern that is judged.
const PATTERN_MAX: usize = 4_096;
/// The most positions.
const POSITIONS_MAX: usize = 240;
/// The deepest nesting of groups.
const DEPTH_MAX: usize = 40;
/// More optional repetitions than these are as bad as endless ones.
const MANY: u64 = 20;
/// How many rounds the text that shows it makes.
const ROUNDS: usize = 16;

/// What is known of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It is no pattern of ECMA-262.
    Unreadable(String),
    /// Rejecting this text takes exponential time in its rounds.
    Exponential {
        /// The text.
        attack: String,
    },
    /// Nothing is held against it.
    Fine,
}

/// Judges a pattern.
pub(super) fn judge(pattern: &str) -> Verdict {
    let allocator = Allocator::default();
    let parse = |flags| LiteralParser::new(&allocator, pattern, Some(flags), Options::default()).parse();
    let read = match parse("u").or_else(|_| parse("")) {
        Ok(read) => read,
        Err(error) => return Verdict::Unreadable(error.to_string()),
    };
    if pattern.len() > PATTERN_MAX {
        return Verdict::Fine;
    }
    let mut machine = Machine { pattern, languages: Languages::default(), symbols: Vec::new(), steps: Vec::new() };
    let Some(whole) = machine.disjunction(&read.body, 0) else {
        // What is looked ahead for at the very beginning is matched first, by itself.
        return match first_seen(&read.body).and_then(|span| pattern.get(span)) {
            Some(seen) => judge(seen),
            None => Verdict::Fine,
        };
    };
    match machine.attack(&whole) {
        Some(attack) => Verdict::Exponential { attack },
        None => Verdict::Fine,
    }
}

/// Where the body of a look-ahead stands with which a pattern begins.
fn first_seen(body: &Disjunction<'_>) -> Option<std::ops::Range<usize>> {
    let starts = |term: &&Term<'_>| matches!(term, Term::BoundaryAssertion(assertion) if assertion.kind == BoundaryAssertionKind::Start);
    let first = body.body.first()?.body.iter().find(|term| !starts(term))?;
    let Term::LookAroundAssertion(assertion) = first else { return None };
    let ahead =
        matches!(assertion.kind, LookAroundAssertionKind::Lookahead | LookAroundAssertionKind::NegativeLookahead);
    ahead.then_some(assertion.body.span.start as usize..assertion.body.span.end as usize)
}

/// Ways to come to a position; what is more than two is two.
type Ways = u8;

fn times(one: Ways, other: Ways) -> Ways {
    one.saturating_mul(other).min(2)
}

/// A part of the pattern.
#[derive(Clone)]
struct Piece {
    /// In how many ways it matches the empty text.
    empty: Ways,
    first: Vec<(usize, Ways)>,
    last: Vec<(usize, Ways)>,
}

impl Piece {
    fn empty() -> Self {
        Self { empty: 1, first: Vec::new(), last: Vec::new() }
    }
}

/// The automaton of positions.
struct Machine<'p> {
    pattern: &'p str,
    languages: Languages,
    /// What each position reads.
    symbols: Vec<LanguageId>,
    /// The positions that follow each one, and in how many ways.
    steps: Vec<BTreeMap<usize, Ways>>,
}

impl Machine<'_> {
    fn disjunction(&mut self, body: &Disjunction<'_>, depth: usize) -> Option<Piece> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut all = Piece { empty: 0, ..Piece::empty() };
        for alternative in &body.body {
            let mut whole = Piece::empty();
            for term in &alternative.body {
                let next = self.term(term, depth)?;
                whole = self.then(whole, next);
            }
            all.empty = (all.empty + whole.empty).min(2);
            all.first.extend(whole.first);
            all.last.extend(whole.last);
        }
        Some(all)
    }

    fn term(&mut self, term: &Term<'_>, depth: usize) -> Option<Piece> {
        match term {
            Term::BoundaryAssertion(_) => Some(Piece::empty()),
            Term::LookAroundAssertion(_) | Term::IndexedReference(_) | Term::NamedReference(_) => None,
            Term::CapturingGroup(group) => self.disjunction(&group.body, depth + 1),
            Term::IgnoreGroup(group) if group.modifiers.is_none() => self.disjunction(&group.body, depth + 1),
            Term::IgnoreGroup(_) => None,
            Term::Quantifier(quantifier) => self.repeated(quantifier, depth + 1),
            Term::Character(one) => self.symbol(one.span.start, one.span.end),
            Term::Dot(one) => self.symbol(one.span.start, one.span.end),
            Term::CharacterClassEscape(one) => self.symbol(one.span.start, one.span.end),
            Term::UnicodePropertyEscape(one) => self.symbol(one.span.start, one.span.end),
            Term::CharacterClass(one) => self.symbol(one.span.start, one.span.end),
        }
    }

    /// A position that reads what stands there in the pattern.
    fn symbol(&mut self, start: u32, end: u32) -> Option<Piece> {
        if self.symbols.len() == POSITIONS_MAX {
            return None;
        }
        let text = self.pattern.get(start as usize..end as usize)?;
        let language = self.languages.pattern(&format!("^(?:{text})$"));
        if self.languages.opaque(language).is_some() {
            return None;
        }
        let position = self.symbols.len();
        self.symbols.push(language);
        self.steps.push(BTreeMap::new());
        Some(Piece { empty: 0, first: vec![(position, 1)], last: vec![(position, 1)] })
    }

    fn link(&mut self, last: &[(usize, Ways)], first: &[(usize, Ways)]) {
        for (from, ways) in last {
            for (to, more) in first {
                let known = self.steps[*from].entry(*to).or_insert(0);
                *known = known.saturating_add(times(*ways, *more)).min(2);
            }
        }
    }

    fn then(&mut self, one: Piece, other: Piece) -> Piece {
        self.link(&one.last, &other.first);
        let through = |list: Vec<(usize, Ways)>, empty: Ways| {
            list.into_iter().map(move |(at, ways)| (at, times(ways, empty))).filter(|(_, ways)| *ways > 0)
        };
        Piece {
            empty: times(one.empty, other.empty),
            first: one.first.iter().copied().chain(through(other.first, one.empty)).collect(),
            last: other.last.iter().copied().chain(through(one.last, other.empty)).collect(),
        }
    }

    fn repeated(&mut self, quantifier: &Quantifier<'_>, depth: usize) -> Option<Piece> {
        let optional = quantifier.max.map(|most| most.saturating_sub(quantifier.min));
        if asserts(&quantifier.body) && quantifier.max != Some(1) {
            return None;
        }
        let mut whole = Piece::empty();
        for _ in 0..quantifier.min {
            let copy = self.term(&quantifier.body, depth)?;
            whole = self.then(whole, copy);
            if self.symbols.is_empty() {
                return None;
            }
        }
        match optional.filter(|optional| *optional < MANY) {
            None => {
                let mut star = self.term(&quantifier.body, depth)?;
                self.link(&star.last.clone(), &star.first.clone());
                // A round that matches nothing is no round (ECMA-262 §22.2.2.3.1).
                star.empty = 1;
                Some(self.then(whole, star))
            }
            Some(optional) => {
                let mut tail = Piece::empty();
                for _ in 0..optional {
                    let copy = self.term(&quantifier.body, depth)?;
                    tail = self.then(copy, tail);
                    tail.empty = 1;
                }
                Some(self.then(whole, tail))
            }
        }
    }

    fn meet(&mut self, one: usize, other: usize) -> LanguageId {
        self.languages.meet(self.symbols[one], self.symbols[other])
    }

    fn letter(&self, language: LanguageId) -> Option<String> {
        match self.languages.sample(language, 1, 1, None) {
            Sample::Strings(found) => found.into_iter().next(),
            Sample::Unclear(_) => None,
        }
    }

    /// A text that takes exponential time to reject.
    fn attack(&mut self, whole: &Piece) -> Option<String> {
        // A search that begins at the first character has to come to nothing there before it goes on to the next, so it
        // is enough that the pattern does not match from there.
        let pattern = self.languages.pattern(&format!("^(?:{})", self.pattern));
        for start in 0..self.symbols.len() {
            let Some(round) = self.two_ways(start) else { continue };
            let Some(before) = self.way_to(whole, start) else { continue };
            let text = format!("{before}{}", round.repeat(ROUNDS));
            for end in ["", "!", "\u{0}", "\n", " ", "a", "0", "-", "\u{10ffff}", "!\n"] {
                let text = format!("{text}{end}");
                if self.languages.contains(pattern, &text) == Some(false) {
                    return Some(text);
                }
            }
        }
        None
    }

    /// The text of a shortest way from the beginning to a position.
    fn way_to(&self, whole: &Piece, wanted: usize) -> Option<String> {
        let mut open: VecDeque<(usize, String)> = VecDeque::new();
        let mut seen = vec![false; self.symbols.len()];
        let firsts = whole.first.iter().map(|(at, _)| *at);
        let mut next: Vec<(usize, String)> = firsts.map(|at| (at, String::new())).collect();
        loop {
            for (at, text) in next.drain(..) {
                if !std::mem::replace(&mut seen[at], true)
                    && let Some(letter) = self.letter(self.symbols[at])
                {
                    open.push_back((at, format!("{text}{letter}")));
                }
            }
            let (at, text) = open.pop_front()?;
            if at == wanted {
                return Some(text);
            }
            next.extend(self.steps[at].keys().map(|to| (*to, text.clone())));
        }
    }

    /// A text that leads from a position back to it in two ways.
    fn two_ways(&mut self, start: usize) -> Option<String> {
        let back = self.leading_to(start);
        // Two runs side by side, and whether they have parted already.
        let first = (start, start, false);
        let mut texts = BTreeMap::from([(first, String::new())]);
        let mut open = VecDeque::from([first]);
        while let Some(state) = open.pop_front() {
            let (one, other, parted) = state;
            let text = texts[&state].clone();
            let steps = |at: usize| self.steps[at].iter().filter(|(to, _)| back[**to]).map(|(to, ways)| (*to, *ways));
            let pairs: Vec<_> = steps(one).flat_map(|left| steps(other).map(move |right| (left, right))).collect();
            for ((left, ways), (right, _)) in pairs {
                let parts = parted || left != right || (one == other && ways > 1);
                let next = (left, right, parts);
                // Which of the two runs is which makes no difference.
                let next = if left <= right { next } else { (right, left, parts) };
                if texts.contains_key(&next) {
                    continue;
                }
                let both = self.meet(left, right);
                if both == LanguageId::NONE {
                    continue;
                }
                let Some(letter) = self.letter(both) else { continue };
                let text = format!("{text}{letter}");
                if next == (start, start, true) {
                    return Some(text);
                }
                texts.insert(next, text);
                open.push_back(next);
            }
        }
        None
    }

    /// The positions from which a position can be come to.
    fn leading_to(&self, wanted: usize) -> Vec<bool> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        for (from, steps) in self.steps.iter().enumerate() {
            steps.keys().for_each(|to| before[*to].push(from));
        }
        let mut leads = vec![false; self.steps.len()];
        let mut open = vec![wanted];
        while let Some(at) = open.pop() {
            for from in &before[at] {
                if !std::mem::replace(&mut leads[*from], true) {
                    open.push(*from);
                }
            }
        }
        leads
    }
}

/// Whether a boundary stands in a term: what is repeated around it depends on more than letters.
fn asserts(term: &Term<'_>) -> bool {
    let inside = |body: &Disjunction<'_>| body.body.iter().any(|alternative| alternative.body.iter().any(asserts));
    match term {
        Term::BoundaryAssertion(_) => true,
        Term::Quantifier(quantifier) => asserts(&quantifier.body),
        Term::CapturingGroup(group) => inside(&group.body),
        Term::IgnoreGroup(group) => inside(&group.body),
        Term::LookAroundAssertion(_)
        | Term::Character(_)
        | Term::Dot(_)
        | Term::CharacterClassEscape(_)
        | Term::UnicodePropertyEscape(_)
        | Term::CharacterClass(_)
        | Term::IndexedReference(_)
        | Term::NamedReference(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_matched_in_two_ways_again_and_again_is_exponential() {
        for pattern in [
            "^(a+)+$",
            "^(a*)*$",
            "^(a|a)*$",
            "^(a|aa)+$",
            "^([a-z]+)*$",
            "^(\\w+\\s?)*$",
            "^(\\d|[0-9a-f])+$",
            "^((a?|b?)c)*$",
            "^(a?a?)*$",
            "^(?:x(?:a+)+)$",
            "(a+)+b",
            "(a|a)*$",
            "(\\d+)*$",
            "^(?=(a+)+$)a",
            "(?!([a-z]+)*!)x",
            "^(.*,)*x$",
            "^(([a-z])+.)+[A-Z]([a-z])+$",
            "^(a|b|ab)*c$",
            "^([a-zA-Z0-9._-]+)+@x$",
            "^(\\p{L}|ä)+$",
            "^x*(a+){0,50}$",
        ] {
            assert!(matches!(judge(pattern), Verdict::Exponential { .. }), "{pattern}: {:?}", judge(pattern));
        }
    }

    #[test]
    fn what_is_matched_in_one_way_is_not() {
        for pattern in [
            "^a+$",
            "^(a+b)+$",
            "^(a|b)*$",
            "^([a-z]+-)*[a-z]+$",
            "^[a-z]+(-[a-z]+)*-?$",
            "^([0-9a-f]{32}-?)*$",
            "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z]+$",
            "^\\d{4}-\\d{2}-\\d{2}$",
            "^a*a*a*$",
            // All ways lead to a match, so none but the first is tried.
            "(a*)*",
            "^(a+)+",
            "^(.|\\n|a)*$",
            // Not judged.
            "^(?=.{3})(a+)+$",
            "^b(?=(a+)+$)a",
            "^(a)(\\1|a)*$",
            "",
        ] {
            assert_eq!(judge(pattern), Verdict::Fine, "{pattern}");
        }
    }

    /// Matches by backtracking as ECMA-262 does, for patterns of letters, groups, `|` and `*` only; counts the steps.
    fn steps(pattern: &[u8], text: &[u8]) -> (bool, u64) {
        #[derive(Debug)]
        enum Node {
            Letter(u8),
            Either(Vec<Vec<Node>>),
            Star(Box<Node>),
        }
        fn parse(pattern: &mut &[u8]) -> Vec<Vec<Node>> {
            let mut all = vec![Vec::new()];
            while let Some((first, after)) = pattern.split_first() {
                match first {
                    b')' => break,
                    b'|' => all.push(Vec::new()),
                    b'*' => {
                        let inner = all.last_mut().unwrap().pop().unwrap();
                        all.last_mut().unwrap().push(Node::Star(Box::new(inner)));
                    }
                    b'(' => {
                        *pattern = after;
                        let inner = parse(pattern);
                        all.last_mut().unwrap().push(Node::Either(inner));
                        *pattern = &pattern[1..];
                        continue;
                    }
                    letter => all.last_mut().unwrap().push(Node::Letter(*letter)),
                }
                *pattern = after;
            }
            all
        }
        type Next<'n> = &'n mut dyn FnMut(usize, &mut u64) -> bool;
        fn seq(nodes: &[Node], text: &[u8], at: usize, count: &mut u64, next: Next<'_>) -> bool {
            let Some((first, after)) = nodes.split_first() else { return next(at, count) };
            one(first, text, at, count, &mut |at, count| seq(after, text, at, count, next))
        }
        fn one(node: &Node, text: &[u8], at: usize, count: &mut u64, next: Next<'_>) -> bool {
            *count += 1;
            if *count > 3_000_000 {
                return true;
            }
            match node {
                Node::Letter(letter) => text.get(at) == Some(letter) && next(at + 1, count),
                Node::Either(all) => all.iter().any(|nodes| seq(nodes, text, at, count, next)),
                Node::Star(inner) => {
                    one(inner, text, at, count, &mut |then, count| then > at && one(node, text, then, count, next))
                        || next(at, count)
                }
            }
        }
        let nodes = parse(&mut &pattern[..]);
        let mut count = 0;
        let all = Node::Either(nodes);
        let is_match = one(&all, text, 0, &mut count, &mut |at, _| at == text.len());
        (is_match, count)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

        /// The verdict against a matcher that backtracks: an attack takes many steps, and what is fine takes few.
        #[test]
        fn the_verdict_is_that_of_a_matcher_that_backtracks(pattern in "(\\((a|b|ab|a\\*|\\(a\\|b\\)\\*)(\\|(a|b|ba|b\\*))?\\)\\*|a|b\\*){1,3}") {
            let anchored = format!("^(?:{pattern})$");
            match judge(&anchored) {
                Verdict::Exponential { attack } => {
                    let (_, count) = steps(pattern.as_bytes(), attack.as_bytes());
                    proptest::prop_assert!(count > 1 << ROUNDS, "{} on {:?}: {}", pattern, attack, count);
                }
                Verdict::Fine => {
                    for text in ["a".repeat(24) + "!", "b".repeat(24) + "!", "ab".repeat(12) + "!", "ba".repeat(12) + "!"] {
                        let (_, count) = steps(pattern.as_bytes(), text.as_bytes());
                        proptest::prop_assert!(count < 1_000_000, "{} on {:?}: {}", pattern, text, count);
                    }
                }
                Verdict::Unreadable(error) => proptest::prop_assert!(false, "{}: {}", pattern, error),
            }
        }
    }
}
