//! Strings: languages and lengths.

use std::rc::Rc;

use serde_json::Value;

use super::{Assumed, Outcome, Solver};
use crate::contract::formula::{Id, Literal, Node};
use crate::contract::language::{LanguageId, Sample};

/// How many strings are tried where a language is known only string by string.
const CANDIDATES: usize = 48;

impl Solver<'_, '_> {
    pub(super) fn string(&mut self, literals: &[Id]) -> Outcome {
        let (mut least, mut most) = (0, None::<u64>);
        let mut languages: Vec<LanguageId> = Vec::new();
        for id in literals {
            match self.arena.node(*id) {
                Node::When(Literal::Text(language)) => languages.push(*language),
                Node::When(Literal::MinLength(bound)) => least = least.max(*bound),
                Node::When(Literal::MaxLength(bound)) => most = Some(most.map_or(*bound, |most| most.min(*bound))),
                _ => {}
            }
        }
        let nothing = Outcome::None(Assumed::NOTHING);
        if most.is_some_and(|most| most < least) {
            return nothing;
        }
        if languages.iter().any(|one| languages.contains(&one.complement())) {
            return nothing;
        }
        let (opaque, known): (Vec<_>, Vec<_>) =
            languages.into_iter().partition(|language| self.arena.languages.opaque(*language).is_some());
        let mut all = LanguageId::ALL;
        for language in &known {
            if let Some(spent) = self.look() {
                return spent;
            }
            all = self.arena.languages.meet(all, *language);
            if all == LanguageId::NONE {
                return nothing;
            }
        }
        if opaque.is_empty() && self.arena.languages.opaque(all).is_some() {
            return match self.arena.languages.shortest(&known, least, most) {
                Sample::Strings(found) => {
                    found.into_iter().next().map_or(nothing, |text| Outcome::Found(Rc::new(text.into())))
                }
                Sample::Unclear(reason) => Outcome::Unclear(reason),
            };
        }
        let mut candidates: Vec<String> = Vec::new();
        for language in &opaque {
            let (wider, examples) = self.arena.languages.wider(*language);
            candidates.extend(examples.iter().map(ToString::to_string));
            all = self.arena.languages.meet(all, wider);
        }
        let wanted = if opaque.is_empty() { 1 } else { CANDIDATES };
        match self.arena.languages.sample(all, wanted, least, most) {
            Sample::Strings(found) if found.is_empty() => nothing,
            Sample::Strings(found) => {
                // A finite language that was listed to its end is settled string by string.
                let is_all = found.len() < wanted;
                candidates.extend(found);
                self.one_of_strings(literals, &candidates, is_all, opaque.first().copied())
            }
            Sample::Unclear(reason) => Outcome::Unclear(reason),
        }
    }

    fn one_of_strings(
        &self,
        literals: &[Id],
        candidates: &[String],
        is_all: bool,
        opaque: Option<LanguageId>,
    ) -> Outcome {
        let mut unclear = false;
        for text in candidates {
            let mut holds = true;
            for id in literals {
                if let Node::When(literal) = self.arena.node(*id) {
                    let known = self.arena.text_holds(literal, text);
                    unclear |= known.is_none();
                    holds &= known == Some(true);
                }
            }
            if holds {
                return Outcome::Found(Rc::new(Value::String(text.clone())));
            }
        }
        if is_all && !unclear {
            return Outcome::None(Assumed::NOTHING);
        }
        let reason = opaque.and_then(|opaque| self.arena.languages.opaque(opaque)).cloned();
        Outcome::Unclear(reason.unwrap_or_else(|| "no string was found".into()))
    }
}
