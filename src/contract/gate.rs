//! What a contract's mode and its consumers make of the answers about pairs of schemas.
//!
//! The comparing function is handed in, so that the rules can be tried without the checker.

use serde_json::Value;

use super::answer::{Answer, Witness};
use super::containment::{Limits, OpenContent, Question};
use super::draft::Draft;
use super::resources::Resources;
use super::state::{ContractState, Pin};
use crate::domain::compatibility::{Mode, Verdict};
use crate::domain::id::RepoId;

/// A function that answers questions of containment: [`compare`](super::compare), or a test's.
pub type Compare<'a> = &'a (dyn Fn(&Question<'_>, &Limits<'_>) -> Answer + Sync);

/// Gives each question its own time: hands the limits for one to whoever asks.
pub type Within<'a> = &'a dyn Fn(&mut dyn FnMut(&Limits<'_>));

/// Which of two versions must be contained in the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// New readers understand old documents: old ⊆ new.
    Backward,
    /// Old readers understand new documents: new ⊆ old.
    Forward,
}

impl Direction {
    /// The directions that a mode asks for.
    pub fn of(mode: Mode) -> impl Iterator<Item = Self> {
        let wanted = [(Self::Backward, mode.wants_backward()), (Self::Forward, mode.wants_forward())];
        wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(direction, _)| direction)
    }

    /// The name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        }
    }
}

/// A schema with what is needed to ask about it.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Whether formats are asserted.
    pub formats: bool,
    /// What references may reach.
    pub resources: &'a Resources,
}

/// The answers to one question: about all documents, and about those with declared members only.
#[derive(Clone, PartialEq, Debug)]
pub struct Both {
    /// About all documents.
    pub strict: Answer,
    /// About those whose members are declared; `None` where the strict answer is yes and so says it too.
    pub declared: Option<Answer>,
}

impl Both {
    /// Asks about a pair of schemas.
    #[must_use]
    pub fn ask(compare: Compare<'_>, sub: &Value, sup: &Value, asking: Asking<'_>, limits: &Limits<'_>) -> Self {
        let question = |open_content| Question {
            sub,
            sup,
            draft: Draft::DEFAULT,
            formats: asking.formats,
            open_content,
            resources: asking.resources,
        };
        let strict = compare(&question(OpenContent::Strict), limits);
        let declared = match strict {
            Answer::Contained { .. } => None,
            Answer::NotContained { .. } | Answer::Unknown { .. } => {
                Some(compare(&question(OpenContent::Declared), limits))
            }
        };
        Self { strict, declared }
    }

    /// The answer that counts under an assumption.
    #[must_use]
    pub fn under(&self, assumption: OpenContent) -> &Answer {
        match assumption {
            OpenContent::Strict => &self.strict,
            OpenContent::Declared => self.declared.as_ref().unwrap_or(&self.strict),
        }
    }

    /// The verdict under an assumption.
    #[must_use]
    pub fn verdict(&self, assumption: OpenContent) -> Verdict {
        verdict_of(self.under(assumption))
    }

    /// Whether the verdict would be another one without the assumption.
    #[must_use]
    pub fn hangs_on(&self, assumption: OpenContent) -> bool {
        self.verdict(assumption) != self.verdict(OpenContent::Strict)
    }

    /// The document that shows the break under an assumption, and the one that shows it without.
    #[must_use]
    pub fn witnesses(&self, assumption: OpenContent) -> (Option<&Witness>, Option<&Witness>) {
        let strict = match assumption {
            OpenContent::Strict => None,
            OpenContent::Declared => self.strict.witness(),
        };
        let gating = self.under(assumption).witness();
        (gating, strict.filter(|strict| Some(*strict) != gating))
    }
}

fn verdict_of(answer: &Answer) -> Verdict {
    match answer {
        Answer::Contained { .. } => Verdict::Compatible,
        Answer::NotContained { .. } => Verdict::Breaking,
        Answer::Unknown { .. } => Verdict::Undecided,
    }
}

/// A candidate held against one version in one direction.
#[derive(Clone, PartialEq, Debug)]
pub struct Pair {
    /// The version against which it is held.
    pub against: u32,
    /// Which must be contained in which.
    pub direction: Direction,
    /// The answers.
    pub both: Both,
}

