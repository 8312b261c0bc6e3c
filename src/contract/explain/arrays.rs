//! Keywords about arrays.

use serde_json::{Value, json};

use super::Side;
use super::edit::Edit;
use super::rule::Rule;
use super::walk::{At, Proposal, Walk};
use crate::contract::draft::Draft;
use crate::contract::pointer::child;

impl<'a> Walk<'a> {
    pub(super) fn arrays(&mut self, at: &At<'a>) {
        if self.draft >= Draft::Draft202012 {
            self.tuple(at, "prefixItems", "items");
        } else {
            let is_list = |value: Option<&Value>| value.is_some_and(Value::is_array);
            match (is_list(at.old_value("items")), is_list(at.new_value("items"))) {
                (true, true) => self.tuple(at, "items", "additionalItems"),
                (false, false) => {
                    self.every_item(at, "items");
                    self.keyword(at, "additionalItems", Rule::Restated);
                }
                (true, false) | (false, true) => self.other_kind(at),
            }
        }
        self.remainder(at, "unevaluatedItems", Rule::UnevaluatedChanged);
        self.contains(at);
    }

    /// Items that became places of a tuple, or the other way round.
    fn other_kind(&mut self, at: &At<'a>) {
        self.propose(Proposal {
            rule: Rule::ItemsChanged,
            keyword: "items".to_owned(),
            old: at.old_side("items"),
            new: at.new_side("items"),
            edits: vec![at.take_over("items"), at.take_over("additionalItems")],
        });
    }

    fn tuple(&mut self, at: &At<'a>, places: &str, rest: &str) {
        let of = |value: Option<&'a Value>| value.and_then(Value::as_array);
        let (old, new) = (of(at.old_value(places)), of(at.new_value(places)));
        if old.is_none() && new.is_none() {
            return self.every_item(at, rest);
        }
        let list = |value: Option<&'a Vec<Value>>| value.map(Vec::as_slice).unwrap_or_default();
        let (old, new) = (list(old), list(new));
        let both = old.len().min(new.len());
        for nth in 0..both {
            if let Some(below) = at.below(&[places, &nth.to_string()]) {
                self.schemas(&below);
            }
        }
        let side = |at: &str, list: &'a [Value]| {
            let value = list.get(both)?;
            Some(Side::new(child(&child(at, places), &both.to_string()), value))
        };
        if old.len() != new.len() {
            let longer: Vec<&Value> = old[..both].iter().chain(&new[both..]).collect();
            let edit = if longer.is_empty() {
                Edit::Remove(at.old_place(places))
            } else {
                Edit::Set(at.old_place(places), json!(longer))
            };
            self.propose(Proposal {
                rule: if old.len() < new.len() { Rule::TupleItemAdded } else { Rule::TupleItemRemoved },
                keyword: places.to_owned(),
                old: side(&at.old_at, old),
                new: side(&at.new_at, new),
                edits: vec![edit],
            });
        }
        self.remainder(at, rest, Rule::ItemsChanged);
    }

    fn every_item(&mut self, at: &At<'a>, keyword: &str) {
        match (at.old_value(keyword), at.new_value(keyword)) {
            (Some(_), Some(_)) => {
                if let Some(below) = at.below(&[keyword]) {
                    self.schemas(&below);
                }
            }
            _ => self.keyword(at, keyword, Rule::ItemsChanged),
        }
    }

    /// `contains` and its counts are one demand.
    fn contains(&mut self, at: &At<'a>) {
        let keywords = ["contains", "minContains", "maxContains"];
        let Some(first) = keywords.into_iter().find(|keyword| !at.same(keyword)) else { return };
        self.propose(Proposal {
            rule: Rule::ContainsChanged,
            keyword: first.to_owned(),
            old: at.old_side(first),
            new: at.new_side(first),
            edits: keywords.into_iter().filter(|keyword| !at.same(keyword)).map(|k| at.take_over(k)).collect(),
        });
    }
}
