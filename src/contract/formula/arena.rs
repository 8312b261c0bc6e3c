//! Where formulas are kept, each once.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::number::Number;
use super::types::{Numbers, Types};
use super::{ConstantId, Id, Literal, Name, Node, Span};
use crate::contract::language::{LanguageId, Languages};

/// All formulas of a comparison.
pub(in crate::contract) struct Arena {
    nodes: Vec<Node>,
    ids: FxHashMap<Node, Id>,
    negations: Vec<Option<Id>>,
    parts: usize,
    definitions: Vec<Option<Id>>,
    constants: Vec<Rc<Value>>,
    constant_ids: FxHashMap<String, ConstantId>,
    pub(super) restricted: FxHashMap<(Id, u8), Id>,
    pub(super) looks: Cell<u64>,
    /// The languages that the formulas speak of.
    pub(in crate::contract) languages: Languages,
}

impl Arena {
    /// An arena that holds only "no document" and "every document".
    pub(in crate::contract) fn new() -> Self {
        let mut arena = Self {
            nodes: Vec::new(),
            ids: FxHashMap::default(),
            negations: Vec::new(),
            parts: 0,
            definitions: Vec::new(),
            constants: Vec::new(),
            constant_ids: FxHashMap::default(),
            restricted: FxHashMap::default(),
            looks: Cell::new(0),
            languages: Languages::default(),
        };
        arena.intern(Node::False);
        arena.intern(Node::True);
        arena.negations[0] = Some(Id::TRUE);
        arena.negations[1] = Some(Id::FALSE);
        arena
    }

    /// The formula behind an id.
    pub(in crate::contract) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// How many parts all formulas have together.
    pub(in crate::contract) fn parts(&self) -> usize {
        self.parts
    }

    /// How many formulas there are.
    pub(in crate::contract) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn intern(&mut self, node: Node) -> Id {
        if let Some(id) = self.ids.get(&node) {
            return *id;
        }
        let id = Id(u32::try_from(self.nodes.len()).expect("a comparison is cut off long before 2^32 formulas"));
        if let Node::And(parts) | Node::Or(parts) = &node {
            self.parts += parts.len();
        }
        self.nodes.push(node.clone());
        self.negations.push(None);
        self.ids.insert(node, id);
        id
    }

    /// The document is of one of these types.
    pub(in crate::contract) fn of_type(&mut self, types: Types) -> Id {
        match types {
            Types::NONE => Id::FALSE,
            Types::ALL => Id::TRUE,
            some => self.intern(Node::Type(some)),
        }
    }

    /// If the document is of the literal's class, the literal holds.
    pub(in crate::contract) fn when(&mut self, literal: Literal) -> Id {
        let class = literal.class().types();
        let never = |arena: &mut Self| arena.of_type(class.complement());
        match literal {
            Literal::MinLength(0) | Literal::MinItems(0) | Literal::MinMembers(0) => Id::TRUE,
            Literal::AtLeast(_, 0) | Literal::Text(LanguageId::ALL) => Id::TRUE,
            Literal::Items(_, Id::TRUE) | Literal::Members(_, Id::TRUE) | Literal::Members(LanguageId::NONE, _) => {
                Id::TRUE
            }
            Literal::Items(Span { from, to: Some(to) }, _) if to <= from => Id::TRUE,
            Literal::Items(Span { from, to: None }, Id::FALSE) => self.intern(Node::When(Literal::MaxItems(from))),
            Literal::SomeItem(_, Id::FALSE)
            | Literal::SomeMember(_, Id::FALSE)
            | Literal::SomeMember(LanguageId::NONE, _)
            | Literal::Text(LanguageId::NONE) => never(self),
            Literal::SomeItem(Span { from, to: Some(to) }, _) if to <= from => never(self),
            Literal::SomeItem(Span { from, to: None }, Id::TRUE) => {
                self.intern(Node::When(Literal::MinItems(from + 1)))
            }
            Literal::AtLeast(Id::FALSE, _) => never(self),
            Literal::AtLeast(Id::TRUE, count) => self.when(Literal::MinItems(count)),
            Literal::AtLeast(what, 1) => self.when(Literal::SomeItem(Span::ALL, what)),
            Literal::AtMost(what, 0) => {
                let other = self.not(what);
                self.when(Literal::Items(Span::ALL, other))
            }
            Literal::AtMost(Id::FALSE, _) => Id::TRUE,
            Literal::AtMost(Id::TRUE, count) => self.when(Literal::MaxItems(count)),
            Literal::SomeMember(LanguageId::ALL, Id::TRUE) => self.intern(Node::When(Literal::MinMembers(1))),
            Literal::Members(LanguageId::ALL, Id::FALSE) => self.intern(Node::When(Literal::MaxMembers(0))),
            Literal::OneOf { ref numbers, holds } if numbers.is_empty() => {
                if holds {
                    never(self)
                } else {
                    Id::TRUE
                }
            }
            other => self.intern(Node::When(other)),
        }
    }

