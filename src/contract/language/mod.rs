//! Sets of strings: what `pattern`, `patternProperties`, `propertyNames` and asserted formats admit.
//!
//! Finite sets and their complements are kept as sets, everything else as automata (the regexsolver crate). A language
//! that can't be built (a back-reference, too many states) is opaque: it equals itself and its complement excludes it,
//! and nothing else is claimed of it.

mod format;
mod lower;
mod pattern;
mod search;
mod spell;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use regexsolver::cardinality::Cardinality;
use regexsolver::execution_profile::ExecutionProfileBuilder;
use regexsolver::fast_automaton::{CharacterOrder, FastAutomaton, GenerationOptions, PathOrder};
use regexsolver::regex_charclass::char::Char;
use rustc_hash::FxHashMap;

use super::draft::Draft;

pub(in crate::contract) use self::pattern::is_pattern;
pub(in crate::contract) use self::spell::{is_plain, spelled};

/// The most states of an automaton.
const STATES_MAX: usize = 2_000;
/// Automata of at most this many words are turned into sets.
const FEW: u32 = 24;
/// How long one operation on automata may take, in milliseconds.
const OPERATION_MS_MAX: u64 = 500;
/// From this length on, strings are looked for by their length first.
const LONG: u64 = 32;
/// The longest length that is turned into an automaton.
const LENGTH_MAX: u64 = 1_000;

/// The longest string that is made to show something.
const WITNESS_CHARS_MAX: u64 = 100_000;

/// A language; the lowest bit says whether it is the complement of what is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::contract) struct LanguageId(u32);

impl LanguageId {
    /// No string.
    pub(in crate::contract) const NONE: Self = Self(0);
    /// Every string.
    pub(in crate::contract) const ALL: Self = Self(1);

    /// Every string that is not in it.
    #[must_use]
    pub(in crate::contract) fn complement(self) -> Self {
        Self(self.0 ^ 1)
    }

    fn base(self) -> usize {
        (self.0 >> 1) as usize
    }

    fn is_complement(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What is kept of a language.
#[derive(Clone)]
enum Kept {
    Finite(Rc<BTreeSet<Rc<str>>>),
    Automaton(Rc<FastAutomaton>),
    /// A format: what can be asked of it, a wider language, and why no more is known.
    Format(Rc<format::Oracle>, LanguageId, Rc<str>),
    /// Why nothing better is known.
    Opaque(Rc<str>),
}

/// What a language holds within bounds of length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::contract) enum Sample {
    /// Some of its strings; fewer than asked for only if there are no more.
    Strings(Vec<String>),
    /// Nothing is known.
    Unclear(Rc<str>),
}

/// All languages of a comparison, each once.
pub(in crate::contract) struct Languages {
    kept: Vec<Kept>,
    finite: FxHashMap<Rc<BTreeSet<Rc<str>>>, LanguageId>,
    patterns: FxHashMap<String, LanguageId>,
    meets: FxHashMap<(LanguageId, LanguageId), LanguageId>,
    complements: RefCell<FxHashMap<usize, Option<Rc<FastAutomaton>>>>,
}

impl Default for Languages {
    fn default() -> Self {
        let nothing: Rc<BTreeSet<Rc<str>>> = Rc::default();
        let finite = FxHashMap::from_iter([(Rc::clone(&nothing), LanguageId::NONE)]);
        Self {
            kept: vec![Kept::Finite(nothing)],
            finite,
            patterns: FxHashMap::default(),
            meets: FxHashMap::default(),
            complements: RefCell::default(),
        }
    }
}

/// Runs automaton operations within their bounds.
fn bounded<T>(work: impl FnOnce() -> T) -> T {
    ExecutionProfileBuilder::new()
        .max_number_of_states(STATES_MAX)
        .execution_timeout(OPERATION_MS_MAX)
        .build()
        .run(work)
}

impl Languages {
    fn keep(&mut self, kept: Kept) -> LanguageId {
        let base = u32::try_from(self.kept.len()).expect("a comparison is cut off long before 2^31 languages");
        self.kept.push(kept);
        LanguageId(base << 1)
    }

