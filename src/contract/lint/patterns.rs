//! Patterns that can't be read, and patterns that a validator may never come back from.

use serde_json::Value;

use super::backtracking;
use super::part::{Parts, ignores_siblings};
use super::{Linter, Rule};
use crate::contract::pointer::{child, shortened};

impl Linter<'_> {
    pub(super) fn patterns(&mut self, parts: &Parts<'_>) {
        for part in &parts.all {
            if ignores_siblings(part.schema, parts.draft) {
                continue;
            }
            if let Some(Value::String(pattern)) = part.schema.get("pattern") {
                self.pattern(&child(&part.pointer, "pattern"), pattern);
            }
            let names = part.schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
            for (pattern, _) in names {
                self.pattern(&child(&child(&part.pointer, "patternProperties"), pattern), pattern);
            }
        }
    }

    fn pattern(&mut self, at: &str, pattern: &str) {
        if self.is_over() {
            return;
        }
        match backtracking::judge(pattern) {
            backtracking::Verdict::Unreadable(error) => {
                let message = format!("{} is no pattern: {error}", shortened(&pattern.into()));
                self.note(at, Rule::InvalidPattern, message, String::new());
            }
            backtracking::Verdict::Exponential { attack } => {
                let attack = shortened(&attack.into());
                let message = format!("each repetition doubles what a validator tries before it rejects {attack}");
                let hint = "write it so that each text is matched in one way only".to_owned();
                self.note(at, Rule::ExponentialPattern, message, hint);
            }
            backtracking::Verdict::Fine => {}
        }
    }
}
