//! Formulas that list their documents: what `const` and `enum` say. Lists are joined into one list, and of lists that
//! exclude each other what is on one of them only is told at once, so that long lists stay one formula.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::number::Number;
use super::types::Types;
use super::{Arena, ConstantId, Id, Literal, Node};

/// The documents of a formula, one by one.
#[derive(Clone, Default)]
struct Listed {
    /// Null, false, true.
    plain: BTreeSet<Types>,
    texts: BTreeSet<Rc<str>>,
    /// Numbers, by how they may be written.
    numbers: BTreeMap<Types, BTreeSet<Number>>,
    constants: BTreeSet<ConstantId>,
}

/// What is listed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Plain(Types),
    Text(Rc<str>),
    Number(Types, Number),
    Constant(ConstantId),
}

impl Listed {
    fn add(&mut self, item: Item) {
        match item {
            Item::Plain(plain) => {
                self.plain.insert(plain);
            }
            Item::Text(text) => {
                self.texts.insert(text);
            }
            Item::Number(types, number) => {
                self.numbers.entry(types).or_default().insert(number);
            }
            Item::Constant(constant) => {
                self.constants.insert(constant);
            }
        }
    }

    fn items(self) -> impl Iterator<Item = Item> {
        let plain = self.plain.into_iter().map(Item::Plain);
        let texts = self.texts.into_iter().map(Item::Text);
        let numbers = self
            .numbers
            .into_iter()
            .flat_map(|(types, numbers)| numbers.into_iter().map(move |number| Item::Number(types, number)));
        plain.chain(texts).chain(numbers).chain(self.constants.into_iter().map(Item::Constant))
    }
}

impl Arena {
    /// The documents of a formula, if it lists them.
    fn listed(&self, id: Id) -> Option<Listed> {
        let mut listed = Listed::default();
        self.collect(id, &mut listed).then_some(listed)
    }

    fn collect(&self, id: Id, listed: &mut Listed) -> bool {
        match self.node(id) {
            Node::False => true,
            Node::Type(types) => {
                let each = [Types::NULL, Types::FALSE, Types::TRUE];
                listed.plain.extend(each.into_iter().filter(|one| types.meets(*one)));
                Types::NULL.or(Types::BOOLEAN).covers(*types)
            }
            Node::Constant(constant) => {
                listed.constants.insert(*constant);
                true
            }
            Node::And(parts) => match parts.as_ref() {
                [one, other] => self.collect_list(*one, *other, listed) || self.collect_list(*other, *one, listed),
                _ => false,
            },
            Node::Or(parts) => parts.iter().all(|part| self.collect(*part, listed)),
            Node::True | Node::When(_) | Node::NotConstant(_) | Node::Named(_) | Node::NotNamed(_) => false,
        }
    }

    /// A list of strings or numbers: a type, and which of it.
    fn collect_list(&self, of_type: Id, which: Id, listed: &mut Listed) -> bool {
        let Node::Type(types) = self.node(of_type) else { return false };
        match self.node(which) {
            Node::When(Literal::Text(language)) if *types == Types::STRING => {
                match self.languages.finite_set(*language) {
                    Some(texts) => listed.texts.extend(texts.iter().cloned()),
                    None => return false,
                }
                true
            }
            Node::When(Literal::OneOf { numbers, holds: true }) if Types::NUMBER.covers(*types) => {
                listed.numbers.entry(*types).or_default().extend(numbers.iter().cloned());
                true
            }
            _ => false,
        }
    }

    fn of_list(&mut self, listed: Listed) -> Id {
        let plain = listed.plain.iter().fold(Types::NONE, |all, one| all.or(*one));
        let mut parts = vec![self.of_type(plain)];
        if !listed.texts.is_empty() {
            let of_type = self.of_type(Types::STRING);
            let language = self.languages.finite(listed.texts.iter().map(AsRef::as_ref));
            let among = self.when(Literal::Text(language));
            parts.push(self.and([of_type, among]));
        }
        for (types, numbers) in listed.numbers {
            let of_type = self.of_type(types);
            let among = self.when(Literal::OneOf { numbers: Rc::new(numbers), holds: true });
            parts.push(self.and([of_type, among]));
        }
        for constant in listed.constants {
            parts.push(self.intern(Node::Constant(constant)));
        }
        self.or(parts)
    }