    fn keep_finite(&mut self, set: BTreeSet<Rc<str>>) -> LanguageId {
        let set = Rc::new(set);
        if let Some(id) = self.finite.get(&set) {
            return *id;
        }
        let id = self.keep(Kept::Finite(Rc::clone(&set)));
        self.finite.insert(set, id);
        id
    }

    fn keep_automaton(&mut self, automaton: FastAutomaton) -> LanguageId {
        if automaton.is_empty() {
            return LanguageId::NONE;
        }
        if automaton.is_total() {
            return LanguageId::ALL;
        }
        if automaton.length().1.is_some_and(|longest| longest <= FEW)
            && let Ok(Cardinality::Integer(count)) = bounded(|| automaton.cardinality())
            && count <= FEW
            && let Ok(words) = bounded(|| automaton.generate_strings(FEW as usize + 1, 0, CharacterOrder::Ascending))
        {
            return self.keep_finite(words.into_iter().map(Rc::from).collect());
        }
        self.keep(Kept::Automaton(Rc::new(automaton)))
    }

    fn keep_opaque(&mut self, reason: &str) -> LanguageId {
        self.keep(Kept::Opaque(reason.into()))
    }

    /// Exactly these strings.
    pub(in crate::contract) fn finite<'a>(&mut self, strings: impl IntoIterator<Item = &'a str>) -> LanguageId {
        self.keep_finite(strings.into_iter().map(Rc::from).collect())
    }

    /// The strings that an ECMA-262 pattern matches somewhere in them.
    pub(in crate::contract) fn pattern(&mut self, pattern: &str) -> LanguageId {
        if let Some(id) = self.patterns.get(pattern) {
            return *id;
        }
        let id = match bounded(|| pattern::automaton(pattern)) {
            Ok(automaton) => self.keep_automaton(automaton),
            Err(unclear) => self.keep_opaque(&format!("the pattern {pattern:?}: {unclear}")),
        };
        self.patterns.insert(pattern.to_owned(), id);
        id
    }

    /// The strings that a format admits; `None` for a format that asserts nothing.
    pub(in crate::contract) fn format(&mut self, name: &str, draft: Draft) -> Option<LanguageId> {
        let key = format!("format {name} {draft}");
        if let Some(id) = self.patterns.get(&key) {
            return Some(*id);
        }
        let meaning = format::meaning(name)?;
        if draft < format::since(name) {
            let reason: Rc<str> =
                format!("{draft} does not define the format {name:?}: it may be asserted or not").into();
            let id = match format::Oracle::new(name, draft, &[]) {
                Some(oracle) => self.keep(Kept::Format(Rc::new(oracle), LanguageId::ALL, reason)),
                None => self.keep_opaque(&reason),
            };
            self.patterns.insert(key, id);
            return Some(id);
        }
        let id = match meaning {
            format::Meaning::Pattern(pattern) => self.pattern(pattern),
            format::Meaning::Within(pattern, examples) => {
                let wider = self.pattern(pattern);
                let reason: Rc<str> = format!("the format {name:?} is only known string by string").into();
                match format::Oracle::new(name, draft, examples) {
                    Some(oracle) => self.keep(Kept::Format(Rc::new(oracle), wider, reason)),
                    None => self.keep_opaque(&reason),
                }
            }
        };
        self.patterns.insert(key, id);
        Some(id)
    }