/// How a candidate fares with a consumer.
#[derive(Clone, PartialEq, Debug)]
pub struct Consumer {
    /// The consumer.
    pub repo: RepoId,
    /// The version that it uses.
    pub version: u32,
    /// What it stated that it needs was what counted.
    pub by_needs: bool,
    /// In which direction the candidate was held against what it uses: the one that the document that is shown belongs to.
    pub direction: Direction,
    /// The verdict.
    pub verdict: Verdict,
    /// What it would be without the assumption.
    pub strict: Verdict,
    /// A document that shows that it breaks.
    pub witness: Option<Witness>,
    /// A document that shows that it breaks without the assumption, where it breaks without it only.
    pub strict_witness: Option<Witness>,
    /// Why, in words.
    pub reason: String,
}

impl Consumer {
    /// Whether the verdict would be another one without the assumption.
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        self.verdict != self.strict
    }

    /// How a consumer fares of whom nothing could be found out.
    #[must_use]
    pub fn unknown(repo: &RepoId, pin: &Pin, reason: String) -> Self {
        Self {
            repo: repo.clone(),
            version: pin.version,
            by_needs: pin.needs.is_some(),
            direction: Direction::Forward,
            verdict: Verdict::Undecided,
            strict: Verdict::Undecided,
            witness: None,
            strict_witness: None,
            reason,
        }
    }
}

/// What is held against what.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The contract.
    pub state: &'a ContractState,
    /// The version that is asked about; its number if it were registered.
    pub version: u32,
    /// Its schema.
    pub candidate: &'a Value,
    /// The schema of a version, if it can be read.
    pub schema_of: &'a (dyn Fn(u32) -> Option<&'a Value> + Sync),
    /// What is assumed of members that are not declared.
    pub assumption: OpenContent,
    /// How to ask.
    pub asking: Asking<'a>,
    /// Whom to ask.
    pub compare: Compare<'a>,
}

impl Held<'_> {
    /// Holds the candidate against the versions that the mode names.
    #[must_use]
    pub fn pairs(&self, within: Within<'_>) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for against in self.state.earlier(self.version) {
            for direction in Direction::of(self.state.mode) {
                let both = match (self.schema_of)(against) {
                    Some(other) => self.both(other, direction, within),
                    None => unknown(&format!("v{against} can't be read")),
                };
                pairs.push(Pair { against, direction, both });
            }
        }
        pairs
    }

    /// Holds the candidate against what each consumer uses. Who stated what it needs counts whatever the mode says; of
    /// the others the mode speaks, so they are asked only where something breaks.
    #[must_use]
    pub fn consumers(&self, pairs: &[Pair], within: Within<'_>) -> Vec<Consumer> {
        let holds = verdict(pairs, &[], self.assumption) == Verdict::Compatible;
        let asked = self.state.pins.iter().filter(|(_, pin)| pin.needs.is_some() || !holds);
        asked.map(|(repo, pin)| self.consumer(repo, pin, pairs, within)).collect()
    }

    /// Holds the candidate against what one consumer uses.
    #[must_use]
    pub fn consumer(&self, repo: &RepoId, pin: &Pin, pairs: &[Pair], within: Within<'_>) -> Consumer {
        let answers = match &pin.needs {
            // What the provider will send must be what the consumer needs, whatever the mode.
            Some(needs) => vec![(Direction::Forward, self.both(needs, Direction::Forward, within))],
            None if pin.version == self.version => Vec::new(),
            // It reads what the provider sends with all of its version. And what the mode asks of that version must
            // hold: others may have written by it.
            None => {
                let one = |direction| {
                    let known = pairs.iter().find(|pair| pair.against == pin.version && pair.direction == direction);
                    let both = known.map(|pair| pair.both.clone());
                    let both = both.unwrap_or_else(|| match (self.schema_of)(pin.version) {
                        Some(other) => self.both(other, direction, within),
                        None => unknown(&format!("v{} can't be read", pin.version)),
                    });
                    (direction, both)
                };
                let by_mode = Direction::of(self.state.mode);
                // Of a newer version that it uses the mode asks the same the other way round.
                let by_mode = by_mode.map(|by| if pin.version < self.version { by } else { by.turned() });
                let mut directions: Vec<Direction> = by_mode.chain([Direction::Forward]).collect();
                directions.sort_unstable();
                directions.dedup();
                directions.into_iter().map(one).collect()
            }
        };
        // The first of several that are as bad.
        let worst_under = |assumption| answers.iter().rev().max_by_key(|(_, both)| both.verdict(assumption));
        let (worst, strict) = (worst_under(self.assumption), worst_under(OpenContent::Strict));
        let verdict = worst.map_or(Verdict::Compatible, |(_, both)| both.verdict(self.assumption));
        let witness = worst.and_then(|(_, both)| both.under(self.assumption).witness().cloned());
        let strict_witness = strict.and_then(|(_, both)| both.strict.witness().cloned());
        let shown = if verdict == Verdict::Compatible { strict } else { worst };
        Consumer {
            repo: repo.clone(),
            version: pin.version,
            by_needs: pin.needs.is_some(),
            direction: shown.map_or(Direction::Forward, |(direction, _)| *direction),
            verdict,
            strict: strict.map_or(Verdict::Compatible, |(_, both)| both.verdict(OpenContent::Strict)),
            strict_witness: strict_witness.filter(|_| witness.is_none()),
            witness,
            reason: worst.map_or_else(String::new, |(_, both)| both.under(self.assumption).reason().to_owned()),
        }
    }

    fn both(&self, other: &Value, direction: Direction, within: Within<'_>) -> Both {
        let (sub, sup) = match direction {
            Direction::Backward => (other, self.candidate),
            Direction::Forward => (self.candidate, other),
        };
        let mut both = None;
        within(&mut |limits| both = Some(Both::ask(self.compare, sub, sup, self.asking, limits)));
        both.unwrap_or_else(|| unknown("the time ran out"))
    }
}