    /// One of these; those that list their documents become one list.
    pub(in crate::contract) fn any(&mut self, each: &[Id]) -> Id {
        let mut all = Listed::default();
        let mut rest = Vec::with_capacity(each.len());
        for id in each {
            match self.listed(*id) {
                Some(listed) => listed.items().for_each(|item| all.add(item)),
                None => rest.push(*id),
            }
        }
        let all = self.of_list(all);
        self.or(rest.into_iter().chain([all]))
    }

    /// Exactly one of these.
    pub(in crate::contract) fn exactly_one(&mut self, each: &[Id]) -> Id {
        let mut on_any = Listed::default();
        let mut counts: BTreeMap<Item, usize> = BTreeMap::new();
        let mut rest = Vec::new();
        for id in each {
            // Where draft 4 tells 1.0 from 1, lists of numbers may meet in part: only what is equal in full is counted.
            match self.listed(*id).filter(|listed| is_clear(&on_any, listed)) {
                Some(listed) => {
                    for item in listed.items() {
                        *counts.entry(item.clone()).or_insert(0) += 1;
                        on_any.add(item);
                    }
                }
                None => rest.push(*id),
            }
        }
        let mut on_one = Listed::default();
        counts.into_iter().filter(|(_, count)| *count == 1).for_each(|(item, _)| on_one.add(item));
        let (on_any, on_one) = (self.of_list(on_any), self.of_list(on_one));
        let rest = if self.exclude_each_other(&rest) { Count::of_disjoint(self, rest) } else { Count::of(self, &rest) };
        let none = self.not(on_any);
        let ways = [self.and([on_one, rest.none]), self.and([none, rest.one])];
        self.or(ways)
    }

    /// Whether formulas exclude each other because all are objects whose member of one name is on lists that do not meet.
    fn exclude_each_other(&self, each: &[Id]) -> bool {
        let Some((first, others)) = each.split_first() else { return true };
        if others.is_empty() {
            return true;
        }
        self.tags(*first).keys().any(|name| {
            let mut seen: BTreeSet<Item> = BTreeSet::new();
            each.iter().all(|id| {
                let mut tags = self.tags(*id);
                tags.remove(name).is_some_and(|listed| listed.items().all(|item| seen.insert(item)))
            })
        })
    }

    /// The required members of an object whose values are listed.
    fn tags(&self, id: Id) -> BTreeMap<Rc<str>, Listed> {
        let Node::And(parts) = self.node(id) else { return BTreeMap::new() };
        if !parts.iter().any(|part| *self.node(*part) == Node::Type(Types::OBJECT)) {
            return BTreeMap::new();
        }
        let one_name = |language| match self.languages.finite_set(language) {
            Some(names) if names.len() == 1 => names.first().cloned(),
            _ => None,
        };
        let required = |name: &Rc<str>| {
            parts.iter().any(|part| match self.node(*part) {
                Node::When(Literal::SomeMember(names, _)) => one_name(*names).as_ref() == Some(name),
                _ => false,
            })
        };
        let mut tags = BTreeMap::new();
        for part in parts.iter() {
            if let Node::When(Literal::Members(names, what)) = self.node(*part)
                && let Some(name) = one_name(*names)
                && let Some(listed) = self.listed(*what)
                && listed.numbers.is_empty()
                && required(&name)
            {
                tags.insert(name, listed);
            }
        }
        tags
    }
}

/// Whether the numbers of a list are written as those that are there already, or else are other numbers.
fn is_clear(known: &Listed, more: &Listed) -> bool {
    more.numbers.iter().all(|(types, numbers)| {
        let mut others = known.numbers.iter().filter(|(other, _)| *other != types && other.meets(*types));
        others.all(|(_, others)| numbers.is_disjoint(others))
    })
}

/// How many of some formulas hold.
#[derive(Clone, Copy)]
struct Count {
    none: Id,
    one: Id,
}

impl Count {
    /// Halves are counted and put together, so that the formula does not grow with the square of their number.
    fn of(arena: &mut Arena, each: &[Id]) -> Self {
        match each {
            [] => Self { none: Id::TRUE, one: Id::FALSE },
            [one] => Self { none: arena.not(*one), one: *one },
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                let (left, right) = (Self::of(arena, left), Self::of(arena, right));
                let ways = [arena.and([left.one, right.none]), arena.and([left.none, right.one])];
                Self { none: arena.and([left.none, right.none]), one: arena.or(ways) }
            }
        }
    }

    fn of_disjoint(arena: &mut Arena, each: Vec<Id>) -> Self {
        let one = arena.or(each);
        Self { none: arena.not(one), one }
    }
}