    /// All of these.
    pub(in crate::contract) fn and(&mut self, parts: impl IntoIterator<Item = Id>) -> Id {
        let mut types = Types::ALL;
        let mut kept = Vec::new();
        for part in parts {
            match self.node(part) {
                Node::False => return Id::FALSE,
                Node::True => {}
                Node::Type(some) => types = types.and(*some),
                Node::And(inner) => {
                    for &part in inner.clone().iter() {
                        match self.node(part) {
                            Node::Type(some) => types = types.and(*some),
                            _ => kept.push(part),
                        }
                    }
                }
                Node::When(_)
                | Node::Constant(_)
                | Node::NotConstant(_)
                | Node::Or(_)
                | Node::Named(_)
                | Node::NotNamed(_) => kept.push(part),
            }
        }
        if types == Types::NONE {
            return Id::FALSE;
        }
        if types != Types::ALL {
            kept.retain(|id| !matches!(self.node(*id), Node::When(literal) if !literal.class().types().meets(types)));
            kept.push(self.of_type(types));
        }
        kept.sort_unstable();
        kept.dedup();
        if self.holds_a_pair(&kept) {
            return Id::FALSE;
        }
        match kept.len() {
            0 => Id::TRUE,
            1 => kept[0],
            _ => self.intern(Node::And(kept.into())),
        }
    }

    /// One of these.
    pub(in crate::contract) fn or(&mut self, parts: impl IntoIterator<Item = Id>) -> Id {
        let mut types = Types::NONE;
        let mut kept = Vec::new();
        for part in parts {
            match self.node(part) {
                Node::True => return Id::TRUE,
                Node::False => {}
                Node::Type(some) => types = types.or(*some),
                Node::Or(inner) => {
                    for &part in inner.clone().iter() {
                        match self.node(part) {
                            Node::Type(some) => types = types.or(*some),
                            _ => kept.push(part),
                        }
                    }
                }
                Node::When(_)
                | Node::Constant(_)
                | Node::NotConstant(_)
                | Node::And(_)
                | Node::Named(_)
                | Node::NotNamed(_) => kept.push(part),
            }
        }
        if types == Types::ALL {
            return Id::TRUE;
        }
        if types != Types::NONE {
            // A literal that says nothing of other classes holds wherever its class is out.
            if kept
                .iter()
                .any(|id| matches!(self.node(*id), Node::When(literal) if types.covers(literal.class().types())))
            {
                return Id::TRUE;
            }
            kept.push(self.of_type(types));
        }
        kept.sort_unstable();
        kept.dedup();
        if self.holds_a_pair(&kept) {
            return Id::TRUE;
        }
        match kept.len() {
            0 => Id::FALSE,
            1 => kept[0],
            _ => self.intern(Node::Or(kept.into())),
        }
    }

    /// Whether a formula and its negation are both there, as far as negations have been made.
    fn holds_a_pair(&self, sorted: &[Id]) -> bool {
        sorted.iter().any(|id| self.negations[id.0 as usize].is_some_and(|other| sorted.binary_search(&other).is_ok()))
    }

