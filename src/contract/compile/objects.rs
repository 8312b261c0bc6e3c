//! Keywords about objects.

use serde_json::Value;

use super::{Compiler, Obstacle, Schema};
use crate::contract::draft::Draft;
use crate::contract::formula::types::Types;
use crate::contract::formula::{Id, Literal, Node};
use crate::contract::language::LanguageId;

/// How deep combinations of name schemas are followed.
const NAME_DEPTH_MAX: usize = 64;

impl<'a> Compiler<'a, '_> {
    pub(super) fn objects(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        if let Some(least) = schema.count("minProperties") {
            parts.push(self.arena.when(Literal::MinMembers(least)));
        }
        if let Some(most) = schema.count("maxProperties") {
            parts.push(self.arena.when(Literal::MaxMembers(most)));
        }
        for name in schema.texts("required") {
            parts.push(self.has(name));
        }
        for (name, inner) in schema.map("properties") {
            let inner = self.part(schema, inner)?;
            let names = self.arena.languages.finite([name.as_str()]);
            parts.push(self.arena.when(Literal::Members(names, inner)));
        }
        for (pattern, inner) in schema.map("patternProperties") {
            let inner = self.part(schema, inner)?;
            let names = self.arena.languages.pattern(pattern);
            parts.push(self.arena.when(Literal::Members(names, inner)));
        }
        if let Some(inner) = schema.get("additionalProperties") {
            let inner = self.part(schema, inner)?;
            if inner != Id::TRUE {
                let names = self.named_members(schema).complement();
                parts.push(self.arena.when(Literal::Members(names, inner)));
            }
        }
        if schema.draft >= Draft::Draft6
            && let Some(inner) = schema.get("propertyNames")
        {
            let inner = self.part(schema, inner)?;
            let names = self.names_in(inner, 0)?;
            parts.push(self.arena.when(Literal::Members(names.complement(), Id::FALSE)));
        }
        self.dependencies(schema, parts)
    }

    /// The names that `properties` and `patternProperties` speak of.
    pub(super) fn named_members(&mut self, schema: Schema<'a>) -> LanguageId {
        let names = schema.map("properties").map(|(name, _)| name.as_str());
        let mut all = self.arena.languages.finite(names);
        for (pattern, _) in schema.map("patternProperties") {
            let names = self.arena.languages.pattern(pattern);
            all = self.arena.languages.join(all, names);
        }
        all
    }

    /// If the document is an object, it has this member.
    fn has(&mut self, name: &str) -> Id {
        let names = self.arena.languages.finite([name]);
        self.arena.when(Literal::SomeMember(names, Id::TRUE))
    }

    /// If the document is an object, it does not have this member.
    pub(super) fn lacks(&mut self, name: &str) -> Id {
        let names = self.arena.languages.finite([name]);
        self.arena.when(Literal::Members(names, Id::FALSE))
    }

    fn dependencies(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        let keywords: &[&str] = if schema.draft >= Draft::Draft201909 {
            &["dependencies", "dependentRequired", "dependentSchemas"]
        } else {
            &["dependencies"]
        };
        for keyword in keywords {
            for (name, needs) in schema.map(keyword) {
                let lacks = self.lacks(name);
                let needs = match needs {
                    Value::Array(names) => {
                        let needs: Vec<Id> =
                            names.iter().filter_map(Value::as_str).map(|name| self.has(name)).collect();
                        self.arena.and(needs)
                    }
                    // Draft 3 had one name as a plain string, and validators still read it.
                    Value::String(name) => self.has(name),
                    inner => self.beside(schema, inner)?,
                };
                parts.push(self.arena.or([lacks, needs]));
            }
        }
        Ok(())
    }

    /// The strings that a formula holds for.
    fn names_in(&mut self, id: Id, depth: usize) -> Result<LanguageId, Obstacle> {
        if depth > NAME_DEPTH_MAX {
            return Err(Obstacle::new("the schema of names refers to itself"));
        }
        let id = self.arena.restrict(id, Types::STRING);
        Ok(match self.arena.node(id).clone() {
            Node::True => LanguageId::ALL,
            Node::False => LanguageId::NONE,
            Node::When(Literal::Text(language)) => language,
            Node::When(Literal::MinLength(least)) => self.arena.languages.length(least, None),
            Node::When(Literal::MaxLength(most)) => self.arena.languages.length(0, Some(most)),
            Node::And(parts) => {
                let mut all = LanguageId::ALL;
                for part in parts.iter() {
                    let part = self.names_in(*part, depth + 1)?;
                    all = self.arena.languages.meet(all, part);
                }
                all
            }
            Node::Or(parts) => {
                let mut all = LanguageId::NONE;
                for part in parts.iter() {
                    let part = self.names_in(*part, depth + 1)?;
                    all = self.arena.languages.join(all, part);
                }
                all
            }
            Node::Named(name) | Node::NotNamed(name) => {
                let Some(definition) = self.arena.definition(name) else {
                    return Err(Obstacle::new("the schema of names refers to what it is part of"));
                };
                let names = self.names_in(definition, depth + 1)?;
                if matches!(self.arena.node(id), Node::Named(_)) { names } else { names.complement() }
            }
            Node::Type(_) | Node::When(_) | Node::Constant(_) | Node::NotConstant(_) => {
                return Err(Obstacle::new("the schema of names can't be read"));
            }
        })
    }
}
