//! Strings: languages and lengths.

use std::rc::Rc;

use serde_json::Value;

use super::{Assumed, Outcome, Solver};
use crate::contract::formula::{Id, Literal, Node};
use crate::contract::language::{LanguageId, Sample};

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
        for language in known {
            all = self.arena.languages.meet(all, language);
            if all == LanguageId::NONE {
                return nothing;
            }
        }
        match self.arena.languages.sample(all, 1, least, most) {
            Sample::Strings(found) => match found.into_iter().next() {
                None => nothing,
                Some(text) => match opaque.first().and_then(|opaque| self.arena.languages.opaque(*opaque)) {
                    Some(reason) => Outcome::Unclear(Rc::clone(reason)),
                    None => Outcome::Found(Rc::new(Value::String(text))),
                },
            },
            Sample::Unclear(reason) => Outcome::Unclear(reason),
        }
    }
}