    /// Every document that the formula does not hold for.
    pub(in crate::contract) fn not(&mut self, id: Id) -> Id {
        if let Some(known) = self.negations[id.0 as usize] {
            return known;
        }
        let negation = match self.node(id).clone() {
            Node::False => Id::TRUE,
            Node::True => Id::FALSE,
            Node::Type(types) => self.of_type(types.complement()),
            Node::When(literal) => {
                let class = self.of_type(literal.class().types());
                let dual = self.dual(literal);
                self.and([class, dual])
            }
            Node::Constant(constant) => self.intern(Node::NotConstant(constant)),
            Node::NotConstant(constant) => self.intern(Node::Constant(constant)),
            Node::And(parts) => {
                let duals: Vec<Id> = parts.iter().map(|part| self.not(*part)).collect();
                self.or(duals)
            }
            Node::Or(parts) => {
                let duals: Vec<Id> = parts.iter().map(|part| self.not(*part)).collect();
                self.and(duals)
            }
            Node::Named(name) => self.intern(Node::NotNamed(name)),
            Node::NotNamed(name) => self.intern(Node::Named(name)),
        };
        self.negations[id.0 as usize] = Some(negation);
        if self.negations[negation.0 as usize].is_none() {
            self.negations[negation.0 as usize] = Some(id);
        }
        negation
    }

    /// The literal that holds, within the class, where this one does not.
    fn dual(&mut self, literal: Literal) -> Id {
        let never = literal.class().types().complement();
        let dual = match literal {
            Literal::Lower { value, exclusive } => Literal::Upper { value, exclusive: !exclusive },
            Literal::Upper { value, exclusive } => Literal::Lower { value, exclusive: !exclusive },
            Literal::Multiple { of, holds } => Literal::Multiple { of, holds: !holds },
            Literal::OneOf { numbers, holds } => Literal::OneOf { numbers, holds: !holds },
            Literal::Text(language) => Literal::Text(language.complement()),
            Literal::MinLength(least) => match least.checked_sub(1) {
                Some(most) => Literal::MaxLength(most),
                None => return self.of_type(never),
            },
            Literal::MaxLength(most) => Literal::MinLength(most.saturating_add(1)),
            Literal::Items(span, what) => Literal::SomeItem(span, self.not(what)),
            Literal::SomeItem(span, what) => Literal::Items(span, self.not(what)),
            Literal::AtLeast(what, count) => match count.checked_sub(1) {
                Some(most) => Literal::AtMost(what, most),
                None => return self.of_type(never),
            },
            Literal::AtMost(what, count) => Literal::AtLeast(what, count.saturating_add(1)),
            Literal::MinItems(least) => match least.checked_sub(1) {
                Some(most) => Literal::MaxItems(most),
                None => return self.of_type(never),
            },
            Literal::MaxItems(most) => Literal::MinItems(most.saturating_add(1)),
            Literal::Unique => Literal::NotUnique,
            Literal::NotUnique => Literal::Unique,
            Literal::Members(names, what) => Literal::SomeMember(names, self.not(what)),
            Literal::SomeMember(names, what) => Literal::Members(names, self.not(what)),
            Literal::MinMembers(least) => match least.checked_sub(1) {
                Some(most) => Literal::MaxMembers(most),
                None => return self.of_type(never),
            },
            Literal::MaxMembers(most) => Literal::MinMembers(most.saturating_add(1)),
        };
        self.when(dual)
    }

    /// A name for a formula that is not yet known.
    pub(in crate::contract) fn name(&mut self) -> Name {
        let name = Name(u32::try_from(self.definitions.len()).expect("fewer names than formulas"));
        self.definitions.push(None);
        name
    }

    /// The formula that stands for what a name means.
    pub(in crate::contract) fn named(&mut self, name: Name) -> Id {
        self.intern(Node::Named(name))
    }

    /// Gives a name its meaning.
    pub(in crate::contract) fn define(&mut self, name: Name, id: Id) {
        self.definitions[name.0 as usize] = Some(id);
    }

    /// What a name means.
    pub(in crate::contract) fn definition(&self, name: Name) -> Option<Id> {
        self.definitions[name.0 as usize]
    }

