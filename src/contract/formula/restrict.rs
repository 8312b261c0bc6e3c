//! A formula as it reads for documents of one type.

use super::types::Types;
use super::{Arena, Id, Node};

impl Arena {
    /// A formula that holds for the same documents of this one type, without what speaks of other types. What it
    /// says of documents of other types means nothing.
    pub(in crate::contract) fn restrict(&mut self, id: Id, only: Types) -> Id {
        let key = (id, u8::try_from(only.index()).unwrap_or(u8::MAX));
        if let Some(known) = self.restricted.get(&key) {
            return *known;
        }
        let restricted = match self.node(id).clone() {
            Node::False => Id::FALSE,
            Node::Type(types) => {
                if types.meets(only) {
                    Id::TRUE
                } else {
                    Id::FALSE
                }
            }
            Node::When(literal) => {
                if literal.class().types().meets(only) {
                    id
                } else {
                    Id::TRUE
                }
            }
            Node::Constant(constant) => {
                if super::types::type_of(&self.constant_value(constant)) == only {
                    id
                } else {
                    Id::FALSE
                }
            }
            Node::NotConstant(constant) => {
                if super::types::type_of(&self.constant_value(constant)) == only {
                    id
                } else {
                    Id::TRUE
                }
            }
            Node::And(parts) => {
                let parts: Vec<Id> = parts.iter().map(|part| self.restrict(*part, only)).collect();
                self.and(parts)
            }
            Node::Or(parts) => {
                let parts: Vec<Id> = parts.iter().map(|part| self.restrict(*part, only)).collect();
                self.or(parts)
            }
            Node::True | Node::Named(_) | Node::NotNamed(_) => id,
        };
        self.restricted.insert(key, restricted);
        restricted
    }
}