    /// A language that holds all of this one and more, if this one is known only string by string, and some strings
    /// of it.
    pub(in crate::contract) fn wider(&self, id: LanguageId) -> (LanguageId, &[&'static str]) {
        match &self.kept[id.base()] {
            Kept::Format(oracle, wider, _) if !id.is_complement() => (*wider, oracle.examples),
            _ => (LanguageId::ALL, &[]),
        }
    }

    /// The strings of which a keyword about their content holds, if it is asserted at all.
    pub(in crate::contract) fn content(&mut self, keyword: &str, asserted: &str, draft: Draft) -> LanguageId {
        let key = format!("{keyword} {asserted} {draft}");
        if let Some(id) = self.patterns.get(&key) {
            return *id;
        }
        let reason: Rc<str> = format!("{keyword} {asserted:?} may be asserted or not").into();
        let id = match format::Oracle::of_content(keyword, asserted, draft) {
            Some(oracle) => self.keep(Kept::Format(Rc::new(oracle), LanguageId::ALL, reason)),
            None => self.keep_opaque(&reason),
        };
        self.patterns.insert(key, id);
        id
    }

    /// The strings whose length, in characters, is within these bounds.
    pub(in crate::contract) fn length(&mut self, least: u64, most: Option<u64>) -> LanguageId {
        if least == 0 && most.is_none() {
            return LanguageId::ALL;
        }
        if most.is_some_and(|most| most < least) {
            return LanguageId::NONE;
        }
        let key = format!("length {least} {most:?}");
        if let Some(id) = self.patterns.get(&key) {
            return *id;
        }
        let id = if least.max(most.unwrap_or(0)) > LENGTH_MAX {
            self.keep_opaque("lengths above 1000 in names")
        } else {
            let (least, most) = (u32::try_from(least).unwrap_or(0), most.and_then(|most| u32::try_from(most).ok()));
            let any = FastAutomaton::new_from_range(&regexsolver::CharRange::total());
            match bounded(|| any.repeat(least, most)) {
                Ok(automaton) => self.keep_automaton(automaton),
                Err(error) => self.keep_opaque(&error.to_string()),
            }
        };
        self.patterns.insert(key, id);
        id
    }

    /// The strings of both.
    pub(in crate::contract) fn meet(&mut self, one: LanguageId, other: LanguageId) -> LanguageId {
        let (one, other) = (one.min(other), one.max(other));
        match (one, other) {
            (LanguageId::NONE, _) => return LanguageId::NONE,
            (LanguageId::ALL, some) => return some,
            (same, other) if same == other => return same,
            (one, other) if one == other.complement() => return LanguageId::NONE,
            _ => {}
        }
        if let Some(known) = self.meets.get(&(one, other)) {
            return *known;
        }
        let met = self.meet_anew(one, other);
        self.meets.insert((one, other), met);
        met
    }

    fn meet_anew(&mut self, one: LanguageId, other: LanguageId) -> LanguageId {
        for (finite, rest) in [(one, other), (other, one)] {
            let Some(set) = self.finite_set(finite) else { continue };
            let set = Rc::clone(set);
            let verdicts: Vec<Option<bool>> = set.iter().map(|text| self.contains(rest, text)).collect();
            if verdicts.iter().all(Option::is_some) {
                let inside = set.iter().zip(verdicts).filter(|(_, inside)| *inside == Some(true));
                return self.keep_finite(inside.map(|(text, _)| Rc::clone(text)).collect());
            }
        }
        if let (Some(out), Some(also)) = (self.excluded(one), self.excluded(other)) {
            let all = out.union(also).map(Rc::clone).collect();
            return self.keep_finite(all).complement();
        }
        match (self.automaton(one), self.automaton(other)) {
            (Ok(left), Ok(right)) => match bounded(|| left.intersection(&right)) {
                Ok(met) => self.keep_automaton(met),
                Err(error) => self.keep_opaque(&format!("two patterns together: {error}")),
            },
            (Err(reason), _) | (_, Err(reason)) => self.keep_opaque(&reason),
        }
    }

    /// The strings of either.
    pub(in crate::contract) fn join(&mut self, one: LanguageId, other: LanguageId) -> LanguageId {
        self.meet(one.complement(), other.complement()).complement()
    }

    /// The strings, if they are kept as a set.
    pub(in crate::contract) fn finite_set(&self, id: LanguageId) -> Option<&Rc<BTreeSet<Rc<str>>>> {
        match &self.kept[id.base()] {
            Kept::Finite(set) if !id.is_complement() => Some(set),
            _ => None,
        }
    }

    /// The strings that are not in it, if only those are kept.
    pub(in crate::contract) fn excluded(&self, id: LanguageId) -> Option<&Rc<BTreeSet<Rc<str>>>> {
        self.finite_set(id.complement())
    }

    /// Whether a string is in it; `None` if that is not known.
    pub(in crate::contract) fn contains(&self, id: LanguageId, text: &str) -> Option<bool> {
        let inside = match &self.kept[id.base()] {
            Kept::Finite(set) => set.contains(text),
            Kept::Automaton(automaton) => automaton.is_match(text),
            Kept::Format(oracle, _, _) => oracle.admits(text)?,
            Kept::Opaque(_) => return None,
        };
        Some(inside != id.is_complement())
    }

    /// Why nothing is known of it, if so.
    pub(in crate::contract) fn opaque(&self, id: LanguageId) -> Option<&Rc<str>> {
        match &self.kept[id.base()] {
            Kept::Format(_, _, reason) | Kept::Opaque(reason) => Some(reason),
            Kept::Finite(_) | Kept::Automaton(_) => None,
        }
    }

    /// A shortest string of `least` to `most` characters that is in all of these languages, found without building
    /// their intersection.
    pub(in crate::contract) fn shortest(&self, ids: &[LanguageId], least: u64, most: Option<u64>) -> Sample {
        if least > WITNESS_CHARS_MAX {
            return too_long(least);
        }
        let mut tracks = Vec::with_capacity(ids.len());
        for id in ids {
            let plain = if id.is_complement() { id.complement() } else { *id };
            match self.automaton(plain) {
                Ok(automaton) => tracks.push(search::Track { automaton, is_complement: id.is_complement() }),
                Err(reason) => return Sample::Unclear(reason.into()),
            }
        }
        search::shortest(&tracks, least, most)
    }

    fn automaton(&self, id: LanguageId) -> Result<Rc<FastAutomaton>, String> {
        let own = match &self.kept[id.base()] {
            Kept::Automaton(automaton) => Rc::clone(automaton),
            Kept::Finite(set) => Rc::new(words(set).map_err(|error| error.to_string())?),
            Kept::Format(_, _, reason) | Kept::Opaque(reason) => return Err(reason.to_string()),
        };
        if !id.is_complement() {
            return Ok(own);
        }
        if let Some(known) = self.complements.borrow().get(&id.base()) {
            return known.clone().ok_or_else(|| "a pattern's complement has too many states".to_owned());
        }
        let complement = bounded(|| {
            let mut automaton = own.determinize().ok()?.into_owned();
            automaton.complement().ok()?;
            Some(Rc::new(automaton))
        });
        self.complements.borrow_mut().insert(id.base(), complement.clone());
        complement.ok_or_else(|| "a pattern's complement has too many states".to_owned())
    }

    /// Up to `count` of its strings that have from `least` to `most` characters, short ones first.
    pub(in crate::contract) fn sample(&self, id: LanguageId, count: usize, least: u64, most: Option<u64>) -> Sample {
        if most.is_some_and(|most| most < least) {
            return Sample::Strings(Vec::new());
        }
        let fits = |text: &str| {
            let length = text.chars().count() as u64;
            length >= least && most.is_none_or(|most| length <= most)
        };
        if let Some(set) = self.finite_set(id) {
            let mut fitting: Vec<String> = set.iter().filter(|text| fits(text)).map(ToString::to_string).collect();
            fitting.sort_by_key(|text| (text.chars().count(), text.clone()));
            fitting.truncate(count);
            return Sample::Strings(fitting);
        }
        if least > WITNESS_CHARS_MAX {
            // A language whose strings are all shorter has none, and what is asked of it needs none.
            let longest = self.automaton(id).ok().and_then(|automaton| automaton.length().1);
            return match longest {
                Some(longest) if u64::from(longest) < least => Sample::Strings(Vec::new()),
                _ => too_long(least),
            };
        }
        if let Some(out) = self.excluded(id) {
            let found = plain_strings(count, least, most, |text| !out.contains(text));
            // Letters and digits are not all characters: only the automaton can say that there are no more.
            if found.len() == count {
                return Sample::Strings(found);
            }
        }
        match self.automaton(id) {
            Err(reason) => Sample::Unclear(reason.into()),
            Ok(automaton) if count == 1 && least > LONG => search::of_length(&automaton, least, most),
            Ok(automaton) => generate(&automaton, count, least, most),
        }
    }
}

/// A pattern without look-around that matches the same strings.
pub(in crate::contract) fn plain_pattern(pattern: &str) -> Option<String> {
    let automaton = bounded(|| pattern::automaton(pattern)).ok()?;
    if automaton.is_empty() {
        return Some("[^\0-\u{10ffff}]".to_owned());
    }
    let anchored = bounded(|| automaton.to_regex()).ok()?.to_string();
    (anchored.len() < 100_000).then(|| format!("^(?s:{anchored})$"))
}

fn too_long(least: u64) -> Sample {
    Sample::Unclear(format!("a witness would need a string of {least} characters").into())
}

/// Strings that anybody can read, by length, that `wanted` takes.
fn plain_strings(count: usize, least: u64, most: Option<u64>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let most = most.unwrap_or(u64::MAX);
    let mut found = Vec::new();
    if least == 0 && wanted("") {
        found.push(String::new());
    }
    let mut length = least.max(1);
    // Longer and longer strings are not tried for ever: there are more than anybody excludes.
    while found.len() < count && length <= most.min(least.saturating_add(8)) {
        // Only the last four characters vary: that is more strings than anybody excludes.
        let varied = u32::try_from(length.min(4)).unwrap_or(4);
        for number in 0..(LETTERS.len() as u64).pow(varied) {
            if found.len() == count {
                break;
            }
            let mut text = "a".repeat(usize::try_from(length).unwrap_or(0) - varied as usize);
            let mut left = number;
            let mut tail = vec![b'a'; varied as usize];
            for letter in tail.iter_mut().rev() {
                *letter = LETTERS[(left % LETTERS.len() as u64) as usize];
                left /= LETTERS.len() as u64;
            }
            text.push_str(std::str::from_utf8(&tail).unwrap_or("aaaa"));
            if wanted(&text) {
                found.push(text);
            }
        }
        length += 1;
    }
    found
}

fn words(set: &BTreeSet<Rc<str>>) -> Result<FastAutomaton, regexsolver::error::EngineError> {
    bounded(|| {
        let each: Result<Vec<FastAutomaton>, _> = set.iter().map(|word| lower::word(word)).collect();
        FastAutomaton::union_all(each?.iter())
    })
}

/// Strings of an automaton, printable ones where there are any.
fn generate(automaton: &FastAutomaton, count: usize, least: u64, most: Option<u64>) -> Sample {
    let printable = regexsolver::CharRange::new_from_range(Char::new(' ')..=Char::new('~'));
    let (low, high) = automaton.length();
    let least = least.max(u64::from(low.unwrap_or(0)));
    let most = match (most, high) {
        (Some(most), Some(high)) => Some(most.min(u64::from(high))),
        (Some(most), None) => Some(most),
        (None, Some(high)) => Some(u64::from(high)),
        (None, None) => None,
    };
    let mut options = GenerationOptions::new()
        .with_paths(PathOrder::Sweep)
        .with_characters(CharacterOrder::Ascending)
        .with_min_length(usize::try_from(least).unwrap_or(usize::MAX));
    if let Some(most) = most {
        options = options.with_max_length(usize::try_from(most).unwrap_or(usize::MAX));
    }
    let plain = options.clone().with_charset(printable);
    if let Ok(found) = bounded(|| automaton.generate_strings(count, 0, plain))
        && found.len() == count
    {
        return Sample::Strings(found);
    }
    match bounded(|| automaton.generate_strings(count, 0, options)) {
        Ok(found) => Sample::Strings(found),
        Err(error) => Sample::Unclear(error.to_string().into()),
    }
}