    /// The document is one of these numbers.
    fn number(&mut self, number: Number) -> Id {
        // 1 and 1.0 are equal, though of different types until draft 4.
        let types = if number.is_integer() { Types::WHOLE } else { Types::FRACTION };
        let of_type = self.of_type(types);
        let numbers = Rc::new(BTreeSet::from([number]));
        let among = self.when(Literal::OneOf { numbers, holds: true });
        self.and([of_type, among])
    }

    /// The document equals `value`.
    ///
    /// `None` for numbers beyond what can be compared.
    pub(in crate::contract) fn constant(&mut self, value: &Value) -> Option<Id> {
        Some(match value {
            Value::Null => self.of_type(Types::NULL),
            Value::Bool(false) => self.of_type(Types::FALSE),
            Value::Bool(true) => self.of_type(Types::TRUE),
            Value::Number(number) => {
                let number = super::number::exact(number)?;
                self.number(number)
            }
            Value::String(text) => {
                let of_type = self.of_type(Types::STRING);
                let language = self.languages.finite([text.as_str()]);
                let is = self.when(Literal::Text(language));
                self.and([of_type, is])
            }
            Value::Array(_) | Value::Object(_) => {
                let id = self.constant_id(value)?;
                self.intern(Node::Constant(id))
            }
        })
    }

    /// The document is one of these; strings and numbers are kept together, so that long lists stay one formula.
    pub(in crate::contract) fn one_of(&mut self, values: &[Value], numbers: Numbers) -> Option<Id> {
        let mut parts = Vec::new();
        let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        if !texts.is_empty() {
            let of_type = self.of_type(Types::STRING);
            let language = self.languages.finite(texts);
            let among = self.when(Literal::Text(language));
            parts.push(self.and([of_type, among]));
        }
        let mut whole = BTreeSet::new();
        let mut pointed = BTreeSet::new();
        let mut broken = BTreeSet::new();
        for value in values {
            match value {
                Value::Number(number) => {
                    let exact = super::number::exact(number)?;
                    let set = match (exact.is_integer(), number.is_f64()) {
                        (true, false) => &mut whole,
                        (true, true) => &mut pointed,
                        (false, _) => &mut broken,
                    };
                    set.insert(exact);
                }
                Value::String(_) => {}
                other => parts.push(self.constant(other)?),
            }
        }
        let whole_types = match numbers {
            Numbers::AsWritten => Types::INTEGER,
            Numbers::ByValue => Types::WHOLE,
        };
        for (numbers, types) in [(whole, whole_types), (pointed, Types::WHOLE), (broken, Types::FRACTION)] {
            if !numbers.is_empty() {
                let of_type = self.of_type(types);
                let among = self.when(Literal::OneOf { numbers: Rc::new(numbers), holds: true });
                parts.push(self.and([of_type, among]));
            }
        }
        Some(self.or(parts))
    }

    fn constant_id(&mut self, value: &Value) -> Option<ConstantId> {
        let mut text = String::new();
        write_canonically(value, &mut text)?;
        if let Some(id) = self.constant_ids.get(&text) {
            return Some(*id);
        }
        let id = ConstantId(u32::try_from(self.constants.len()).ok()?);
        self.constants.push(Rc::new(value.clone()));
        self.constant_ids.insert(text, id);
        Some(id)
    }

    /// An array or object that is meant as it is.
    pub(in crate::contract) fn constant_value(&self, id: ConstantId) -> Rc<Value> {
        Rc::clone(&self.constants[id.0 as usize])
    }
}

/// A text that is the same for equal values: members by name, numbers by value.
fn write_canonically(value: &Value, text: &mut String) -> Option<()> {
    match value {
        Value::Number(number) => {
            let number = super::number::exact(number)?;
            text.push_str(&number.to_string());
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonically(item, text)?;
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            for name in names {
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                write_canonically(&members[name], text)?;
                text.push(',');
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
    Some(())
}

/// Whether two values are equal as JSON Schema means it: 1 and 1.0 are (Core 2020-12, §4.2.2).
pub(in crate::contract) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || super::number::exact(one).is_some_and(|one| Some(one) == super::number::exact(other))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => one == other,
    }
}