impl Direction {
    fn turned(self) -> Self {
        match self {
            Self::Backward => Self::Forward,
            Self::Forward => Self::Backward,
        }
    }
}

fn unknown(reason: &str) -> Both {
    Both { strict: Answer::Unknown { reason: reason.to_owned() }, declared: None }
}

/// The verdict over all pairs, and over all consumers that stated what they need.
#[must_use]
pub fn verdict(pairs: &[Pair], consumers: &[Consumer], assumption: OpenContent) -> Verdict {
    let by_mode = pairs.iter().map(|pair| pair.both.verdict(assumption));
    let by_needs = consumers.iter().filter(|consumer| consumer.by_needs).map(|consumer| match assumption {
        OpenContent::Strict => consumer.strict,
        OpenContent::Declared => consumer.verdict,
    });
    by_mode.chain(by_needs).max().unwrap_or(Verdict::Compatible)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::state::tests::{chain, pinned, registered};
    use super::*;
    use crate::domain::body::ContractBody;
    use crate::domain::contract_body::{ModeSet, Pinned};

    /// Schemas stand for sets here: `{"enum": […]}` of numbers; a schema with "open" breaks strictly and not else.
    fn by_sets(question: &Question<'_>, _: &Limits<'_>) -> Answer {
        let numbers = |schema: &Value| schema["enum"].as_array().cloned().unwrap_or_default();
        let open = question.sub["open"] == json!(true) && question.open_content == OpenContent::Strict;
        let missing = numbers(question.sub).into_iter().find(|number| !numbers(question.sup).contains(number));
        match missing {
            Some(document) => {
                Answer::NotContained { witness: Witness::confirmed(document), reason: "it is not listed".into() }
            }
            None if open => {
                Answer::NotContained { witness: Witness::confirmed(json!("open")), reason: "it is open".into() }
            }
            None => Answer::Contained { reason: "all are listed".into() },
        }
    }

    fn without_end(ask: &mut dyn FnMut(&Limits<'_>)) {
        ask(&Limits { is_over: &|| false });
    }

    fn hold(bodies: Vec<ContractBody>, candidate: &Value, schemas: &[Value]) -> (Vec<Pair>, Vec<Consumer>) {
        let state = chain(bodies);
        let resources = Resources::default();
        let held = Held {
            state: &state,
            version: u32::try_from(schemas.len()).unwrap() + 1,
            candidate,
            schema_of: &|version| schemas.get(version as usize - 1),
            assumption: OpenContent::Declared,
            asking: Asking { formats: false, resources: &resources },
            compare: &by_sets,
        };
        let pairs = held.pairs(&without_end);
        let consumers = held.consumers(&pairs, &without_end);
        (pairs, consumers)
    }

    fn mode(mode: Mode) -> ContractBody {
        ContractBody::ModeSet(ModeSet { mode })
    }

    #[test]
    fn each_mode_asks_for_its_directions() {
        let (small, large) = (json!({"enum": [1]}), json!({"enum": [1, 2]}));
        let verdict_of = |m: Mode, old: &Value, new: &Value| {
            verdict(&hold(vec![registered(1), mode(m)], new, std::slice::from_ref(old)).0, &[], OpenContent::Declared)
        };
        for (m, grown, shrunk) in [
            (Mode::None, Verdict::Compatible, Verdict::Compatible),
            (Mode::Backward, Verdict::Compatible, Verdict::Breaking),
            (Mode::Forward, Verdict::Breaking, Verdict::Compatible),
            (Mode::Full, Verdict::Breaking, Verdict::Breaking),
        ] {
            assert_eq!((verdict_of(m, &small, &large), verdict_of(m, &large, &small)), (grown, shrunk), "{m}");
        }
    }

    #[test]
    fn transitive_modes_ask_about_all_versions() {
        let schemas = [json!({"enum": [1, 2]}), json!({"enum": [1]})];
        let candidate = json!({"enum": [1]});
        let of = |m| hold(vec![registered(1), registered(2), mode(m)], &candidate, &schemas).0;
        assert_eq!(verdict(&of(Mode::Backward), &[], OpenContent::Declared), Verdict::Compatible);
        let pairs = of(Mode::BackwardTransitive);
        assert_eq!(verdict(&pairs, &[], OpenContent::Declared), Verdict::Breaking);
        let witness = pairs[1].both.witnesses(OpenContent::Declared).0.map(|witness| witness.document().clone());
        assert_eq!((pairs[1].against, witness), (1, Some(json!(2))));
    }

    #[test]
    fn an_answer_that_hangs_on_the_assumption_says_so_and_keeps_the_strict_witness() {
        let schemas = [json!({"enum": [1], "open": true})];
        let (pairs, _) = hold(vec![registered(1), mode(Mode::Backward)], &json!({"enum": [1]}), &schemas);
        assert_eq!(verdict(&pairs, &[], OpenContent::Declared), Verdict::Compatible);
        assert_eq!(verdict(&pairs, &[], OpenContent::Strict), Verdict::Breaking);
        let (gating, strict) = pairs[0].both.witnesses(OpenContent::Declared);
        assert_eq!((gating, strict.map(Witness::document)), (None, Some(&json!("open"))));
    }

    #[test]
    fn a_break_touches_those_who_use_what_breaks() {
        let schemas = [json!({"enum": [1, 2]})];
        let candidate = json!({"enum": [1]});
        let needs = |repo: &str, needs: Value| {
            ContractBody::Pinned(Pinned { repo: repo.parse().unwrap(), version: 1, needs: Some(needs) })
        };
        // Whoever reads with the first version can't read what the second one adds, but the mode lets it.
        let (pairs, consumers) = hold(
            vec![registered(1), mode(Mode::Backward), pinned("all", 1), needs("part", json!({"enum": [1, 2, 3]}))],
            &json!({"enum": [1, 2, 3]}),
            &schemas,
        );
        assert_eq!(verdict(&pairs, &consumers, OpenContent::Declared), Verdict::Compatible);
        let fares: Vec<(&str, Verdict)> = consumers.iter().map(|c| (c.repo.as_str(), c.verdict)).collect();
        assert_eq!(fares, [("part", Verdict::Compatible)]);
        // What somebody stated counts in every mode.
        for m in [Mode::None, Mode::Backward] {
            let bodies = vec![registered(1), mode(m), pinned("all", 1), needs("part", json!({"enum": [1, 2]}))];
            let (pairs, consumers) = hold(bodies, &json!({"enum": [1, 2, 3]}), &schemas);
            assert_eq!(verdict(&pairs, &[], OpenContent::Declared), Verdict::Compatible);
            assert_eq!(verdict(&pairs, &consumers, OpenContent::Declared), Verdict::Breaking);
            let fares: Vec<(&str, Verdict)> = consumers.iter().map(|c| (c.repo.as_str(), c.verdict)).collect();
            assert_eq!(fares, [("part", Verdict::Breaking)]);
        }
        let (pairs, consumers) = hold(
            vec![
                registered(1),
                mode(Mode::Backward),
                pinned("all", 1),
                needs("part", json!({"enum": [1, 2, 3]})),
                needs("other", json!({"enum": [3]})),
            ],
            &candidate,
            &schemas,
        );
        assert_eq!(verdict(&pairs, &[], OpenContent::Declared), Verdict::Breaking);
        let fares: Vec<(&str, Verdict)> = consumers.iter().map(|c| (c.repo.as_str(), c.verdict)).collect();
        let expected = [("all", Verdict::Breaking), ("other", Verdict::Breaking), ("part", Verdict::Compatible)];
        assert_eq!(fares, expected);
    }
}
